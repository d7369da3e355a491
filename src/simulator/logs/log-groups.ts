import type {
  AssociateKmsKeyCommandInput,
  DisassociateKmsKeyCommandInput,
  CreateLogGroupCommandInput,
  DeleteLogGroupCommandInput,
  DeleteRetentionPolicyCommandInput,
  DescribeLogGroupsCommandInput,
  DescribeLogGroupsCommandOutput,
  DescribeLogStreamsCommandInput,
  DescribeLogStreamsCommandOutput,
  FilterLogEventsCommandInput,
  FilterLogEventsCommandOutput,
  GetLogEventsCommandInput,
  GetLogEventsCommandOutput,
  ListTagsForResourceCommandInput,
  ListTagsForResourceCommandOutput,
  LogGroup,
  PutRetentionPolicyCommandInput,
  TagResourceCommandInput,
  UntagResourceCommandInput,
} from '@aws-sdk/client-cloudwatch-logs';

import { findKey } from '../kms/keys.ts';
import { logsService, mayUse } from '../kms/use.ts';
import { SimulatedFailure } from '../core/failure.ts';
import { page } from '../core/operation.ts';
import { tagSigns, unfitTag } from '../core/tag-signs.ts';
import { table, type World } from '../core/world.ts';

type Answer<Output> = Omit<Output, '$metadata'>;

interface LogLine {
  readonly atMs: number;
  readonly message: string;
}

export interface LogGroupRow {
  readonly name: string;
  readonly createdAtMs: number;
  retentionDays: number | undefined;
  kmsKeyId: string | undefined;
  tags: Record<string, string>;
  /** By stream name, the newest lines last. */
  streams: Record<string, LogLine[]>;
}

/** By name. */
export const logGroups = table<LogGroupRow>('logs/groups');

/** Lines of a stream that are kept: the account's file is no log store. */
const linesKept = 100;

/** The days that PutRetentionPolicy takes ("PutRetentionPolicy", CloudWatch Logs API reference). */
const retentions = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
];

/** Appends a line; nothing happens when there is no such group, as nobody hears a log driver's complaint. */
export function appendLog(
  world: World,
  line: { readonly group: string; readonly stream: string; readonly message: string },
): void {
  const row = world.rows(logGroups).get(line.group);
  if (row === undefined) return;
  const lines = [...(row.streams[line.stream] ?? []), { atMs: world.nowMs, message: line.message }];
  row.streams[line.stream] = lines.slice(-linesKept);
}

function notFound(): SimulatedFailure {
  return new SimulatedFailure('ResourceNotFoundException', 'The specified log group does not exist.');
}

function requireGroup(world: World, name: string | undefined): LogGroupRow {
  const row = world.rows(logGroups).get(name ?? '');
  if (row === undefined) throw notFound();
  return row;
}

function invalidParameter(message: string): SimulatedFailure {
  return new SimulatedFailure('InvalidParameterException', message);
}

function arnOf(world: World, name: string): string {
  return `arn:${world.partition}:logs:${world.region}:${world.accountId}:log-group:${name}`;
}

/** DescribeLogGroups gives the ARN with `:*` as `arn` and without it as `logGroupArn`. */
function toLogGroup(world: World, row: LogGroupRow): LogGroup {
  return {
    logGroupName: row.name,
    arn: `${arnOf(world, row.name)}:*`,
    logGroupArn: arnOf(world, row.name),
    creationTime: row.createdAtMs,
    metricFilterCount: 0,
    storedBytes: 0,
    logGroupClass: 'STANDARD',
    ...(row.retentionDays === undefined ? {} : { retentionInDays: row.retentionDays }),
    ...(row.kmsKeyId === undefined ? {} : { kmsKeyId: row.kmsKeyId }),
  };
}

/** Tagging takes the ARN without `:*` ("TagResource", CloudWatch Logs API reference). */
function groupByArn(world: World, arn: string | undefined): LogGroupRow {
  const found = /^arn:[^:]+:logs:[^:]*:\d+:log-group:([^:]+)$/.exec(arn ?? '');
  if (found?.[1] === undefined)
    throw invalidParameter(`1 validation error detected: invalid ARN ${arn ?? ''}`);
  return requireGroup(world, found[1]);
}

function requireStream(row: LogGroupRow, name: string | undefined): LogLine[] {
  const lines = row.streams[name ?? ''];
  if (lines === undefined) {
    throw new SimulatedFailure('ResourceNotFoundException', 'The specified log stream does not exist.');
  }
  return lines;
}

interface Span {
  readonly startTime?: number | undefined;
  readonly endTime?: number | undefined;
}

function within(lines: readonly LogLine[], span: Span): LogLine[] {
  return lines.filter(
    (line) => line.atMs >= (span.startTime ?? 0) && line.atMs < (span.endTime ?? Number.POSITIVE_INFINITY),
  );
}

/** @throws SimulatedFailure InvalidParameterException for what CloudWatch Logs does not take (its model: TagKey, TagValue) */
function fittingTags(tags: Readonly<Record<string, string>> = {}): Record<string, string> {
  const wrong = unfitTag(Object.entries(tags));
  if (wrong === undefined) return { ...tags };
  throw invalidParameter(
    `1 validation error detected: Value '${wrong.join('=')}' at 'tags' failed to satisfy constraint: Map keys and values must satisfy regular expression pattern: ^(${tagSigns}*)$`,
  );
}

/**
 * CloudWatch Logs tries the key itself, under its own name and with the group as encryption context; it takes ARNs alone ("Encrypt log data in
 * CloudWatch Logs using AWS KMS"; hashicorp/terraform-provider-aws issues 8042, 29282).
 *
 * @throws SimulatedFailure InvalidParameterException, AccessDeniedException
 */
function checkKey(world: World, name: string, named: string): void {
  const key = named.startsWith('arn:') && !named.includes(':alias/') ? findKey(world, named) : undefined;
  if (key === undefined || key.state !== 'Enabled') {
    throw invalidParameter(`The specified KMS Key Id could not be found. '${name}'`);
  }
  const context = { 'aws:logs:arn': arnOf(world, name) };
  const uses = ['Encrypt', 'Decrypt', 'ReEncryptFrom', 'ReEncryptTo', 'GenerateDataKey'].map((one) => ({
    action: `kms:${one}`,
    context,
  }));
  const isAllowed =
    key.spec === 'SYMMETRIC_DEFAULT' && mayUse(world, key, { user: logsService(world), uses });
  if (isAllowed) return;
  throw new SimulatedFailure(
    'AccessDeniedException',
    `The specified KMS key does not exist or is not allowed to be used with Arn '${arnOf(world, name)}'`,
  );
}

const groupOperations = {
  CreateLogGroup(world: World, input: CreateLogGroupCommandInput): object {
    const name = input.logGroupName ?? '';
    if (!/^[.\-_/#A-Za-z0-9]{1,512}$/.test(name)) throw invalidParameter(`invalid log group name ${name}`);
    if (world.rows(logGroups).has(name)) {
      throw new SimulatedFailure('ResourceAlreadyExistsException', 'The specified log group already exists');
    }
    if (input.kmsKeyId !== undefined) checkKey(world, name, input.kmsKeyId);
    world.rows(logGroups).set(name, {
      name,
      createdAtMs: world.nowMs,
      retentionDays: undefined,
      kmsKeyId: input.kmsKeyId,
      tags: fittingTags(input.tags),
      streams: {},
    });
    return {};
  },

  DeleteLogGroup(world: World, input: DeleteLogGroupCommandInput): object {
    requireGroup(world, input.logGroupName);
    world.rows(logGroups).delete(input.logGroupName ?? '');
    return {};
  },

  /** Sorted by name, 50 a page. */
  DescribeLogGroups(
    world: World,
    input: DescribeLogGroupsCommandInput,
  ): Answer<DescribeLogGroupsCommandOutput> {
    const { logGroupNamePrefix: prefix, logGroupNamePattern: pattern } = input;
    if (prefix !== undefined && pattern !== undefined) {
      throw invalidParameter(
        'LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.',
      );
    }
    const found = [...world.rows(logGroups).values()]
      .filter((row) => row.name.startsWith(prefix ?? '') && row.name.includes(pattern ?? ''))
      .sort((one, other) => (one.name < other.name ? -1 : 1));
    const { items, nextToken } = page(found, input.nextToken, input.limit, 50);
    return { logGroups: items.map((row) => toLogGroup(world, row)), nextToken };
  },

  PutRetentionPolicy(world: World, input: PutRetentionPolicyCommandInput): object {
    const row = requireGroup(world, input.logGroupName);
    // A write to a group that was made a moment ago may meet one that has not heard of it.
    if (row.createdAtMs + world.delays.visibleById > world.nowMs) throw notFound();
    const days = input.retentionInDays ?? 0;
    if (!retentions.includes(days)) {
      throw invalidParameter(
        `1 validation error detected: Value '${days}' at 'retentionInDays' failed to satisfy constraint: Member must satisfy enum value set: [${retentions.join(', ')}]`,
      );
    }
    row.retentionDays = days;
    return {};
  },

  AssociateKmsKey(world: World, input: AssociateKmsKeyCommandInput): object {
    const row = requireGroup(world, input.logGroupName ?? nameFromArn(input.resourceIdentifier));
    checkKey(world, row.name, input.kmsKeyId ?? '');
    row.kmsKeyId = input.kmsKeyId;
    return {};
  },

  DisassociateKmsKey(world: World, input: DisassociateKmsKeyCommandInput): object {
    requireGroup(world, input.logGroupName ?? nameFromArn(input.resourceIdentifier)).kmsKeyId = undefined;
    return {};
  },

  DeleteRetentionPolicy(world: World, input: DeleteRetentionPolicyCommandInput): object {
    requireGroup(world, input.logGroupName).retentionDays = undefined;
    return {};
  },

  TagResource(world: World, input: TagResourceCommandInput): object {
    const row = groupByArn(world, input.resourceArn);
    row.tags = { ...row.tags, ...fittingTags(input.tags) };
    return {};
  },

  UntagResource(world: World, input: UntagResourceCommandInput): object {
    const row = groupByArn(world, input.resourceArn);
    row.tags = Object.fromEntries(
      Object.entries(row.tags).filter(([key]) => !(input.tagKeys ?? []).includes(key)),
    );
    return {};
  },

  ListTagsForResource(
    world: World,
    input: ListTagsForResourceCommandInput,
  ): Answer<ListTagsForResourceCommandOutput> {
    return { tags: groupByArn(world, input.resourceArn).tags };
  },
} as const;

const streamOperations = {
  DescribeLogStreams(
    world: World,
    input: DescribeLogStreamsCommandInput,
  ): Answer<DescribeLogStreamsCommandOutput> {
    const row = requireGroup(world, input.logGroupName);
    const found = Object.entries(row.streams)
      .filter(([name]) => name.startsWith(input.logStreamNamePrefix ?? ''))
      .map(([logStreamName, lines]) => ({
        logStreamName,
        arn: `${arnOf(world, row.name)}:log-stream:${logStreamName}`,
        creationTime: lines[0]?.atMs,
        firstEventTimestamp: lines[0]?.atMs,
        lastEventTimestamp: lines.at(-1)?.atMs,
        lastIngestionTime: lines.at(-1)?.atMs,
      }))
      .sort((one, other) =>
        input.orderBy === 'LastEventTime'
          ? (one.lastEventTimestamp ?? 0) - (other.lastEventTimestamp ?? 0)
          : one.logStreamName < other.logStreamName
            ? -1
            : 1,
      );
    if (input.descending === true) found.reverse();
    const { items, nextToken } = page(found, input.nextToken, input.limit, 50);
    return { logStreams: items, nextToken };
  },

  /** The newest lines in the order of their writing, unless `startFromHead`; the tokens never run out, as on AWS. */
  GetLogEvents(world: World, input: GetLogEventsCommandInput): Answer<GetLogEventsCommandOutput> {
    const row = requireGroup(world, input.logGroupName ?? nameFromArn(input.logGroupIdentifier));
    const lines = within(requireStream(row, input.logStreamName), input);
    const limit = input.limit ?? 10_000;
    const shown = input.startFromHead === true ? lines.slice(0, limit) : lines.slice(-limit);
    const isLater = input.nextToken !== undefined;
    return {
      events: isLater
        ? []
        : shown.map((line) => ({ timestamp: line.atMs, message: line.message, ingestionTime: line.atMs })),
      nextForwardToken: 'f/end',
      nextBackwardToken: 'b/end',
    };
  },

  /** A filter pattern is taken as words that must all occur; the rest of the pattern language is not played. */
  FilterLogEvents(world: World, input: FilterLogEventsCommandInput): Answer<FilterLogEventsCommandOutput> {
    const row = requireGroup(world, input.logGroupName ?? nameFromArn(input.logGroupIdentifier));
    const words = (input.filterPattern ?? '').split(/\s+/).filter((word) => word !== '');
    const found = Object.entries(row.streams)
      .filter(
        ([name]) =>
          (input.logStreamNames?.includes(name) ?? true) && name.startsWith(input.logStreamNamePrefix ?? ''),
      )
      .flatMap(([logStreamName, lines]) =>
        within(lines, input).map((line, index) => ({
          logStreamName,
          timestamp: line.atMs,
          ingestionTime: line.atMs,
          message: line.message,
          eventId: `${logStreamName}-${index}`,
        })),
      )
      .filter((event) => words.every((word) => event.message.includes(word.replaceAll('"', ''))))
      .sort((one, other) => one.timestamp - other.timestamp);
    const { items, nextToken } = page(found, input.nextToken, input.limit, 10_000);
    return { events: items, nextToken, searchedLogStreams: [] };
  },
} as const;

function nameFromArn(identifier: string | undefined): string | undefined {
  return identifier?.replace(/^arn:.*:log-group:/, '').replace(/:\*$/, '');
}

/** CloudWatch Logs as far as containers write to it, as its API reference describes it. */
export const logOperations = { ...groupOperations, ...streamOperations } as const;
