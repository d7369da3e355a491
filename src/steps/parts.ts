import { type EC2Client, paginateDescribeNetworkInterfaces } from '@aws-sdk/client-ec2';

import { collectPages, ec2Collection, ec2Tags, longestPage } from '../aws/ec2.ts';
import { diffTags, fromCapitalTags, type Tags } from '../aws/tags.ts';
import { unless } from '../aws/unless.ts';
import type { Change } from '../engine/resource.ts';
import { givesTags, type StepContext } from './context.ts';
import { volumes } from './hosts/volume.ts';
import type { PartIds } from './part-ids.ts';

/** What came with an instance and goes with it: no resource of its own, and tagged all the same. */
export interface Part {
  readonly id: string;
  /** In plan and errors. */
  readonly what: 'instance' | 'rootDisk' | 'networkInterface';
  readonly tags: Tags;
}

interface NetworkInterface {
  readonly interfaceId: string;
  readonly tags: Tags;
}

const interfaces = ec2Collection<NetworkInterface>({
  name: 'network interfaces',
  prefix: 'eni',
  notFound: 'InvalidNetworkInterfaceID.NotFound',
  read: async (clients, { filters, ids }) => {
    const pages = paginateDescribeNetworkInterfaces(
      { client: clients.ec2 },
      filters === undefined ? { NetworkInterfaceIds: ids } : { Filters: filters, MaxResults: longestPage },
    );
    const found = await collectPages(pages, (page) => page.NetworkInterfaces);
    return found.map((one) => ({
      interfaceId: one.NetworkInterfaceId ?? '',
      tags: fromCapitalTags(one.TagSet),
    }));
  },
  id: (one) => one.interfaceId,
});

/** Begins the lists that `partsOf` looks into, so that nobody waits for one after the other. */
export function readPartsAhead(context: StepContext): void {
  const { inventory } = context;
  if (inventory.depth === 'there') return;
  inventory.owned(volumes).catch(() => undefined);
  if (givesTags(context)) inventory.owned(interfaces).catch(() => undefined);
}

/**
 * Root disks and network interfaces that carry the cluster's tag: what does not is nobody's to touch, wherever it hangs. Interfaces are looked
 * at where there are tags for them.
 */
export async function partsOf(context: StepContext, ids: PartIds, fresh: boolean): Promise<readonly Part[]> {
  const { inventory } = context;
  if (inventory.depth === 'there') return [];
  const { rootDiskId } = ids;
  // Disks are listed anyway.
  const interfaceIds = givesTags(context) ? ids.interfaceIds : [];
  const [rootDisk, ...ofInterfaces] = await Promise.all([
    rootDiskId === undefined ? undefined : inventory.own(volumes, rootDiskId, fresh),
    ...interfaceIds.map((id) => inventory.own(interfaces, id, fresh)),
  ]);
  return [
    ...(rootDisk === undefined
      ? []
      : [{ id: rootDisk.volumeId, what: 'rootDisk', tags: rootDisk.tags } as const]),
    ...ofInterfaces.flatMap((one): Part[] =>
      one === undefined ? [] : [{ id: one.interfaceId, what: 'networkInterface', tags: one.tags }],
    ),
  ];
}

/** It has ended meanwhile: whatever took its place was made with its tags. */
const gone = ['InvalidInstanceID.NotFound', 'InvalidVolume.NotFound', 'InvalidNetworkInterfaceID.NotFound'];

/** Whether this run has tagged the parts of a thing: only then they are looked at anew, as what is made now has its tags of now. */
export interface Retagging {
  hasBegun: boolean;
}

/** A part, and the tags that it should carry. */
export interface WantedPart {
  readonly part: Part;
  readonly tags: Tags;
}

/**
 * The differences of the tags of parts, set right as they run. All that go, go together, and then all that come: so what is the same for
 * many is one call.
 */
export function partChanges(
  ec2: EC2Client,
  wanted: readonly WantedPart[],
  { former, retagging }: { readonly former: ReadonlySet<string>; readonly retagging: Retagging },
): readonly Change[] {
  const changes = wanted.flatMap(({ part, tags }) => {
    const tagging = ec2Tags(ec2, part.id);
    const rules = {
      set: (some: Tags) => unless(gone, tagging.set(some)),
      unset: (keys: readonly string[]) => unless(gone, tagging.unset(keys)),
      former,
    };
    return diffTags(tags, part.tags, rules).map((change) => ({ part, change }));
  });
  const together = (goes: boolean): (() => Promise<void>) => {
    const some = changes.filter(({ change }) => (change.after === undefined) === goes);
    const calls = new Set(some.map(({ change }) => change.apply));
    return async () => {
      retagging.hasBegun = true;
      await Promise.all([...calls].flatMap((call) => (call === undefined ? [] : [call()])));
    };
  };
  const [take, give] = [together(true), together(false)];
  const inOrder = [true, false].flatMap((goes) =>
    changes.filter(({ change }) => (change.after === undefined) === goes),
  );
  return inOrder.map(({ part, change }) => ({
    ...change,
    path: `${part.what}.${change.path}`,
    of: part.id,
    apply: change.after === undefined ? take : give,
    // What becomes of tags is said of anything that has some.
    becomes: <Observed extends { readonly parts: readonly Part[] }>(before: Observed): Observed => ({
      ...before,
      parts: before.parts.map((one) => (one.id === part.id ? ((change.becomes?.(one) ?? one) as Part) : one)),
    }),
  }));
}
