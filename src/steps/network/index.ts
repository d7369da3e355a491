import { zoneSubnets } from '../../config/subnets.ts';
import type { AnyResource, Needs, Resource } from '../../engine/resource.ts';
import { EsEcsError } from '../../errors.ts';
import type { StepContext } from '../context.ts';
import { role } from '../iam/role.ts';
import { logGroup } from '../logs/log-group.ts';
import { flowLogGroupName, roleName } from '../names.ts';
import { flowLogPolicy } from '../policies/flow-log.ts';
import { flowLogTrust } from '../policies/trust.ts';
import { defaultSecurityGroup } from './default-security-group.ts';
import { elasticIp } from './elastic-ip.ts';
import { flowLog } from './flow-log.ts';
import { internetGateway, type InternetGatewayResource } from './internet-gateway.ts';
import { natGateway, type NatGatewayResource } from './nat-gateway.ts';
import { everywhere, privateRoute, publicRoute, type PublicRouteResource } from './route.ts';
import { routeTable, type RouteTableResource } from './route-table.ts';
import { s3Endpoint } from './s3-endpoint.ts';
import type { SecurityGroupResource } from './security-group.ts';
import { bastionSecurityGroup, nodeSecurityGroup } from './security-groups.ts';
import { subnet, type SubnetResource } from './subnet.ts';
import { vpc, type VpcResource } from './vpc.ts';

/** The network's resources, and those that other steps stand on. */
export interface NetworkStep {
  readonly resources: readonly AnyResource[];
  /** Of these there may be something left that no list by tag shows; only `destroy` looks for it. */
  readonly searched: readonly AnyResource[];
  readonly vpc: VpcResource;
  /** By zone: those of the config in their order, then any that the account still holds for zones given up. */
  readonly publicSubnets: ReadonlyMap<string, SubnetResource>;
  readonly privateSubnets: ReadonlyMap<string, SubnetResource>;
  /** With the bastion's subnet, what makes it reachable. */
  readonly publicRoute: PublicRouteResource;
  /** By zone, what must be in place before its hosts reach AWS; their needs may take it in whole. */
  readonly egress: ReadonlyMap<string, Needs>;
  readonly nodeSecurityGroup: SecurityGroupResource;
  /** Undefined with the bastion off. */
  readonly bastionSecurityGroup: SecurityGroupResource<{ readonly vpc: VpcResource }> | undefined;
}

interface Zone {
  readonly name: string;
  /** False for a zone that the config has given up and the account still holds something of. */
  readonly isWanted: boolean;
  readonly publicSubnet: SubnetResource;
  readonly privateSubnet: SubnetResource;
}

/** The VPC and all that is in it: two subnets a zone, the ways out, and who may talk to whom. */
export function networkStep(context: StepContext): NetworkStep {
  const ownVpc = vpc(context);
  const gateway = internetGateway(context, ownVpc);
  const zones = zonesOf(context, ownVpc);
  const wanted = zones.filter((zone) => zone.isWanted);

  const publicTable = routeTable(context, {
    name: 'public',
    subnets: byZone(wanted, (zone) => zone.publicSubnet),
    declared: [everywhere],
  });
  const toInternet = publicRoute(context, { table: publicTable, internetGateway: gateway });
  const ways = waysOut(context, { zones, gateway });
  const endpoint = s3Endpoint(
    context,
    Object.fromEntries(wanted.map(({ name }) => [name, ways.table(name)])),
  );
  const groups = securityGroups(context, ownVpc);
  const flow = flowLogParts(context, ownVpc);

  return {
    resources: [
      ownVpc,
      gateway,
      ...zones.flatMap((zone) => [zone.publicSubnet, zone.privateSubnet]),
      ...ways.gateways,
      publicTable,
      ...zones.map((zone) => ways.table(zone.name)),
      toInternet,
      ...[...ways.routes.values()],
      endpoint,
      ...groups.resources,
      ...(flow.isThere ? flow.resources : []),
    ],
    searched: flow.isThere ? [] : flow.resources,
    vpc: ownVpc,
    publicSubnets: new Map(zones.map((zone) => [zone.name, zone.publicSubnet])),
    privateSubnets: new Map(zones.map((zone) => [zone.name, zone.privateSubnet])),
    publicRoute: toInternet,
    egress: new Map(
      zones.map(({ name, isWanted }) => {
        const route = ways.routes.get(name);
        const table = ways.table(name);
        return [
          name,
          { table, ...(isWanted ? { endpoint } : {}), ...(route === undefined ? {} : { route }) },
        ];
      }),
    ),
    nodeSecurityGroup: groups.node,
    bastionSecurityGroup: groups.bastion,
  };
}

const zonedKinds = ['subnet/public', 'subnet/private', 'elastic-ip', 'nat-gateway', 'route-table/private'];

/** The zones of the config, then those that something in the account is still left of. */
function zonesOf(context: StepContext, ownVpc: VpcResource): readonly Zone[] {
  const { facts, config, present } = context;
  const cidrs = zoneSubnets(config.network.cidr, facts.zones, context.standingSubnets);
  const left = [...present].flatMap((address) => {
    const kind = zonedKinds.find((one) => address.startsWith(`network/${one}/`));
    return kind === undefined ? [] : [address.slice(`network/${kind}/`.length)];
  });
  return [...new Set([...facts.zones, ...left.sort()])].map((name) => {
    const isWanted = facts.zones.includes(name);
    const cidr = cidrs.get(name);
    if (isWanted && cidr === undefined) throw noRoom(context, name);
    const make = (kind: 'public' | 'private'): SubnetResource =>
      // The CIDR of a subnet that is only to go is never asked for.
      wantedIf(isWanted, subnet(context, { kind, zone: name, cidr: cidr?.[kind] ?? '', vpc: ownVpc }));
    return { name, isWanted, publicSubnet: make('public'), privateSubnet: make('private') };
  });
}

/** Zones that go hold their part of the VPC until they are gone. */
function noRoom({ config, located }: StepContext, zone: string): EsEcsError {
  return new EsEcsError(
    'REFUSED',
    `${located.at(['network', 'zones'])}: ${config.network.cidr} has no part left for ${zone}`,
    { hint: 'take zones out of network.zones first: es-ecs up frees what they hold' },
  );
}

interface WaysOut {
  /** Elastic IPs and NAT gateways, wanted or left over. */
  readonly gateways: readonly AnyResource[];
  readonly routes: ReadonlyMap<string, AnyResource>;
  /** A zone's private route table. */
  readonly table: (zone: string) => RouteTableResource;
}

/** The hosts' ways to the internet: `nat` says through which zone's gateway each zone goes, if any. */
function waysOut(
  context: StepContext,
  given: { readonly zones: readonly Zone[]; readonly gateway: InternetGatewayResource },
): WaysOut {
  const { nat } = context.config.network;
  const [first] = given.zones;
  const through = (zone: Zone): string | undefined => {
    if (nat === 'none' || !zone.isWanted) return undefined;
    return nat === 'single' ? first?.name : zone.name;
  };
  const used = new Set(given.zones.map(through));

  const natGateways = new Map<string, NatGatewayResource>();
  const gateways = given.zones.flatMap((zone): AnyResource[] => {
    const { name } = zone;
    const isWanted = used.has(name);
    const isLeft = ['nat-gateway', 'elastic-ip'].some((kind) =>
      context.present.has(`network/${kind}/${name}`),
    );
    if (!isWanted && !isLeft) return [];
    const address = wantedIf(isWanted, elasticIp(context, name));
    const needs = { subnet: zone.publicSubnet, elasticIp: address, internetGateway: given.gateway };
    const made = wantedIf(isWanted, natGateway(context, name, needs));
    natGateways.set(name, made);
    return [address, made];
  });

  const tables = new Map<string, RouteTableResource>();
  const routes = new Map<string, AnyResource>();
  for (const zone of given.zones) {
    const { name, isWanted, privateSubnet } = zone;
    const way = natGateways.get(through(zone) ?? '');
    const declared = way === undefined ? [] : [everywhere];
    const subnets = { [name]: privateSubnet };
    const table = wantedIf(isWanted, routeTable(context, { name: `private/${name}`, subnets, declared }));
    tables.set(name, table);
    if (way !== undefined) routes.set(name, privateRoute(context, name, { table, natGateway: way }));
  }
  return {
    gateways,
    routes,
    table: (zone) => {
      const table = tables.get(zone);
      if (table === undefined)
        throw new Error(`${zone} is no zone of this network (this is a bug in es-ecs)`);
      return table;
    },
  };
}

interface Groups {
  readonly resources: readonly AnyResource[];
  readonly node: SecurityGroupResource;
  readonly bastion: SecurityGroupResource<{ readonly vpc: VpcResource }> | undefined;
}

function securityGroups(context: StepContext, ownVpc: VpcResource): Groups {
  const isOn = context.config.bastion.enabled;
  const isLeft = ['network/security-group/bastion', 'bastion/instance'].some((address) =>
    context.present.has(address),
  );
  const forBastion = wantedIf(isOn, bastionSecurityGroup(context, ownVpc));
  const node = nodeSecurityGroup(context, { vpc: ownVpc, ...(isOn ? { bastion: forBastion } : {}) });
  return {
    resources: [...(isOn || isLeft ? [forBastion] : []), node, defaultSecurityGroup(context, ownVpc)],
    node,
    bastion: isOn || isLeft ? forBastion : undefined,
  };
}

/** The flow log with what it stands on; not there where it is off and nothing is known to be left of it. */
function flowLogParts(
  context: StepContext,
  ownVpc: VpcResource,
): { readonly isThere: boolean; readonly resources: readonly AnyResource[] } {
  const { config, facts, present } = context;
  const isOn = config.network.flowLogs;
  const addresses = {
    flowLog: 'network/flow-log',
    group: 'network/log-group',
    role: 'network/role/flow-log',
  };
  const isThere = isOn || Object.values(addresses).some((address) => present.has(address));
  const group = wantedIf(
    isOn,
    logGroup(context, { address: addresses.group, name: flowLogGroupName(config) }),
  );
  const writer = wantedIf(
    isOn,
    role(context, {
      address: addresses.role,
      roleName: roleName(config, 'flow-log'),
      description: `how the flow log of the Elasticsearch cluster ${config.name} is written`,
      trust: flowLogTrust(facts),
      policy: flowLogPolicy(context),
    }),
  );
  const log = wantedIf(isOn, flowLog(context, { vpc: ownVpc, logGroup: group, role: writer }));
  return { isThere, resources: [group, writer, log] };
}

/** The resource itself; or, where the config no longer asks for it, the same one as a thing that is only to go. */
function wantedIf<Desired, Observed, N extends Needs>(
  isWanted: boolean,
  resource: Resource<Desired, Observed, N>,
): Resource<Desired, Observed, N> {
  return isWanted ? resource : { ...resource, unwanted: true };
}

function byZone<Value>(
  zones: readonly Zone[],
  value: (zone: Zone) => Value,
): Readonly<Record<string, Value>> {
  return Object.fromEntries(zones.map((zone) => [zone.name, value(zone)]));
}
