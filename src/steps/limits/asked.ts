import type { NodeGroup } from '../../config/config.ts';
import { topology } from '../../elasticsearch/topology.ts';
import type { Plan, PlanEntry } from '../../engine/plan.ts';
import { bastionAddress } from '../bastion/instances.ts';
import { volumeAddressPrefix } from '../hosts/launch-template-data.ts';
import type { StepContext } from '../context.ts';
import { addressOfGroup, templateAddress } from '../names.ts';

/** How much of what AWS limits a plan will make. */
export interface Asked {
  readonly vpcs: number;
  readonly addresses: number;
  /** By zone. */
  readonly natGateways: ReadonlyMap<string, number>;
  /** Of on-demand instances of the standard families. */
  readonly vcpus: number;
  readonly groups: number;
  readonly gp3GiB: number;
}

/** What Service Quotas counts as standard: A, C, D, H, I, M, R, T and Z ("Amazon EC2 instance type quotas"). */
export function isStandardFamily(instanceType: string): boolean {
  return /^[acdhimrtz]\d/.test(instanceType);
}

/** Counts what a plan will make. Pure. */
export function askedBy(plan: Plan, { config, facts }: Pick<StepContext, 'config' | 'facts'>): Asked {
  const made = plan.entries.filter(({ action }) => action === 'create');
  const count = (prefix: string): number =>
    made.filter(({ resource }) => resource.address.startsWith(prefix)).length;
  const natGateways = new Map<string, number>();
  for (const zone of namesUnder(made, 'network/nat-gateway/'))
    natGateways.set(zone, (natGateways.get(zone) ?? 0) + 1);
  const groupOf = nodeGroups({ config, facts });
  const hosts = namesUnder(made, 'hosts/group/').flatMap((node) => groupOf(node) ?? []);
  const volumes = namesUnder(made, volumeAddressPrefix).flatMap((node) => groupOf(node) ?? []);
  const { bastion } = config;
  const machines = [
    ...hosts.map(({ instanceType }) => instanceType),
    ...(bastion.enabled && count('bastion/instance') > 0 ? [bastion.instanceType] : []),
  ];
  const rootGiB = ({ instanceType }: NodeGroup): number => {
    const architecture = facts.instanceTypes.get(instanceType)?.architecture;
    return architecture === undefined ? 0 : (facts.hostImages.get(architecture)?.rootSizeGiB ?? 0);
  };
  return {
    vpcs: count('network/vpc'),
    addresses: count('network/elastic-ip/'),
    natGateways,
    vcpus: sum(machines.filter(isStandardFamily), (type) => facts.instanceTypes.get(type)?.vcpus ?? 0),
    groups: hosts.length,
    gp3GiB: sum(hosts, rootGiB) + sum(volumes, ({ storage }) => storage.sizeGiB) + growth(plan),
  };
}

/** Hosts that a plan replaces by those of another type, one after the other. */
interface TypeChange {
  readonly before: string;
  readonly after: string;
  readonly hosts: number;
}

/** The changes of instance types in a plan. Pure. */
export function typeChanges(
  { entries }: Plan,
  { config, facts }: Pick<StepContext, 'config' | 'facts'>,
): readonly TypeChange[] {
  const made = new Set(
    namesUnder(
      entries.filter(({ action }) => action === 'create'),
      'hosts/group/',
    ),
  );
  const nodes = topology(config, facts).filter(({ name }) => !made.has(name));
  return config.nodeGroups.flatMap(({ name }) => {
    const address = addressOfGroup(templateAddress, name);
    const template = entries.find(({ resource }) => resource.address === address);
    const { before, after } = template?.changes.find(({ path }) => path === 'InstanceType') ?? {};
    if (before === undefined || after === undefined) return [];
    return [{ before, after, hosts: nodes.filter(({ group }) => group === name).length }];
  });
}

/** Whether a plan starts any instance anew. */
export function makesMachines({ entries }: Plan): boolean {
  return entries.some(
    ({ action, resource: { address } }) =>
      action === 'create' && (address.startsWith('hosts/group/') || address === bastionAddress),
  );
}

function nodeGroups({
  config,
  facts,
}: Pick<StepContext, 'config' | 'facts'>): (node: string) => NodeGroup | undefined {
  const byName = new Map(topology(config, facts).map(({ name, group }) => [name, group]));
  return (node) => config.nodeGroups.find(({ name }) => name === byName.get(node));
}

/** What data volumes that exist will grow by. */
function growth({ entries }: Plan): number {
  const grown = entries.filter(
    ({ action, resource }) => action === 'change' && resource.address.startsWith(volumeAddressPrefix),
  );
  return sum(grown, ({ changes }) => {
    const size = changes.find(({ path }) => path === 'sizeGiB');
    return Number(size?.after ?? 0) - Number(size?.before ?? 0);
  });
}

function namesUnder(entries: readonly PlanEntry[], prefix: string): readonly string[] {
  return entries
    .map(({ resource }) => resource.address)
    .filter((address) => address.startsWith(prefix))
    .map((address) => address.slice(prefix.length));
}

function sum<Item>(items: readonly Item[], of: (item: Item) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}
