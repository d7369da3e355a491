import type {
  AssociateRouteTableCommandInput,
  AssociateRouteTableCommandOutput,
  CreateRouteCommandInput,
  CreateRouteCommandOutput,
  CreateRouteTableCommandInput,
  CreateRouteTableCommandOutput,
  DeleteRouteCommandInput,
  DeleteRouteTableCommandInput,
  DescribeRouteTablesCommandInput,
  DescribeRouteTablesCommandOutput,
  DisassociateRouteTableCommandInput,
  ReplaceRouteCommandInput,
  ReplaceRouteTableAssociationCommandInput,
  ReplaceRouteTableAssociationCommandOutput,
  Route,
  RouteTable,
} from '@aws-sdk/client-ec2';

import { once } from '../core/client-tokens.ts';
import { SimulatedFailure } from '../core/failure.ts';
import type { World } from '../core/world.ts';
import { parseBlock } from './cidrs.ts';
import {
  type Answer,
  dependencyViolation,
  describeRows,
  ec2Page,
  invalidValue,
  newRow,
  requireParameter,
  requireRow,
  tagsForOnly,
  toTags,
} from './common.ts';
import { prefixListOf } from './endpoint-services.ts';
import { natGatewayState } from './nat-gateways.ts';
import {
  type AssociationRow,
  associations,
  endpoints,
  internetGateways,
  knownNetworkOf,
  natGateways,
  type RouteTableRow,
  requireSubnet,
  requireVpc,
  routeTableKind,
  routeTables,
  vpcs,
} from './tables.ts';

/** The table that comes with a VPC and serves the subnets that have none of their own. */
export function addMainRouteTable(world: World, vpcId: string): void {
  const row: RouteTableRow = { ...newRow(world, 'rtb'), vpcId, routes: [] };
  world.rows(routeTables).set(row.id, row);
  addAssociation(world, { vpcId, routeTableId: row.id, subnetId: null });
}

/** Takes the main table away with its VPC. */
export function removeMainRouteTable(world: World, vpcId: string): void {
  const rows = world.rows(associations);
  for (const row of [...rows.values()].filter((one) => one.vpcId === vpcId)) {
    rows.delete(row.id);
    world.rows(routeTables).delete(row.routeTableId);
  }
}

function addAssociation(world: World, of: Omit<AssociationRow, 'id'>): AssociationRow {
  const row: AssociationRow = { id: world.id('rtbassoc'), ...of };
  world.rows(associations).set(row.id, row);
  return row;
}

function requireAssociation(world: World, id: string | undefined): AssociationRow {
  const row = world.rows(associations).get(requireParameter(id, 'associationId'));
  if (row === undefined) {
    throw new SimulatedFailure(
      'InvalidAssociationID.NotFound',
      `The association ID '${id ?? ''}' does not exist`,
    );
  }
  return row;
}

function associationsOf(world: World, routeTableId: string): AssociationRow[] {
  return [...world.rows(associations).values()].filter((row) => row.routeTableId === routeTableId);
}

function isBlackHole(world: World, table: RouteTableRow, targetId: string): boolean {
  const natGateway = world.rows(natGateways).get(targetId);
  if (natGateway !== undefined) return ['deleted', 'failed'].includes(natGatewayState(world, natGateway));
  return world.rows(internetGateways).get(targetId)?.vpcId !== table.vpcId;
}

/** The endpoints' routes follow from the endpoints, and nobody can change them here. */
function endpointRoutes(world: World, table: RouteTableRow): Route[] {
  return [...world.rows(endpoints).values()]
    .filter((row) => row.deletingAtMs === null && row.routeTableIds.includes(table.id))
    .map((row) => ({
      DestinationPrefixListId: prefixListOf(row.serviceName),
      GatewayId: row.id,
      Origin: 'CreateRoute',
      State: 'active',
    }));
}

function toRoutes(world: World, table: RouteTableRow): Route[] {
  const local: Route = {
    DestinationCidrBlock: world.rows(vpcs).get(table.vpcId)?.cidr ?? '',
    GatewayId: 'local',
    Origin: 'CreateRouteTable',
    State: 'active',
  };
  const own = table.routes.map(
    ({ destination, targetId }): Route => ({
      DestinationCidrBlock: destination,
      ...(targetId.startsWith('nat-') ? { NatGatewayId: targetId } : { GatewayId: targetId }),
      Origin: 'CreateRoute',
      State: isBlackHole(world, table, targetId) ? 'blackhole' : 'active',
    }),
  );
  return [local, ...own, ...endpointRoutes(world, table)];
}

function toRouteTable(world: World, row: RouteTableRow): RouteTable {
  return {
    RouteTableId: row.id,
    VpcId: row.vpcId,
    OwnerId: world.accountId,
    Routes: toRoutes(world, row),
    Associations: associationsOf(world, row.id).map((one) => ({
      RouteTableAssociationId: one.id,
      RouteTableId: row.id,
      Main: one.subnetId === null,
      ...(one.subnetId === null ? {} : { SubnetId: one.subnetId }),
      AssociationState: { State: 'associated' },
    })),
    PropagatingVgws: [],
    Tags: toTags(row.tags),
  };
}

type RouteInput = CreateRouteCommandInput | ReplaceRouteCommandInput;

function destinationOf(input: RouteInput | DeleteRouteCommandInput): string {
  const text = requireParameter(input.DestinationCidrBlock, 'destinationCidrBlock');
  const block = parseBlock(text);
  if (block === undefined)
    throw invalidValue(text, 'destinationCidrBlock', 'This is not a valid CIDR block.');
  return block.text;
}

/** @throws SimulatedFailure InvalidNatGatewayID.NotFound, InvalidGatewayID.NotFound, InvalidParameterValue */
function targetOf(world: World, table: RouteTableRow, input: RouteInput): string {
  const { NatGatewayId, GatewayId } = input;
  if (NatGatewayId !== undefined && GatewayId !== undefined) {
    throw new SimulatedFailure(
      'InvalidParameterCombination',
      'The parameters gatewayId and natGatewayId cannot be used together',
    );
  }
  if (NatGatewayId !== undefined) return natTarget(world, table, NatGatewayId);
  const gatewayId = requireParameter(GatewayId, 'gatewayId');
  const gateway = world.rows(internetGateways).get(gatewayId);
  if (gateway === undefined || (gateway.knownAtMs ?? 0) > world.nowMs) {
    throw new SimulatedFailure('InvalidGatewayID.NotFound', `The gateway ID '${gatewayId}' does not exist`);
  }
  checkNetwork(table, gatewayId, knownNetworkOf(world, gateway));
  return gatewayId;
}

/** A route to a NAT gateway that is still pending is taken; one that has just been made may not be known yet. */
function natTarget(world: World, table: RouteTableRow, id: string): string {
  const row = world.rows(natGateways).get(id);
  const isGone = row === undefined || natGatewayState(world, row) === 'deleted';
  if (isGone || (row.knownAtMs ?? 0) > world.nowMs) {
    throw new SimulatedFailure('InvalidNatGatewayID.NotFound', `The natGateway ID '${id}' does not exist`);
  }
  checkNetwork(table, id, row.vpcId);
  return id;
}

function checkNetwork(table: RouteTableRow, gatewayId: string, vpcId: string | null): void {
  if (vpcId === table.vpcId) return;
  throw new SimulatedFailure(
    'InvalidParameterValue',
    `route table ${table.id} and network gateway ${gatewayId} belong to different networks`,
  );
}

function localDestination(world: World, table: RouteTableRow): string | undefined {
  return world.rows(vpcs).get(table.vpcId)?.cidr;
}

/** Routes within tables. */
const routeOperations = {
  CreateRoute(world: World, input: CreateRouteCommandInput): Answer<CreateRouteCommandOutput> {
    const table = requireRow(world, routeTableKind, input.RouteTableId);
    const destination = destinationOf(input);
    const targetId = targetOf(world, table, input);
    const isThere = table.routes.some((route) => route.destination === destination);
    if (isThere || destination === localDestination(world, table)) {
      throw new SimulatedFailure(
        'RouteAlreadyExists',
        `The route identified by ${destination} already exists.`,
      );
    }
    if (table.routes.length >= world.quotas.routesPerTable) {
      throw new SimulatedFailure('RouteLimitExceeded', 'The maximum number of routes has been reached.');
    }
    table.routes = [...table.routes, { destination, targetId }];
    return { Return: true };
  },

  ReplaceRoute(world: World, input: ReplaceRouteCommandInput): object {
    const table = requireRow(world, routeTableKind, input.RouteTableId);
    const destination = destinationOf(input);
    const targetId = targetOf(world, table, input);
    if (!table.routes.some((route) => route.destination === destination)) {
      throw new SimulatedFailure(
        'InvalidParameterValue',
        `There is no route defined for '${destination}' in the route table. Use CreateRoute instead.`,
      );
    }
    table.routes = table.routes.map((route) =>
      route.destination === destination ? { destination, targetId } : route,
    );
    return {};
  },

  DeleteRoute(world: World, input: DeleteRouteCommandInput): object {
    const table = requireRow(world, routeTableKind, input.RouteTableId);
    const destination = destinationOf(input);
    if (destination === localDestination(world, table)) {
      throw new SimulatedFailure(
        'InvalidParameterValue',
        `cannot remove local route ${destination} in route table ${table.id}`,
      );
    }
    const kept = table.routes.filter((route) => route.destination !== destination);
    if (kept.length === table.routes.length) {
      throw new SimulatedFailure(
        'InvalidRoute.NotFound',
        `no route with destination-cidr-block ${destination} in route table ${table.id}`,
      );
    }
    table.routes = kept;
    return {};
  },
} as const;

/** Which table a subnet uses. */
const associationOperations = {
  /** The same association again is no error and answers with the one that is there. */
  AssociateRouteTable(
    world: World,
    input: AssociateRouteTableCommandInput,
  ): Answer<AssociateRouteTableCommandOutput> {
    const table = requireRow(world, routeTableKind, input.RouteTableId);
    const subnet = requireSubnet(world, requireParameter(input.SubnetId, 'subnetId'));
    checkSubnetNetwork(table, subnet);
    const present = [...world.rows(associations).values()].find((row) => row.subnetId === subnet.id);
    if (present !== undefined && present.routeTableId !== table.id) {
      throw new SimulatedFailure(
        'Resource.AlreadyAssociated',
        `the specified association for route table ${table.id} conflicts with an existing association`,
      );
    }
    const row =
      present ?? addAssociation(world, { vpcId: table.vpcId, routeTableId: table.id, subnetId: subnet.id });
    return { AssociationId: row.id, AssociationState: { State: 'associated' } };
  },

  DisassociateRouteTable(world: World, input: DisassociateRouteTableCommandInput): object {
    const row = requireAssociation(world, input.AssociationId);
    if (row.subnetId === null) {
      throw new SimulatedFailure(
        'InvalidParameterValue',
        `cannot disassociate the main route table association ${row.id}`,
      );
    }
    world.rows(associations).delete(row.id);
    return {};
  },

  /** Also how a VPC gets another main table. The association gets another id. */
  ReplaceRouteTableAssociation(
    world: World,
    input: ReplaceRouteTableAssociationCommandInput,
  ): Answer<ReplaceRouteTableAssociationCommandOutput> {
    const row = requireAssociation(world, input.AssociationId);
    const table = requireRow(world, routeTableKind, input.RouteTableId);
    checkSubnetNetwork(table, { id: row.subnetId ?? row.vpcId, vpcId: row.vpcId });
    world.rows(associations).delete(row.id);
    const { vpcId, subnetId } = row;
    const made = addAssociation(world, { vpcId, subnetId, routeTableId: table.id });
    return { NewAssociationId: made.id, AssociationState: { State: 'associated' } };
  },
} as const;

function checkSubnetNetwork(
  table: RouteTableRow,
  subnet: { readonly id: string; readonly vpcId: string },
): void {
  if (table.vpcId === subnet.vpcId) return;
  throw new SimulatedFailure(
    'InvalidParameterValue',
    `Route table ${table.id} and subnet ${subnet.id} belong to different networks`,
  );
}

function make(world: World, input: CreateRouteTableCommandInput): RouteTableRow {
  const vpc = requireVpc(world, requireParameter(input.VpcId, 'vpcId'));
  const tags = tagsForOnly(input.TagSpecifications, 'route-table');
  const present = [...world.rows(routeTables).values()].filter((row) => row.vpcId === vpc.id);
  if (present.length >= world.quotas.routeTablesPerVpc) {
    throw new SimulatedFailure(
      'RouteTableLimitExceeded',
      'The maximum number of route tables has been reached.',
    );
  }
  const row: RouteTableRow = { ...newRow(world, 'rtb', tags), vpcId: vpc.id, routes: [] };
  world.rows(routeTables).set(row.id, row);
  return row;
}

/** Route tables, as the EC2 API reference describes them. */
export const routeTableOperations = {
  ...routeOperations,
  ...associationOperations,

  CreateRouteTable(world: World, input: CreateRouteTableCommandInput): Answer<CreateRouteTableCommandOutput> {
    const call = { operation: 'EC2:CreateRouteTable', token: input.ClientToken, input };
    const made = once(world, call, () => make(world, input));
    const living = world.rows(routeTables).get(made.id) ?? made;
    return {
      RouteTable: toRouteTable(world, living),
      ...(input.ClientToken === undefined ? {} : { ClientToken: input.ClientToken }),
    };
  },

  DescribeRouteTables(
    world: World,
    input: DescribeRouteTablesCommandInput,
  ): Answer<DescribeRouteTablesCommandOutput> {
    const ofAssociations = (row: RouteTableRow): AssociationRow[] => associationsOf(world, row.id);
    const found = describeRows(world, world.rows(routeTables), {
      ids: input.RouteTableIds,
      filters: input.Filters,
      fields: {
        'route-table-id': (row) => [row.id],
        'vpc-id': (row) => [row.vpcId],
        'association.main': (row) => ofAssociations(row).map((one) => String(one.subnetId === null)),
        'association.subnet-id': (row) => ofAssociations(row).map((one) => one.subnetId ?? undefined),
        'association.route-table-association-id': (row) => ofAssociations(row).map((one) => one.id),
        'route.destination-cidr-block': (row) => toRoutes(world, row).map((one) => one.DestinationCidrBlock),
        'route.gateway-id': (row) => toRoutes(world, row).map((one) => one.GatewayId),
        'route.nat-gateway-id': (row) => toRoutes(world, row).map((one) => one.NatGatewayId),
        'route.state': (row) => toRoutes(world, row).map((one) => one.State),
      },
      notFound: routeTableKind.notFound,
    });
    const { items, nextToken } = ec2Page(found, input);
    return { RouteTables: items.map((row) => toRouteTable(world, row)), NextToken: nextToken };
  },

  /** An endpoint that used it just loses it. */
  DeleteRouteTable(world: World, input: DeleteRouteTableCommandInput): object {
    const row = requireRow(world, routeTableKind, input.RouteTableId);
    if (associationsOf(world, row.id).length > 0) {
      throw dependencyViolation(`The routeTable '${row.id}' has dependencies and cannot be deleted.`);
    }
    for (const endpoint of world.rows(endpoints).values()) {
      endpoint.routeTableIds = endpoint.routeTableIds.filter((id) => id !== row.id);
    }
    world.rows(routeTables).delete(row.id);
    return {};
  },
} as const;
