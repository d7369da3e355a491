import { topology } from '../../elasticsearch/topology.ts';
import type { AnyResource, Resource } from '../../engine/resource.ts';
import { invariant } from '../../errors.ts';
import type { StepContext } from '../context.ts';
import type { HostsStep } from '../hosts/index.ts';
import type { TaskStep } from '../task/index.ts';
import { clusterGate, type ClusterState } from './cluster.ts';
import { formation } from './formation.ts';
import { type NodeService, service } from './service.ts';

/** The step and what the commands read of it. */
export interface ServiceStep {
  readonly resources: readonly AnyResource[];
  /** By the node's name. */
  readonly services: ReadonlyMap<string, Resource<unknown, NodeService>>;
  readonly cluster: Resource<unknown, ClusterState>;
}

/** What the service step stands on. */
export interface ServiceInputs {
  readonly hosts: HostsStep;
  readonly task: TaskStep;
}

/** For each node a service on its own host; then the gate: one cluster of all of them, and green; then that it formed is written down. */
export function serviceStep(context: StepContext, inputs: ServiceInputs): ServiceStep {
  const { hosts, task } = inputs;
  const nodes = topology(context.config, context.facts.zones);
  const services = new Map(
    nodes.map((node) => {
      const definition = task.definitions.get(node.group);
      const host = hosts.nodes.find((one) => one.name === node.name)?.host;
      invariant(definition !== undefined && host !== undefined, `${node.name} has a definition and a host`);
      return [node.name, service(context, node, { cluster: hosts.cluster, definition, host })];
    }),
  );
  const [anyDefinition] = task.definitions.values();
  invariant(anyDefinition, 'there is a node group');
  const former = hosts.formerNodes.map((node) =>
    service(context, node, {
      cluster: hosts.cluster,
      definition: anyDefinition,
      host: hosts.formerGroups.get(node.name) ?? hosts.cluster,
    }),
  );
  const cluster = clusterGate(context, nodes, Object.fromEntries(services));
  return {
    resources: [
      ...services.values(),
      ...former.map((one): AnyResource => ({ ...one, unwanted: true })),
      cluster,
      formation(context, { cluster, volumes: hosts.nodes.map((node) => node.volume) }),
    ],
    services,
    cluster,
  };
}
