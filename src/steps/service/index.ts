import { topology } from '../../elasticsearch/topology.ts';
import type { AnyResource, Change, Resource } from '../../engine/resource.ts';
import { invariant } from '../../errors.ts';
import type { StepContext } from '../context.ts';
import type { HostsStep } from '../hosts/index.ts';
import type { TaskStep } from '../task/index.ts';
import { ClusterAsker } from './ask-cluster.ts';
import { clusterGate, type ClusterState } from './cluster.ts';
import { formation } from './formation.ts';
import type { NodeService } from './node-service.ts';
import { RoleJudge } from './role-change.ts';
import { formerService, service } from './service.ts';
import { clusterSettings, hasClusterSettings } from './settings.ts';
import { UpgradeJudge } from './upgrade.ts';

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

/** For each node a service on its own host; the settings that the cluster is given by API; then the gate: one cluster of all of them, and green; then that it formed is written down. */
export function serviceStep(context: StepContext, inputs: ServiceInputs): ServiceStep {
  const { hosts, task } = inputs;
  const nodes = topology(context.config, context.facts);
  const asker = new ClusterAsker(context);
  const judge = new UpgradeJudge(context, asker);
  const roleJudge = new RoleJudge(context, asker, nodes);
  const services = new Map(
    nodes.map((node) => {
      const definition = task.definitions.get(node.group);
      const launchTemplate = hosts.launchTemplates.get(node.group);
      const host = hosts.nodes.find((one) => one.name === node.name)?.host;
      invariant(
        definition !== undefined && host !== undefined && launchTemplate !== undefined,
        `${node.name} has a definition and a host`,
      );
      const made = service(context, node, { cluster: hosts.cluster, definition, launchTemplate, host });
      const refusals = async (observed: NodeService): Promise<readonly Change[]> => {
        const first = await judge.refusals(observed);
        return first.length > 0 ? first : roleJudge.refusals(node, observed);
      };
      return [node.name, { ...made, refusals }];
    }),
  );
  const [anyDefinition] = task.definitions.values();
  const [anyTemplate] = hosts.launchTemplates.values();
  invariant(anyDefinition !== undefined && anyTemplate !== undefined, 'there is a node group');
  const former = hosts.formerNodes.map((node) =>
    formerService(context, node, {
      cluster: hosts.cluster,
      definition: anyDefinition,
      ...Object.fromEntries(task.former.map((one) => [one.address, one])),
      launchTemplate: anyTemplate,
      host: hosts.formerGroups.get(node.name) ?? hosts.cluster,
    }),
  );
  const needs = Object.fromEntries(services);
  const settings = hasClusterSettings(context)
    ? clusterSettings(context, nodes, { needs, asker })
    : undefined;
  const cluster = clusterGate(context, nodes, {
    needs: { ...needs, ...(settings === undefined ? {} : { settings }) },
    asker,
    grown: hosts.grown,
  });
  return {
    resources: [
      ...services.values(),
      ...former,
      ...(settings === undefined ? [] : [settings]),
      cluster,
      formation(context, {
        cluster,
        volumes: hosts.nodes.map((node) => node.volume),
        password: task.secrets.password,
        asker,
      }),
    ],
    services,
    cluster,
  };
}
