import {
  CreateRouteTableCommand,
  DeleteRouteCommand,
  DeleteRouteTableCommand,
  DisassociateRouteTableCommand,
} from '@aws-sdk/client-ec2';

import type { Clients } from '../../aws/clients.ts';
import { ec2Tags, tagSpecifications } from '../../aws/ec2.ts';
import { diffTags, type Tags } from '../../aws/tags.ts';
import { unless } from '../../aws/unless.ts';
import type { Change, Resource } from '../../engine/resource.ts';
import { invariant } from '../../errors.ts';
import { ownTags, type StepContext } from '../context.ts';
import { onceByToken } from '../once.ts';
import { brief, retries } from '../waits.ts';
import { associate, routeTableFromSdk, type Route, type RouteTable, routeTables } from './route-tables.ts';
import type { SubnetResource } from './subnet.ts';

export interface RouteTableDesired {
  readonly vpcId: string;
  readonly subnetIds: readonly string[];
  /** Destinations that resources of their own (`network/route/…`) look after. */
  readonly declared: readonly string[];
  readonly tags: Tags;
}

/** By zone, the subnets it routes for. They are in one VPC, which is then the table's. */
export type RouteTableNeeds = Readonly<Record<string, SubnetResource>>;
export type RouteTableResource = Resource<RouteTableDesired, RouteTable, RouteTableNeeds>;

export interface RouteTablePlace {
  /** `public`, or `private/<zone>`. */
  readonly name: string;
  readonly subnets: RouteTableNeeds;
  readonly declared: readonly string[];
}

/**
 * Where the packets of some subnets go. Its associations are synced here; the routes that es-ecs declares are resources of
 * their own, so that a table need not wait for a NAT gateway, and every other route is removed: all but those that AWS
 * makes itself (local, of gateway endpoints, propagated). A route table costs nothing.
 */
export function routeTable(context: StepContext, place: RouteTablePlace): RouteTableResource {
  const address = `network/route-table/${place.name}`;
  const { clients } = context;
  const { ec2 } = clients;
  return {
    address,
    needs: place.subnets,
    waits: { ...brief, for: 'the route table' },
    desired: (inputs) => {
      const subnets = Object.values(inputs);
      return {
        vpcId: subnets[0]?.vpcId ?? '',
        subnetIds: subnets.map((subnet) => subnet.subnetId),
        declared: place.declared,
        tags: ownTags(context, address),
      };
    },
    find: (sight) => context.inventory.find(routeTables, address, sight),
    all: () => context.inventory.kin(routeTables),
    id: (observed) => observed.routeTableId,
    phase: () => 'ready',
    diff: (desired, observed) => [
      ...associationChanges(clients, desired, observed),
      ...observed.routes
        .filter((route) => isForeign(route, desired.declared))
        .map((route) => removed(clients, observed, route)),
      ...diffTags(desired.tags, observed.tags, {
        ...ec2Tags(ec2, observed.routeTableId),
        former: context.formerTags,
      }),
    ],
    create: async (desired, token) => {
      const { RouteTable: made } = await ec2.send(
        new CreateRouteTableCommand({
          VpcId: desired.vpcId,
          ClientToken: token,
          TagSpecifications: tagSpecifications('route-table', desired.tags),
        }),
      );
      invariant(made?.RouteTableId, 'CreateRouteTable answers with an id');
      return { id: made.RouteTableId, observed: { ...routeTableFromSdk(made), tags: desired.tags } };
    },
    once: onceByToken,
    createRetries: retries.notYetVisible,
    goneWhenAnswered: true,
    destroy: async (observed) => {
      const { routeTableId: RouteTableId, associations } = observed;
      await Promise.all(associations.map((one) => disassociate(clients, one.associationId)));
      await unless(['InvalidRouteTableID.NotFound'], ec2.send(new DeleteRouteTableCommand({ RouteTableId })));
    },
    destroyRetries: retries.dependencyViolation,
  };
}

function associationChanges(
  clients: Clients,
  desired: RouteTableDesired,
  observed: RouteTable,
): readonly Change[] {
  const associated = observed.associations.map((association) => association.subnetId);
  const missing = desired.subnetIds
    .filter((subnetId) => !associated.includes(subnetId))
    .map((subnetId) => {
      let associationId = '';
      return {
        path: 'associations',
        before: undefined,
        after: subnetId,
        impact: 'in-place' as const,
        apply: async () => {
          associationId = await associate(clients, observed.routeTableId, subnetId);
        },
        becomes: (before: RouteTable): RouteTable => ({
          ...before,
          associations: [...before.associations, { associationId, subnetId }],
        }),
      };
    });
  const surplus = observed.associations
    .filter((association) => !desired.subnetIds.includes(association.subnetId))
    .map((association) => ({
      path: 'associations',
      before: association.subnetId,
      after: undefined,
      impact: 'in-place' as const,
      because: 'not declared here',
      apply: () => disassociate(clients, association.associationId),
    }));
  return [...missing, ...surplus];
}

async function disassociate(clients: Clients, AssociationId: string): Promise<void> {
  await unless(
    ['InvalidAssociationID.NotFound'],
    clients.ec2.send(new DisassociateRouteTableCommand({ AssociationId })),
  );
}

/** Whether somebody made a route by hand. */
function isForeign(route: Route, declared: readonly string[]): boolean {
  const isOfEndpoint = route.target.startsWith('vpce-');
  return route.origin === 'CreateRoute' && !isOfEndpoint && !declared.includes(route.destination);
}

function removed(clients: Clients, table: RouteTable, route: Route): Change {
  return {
    path: 'routes',
    before: `${route.destination} → ${route.target}`,
    after: undefined,
    impact: 'in-place',
    because: 'not declared here',
    apply: async () => {
      const RouteTableId = table.routeTableId;
      const command = new DeleteRouteCommand({ RouteTableId, ...route.key });
      await unless(['InvalidRoute.NotFound'], clients.ec2.send(command));
    },
  };
}
