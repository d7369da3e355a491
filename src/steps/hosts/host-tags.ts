import type { Tags } from '../../aws/tags.ts';
import type { Change } from '../../engine/resource.ts';
import type { StepContext } from '../context.ts';
import { partTags } from '../part-tags.ts';
import { type Part, partChanges, partsOf, type Retagging } from '../parts.ts';
import { isSettled, type RunningHost } from './instances.ts';

/** How parts are looked at. */
interface PartSight {
  readonly fresh: boolean;
  /** Whether disks and interfaces are: those of a new host have its tags from its launch. */
  readonly isAsked: boolean;
}

/** What the hosts of a group carry tags on: themselves, their root disks and network interfaces. */
export async function hostParts(
  context: StepContext,
  hosts: readonly RunningHost[],
  { fresh, isAsked }: PartSight,
): Promise<readonly Part[]> {
  const parts = await Promise.all(
    hosts.filter(isSettled).map(async (host): Promise<readonly Part[]> => {
      const itself: Part = { id: host.instanceId, what: 'instance', tags: host.tags };
      return [itself, ...(isAsked ? await partsOf(context, host, fresh) : [])];
    }),
  );
  return parts.flat();
}

/** A tag restarts nobody: hosts and what came with them are tagged as they run. */
export function hostTagChanges(
  context: StepContext,
  desired: { readonly tags: Tags },
  seen: { readonly parts: readonly Part[]; readonly retagging: Retagging },
): readonly Change[] {
  const { config, clients, formerTags } = context;
  const tagsFor: Readonly<Record<Part['what'], Tags>> = {
    instance: desired.tags,
    rootDisk: partTags(config, 'root'),
    networkInterface: partTags(config, 'host'),
  };
  const wanted = seen.parts.map((part) => ({ part, tags: tagsFor[part.what] }));
  return partChanges(clients.ec2, wanted, { former: formerTags, retagging: seen.retagging });
}
