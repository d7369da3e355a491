import type { NodeGroup } from '../../config/config.ts';
import { initialMasters, type Node, topology } from '../../elasticsearch/topology.ts';
import type { AnyResource, Needs, Resource } from '../../engine/resource.ts';
import { invariant } from '../../errors.ts';
import type { StepContext } from '../context.ts';
import { formerGroups } from '../former-groups.ts';
import { role } from '../iam/role.ts';
import { roleName } from '../names.ts';
import { instancePolicy } from '../policies/instance.ts';
import { instanceTrust } from '../policies/trust.ts';
import { type EcsCluster, ecsCluster } from './cluster.ts';
import { formerNodes } from './former-nodes.ts';
import { formerGroup, type Group, group } from './group.ts';
import { type Host, host } from './host.ts';
import { instanceProfile } from './instance-profile.ts';
import { formerLaunchTemplate, type LaunchTemplate, launchTemplate } from './launch-template.ts';
import { volumeAddressPrefix } from './launch-template-data.ts';
import { formerVolume, type Volume, volume } from './volume.ts';

/** What the hosts stand on. */
export interface HostsInputs {
  readonly network: {
    readonly privateSubnets: ReadonlyMap<string, Resource<unknown, { readonly subnetId: string }>>;
    /** By zone, what must be in place before its hosts reach AWS. */
    readonly egress: ReadonlyMap<string, Needs>;
    readonly nodeSecurityGroup: Resource<unknown, { readonly groupId: string }>;
  };
  /** With the bastion on: the key that opens hosts from there. */
  readonly keyPair: Resource | undefined;
}

/** What a node consists of, up to its host. */
export interface NodeParts {
  readonly name: string;
  readonly zone: string;
  /** The node group's name. */
  readonly nodeGroup: string;
  readonly volume: Resource<unknown, Volume>;
  readonly group: Resource<unknown, Group>;
  readonly host: Resource<unknown, Host>;
}

/** The step and what later ones need of it. */
export interface HostsStep {
  readonly resources: readonly AnyResource[];
  readonly cluster: Resource<unknown, EcsCluster>;
  /** By the node group's name. */
  readonly launchTemplates: ReadonlyMap<string, Resource<unknown, LaunchTemplate>>;
  readonly nodes: readonly NodeParts[];
  /** The names of nodes whose volumes this run has made larger, filled as it goes. */
  readonly grown: ReadonlySet<string>;
  /** Nodes that the config no longer has and that still have a group. */
  readonly formerNodes: readonly Node[];
  readonly formerGroups: ReadonlyMap<string, AnyResource>;
  /** Launch templates of node groups that the config no longer has, by the group's name. */
  readonly formerTemplates: ReadonlyMap<string, Resource>;
}

/** Where nodes run: what hosts may do and are made of, and for each node its data volume and its group of one. */
export function hostsStep(context: StepContext, inputs: HostsInputs): HostsStep {
  const nodes = topology(context.config, context.facts);
  const instanceRole = role(context, {
    address: 'hosts/role/instance',
    roleName: roleName(context.config, 'instance'),
    description: `what the hosts of the Elasticsearch cluster ${context.config.name} may do`,
    trust: instanceTrust(context.facts),
    policy: instancePolicy(context),
  });
  const profile = instanceProfile(context, { role: instanceRole });
  const cluster = ecsCluster(context);
  const templates = new Map(
    context.config.nodeGroups.map((nodeGroup) => [
      nodeGroup.name,
      launchTemplate(context, nodeGroup, {
        profile,
        securityGroup: inputs.network.nodeSecurityGroup,
        ...(inputs.keyPair === undefined ? {} : { keyPair: inputs.keyPair }),
      }),
    ]),
  );
  const grown = new Set<string>();
  const volumes = nodeVolumes(context, nodes, grown);
  const parts = nodes.map((node): NodeParts => {
    const ownVolume = required(volumes, node.name);
    const ownGroup = group(context, node, {
      ...inputs.network.egress.get(node.zone),
      volume: ownVolume,
      launchTemplate: required(templates, node.group),
      subnet: required(inputs.network.privateSubnets, node.zone),
      securityGroup: inputs.network.nodeSecurityGroup,
      cluster,
    });
    const { name, zone, group: nodeGroup } = node;
    const ownHost = host(context, node, {
      group: ownGroup,
      launchTemplate: required(templates, node.group),
    });
    return { name, zone, nodeGroup, volume: ownVolume, group: ownGroup, host: ownHost };
  });
  const former = formerParts(context, { nodes, inputs, cluster, profile, templates });
  return {
    resources: [
      instanceRole,
      profile,
      cluster,
      ...templates.values(),
      ...former.templates.values(),
      ...parts.map((one) => one.volume),
      ...former.volumes.values(),
      ...parts.map((one) => one.group),
      ...former.groups.values(),
      ...parts.map((one) => one.host),
    ],
    cluster,
    launchTemplates: templates,
    nodes: parts,
    grown,
    formerNodes: former.nodes,
    formerGroups: former.groups,
    formerTemplates: former.templates,
  };
}

/**
 * The data volumes. The first initial master's is made before all others, so that a run cut short leaves either no volume at all
 * or one that carries the right to bootstrap; one bearer is enough, as the other nodes join.
 */
function nodeVolumes(
  context: StepContext,
  nodes: readonly Node[],
  grown: Set<string>,
): ReadonlyMap<string, Resource<unknown, Volume>> {
  const masters = initialMasters(nodes);
  const moving = new Set<string>();
  const make = (node: Node, first: Resource | undefined): Resource<unknown, Volume> =>
    volume(context, {
      node,
      storage: groupOf(context, node).storage,
      initialMasters: masters.includes(node.name) ? masters : undefined,
      first,
      grown,
      moving,
    });
  const bearer = nodes.find((node) => node.name === masters[0]);
  const first = bearer === undefined ? undefined : make(bearer, undefined);
  return new Map(
    nodes.map((node) => [node.name, node === bearer && first !== undefined ? first : make(node, first)]),
  );
}

interface Parts {
  readonly nodes: readonly Node[];
  readonly inputs: HostsInputs;
  readonly cluster: Resource<unknown, EcsCluster>;
  readonly profile: Resource;
  readonly templates: ReadonlyMap<string, Resource<unknown, LaunchTemplate>>;
}

/** What is left of nodes and node groups that the config no longer has. */
function formerParts(
  context: StepContext,
  parts: Parts,
): {
  readonly nodes: readonly Node[];
  readonly volumes: ReadonlyMap<string, Resource>;
  readonly groups: ReadonlyMap<string, Resource>;
  readonly templates: ReadonlyMap<string, Resource>;
} {
  const { nodes, inputs, cluster, profile, templates } = parts;
  const { nodeSecurityGroup: securityGroup } = inputs.network;
  const formerTemplates = new Map(
    formerGroups(context).map((name) => [
      name,
      formerLaunchTemplate(context, name, { profile, securityGroup }),
    ]),
  );
  const volumes = new Map(
    formerNodes(context, nodes, volumeAddressPrefix).map((node) => [node.name, formerVolume(context, node)]),
  );
  const former = formerNodes(context, nodes, 'hosts/group/');
  const [launchTemplate] = templates.values();
  invariant(launchTemplate, 'there is a node group');
  const groups = new Map(
    former.map((node) => [
      node.name,
      formerGroup(context, node, {
        // Every subnet: which one it stands in is not known here, and none may go before it.
        ...Object.fromEntries(
          [...inputs.network.privateSubnets].map(([zone, one]) => [`subnet ${zone}`, one]),
        ),
        // The same of its template, if its whole group has left the config.
        ...Object.fromEntries([...formerTemplates].map(([name, one]) => [`template ${name}`, one])),
        volume: volumes.get(node.name) ?? cluster,
        launchTemplate,
        subnet: required(inputs.network.privateSubnets, context.facts.zones[0] ?? ''),
        securityGroup,
        cluster,
      }),
    ]),
  );
  return { nodes: former, volumes, groups, templates: formerTemplates };
}

function groupOf(context: StepContext, node: Node): NodeGroup {
  const found = context.config.nodeGroups.find((nodeGroup) => nodeGroup.name === node.group);
  invariant(found, `${node.name} belongs to the node group ${node.group}`);
  return found;
}

function required<Value>(map: ReadonlyMap<string, Value>, name: string): Value {
  const value = map.get(name);
  invariant(value, `there is one for ${name}`);
  return value;
}
