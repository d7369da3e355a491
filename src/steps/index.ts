import type { Address, AnyResource, Resource } from '../engine/resource.ts';
import { bastionStep } from './bastion/index.ts';
import type { Bastion } from './bastion/instances.ts';
import type { StepContext } from './context.ts';
import type { Host } from './hosts/host.ts';
import { hostsStep } from './hosts/index.ts';
import { strayInstances } from './hosts/stray-instances.ts';
import type { Volume } from './hosts/volume.ts';
import { imageStep } from './image/index.ts';
import { networkStep } from './network/index.ts';
import type { ClusterState } from './service/cluster.ts';
import type { NodeService } from './service/node-service.ts';
import { serviceStep } from './service/index.ts';
import { strayServices } from './service/stray-services.ts';
import { taskStep } from './task/index.ts';
import type { Secret } from './task/secret.ts';
import { strayDefinitions } from './task/stray-definitions.ts';

/** Every resource of a cluster, and those whose observed state the commands show. */
export interface ClusterSteps {
  /** In the order of the steps. */
  readonly resources: readonly AnyResource[];
  /**
   * What there may be of without anything else knowing of it: kinds without a list by tag, and things without an address. To look
   * for them is a call each, so that only `destroy` does.
   */
  readonly searched: readonly AnyResource[];
  readonly bastion: Resource<unknown, Bastion> | undefined;
  readonly nodes: readonly NodeHandles[];
  readonly certificates: Resource<unknown, Secret>;
  readonly cluster: Resource<unknown, ClusterState>;
}

/** A node's own resources. */
export interface NodeHandles {
  readonly name: string;
  readonly zone: string;
  readonly volume: Resource<unknown, Volume>;
  readonly host: Resource<unknown, Host>;
}

/**
 * The whole architecture: six steps, in the order in which a person thinks of them. What must come before what is said by
 * each resource's `needs`; everything else runs in parallel.
 */
export function clusterSteps(context: StepContext): ClusterSteps {
  const network = networkStep(context);
  const bastion = bastionStep(context, network);
  const image = imageStep(context);
  const hosts = hostsStep(context, { network, keyPair: bastion.keyPair });
  const task = taskStep(context, image.source, hosts);
  const service = serviceStep(context, { hosts, task });
  return {
    resources: [network, bastion, hosts, image, task, service].flatMap((step) => step.resources),
    searched: [
      ...network.searched,
      strayInstances(context, {
        cluster: hosts.cluster,
        securityGroup: network.nodeSecurityGroup,
        ...Object.fromEntries(network.privateSubnets),
      }),
      strayDefinitions(context, { ...task.secrets }),
      strayServices(context, { cluster: hosts.cluster }),
    ],
    bastion: bastion.instance,
    nodes: hosts.nodes,
    certificates: task.secrets.certificates,
    cluster: service.cluster,
  };
}

/** What a resource was observed to be, of a map that holds under each address what that resource's own `find` returned. */
export function observedOf<Observed>(
  observed: ReadonlyMap<Address, unknown>,
  resource: Resource<unknown, Observed> | undefined,
): Observed | undefined {
  return resource === undefined ? undefined : (observed.get(resource.address) as Observed | undefined);
}

/** The hosts of a node, as its service in a plan has observed them. */
export function hostsOf({ observed }: { readonly observed: unknown }): NodeService['hosts'] {
  // By its address it is a node's service, which observes nothing else.
  return (observed as NodeService).hosts;
}

/** The data volumes among things that are to be destroyed or kept, those of nodes that the config no longer has included. */
export function dataVolumesAmong(
  among: readonly { readonly resource: AnyResource; readonly observed: unknown }[],
): readonly Volume[] {
  // Nothing but data volumes holds data.
  return among.filter((one) => one.resource.holdsData === true).map((one) => one.observed as Volume);
}
