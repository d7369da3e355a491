import {
  AssociateKmsKeyCommand,
  type CloudWatchLogsClient,
  CreateLogGroupCommand,
  DeleteLogGroupCommand,
  ListTagsForResourceCommand,
  type LogGroup as SdkLogGroup,
  paginateDescribeLogGroups,
  PutRetentionPolicyCommand,
  TagResourceCommand,
  UntagResourceCommand,
} from '@aws-sdk/client-cloudwatch-logs';

import type { Clients } from '../../aws/clients.ts';
import { collectPages } from '../../aws/ec2.ts';
import type { Collection } from '../../aws/inventory.ts';
import { diffTags, type Tags, type TagWriter } from '../../aws/tags.ts';
import { unless } from '../../aws/unless.ts';
import type { Address, Change, Resource } from '../../engine/resource.ts';
import { ownTags, type StepContext } from '../context.ts';
import { isKey } from '../encryption/key.ts';
import { brief } from '../waits.ts';

export interface LogGroupDesired {
  readonly logGroupName: string;
  readonly retentionDays: number;
  /** Of the customer key; undefined: whichever it has. */
  readonly keyArn: string | undefined;
  readonly tags: Tags;
}

export interface LogGroup {
  readonly logGroupName: string;
  /** Undefined: for ever. */
  readonly retentionDays: number | undefined;
  /** Undefined: a key of AWS's own. */
  readonly keyArn: string | undefined;
  readonly tags: Tags;
  /** Without the `:*` that some calls add. */
  readonly logGroupArn: string;
}

const missing = ['ResourceNotFoundException'];

const logGroups: Collection<LogGroup> = {
  name: 'log groups',
  byIds: async (clients, names) => {
    // One list tells of all whose names begin alike.
    const prefixes = names.filter((name) => !names.some((other) => other !== name && name.startsWith(other)));
    const found = await Promise.all(
      prefixes.map((prefix) =>
        read(
          clients,
          prefix,
          names.filter((name) => name.startsWith(prefix)),
        ),
      ),
    );
    return found.flat();
  },
  chunk: 20,
  id: (group) => group.logGroupName,
  tags: (group) => group.tags,
};

/** What tells one log group from another. */
export interface LogGroupOptions {
  readonly address: Address;
  readonly name: string;
}

/**
 * Where output goes. Costs by the gigabyte taken in and kept; without a retention logs are kept for ever.
 * Its name is unique in the region, so a repeated create makes no second one.
 */
export function logGroup(
  context: StepContext,
  { address, name }: LogGroupOptions,
): Resource<LogGroupDesired, LogGroup> {
  const { logs } = context.clients;
  return {
    address,
    needs: {},
    waits: { ...brief, for: 'the log group' },
    provenByAnswers: true,
    desired: () => ({
      logGroupName: name,
      retentionDays: context.config.logs.retentionDays,
      keyArn: context.facts.key?.arn,
      tags: ownTags(context, address),
    }),
    find: (sight) => context.inventory.find(logGroups, address, { ...sight, name }),
    id: (observed) => observed.logGroupName,
    phase: () => 'ready',
    diff: (desired, observed) => [
      ...retentionChange(logs, desired, observed),
      ...keyChange(logs, desired, observed),
      ...diffTags(desired.tags, observed.tags, {
        ...logTags(logs, observed.logGroupArn),
        former: context.formerTags,
      }),
    ],
    create: async (desired) => {
      await unless(
        ['ResourceAlreadyExistsException'],
        logs.send(
          new CreateLogGroupCommand({ logGroupName: desired.logGroupName, tags: { ...desired.tags } }),
        ),
      );
      const { partition, region, accountId } = context.facts;
      return {
        id: desired.logGroupName,
        observed: {
          logGroupName: desired.logGroupName,
          retentionDays: undefined,
          keyArn: undefined,
          tags: desired.tags,
          logGroupArn: `arn:${partition}:logs:${region}:${accountId}:log-group:${desired.logGroupName}`,
        },
      };
    },
    once: { by: 'name' },
    // A group of that name that is just being deleted; and the retention of one that was made a moment ago.
    createRetries: { names: ['OperationAbortedException', ...missing], limitMs: 60_000 },
    goneWhenAnswered: true,
    destroy: async (observed) => {
      await unless(missing, logs.send(new DeleteLogGroupCommand({ logGroupName: observed.logGroupName })));
    },
    destroyRetries: { names: ['OperationAbortedException'], limitMs: 60_000 },
  };
}

function retentionChange(
  logs: CloudWatchLogsClient,
  desired: LogGroupDesired,
  observed: LogGroup,
): readonly Change[] {
  const days = desired.retentionDays;
  if (days === observed.retentionDays) return [];
  return [
    {
      path: 'retentionDays',
      before: observed.retentionDays === undefined ? 'for ever' : String(observed.retentionDays),
      after: String(days),
      impact: 'in-place',
      apply: () => setRetention(logs, desired),
      becomes: (before: LogGroup): LogGroup => ({ ...before, retentionDays: days }),
    },
  ];
}

/** What is written from then on gets the new key; what was written before stays readable as long as the old key is there. */
function keyChange(
  logs: CloudWatchLogsClient,
  { logGroupName, keyArn }: LogGroupDesired,
  observed: LogGroup,
): readonly Change[] {
  if (keyArn === undefined || isKey({ arn: keyArn }, observed.keyArn)) return [];
  return [
    {
      path: 'kmsKeyId',
      before: observed.keyArn,
      after: keyArn,
      impact: 'in-place',
      apply: async () => {
        await logs.send(new AssociateKmsKeyCommand({ logGroupName, kmsKeyId: keyArn }));
      },
      becomes: (before: LogGroup): LogGroup => ({ ...before, keyArn }),
    },
  ];
}

async function setRetention(logs: CloudWatchLogsClient, desired: LogGroupDesired): Promise<void> {
  const { logGroupName: name, retentionDays } = desired;
  await logs.send(new PutRetentionPolicyCommand({ logGroupName: name, retentionInDays: retentionDays }));
}

function logTags(logs: CloudWatchLogsClient, resourceArn: string): TagWriter {
  return {
    set: async (tags) => {
      await logs.send(new TagResourceCommand({ resourceArn, tags: { ...tags } }));
    },
    unset: async (keys) => {
      await logs.send(new UntagResourceCommand({ resourceArn, tagKeys: [...keys] }));
    },
  };
}

async function read(
  { logs }: Clients,
  logGroupNamePrefix: string,
  names: readonly string[],
): Promise<readonly LogGroup[]> {
  const groups = await collectPages(
    paginateDescribeLogGroups({ client: logs }, { logGroupNamePrefix }),
    (page) => page.logGroups,
  );
  const meant = groups.filter(({ logGroupName = '' }) => names.includes(logGroupName));
  return Promise.all(meant.map((one) => withTags(logs, one)));
}

async function withTags(logs: CloudWatchLogsClient, found: SdkLogGroup): Promise<LogGroup> {
  const logGroupArn = (found.logGroupArn ?? found.arn ?? '').replace(/:\*$/, '');
  const answer = await unless(
    missing,
    logs.send(new ListTagsForResourceCommand({ resourceArn: logGroupArn })),
  );
  return {
    logGroupName: found.logGroupName ?? '',
    logGroupArn,
    retentionDays: found.retentionInDays,
    keyArn: found.kmsKeyId,
    tags: answer?.tags ?? {},
  };
}
