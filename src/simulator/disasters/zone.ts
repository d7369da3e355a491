import { EsEcsError } from '../../errors.ts';
import { table, type World } from '../core/world.ts';
import { instances } from '../ec2/instance-rows.ts';
import { isZoneLost, markZone, zonesOf } from '../ec2/zones.ts';
import { agentConnection } from '../ecs/container-instances.ts';
import { hosts } from '../hosts/boot.ts';
import { outboundProblem } from '../hosts/outbound.ts';
import type { Where } from './lose.ts';
import { groupsByNode, hostOf } from './nodes.ts';
import { losePower, poweredInstances, regainPower } from './power.ts';

/** Hosts whose agents have lost their way out with a zone. */
const cutOff = table<{ readonly atMs: number }>('disasters/cut-off');

/**
 * A zone loses its power: all machines in it stop, none can be started there, and its NAT gateway lets nothing through.
 *
 * @returns what was lost, in sentences without a full stop.
 * @throws EsEcsError NOT_FOUND
 */
export function loseZone({ world, cluster }: Where, zone: string): readonly string[] {
  requireZone(world, zone);
  if (isZoneLost(world, zone)) {
    throw new EsEcsError('NOT_FOUND', `${zone} is lost already`, {
      hint: `es-ecs simulate regain zone ${zone}  gives it its power back`,
    });
  }
  const nodes = [...groupsByNode(world, cluster).keys()].filter(
    (node) => hostOf(world, cluster, node)?.zone === zone,
  );
  markZone(world, zone, 'lost');
  const machines = poweredInstances(world).filter((row) => row.zone === zone);
  const bastions = machines.filter(({ tags }) => tags['es-ecs-resource']?.startsWith('bastion/') === true);
  for (const row of machines) losePower(world, row);
  const without = cutOffAgents(world);
  return [
    `${zone} has lost its power: nothing runs there, and nothing can be started there`,
    ...(nodes.length === 0
      ? [`no node of ${cluster} stood there`]
      : [`the ${nodes.length === 1 ? 'host' : 'hosts'} of ${nodes.join(', ')} went with it`]),
    ...(bastions.length === 0 ? [] : ['the bastion went with it']),
    ...(without.length === 0
      ? []
      : [
          `${without.join(', ')} went out through the NAT gateway there: ECS agents of other zones lose their connection`,
        ]),
  ];
}

/**
 * The zone has its power back: machines that nobody has ended meanwhile boot, and groups can start others.
 *
 * @throws EsEcsError NOT_FOUND
 */
export function regainZone({ world, cluster }: Where, zone: string): readonly string[] {
  requireZone(world, zone);
  if (!isZoneLost(world, zone)) {
    throw new EsEcsError('NOT_FOUND', `${zone} is not lost: there is nothing to give back`, {
      hint: `es-ecs simulate lose zone ${zone}`,
    });
  }
  markZone(world, zone, 'well');
  const asleep = [...world.rows(instances).values()].filter((row) => row.zone === zone);
  for (const row of asleep) regainPower(world, row);
  reconnectAgents(world);
  // Their next attempt to start a host comes by itself, five minutes after the last at the latest.
  const waiting = [...groupsByNode(world, cluster).keys()].filter(
    (node) => hostOf(world, cluster, node) === undefined,
  );
  return [
    `${zone} has its power back`,
    ...(waiting.length === 0 ? [] : [`Auto Scaling tries again to start the hosts of ${waiting.join(', ')}`]),
  ];
}

/** @throws EsEcsError NOT_FOUND */
function requireZone(world: World, zone: string): void {
  const all = zonesOf(world);
  if (all.includes(zone)) return;
  throw new EsEcsError('NOT_FOUND', `${zone} is no zone of ${world.region}`, {
    hint: `zones: ${all.join(', ')}`,
  });
}

/** Agents whose way out is gone lose their connection. */
function cutOffAgents(world: World): readonly string[] {
  const names = poweredInstances(world).flatMap((row) => {
    const host = world.rows(hosts).get(row.id);
    if (host === undefined || outboundProblem(world, row) === undefined) return [];
    world.rows(cutOff).set(row.id, { atMs: world.nowMs });
    agentConnection(world, row.id, false);
    return [host.node ?? row.id];
  });
  return names.toSorted((one, other) => one.localeCompare(other, 'en', { numeric: true }));
}

/** They have it again with their way out; one that has ended of itself does not. */
function reconnectAgents(world: World): void {
  for (const id of [...world.rows(cutOff).keys()]) {
    const row = poweredInstances(world).find((one) => one.id === id);
    if (row !== undefined && outboundProblem(world, row) !== undefined) continue;
    world.rows(cutOff).delete(id);
    if (row !== undefined) agentConnection(world, id, true);
  }
}
