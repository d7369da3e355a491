import {
  AddTagsToResourceCommand,
  DeleteParameterCommand,
  GetParameterCommand,
  type GetParameterCommandOutput,
  ListTagsForResourceCommand,
  paginateGetParameterHistory,
  PutParameterCommand,
  RemoveTagsFromResourceCommand,
  type SSMClient,
} from '@aws-sdk/client-ssm';

import { collectPages } from '../aws/ec2.ts';
import { clusterTag, diffTags, fromCapitalTags, resourceTag, type Tags, toCapitalTags } from '../aws/tags.ts';
import { unless } from '../aws/unless.ts';
import { isInLine, lastValid, type LockEntry, type LockRecord, parseRecord } from './record.ts';

/** What the lock is called among the cluster's resources. */
const lockAddress = 'lock';

/** The parameter's name. Standard parameters cost nothing ("AWS Systems Manager pricing"). */
export function lockName(cluster: string): string {
  return `/es-ecs/${cluster}/lock`;
}

/** What a look at the lock finds. */
export interface LockLook {
  /** The entry that counts; undefined where nobody has held the lock since it was last taken down. */
  readonly entry: LockEntry | undefined;
  /** The service's own time in milliseconds since 1970, as its answer was dated; undefined in the simulated account. */
  readonly serviceNowMs: number | undefined;
}

/** One call, unless somebody wrote out of line: then the whole log is read. */
export async function readEntry(ssm: SSMClient, cluster: string): Promise<LockLook> {
  const command = new GetParameterCommand({ Name: lockName(cluster) });
  let date: string | undefined;
  command.middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args);
      date = dateOf(result.response);
      return result;
    },
    { step: 'deserialize', name: 'esEcsDate' },
  );
  const answer = await unless(['ParameterNotFound'], ssm.send(command));
  const serviceNowMs = date === undefined ? undefined : Date.parse(date);
  if (answer === undefined) return { entry: undefined, serviceNowMs };
  const entry = toEntry(answer.Parameter);
  const valid = entry !== undefined && isInLine(entry) ? entry : await readLog(ssm, cluster);
  return { entry: valid, serviceNowMs };
}

/** The `Date` of an HTTP answer. */
function dateOf(response: unknown): string | undefined {
  if (typeof response !== 'object' || response === null || !('headers' in response)) return undefined;
  const { headers } = response;
  if (typeof headers !== 'object' || headers === null || !('date' in headers)) return undefined;
  return typeof headers.date === 'string' ? headers.date : undefined;
}

/** The entry that counts, by the whole log. */
export async function readLog(ssm: SSMClient, cluster: string): Promise<LockEntry | undefined> {
  const pages = paginateGetParameterHistory({ client: ssm }, { Name: lockName(cluster) });
  const found = await unless(
    ['ParameterNotFound'],
    collectPages(pages, (page) => page.Parameters),
  );
  const entries = (found ?? []).map(toEntry).filter((entry) => entry !== undefined);
  return lastValid(entries.sort((a, b) => a.version - b.version));
}

function toEntry(parameter: GetParameterCommandOutput['Parameter']): LockEntry | undefined {
  const record = parseRecord(parameter?.Value);
  if (record === undefined || parameter?.Version === undefined) return undefined;
  return { version: parameter.Version, atMs: parameter.LastModifiedDate?.getTime() ?? 0, record };
}

/** Whose lock it is, and what its parameter carries beside es-ecs's own tags. */
export interface LockOwner {
  readonly cluster: string;
  readonly tags: Tags;
}

function lockTags({ cluster, tags }: LockOwner): Tags {
  return { ...tags, [clusterTag]: cluster, [resourceTag]: lockAddress };
}

/**
 * Gives the parameter the tags that it should carry, and takes those away that the config has left out.
 *
 * @param former keys of these
 */
export async function retagLock(
  ssm: SSMClient,
  owner: LockOwner,
  former: ReadonlySet<string>,
): Promise<void> {
  const named = { ResourceType: 'Parameter', ResourceId: lockName(owner.cluster) } as const;
  const { TagList } = await ssm.send(new ListTagsForResourceCommand(named));
  const changes = diffTags(lockTags(owner), fromCapitalTags(TagList), {
    former,
    set: async (tags) => {
      await ssm.send(new AddTagsToResourceCommand({ ...named, Tags: toCapitalTags(tags) }));
    },
    unset: async (keys) => {
      await ssm.send(new RemoveTagsFromResourceCommand({ ...named, TagKeys: [...keys] }));
    },
  });
  for (const apply of new Set(changes.map((change) => change.apply))) await apply?.();
}

/**
 * Appends to the log.
 *
 * @returns the version that it became; undefined when it was to be the first and there is a log already.
 */
export async function append(
  ssm: SSMClient,
  owner: LockOwner,
  record: LockRecord,
): Promise<number | undefined> {
  const isFirst = record.after === null;
  const answer = await unless(
    isFirst ? ['ParameterAlreadyExists'] : [],
    ssm.send(
      new PutParameterCommand({
        Name: lockName(owner.cluster),
        Value: JSON.stringify(record),
        Type: 'String',
        // Tags and Overwrite exclude each other.
        ...(isFirst ? { Tags: toCapitalTags(lockTags(owner)) } : { Overwrite: true }),
      }),
    ),
  );
  return answer?.Version;
}

/** Takes the lock down with everything that was written in it; already gone is success. */
export async function removeLog(ssm: SSMClient, cluster: string): Promise<void> {
  await unless(['ParameterNotFound'], ssm.send(new DeleteParameterCommand({ Name: lockName(cluster) })));
}
