import type {
  CreateVpcEndpointCommandInput,
  CreateVpcEndpointCommandOutput,
  DeleteVpcEndpointsCommandInput,
  DeleteVpcEndpointsCommandOutput,
  DescribeVpcEndpointsCommandInput,
  DescribeVpcEndpointsCommandOutput,
  ModifyVpcEndpointCommandInput,
  ModifyVpcEndpointCommandOutput,
  State,
  VpcEndpoint,
} from '@aws-sdk/client-ec2';

import { once } from '../core/client-tokens.ts';
import { SimulatedFailure } from '../core/failure.ts';
import { page } from '../core/operation.ts';
import type { EventRule, World } from '../core/world.ts';
import {
  type Answer,
  describeRows,
  newRow,
  requireParameter,
  requireRow,
  tagsForOnly,
  toTags,
} from './common.ts';
import { gatewayServices, prefixListOf } from './endpoint-services.ts';
import { type EndpointRow, endpointKind, endpoints, requireVpc, routeTables } from './tables.ts';

/** What an endpoint lets through when nobody says otherwise: all. */
const openPolicy = JSON.stringify({
  Version: '2008-10-17',
  Statement: [{ Effect: 'Allow', Principal: '*', Action: '*', Resource: '*' }],
});

function endpointState(world: World, row: EndpointRow): 'pending' | 'available' | 'deleting' | 'deleted' {
  if (row.deletedAtMs !== null && row.deletedAtMs <= world.nowMs) return 'deleted';
  if (row.deletingAtMs !== null) return 'deleting';
  return row.availableAtMs > world.nowMs ? 'pending' : 'available';
}

function toEndpoint(world: World, row: EndpointRow): VpcEndpoint {
  return {
    VpcEndpointId: row.id,
    VpcEndpointType: 'Gateway',
    VpcId: row.vpcId,
    OwnerId: world.accountId,
    ServiceName: row.serviceName,
    // On the wire the state is in lower case; the SDK's type has capitals.
    State: endpointState(world, row) as string as State,
    PolicyDocument: row.policy,
    RouteTableIds: [...row.routeTableIds],
    SubnetIds: [],
    Groups: [],
    PrivateDnsEnabled: false,
    RequesterManaged: false,
    NetworkInterfaceIds: [],
    DnsEntries: [],
    CreationTimestamp: new Date(row.createdAtMs),
    Tags: toTags(row.tags),
  };
}

/** @throws SimulatedFailure InvalidPolicyDocument */
function checkedPolicy(text: string | undefined): string {
  if (text === undefined || text === '') return openPolicy;
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed === 'object' && parsed !== null && 'Statement' in parsed) return text;
  } catch {
    // Refused below, like any other text that is no policy.
  }
  throw new SimulatedFailure(
    'InvalidPolicyDocument',
    'The specified policy document is not a valid JSON policy document',
  );
}

interface Joined {
  readonly vpcId: string;
  readonly serviceName: string;
}

/** @throws SimulatedFailure InvalidRouteTableId.NotFound, InvalidParameter, RouteAlreadyExists */
function checkRouteTables(world: World, of: Joined, ids: readonly string[]): void {
  for (const id of ids) {
    const table = world.rows(routeTables).get(id);
    if (table === undefined || (table.knownAtMs ?? 0) > world.nowMs) {
      throw new SimulatedFailure('InvalidRouteTableId.NotFound', `The routeTable ID '${id}' does not exist`);
    }
    if (table.vpcId !== of.vpcId) {
      throw new SimulatedFailure(
        'InvalidParameter',
        `Route table ${id} belongs to a different network than ${of.vpcId}`,
      );
    }
    const isJoined = [...world.rows(endpoints).values()].some(
      (row) =>
        row.deletingAtMs === null && row.serviceName === of.serviceName && row.routeTableIds.includes(id),
    );
    if (isJoined) {
      const list = prefixListOf(of.serviceName);
      throw new SimulatedFailure(
        'RouteAlreadyExists',
        `route table ${id} already has a route with destination-prefix-list-id ${list}`,
      );
    }
  }
}

function make(world: World, input: CreateVpcEndpointCommandInput): EndpointRow {
  if ((input.VpcEndpointType ?? 'Gateway') !== 'Gateway') {
    throw new Error(`the simulated account does not know ${input.VpcEndpointType ?? ''} endpoints`);
  }
  const vpc = requireVpc(world, requireParameter(input.VpcId, 'vpcId'));
  const serviceName = requireParameter(input.ServiceName, 'serviceName');
  if (!gatewayServices(world).includes(serviceName)) {
    throw new SimulatedFailure(
      'InvalidServiceName',
      `The Vpc Endpoint Service '${serviceName}' does not exist`,
    );
  }
  const routeTableIds = [...new Set(input.RouteTableIds ?? [])];
  checkRouteTables(world, { vpcId: vpc.id, serviceName }, routeTableIds);
  const policy = checkedPolicy(input.PolicyDocument);
  const tags = tagsForOnly(input.TagSpecifications, 'vpc-endpoint');
  const living = [...world.rows(endpoints).values()].filter((row) => row.deletingAtMs === null);
  if (living.length >= world.quotas.gatewayEndpoints) {
    throw new SimulatedFailure(
      'VpcEndpointLimitExceeded',
      'The maximum number of VPC endpoints has been reached.',
    );
  }
  const row: EndpointRow = {
    ...newRow(world, 'vpce', tags),
    vpcId: vpc.id,
    serviceName,
    createdAtMs: world.nowMs,
    availableAtMs: world.nowMs + world.vary(world.delays.endpoint),
    policy,
    routeTableIds,
    deletingAtMs: null,
    deletedAtMs: null,
  };
  world.rows(endpoints).set(row.id, row);
  return row;
}

/** Begins the deletion of one, or says why not: DeleteVpcEndpoints never throws for an endpoint. */
function remove(world: World, id: string): { readonly code: string; readonly message: string } | undefined {
  const row = world.rows(endpoints).get(id);
  if (row === undefined || endpointState(world, row) === 'deleted') {
    return { code: 'InvalidVpcEndpoint.NotFound', message: `The VpcEndpoint Id '${id}' does not exist` };
  }
  if (row.deletingAtMs === null) {
    const afterMs = world.vary(world.delays.endpointDelete);
    row.deletingAtMs = world.nowMs;
    row.deletedAtMs = world.nowMs + afterMs;
    world.schedule('ec2/vpc-endpoint-forgotten', afterMs + world.delays.endpointShown, id);
  }
  return undefined;
}

/** What happens to endpoints by itself. */
export const endpointRules: Readonly<Record<string, EventRule>> = {
  'ec2/vpc-endpoint-forgotten': (world, id) => {
    world.rows(endpoints).delete(id);
  },
};

/** Gateway endpoints, as the EC2 API reference describes them. Their routes show in the route tables. */
export const endpointOperations = {
  CreateVpcEndpoint(
    world: World,
    input: CreateVpcEndpointCommandInput,
  ): Answer<CreateVpcEndpointCommandOutput> {
    const call = { operation: 'EC2:CreateVpcEndpoint', token: input.ClientToken, input };
    const made = once(world, call, () => make(world, input));
    const living = world.rows(endpoints).get(made.id) ?? made;
    return {
      VpcEndpoint: toEndpoint(world, living),
      ...(input.ClientToken === undefined ? {} : { ClientToken: input.ClientToken }),
    };
  },

  DescribeVpcEndpoints(
    world: World,
    input: DescribeVpcEndpointsCommandInput,
  ): Answer<DescribeVpcEndpointsCommandOutput> {
    const found = describeRows(world, world.rows(endpoints), {
      ids: input.VpcEndpointIds,
      filters: input.Filters,
      fields: {
        'vpc-endpoint-id': (row) => [row.id],
        'vpc-id': (row) => [row.vpcId],
        'service-name': (row) => [row.serviceName],
        'vpc-endpoint-type': () => ['Gateway'],
        'vpc-endpoint-state': (row) => [endpointState(world, row)],
      },
      notFound: endpointKind.notFound,
    });
    const { items, nextToken } = page(found, input.NextToken, input.MaxResults);
    return { VpcEndpoints: items.map((row) => toEndpoint(world, row)), NextToken: nextToken };
  },

  ModifyVpcEndpoint(
    world: World,
    input: ModifyVpcEndpointCommandInput,
  ): Answer<ModifyVpcEndpointCommandOutput> {
    const row = requireRow(world, endpointKind, input.VpcEndpointId);
    if (row.deletingAtMs !== null) throw endpointKind.notFound(row.id);
    const { AddRouteTableIds = [], RemoveRouteTableIds = [], PolicyDocument, ResetPolicy } = input;
    const added = AddRouteTableIds.filter((id) => !row.routeTableIds.includes(id));
    checkRouteTables(world, row, added);
    if (PolicyDocument !== undefined) row.policy = checkedPolicy(PolicyDocument);
    if (ResetPolicy === true) row.policy = openPolicy;
    row.routeTableIds = [...row.routeTableIds, ...added].filter((id) => !RemoveRouteTableIds.includes(id));
    return { Return: true };
  },

  DeleteVpcEndpoints(
    world: World,
    input: DeleteVpcEndpointsCommandInput,
  ): Answer<DeleteVpcEndpointsCommandOutput> {
    const ids = requireParameter(input.VpcEndpointIds, 'vpcEndpointIdSet');
    const Unsuccessful = ids.flatMap((ResourceId) => {
      const refused = remove(world, ResourceId);
      return refused === undefined
        ? []
        : [{ ResourceId, Error: { Code: refused.code, Message: refused.message } }];
    });
    return { Unsuccessful };
  },
} as const;
