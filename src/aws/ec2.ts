import { CreateTagsCommand, DeleteTagsCommand, type EC2Client } from '@aws-sdk/client-ec2';

import { clusterTag, type Tags, type TagWriter, toCapitalTags } from './tags.ts';

/** The filter for everything of a cluster. */
export function ec2Filters(cluster: string): { Name: string; Values: string[] }[] {
  return [{ Name: `tag:${clusterTag}`, Values: [cluster] }];
}

/** Sets and removes tags on one EC2 thing. */
export function ec2Tags(ec2: EC2Client, id: string): TagWriter {
  return {
    set: async (tags: Tags) => {
      await ec2.send(new CreateTagsCommand({ Resources: [id], Tags: toCapitalTags(tags) }));
    },
    unset: async (keys) => {
      await ec2.send(new DeleteTagsCommand({ Resources: [id], Tags: keys.map((Key) => ({ Key })) }));
    },
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
