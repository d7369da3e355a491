import { DeleteServiceCommand, paginateListServices } from '@aws-sdk/client-ecs';

import { collectPages } from '../../aws/ec2.ts';
import { isOf, resourceTag } from '../../aws/tags.ts';
import { unless } from '../../aws/unless.ts';
import type { Needs, Resource } from '../../engine/resource.ts';
import type { StepContext } from '../context.ts';
import { clusters } from '../hosts/cluster.ts';
import { clusterName } from '../names.ts';
import { explainDraining } from './explain.ts';
import { type Service, serviceKey, services } from './services.ts';
import { serviceGone } from './service.ts';

const missing = ['ServiceNotFoundException', 'ServiceNotActiveException', 'ClusterNotFoundException'];

/**
 * Services in the ECS cluster that carry its tag and are of no node that is known: services have no list by tag, so that only
 * `destroy` looks for them, which could not delete the ECS cluster with one left.
 *
 * @param needs what must not go before them.
 */
export function strayServices(context: StepContext, needs: Needs): Resource<unknown, Service> {
  const address = 'service/service/*';
  const { clients, inventory, config } = context;
  const cluster = clusterName(config);
  return {
    address,
    needs,
    unwanted: true,
    waits: serviceGone,
    desired: () => undefined,
    find: async ({ id, fresh }) =>
      id === undefined ? undefined : inventory.find(services, address, { id, fresh, name: id }),
    all: async () => {
      // Services are in a cluster; whether it is there has been asked by now.
      if ((await inventory.known(clusters, [cluster])).length === 0) return [];
      const arns = await unless(
        missing,
        collectPages(paginateListServices({ client: clients.ecs }, { cluster }), (page) => page.serviceArns),
      );
      const keys = (arns ?? []).map((arn) => serviceKey(cluster, arn.split('/').at(-1) ?? ''));
      // Those of nodes that are known have been looked at by now.
      const found = await inventory.known(services, keys);
      return found
        .filter((one) => isOf(config.name, one.tags) && one.status !== 'INACTIVE')
        .map((observed) => ({ observed, address: observed.tags[resourceTag] }));
    },
    id: (observed) => observed.key,
    phase: (observed) => (observed.status === 'INACTIVE' ? 'gone' : 'ready'),
    diff: () => [],
    destroy: async ({ clusterName: inCluster, serviceName }) => {
      const request = { cluster: inCluster, service: serviceName, force: true };
      await unless(missing, clients.ecs.send(new DeleteServiceCommand(request)));
    },
    destroyWaits: serviceGone,
    explain: async (observed) => (observed === undefined ? undefined : explainDraining(clients, observed)),
  };
}
