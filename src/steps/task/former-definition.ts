import type { Needs, Resource } from '../../engine/resource.ts';
import type { StepContext } from '../context.ts';
import { addressOfGroup, definitionAddress, nameOfGroup } from '../names.ts';
import { brief } from '../waits.ts';
import { type Definition, definitions, deleteFamily } from './definition.ts';

/**
 * The task definition of a node group that the config no longer has: it goes with all its revisions once the group's nodes have left.
 *
 * @param needs what must not go before it.
 */
export function formerDefinition(
  context: StepContext,
  group: string,
  needs: Needs,
): Resource<unknown, Definition> {
  const address = addressOfGroup(definitionAddress, group);
  const family = nameOfGroup(context.config, group);
  return {
    address,
    needs,
    unwanted: true,
    waits: { ...brief, for: 'the task definition' },
    desired: () => undefined,
    find: (sight) => context.inventory.find(definitions, address, { ...sight, name: family }),
    id: (observed) => observed.family,
    phase: () => 'ready',
    diff: () => [],
    goneWhenAnswered: true,
    destroy: ({ family: own }) => deleteFamily(context.clients.ecs, own),
  };
}
