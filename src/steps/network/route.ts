import { CreateRouteCommand, DeleteRouteCommand, ReplaceRouteCommand } from '@aws-sdk/client-ec2';

import { unless } from '../../aws/unless.ts';
import type { Inputs, Needs, Resource } from '../../engine/resource.ts';
import type { StepContext } from '../context.ts';
import { brief, retries } from '../waits.ts';
import type { InternetGatewayResource } from './internet-gateway.ts';
import type { NatGatewayResource } from './nat-gateway.ts';
import type { RouteTableResource } from './route-table.ts';
import { routeTables } from './route-tables.ts';

/** Everything that is not in the VPC. */
export const everywhere = '0.0.0.0/0';

export interface DefaultRouteDesired {
  readonly routeTableId: string;
  /** The id of the gateway it leads to. */
  readonly target: string;
}

export interface DefaultRoute extends DefaultRouteDesired {
  /** `blackhole` when the gateway is gone. */
  readonly state: string;
}

type TableNeed = { readonly table: RouteTableResource };
type PublicNeeds = TableNeed & { readonly internetGateway: InternetGatewayResource };
type PrivateNeeds = TableNeed & { readonly natGateway: NatGatewayResource };

export type PublicRouteResource = Resource<DefaultRouteDesired, DefaultRoute, PublicNeeds>;
export type PrivateRouteResource = Resource<DefaultRouteDesired, DefaultRoute, PrivateNeeds>;

/**
 * The public subnets' way to the internet. CreateRoute takes no client token; a table holds one route for a destination, so a
 * repeated create finds it there (RouteAlreadyExists) or in the table itself.
 */
export function publicRoute(context: StepContext, needs: PublicNeeds): PublicRouteResource {
  return defaultRoute(context, {
    address: 'network/route/public',
    needs,
    target: (inputs) => inputs.internetGateway.internetGatewayId,
  });
}

/** The way to the internet of a zone's hosts. A NAT gateway takes minutes, and only this waits for it. */
export function privateRoute(context: StepContext, zone: string, needs: PrivateNeeds): PrivateRouteResource {
  return defaultRoute(context, {
    address: `network/route/private/${zone}`,
    needs,
    target: (inputs) => inputs.natGateway.natGatewayId,
  });
}

interface DefaultRoutePlace<N extends Needs & TableNeed> {
  readonly address: string;
  readonly needs: N;
  readonly target: (inputs: Inputs<N>) => string;
}

/**
 * A default route. Routes carry no tags and have no id of their own: they are found in their table, which is read anyway.
 * What a route leads to is changed in one call that leaves no gap.
 */
function defaultRoute<N extends Needs & TableNeed>(
  context: StepContext,
  place: DefaultRoutePlace<N>,
): Resource<DefaultRouteDesired, DefaultRoute, N> {
  const { ec2 } = context.clients;
  const { table } = place.needs;
  const request = ({ routeTableId, target }: DefaultRouteDesired) => ({
    RouteTableId: routeTableId,
    DestinationCidrBlock: everywhere,
    ...(target.startsWith('nat-') ? { NatGatewayId: target } : { GatewayId: target }),
  });
  return {
    address: place.address,
    needs: place.needs,
    waits: { ...brief, for: 'the route' },
    desired: (inputs) => ({
      // Every place's needs hold the table, under this name; the mapped type of a generic does not show it.
      routeTableId: (inputs as Inputs<TableNeed>).table.routeTableId,
      target: place.target(inputs),
    }),
    find: async ({ id, fresh }) => {
      const tableId = id?.split('/')[0];
      const found = await context.inventory.find(routeTables, table.address, { id: tableId, fresh });
      const route = found?.routes.find((one) => one.destination === everywhere);
      if (found === undefined || route === undefined) return undefined;
      return { routeTableId: found.routeTableId, target: route.target, state: route.state };
    },
    id: (observed) => idOf(observed.routeTableId),
    phase: () => 'ready',
    diff: (desired, observed) => {
      const isRight = observed.target === desired.target && observed.state === 'active';
      if (isRight) return [];
      const gone = observed.state === 'active' ? '' : ` (${observed.state})`;
      return [
        {
          path: 'target',
          before: `${observed.target}${gone}`,
          after: desired.target,
          impact: 'in-place',
          apply: async () => {
            await ec2.send(new ReplaceRouteCommand(request(desired)));
          },
        },
      ];
    },
    create: async (desired) => {
      await ec2.send(new CreateRouteCommand(request(desired)));
      return { id: idOf(desired.routeTableId), observed: { ...desired, state: 'active' } };
    },
    once: { by: 'name', refusals: ['RouteAlreadyExists'] },
    createRetries: [retries.notYetVisible, retries.attachmentNotYetKnown],
    goneWhenAnswered: true,
    destroy: async ({ routeTableId: RouteTableId }) => {
      const command = new DeleteRouteCommand({ RouteTableId, DestinationCidrBlock: everywhere });
      await unless(['InvalidRoute.NotFound', 'InvalidRouteTableID.NotFound'], ec2.send(command));
    },
  };
}

function idOf(routeTableId: string): string {
  return `${routeTableId}/${everywhere}`;
}
