import { paginateListTaskDefinitionFamilies } from '@aws-sdk/client-ecs';

import { collectPages } from '../../aws/ec2.ts';
import { isOf, resourceTag } from '../../aws/tags.ts';
import type { Needs, Resource } from '../../engine/resource.ts';
import type { StepContext } from '../context.ts';
import { clusterName } from '../names.ts';
import { brief } from '../waits.ts';
import { type Definition, definitions, deleteFamily } from './definition.ts';

/**
 * Task definitions of node groups that the config no longer has: they have no list by tag, so that only `destroy` looks for them.
 *
 * @param needs what must not go before them.
 */
export function strayDefinitions(context: StepContext, needs: Needs): Resource<unknown, Definition> {
  const address = 'task/definition/*';
  const { clients, inventory, config } = context;
  return {
    address,
    needs,
    unwanted: true,
    waits: { ...brief, for: 'the task definition' },
    desired: () => undefined,
    find: async ({ id, fresh }) =>
      id === undefined ? undefined : inventory.find(definitions, address, { id, fresh, name: id }),
    all: async () => {
      const request = { familyPrefix: clusterName(config), status: 'ACTIVE' as const };
      const families = await collectPages(
        paginateListTaskDefinitionFamilies({ client: clients.ecs }, request),
        (page) => page.families,
      );
      // The prefix also takes in `es-ecs-search-2`, which is another cluster's.
      const found = await inventory.known(definitions, families);
      return found
        .filter((one) => isOf(config.name, one.tags))
        .map((observed) => ({ observed, address: observed.tags[resourceTag] }));
    },
    id: (observed) => observed.family,
    phase: () => 'ready',
    diff: () => [],
    goneWhenAnswered: true,
    destroy: ({ family }) => deleteFamily(clients.ecs, family),
  };
}
