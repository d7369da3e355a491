import type { World } from '../core/world.ts';
import { interfaceOf } from '../ec2/instance-places.ts';
import type { InstanceRow } from '../ec2/instance-rows.ts';
import {
  associations,
  type InterfaceRow,
  internetGateways,
  natGateways,
  routeTables,
  securityGroupRules,
  subnets,
} from '../ec2/tables.ts';
import { isZoneLost } from '../ec2/zones.ts';

const everywhere = '0.0.0.0/0';

/**
 * Why a host cannot reach AWS's endpoints, or undefined when it can: the way out is looked for as a packet would, in its
 * security groups, its subnet's route table, and behind the gateway named there.
 */
export function outboundProblem(world: World, row: InstanceRow): string | undefined {
  const held = interfaceOf(world, row.place);
  if (held === undefined) return 'the instance has no network interface';
  if (!letsHttpsOut(world, held)) return 'no security group lets HTTPS out';
  const targetId = defaultRoute(world, held.vpcId, held.subnetId);
  if (targetId === undefined) return `the route table of ${held.subnetId} has no way out`;
  if (targetId.startsWith('igw-')) {
    if (!isAttached(world, targetId, held.vpcId)) return `${targetId} is a black hole`;
    return held.address === null
      ? `${targetId} needs a public address, and the instance has none`
      : undefined;
  }
  return natProblem(world, targetId);
}

function natProblem(world: World, id: string): string | undefined {
  const row = world.rows(natGateways).get(id);
  if (row === undefined || row.deletingAtMs !== null) return `${id} is a black hole`;
  if (row.failure !== null) return `${id} has failed`;
  if (world.nowMs < row.settledAtMs) return `${id} is still pending`;
  const zone = world.rows(subnets).get(row.subnetId)?.zone ?? '';
  if (isZoneLost(world, zone)) return `${id} in ${zone} does not answer`;
  const onward = defaultRoute(world, row.vpcId, row.subnetId);
  const isOut = onward?.startsWith('igw-') === true && isAttached(world, onward, row.vpcId);
  return isOut ? undefined : `${id} stands in a subnet without an internet gateway`;
}

/** The subnet's own route table, else the VPC's main one. */
function defaultRoute(world: World, vpcId: string, subnetId: string): string | undefined {
  const all = [...world.rows(associations).values()];
  const used =
    all.find((one) => one.subnetId === subnetId) ??
    all.find((one) => one.vpcId === vpcId && one.subnetId === null);
  const routes = world.rows(routeTables).get(used?.routeTableId ?? '')?.routes ?? [];
  return routes.find((route) => route.destination === everywhere)?.targetId;
}

function isAttached(world: World, gatewayId: string, vpcId: string): boolean {
  return world.rows(internetGateways).get(gatewayId)?.vpcId === vpcId;
}

function letsHttpsOut(world: World, held: InterfaceRow): boolean {
  return [...world.rows(securityGroupRules).values()].some(
    ({ groupId, terms }) =>
      held.groupIds.includes(groupId) &&
      terms.isEgress &&
      terms.cidr4 === everywhere &&
      (terms.protocol === '-1' || (terms.protocol === 'tcp' && terms.fromPort <= 443 && terms.toPort >= 443)),
  );
}
