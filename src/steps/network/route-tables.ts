import {
  AssociateRouteTableCommand,
  DescribeRouteTablesCommand,
  paginateDescribeRouteTables,
  ReplaceRouteTableAssociationCommand,
  type Route as SdkRoute,
  type RouteTable as SdkRouteTable,
} from '@aws-sdk/client-ec2';

import type { Clients } from '../../aws/clients.ts';
import { collectPages, ec2Collection } from '../../aws/ec2.ts';
import { fromCapitalTags, type Tags } from '../../aws/tags.ts';
import { invariant } from '../../errors.ts';

/** A route table as read; tables and routes are read by the same call. */
export interface RouteTable {
  readonly routeTableId: string;
  readonly vpcId: string;
  readonly associations: readonly { readonly associationId: string; readonly subnetId: string }[];
  readonly routes: readonly Route[];
  readonly tags: Tags;
}

export interface Route {
  /** A CIDR or the id of a prefix list. */
  readonly destination: string;
  /** The destination as DeleteRoute takes it. */
  readonly key: {
    readonly DestinationCidrBlock?: string;
    readonly DestinationIpv6CidrBlock?: string;
    readonly DestinationPrefixListId?: string;
  };
  /** The id of what it leads to; `local` inside the VPC. */
  readonly target: string;
  /** `blackhole` when the target is gone. */
  readonly state: string;
  /** `CreateRoute` for those that somebody made; AWS's own say otherwise. */
  readonly origin: string;
}

export const routeTables = ec2Collection<RouteTable>({
  name: 'route tables',
  prefix: 'rtb',
  notFound: 'InvalidRouteTableID.NotFound',
  read: async (clients, { filters, ids }) => {
    const request = { Filters: filters, RouteTableIds: ids };
    const pages = paginateDescribeRouteTables({ client: clients.ec2 }, request);
    return (await collectPages(pages, (page) => page.RouteTables)).map(routeTableFromSdk);
  },
  id: (table) => table.routeTableId,
});

/**
 * Associates a subnet with a table. One that somebody has associated with another table is taken from there, in a call
 * that leaves no moment without a table.
 *
 * @returns the association's id
 */
export async function associate(clients: Clients, RouteTableId: string, SubnetId: string): Promise<string> {
  try {
    const made = await clients.ec2.send(new AssociateRouteTableCommand({ RouteTableId, SubnetId }));
    invariant(made.AssociationId, 'AssociateRouteTable answers with an id');
    return made.AssociationId;
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'Resource.AlreadyAssociated') throw error;
    const Filters = [{ Name: 'association.subnet-id', Values: [SubnetId] }];
    const { RouteTables: tables = [] } = await clients.ec2.send(new DescribeRouteTablesCommand({ Filters }));
    const association = tables
      .flatMap((table) => table.Associations ?? [])
      .find((one) => one.SubnetId === SubnetId);
    const AssociationId = association?.RouteTableAssociationId;
    if (AssociationId === undefined) throw error;
    const moved = await clients.ec2.send(
      new ReplaceRouteTableAssociationCommand({ AssociationId, RouteTableId }),
    );
    invariant(moved.NewAssociationId, 'ReplaceRouteTableAssociation answers with an id');
    return moved.NewAssociationId;
  }
}

/** A route table as the SDK gives it. */
export function routeTableFromSdk(one: SdkRouteTable): RouteTable {
  return {
    routeTableId: one.RouteTableId ?? '',
    vpcId: one.VpcId ?? '',
    associations: (one.Associations ?? []).flatMap((association) => {
      const { SubnetId: subnetId, RouteTableAssociationId: associationId } = association;
      const isEnding = association.AssociationState?.State === 'disassociating';
      const isSubnets = subnetId !== undefined && associationId !== undefined;
      return isSubnets && !isEnding ? [{ associationId, subnetId }] : [];
    }),
    routes: (one.Routes ?? []).map(routeFromSdk),
    tags: fromCapitalTags(one.Tags),
  };
}

function routeFromSdk(route: SdkRoute): Route {
  const { DestinationCidrBlock: v4, DestinationIpv6CidrBlock: v6, DestinationPrefixListId: list } = route;
  return {
    destination: v4 ?? v6 ?? list ?? '',
    key: {
      ...(v4 === undefined ? {} : { DestinationCidrBlock: v4 }),
      ...(v6 === undefined ? {} : { DestinationIpv6CidrBlock: v6 }),
      ...(list === undefined ? {} : { DestinationPrefixListId: list }),
    },
    target: targetOf(route),
    state: route.State ?? 'active',
    origin: route.Origin ?? 'CreateRoute',
  };
}

/** A route names its target in one of a dozen fields. */
function targetOf(route: SdkRoute): string {
  return (
    route.NatGatewayId ??
    route.GatewayId ??
    route.TransitGatewayId ??
    route.VpcPeeringConnectionId ??
    route.EgressOnlyInternetGatewayId ??
    route.NetworkInterfaceId ??
    route.InstanceId ??
    route.LocalGatewayId ??
    route.CarrierGatewayId ??
    route.CoreNetworkArn ??
    route.OdbNetworkArn ??
    'nothing'
  );
}
