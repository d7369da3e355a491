import {
  CreateTagsCommand,
  DeleteTagsCommand,
  DescribeTagsCommand,
  type EC2Client,
  type Filter,
  type ResourceType,
  type TagSpecification,
} from '@aws-sdk/client-ec2';
import DataLoader from 'dataloader';

import type { Clients } from './clients.ts';
import type { Collection, Depth } from './inventory.ts';
import { clusterTag, type Tags, type TagWriter, toCapitalTags } from './tags.ts';
import { unless } from './unless.ts';

/** The filter for everything of a cluster. */
export function ec2Filters(cluster: string): Filter[] {
  return [{ Name: `tag:${clusterTag}`, Values: [cluster] }];
}

/** Sets and removes tags on one EC2 thing; the same on many at the same moment is one call. */
export function ec2Tags(ec2: EC2Client, id: string): TagWriter {
  return {
    set: (tags: Tags) => {
      const Tags = toCapitalTags(tags);
      return batched(ec2, `set ${JSON.stringify(Tags)}`, async (Resources) => {
        await ec2.send(new CreateTagsCommand({ Resources, Tags }));
      }).load(id);
    },
    unset: (keys) => {
      const Tags = keys.map((Key) => ({ Key }));
      return batched(ec2, `unset ${JSON.stringify(Tags)}`, async (Resources) => {
        await ec2.send(new DeleteTagsCommand({ Resources, Tags }));
      }).load(id);
    },
  };
}

/** CreateTags and DeleteTags take up to 1000 things, and advise fewer. */
const taggedAtOnce = 200;

type TagBatch = DataLoader<string, void>;

const batches = new WeakMap<EC2Client, Map<string, TagBatch>>();

/** Those who ask for the same at the same moment share a call; where that is refused, each asks alone, and is told of what is its own. */
function batched(ec2: EC2Client, what: string, send: (ids: string[]) => Promise<void>): TagBatch {
  const open = batches.get(ec2) ?? new Map<string, TagBatch>();
  batches.set(ec2, open);
  const known = open.get(what);
  if (known !== undefined) return known;
  const batch: TagBatch = new DataLoader(
    async (ids) => {
      open.delete(what);
      const failure = await failureOf(send([...new Set(ids)]));
      if (failure === undefined || ids.length === 1) return ids.map(() => failure);
      return Promise.all(ids.map((id) => failureOf(send([id]))));
    },
    { cache: false, maxBatchSize: taggedAtOnce, batchScheduleFn: (callback) => void setImmediate(callback) },
  );
  open.set(what, batch);
  return batch;
}

/** What a call ended with, as a batch hands it to each that asked. */
async function failureOf(call: Promise<void>): Promise<Error | undefined> {
  try {
    await call;
    return undefined;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

/** Tags given in the very call that creates a thing, so that nothing is ever made without them. */
export function tagSpecifications(type: ResourceType, tags: Tags): TagSpecification[] {
  return [{ ResourceType: type, Tags: toCapitalTags(tags) }];
}

/** DescribeTags gives up to 1000 tags at once. */
const tagsAtOnce = 1_000;

/**
 * The kinds of EC2 things of which any carries the cluster's tag, by what their ids begin with: one call in place of a list for each.
 * Undefined where it cannot be said so cheaply.
 */
export async function taggedKinds(
  { ec2 }: Pick<Clients, 'ec2'>,
  cluster: string,
): Promise<ReadonlySet<string> | undefined> {
  const Filters = [
    { Name: 'key', Values: [clusterTag] },
    { Name: 'value', Values: [cluster] },
  ];
  const command = new DescribeTagsCommand({ Filters, MaxResults: tagsAtOnce });
  const answer = await unless(['UnauthorizedOperation'], ec2.send(command));
  if (answer?.Tags === undefined || (answer.NextToken ?? '') !== '') return undefined;
  return new Set(answer.Tags.map(({ ResourceId: id = '' }) => id.slice(0, id.lastIndexOf('-'))));
}

/** What a Describe of EC2 is asked for: by filters or by ids, and what else is asked of each thing. */
export interface Ec2Question {
  readonly filters?: Filter[];
  readonly ids?: string[];
  readonly depth: Depth;
}

/** How things of one EC2 type are read. */
export interface Ec2Type<Item extends { readonly tags: Tags }> {
  /** In the plural, for errors. */
  readonly name: string;
  /** The error name for an unknown id, as in `InvalidVpcID.NotFound`. */
  readonly notFound: string;
  /** What its ids begin with, as in `subnet-0a…`. */
  readonly prefix: string;
  readonly read: (clients: Clients, question: Ec2Question) => Promise<readonly Item[]>;
  readonly id: (item: Item) => string;
  /** Deleted, though AWS still shows it for a while. */
  readonly isGone?: (item: Item) => boolean;
}

/**
 * What a page of a list holds at most. Where nothing is said EC2 may give all in one answer that takes long, or pages that are shorter;
 * with ids it takes no such number.
 */
export const longestPage = 1_000;

/** EC2 takes up to 1000 ids in a Describe and advises fewer; a page is as long. */
const idsAtOnce = 100;

/** The collection of an EC2 type: listed by the cluster's tag, looked up by id. */
export function ec2Collection<Item extends { readonly tags: Tags }>(type: Ec2Type<Item>): Collection<Item> {
  const { name, notFound, prefix, read, id, isGone } = type;
  return {
    name,
    prefix,
    list: (clients, cluster, depth) => read(clients, { filters: ec2Filters(cluster), depth }),
    byIds: (clients, ids, depth) => existing(ids, notFound, (some) => read(clients, { ids: some, depth })),
    chunk: idsAtOnce,
    id,
    tags: (item) => item.tags,
    ...(isGone === undefined ? {} : { isGone }),
  };
}

/** All items of all pages of an SDK paginator. */
export async function collectPages<Page, Item>(
  pages: AsyncIterable<Page>,
  items: (page: Page) => readonly Item[] | undefined,
): Promise<Item[]> {
  const all: Item[] = [];
  for await (const page of pages) all.push(...(items(page) ?? []));
  return all;
}

/**
 * Reads things by their ids, leaving out those that do not exist. EC2 refuses a whole Describe for one unknown id, so a
 * refused batch is asked again one by one. By id and not by filter, as filters lag behind a create ("Eventual consistency
 * in the Amazon EC2 API").
 *
 * @param notFound the error name for this type, as in `InvalidVpcID.NotFound`.
 */
export async function existing<Item>(
  ids: readonly string[],
  notFound: string,
  read: (ids: string[]) => Promise<readonly Item[]>,
): Promise<readonly Item[]> {
  try {
    return await read([...ids]);
  } catch (error) {
    if (!(error instanceof Error) || error.name !== notFound) throw error;
    if (ids.length <= 1) return [];
    const one = await Promise.all(ids.map((id) => existing([id], notFound, read)));
    return one.flat();
  }
}
