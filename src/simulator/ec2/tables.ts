import { SimulatedFailure } from '../core/failure.ts';
import { table, type World } from '../core/world.ts';
import { type Ec2Row, type Kind, requireRow } from './common.ts';

// The network's rows in one place: a subnet cannot go while an interface is in it, a group while a rule names it, so
// each of the files beside this one reads the others' rows.

function notFound(code: string, noun: string): (id: string) => SimulatedFailure {
  return (id) => new SimulatedFailure(code, `The ${noun} '${id}' does not exist`);
}

export interface VpcRow extends Ec2Row {
  readonly cidr: string;
  readonly availableAtMs: number;
  readonly networkAclId: string;
  dnsSupport: boolean;
  dnsHostnames: boolean;
  /** Whether CloudWatch counts its addresses; absent is no. */
  addressUsageMetrics?: boolean;
}

export const vpcs = table<VpcRow>('ec2/vpcs');
export const vpcKind: Kind<VpcRow> = { table: vpcs, notFound: notFound('InvalidVpcID.NotFound', 'vpc ID') };

/** @throws SimulatedFailure InvalidVpcID.NotFound */
export function requireVpc(world: World, id: string | undefined): VpcRow {
  return requireRow(world, vpcKind, id);
}

export interface SubnetRow extends Ec2Row {
  readonly vpcId: string;
  readonly cidr: string;
  /** As in `eu-west-1a`. */
  readonly zone: string;
  readonly availableAtMs: number;
  readonly networkAclAssociationId: string;
  mapPublicIp: boolean;
}

export const subnets = table<SubnetRow>('ec2/subnets');
export const subnetKind: Kind<SubnetRow> = {
  table: subnets,
  notFound: notFound('InvalidSubnetID.NotFound', 'subnet ID'),
};

/** @throws SimulatedFailure InvalidSubnetID.NotFound */
export function requireSubnet(world: World, id: string | undefined): SubnetRow {
  return requireRow(world, subnetKind, id);
}

export interface InternetGatewayRow extends Ec2Row {
  vpcId: string | null;
  /** From when the rest of EC2 knows of its attachment. */
  attachedAtMs?: number;
}

export const internetGateways = table<InternetGatewayRow>('ec2/internet-gateways');
export const internetGatewayKind: Kind<InternetGatewayRow> = {
  table: internetGateways,
  notFound: notFound('InvalidInternetGatewayID.NotFound', 'internetGateway ID'),
};

/** The gateway through which a VPC reaches the internet. */
export function internetGatewayOf(world: World, vpcId: string): InternetGatewayRow | undefined {
  return [...world.rows(internetGateways).values()].find((row) => row.vpcId === vpcId);
}

/** The network for which the rest of EC2 takes a gateway: a moment after it was attached. */
export function knownNetworkOf(world: World, gateway: InternetGatewayRow): string | null {
  return (gateway.attachedAtMs ?? 0) <= world.nowMs ? gateway.vpcId : null;
}

/** An elastic IP address. What uses it is written on the interface, see `InterfaceRow.address`. */
export interface AddressRow extends Ec2Row {
  readonly publicIp: string;
  /** Until when the service that had it holds it still. */
  heldUntilMs?: number;
}

export const addresses = table<AddressRow>('ec2/addresses');
export const addressKind: Kind<AddressRow> = {
  table: addresses,
  notFound: notFound('InvalidAllocationID.NotFound', 'allocation ID'),
};

export interface SecurityGroupRow extends Ec2Row {
  readonly vpcId: string;
  readonly name: string;
  readonly description: string;
}

export const securityGroups = table<SecurityGroupRow>('ec2/security-groups');
export const securityGroupKind: Kind<SecurityGroupRow> = {
  table: securityGroups,
  notFound: notFound('InvalidGroup.NotFound', 'security group'),
};

/** @throws SimulatedFailure InvalidGroup.NotFound */
export function requireSecurityGroup(world: World, id: string | undefined): SecurityGroupRow {
  return requireRow(world, securityGroupKind, id);
}

/** The group that comes with a VPC and goes with it. */
export function defaultGroupOf(world: World, vpcId: string): SecurityGroupRow | undefined {
  return [...world.rows(securityGroups).values()].find(
    (row) => row.vpcId === vpcId && row.name === 'default',
  );
}

/** What one rule lets through: exactly one of the peers is set. */
export interface RuleTerms {
  readonly isEgress: boolean;
  /** `tcp`, `udp`, `icmp`, a number, or `-1` for all. */
  readonly protocol: string;
  readonly fromPort: number;
  readonly toPort: number;
  readonly cidr4?: string;
  readonly cidr6?: string;
  readonly prefixListId?: string;
  readonly peerGroupId?: string;
}

export interface SecurityGroupRuleRow extends Ec2Row {
  readonly groupId: string;
  terms: RuleTerms;
  description: string | null;
}

export const securityGroupRules = table<SecurityGroupRuleRow>('ec2/security-group-rules');
export const securityGroupRuleKind: Kind<SecurityGroupRuleRow> = {
  table: securityGroupRules,
  notFound: notFound('InvalidSecurityGroupRuleId.NotFound', 'security group rule ID'),
};

/** Through which a subnet, its groups and an address are held by somebody. */
export interface InterfaceRow extends Ec2Row {
  readonly vpcId: string;
  readonly subnetId: string;
  readonly zone: string;
  readonly privateIp: string;
  readonly description: string;
  /** A NAT gateway's belongs to AWS, and nobody else may change or delete it. */
  readonly type: 'interface' | 'nat_gateway';
  /** The instance or NAT gateway. */
  readonly holder: string;
  readonly attachmentId: string;
  readonly attachedAtMs: number;
  groupIds: readonly string[];
  /** The public address it answers to: an elastic one (with its ids) or one of AWS's pool. */
  address: {
    readonly publicIp: string;
    readonly allocationId?: string;
    readonly associationId?: string;
  } | null;
}

export const interfaces = table<InterfaceRow>('ec2/network-interfaces');
export const interfaceKind: Kind<InterfaceRow> = {
  table: interfaces,
  notFound: notFound('InvalidNetworkInterfaceID.NotFound', 'networkInterface ID'),
};

export interface RouteRow {
  readonly destination: string;
  readonly targetId: string;
}

export interface RouteTableRow extends Ec2Row {
  readonly vpcId: string;
  routes: readonly RouteRow[];
}

export const routeTables = table<RouteTableRow>('ec2/route-tables');
export const routeTableKind: Kind<RouteTableRow> = {
  table: routeTables,
  notFound: notFound('InvalidRouteTableID.NotFound', 'routeTable ID'),
};

/** Of a subnet, or of the VPC itself: then it makes its table the main one. */
export interface AssociationRow {
  readonly id: string;
  readonly vpcId: string;
  readonly routeTableId: string;
  readonly subnetId: string | null;
}

export const associations = table<AssociationRow>('ec2/route-table-associations');

export interface NatGatewayRow extends Ec2Row {
  readonly vpcId: string;
  readonly subnetId: string;
  readonly allocationId: string | null;
  readonly publicIp: string | null;
  readonly privateIp: string | null;
  readonly interfaceId: string | null;
  readonly associationId: string | null;
  readonly isPrivate: boolean;
  readonly createdAtMs: number;
  /** Available or failed from then on. */
  readonly settledAtMs: number;
  readonly failure: { readonly code: string; readonly message: string } | null;
  deletingAtMs: number | null;
  deletedAtMs: number | null;
}

export const natGateways = table<NatGatewayRow>('ec2/nat-gateways');
export const natGatewayKind: Kind<NatGatewayRow> = {
  table: natGateways,
  notFound: (id) => new SimulatedFailure('NatGatewayNotFound', `The Nat Gateway ${id} was not found`),
};

export interface EndpointRow extends Ec2Row {
  readonly vpcId: string;
  readonly serviceName: string;
  readonly createdAtMs: number;
  readonly availableAtMs: number;
  policy: string;
  routeTableIds: readonly string[];
  deletingAtMs: number | null;
  deletedAtMs: number | null;
}

export const endpoints = table<EndpointRow>('ec2/vpc-endpoints');
export const endpointKind: Kind<EndpointRow> = {
  table: endpoints,
  notFound: notFound('InvalidVpcEndpointId.NotFound', 'Vpc Endpoint Id'),
};
