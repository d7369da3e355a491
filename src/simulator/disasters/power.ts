import type { World } from '../core/world.ts';
import { type InstanceRow, instances } from '../ec2/instance-rows.ts';
import { ecsEvents } from '../ecs/common.ts';
import { agentConnection } from '../ecs/container-instances.ts';

/**
 * From a node's silence until the others put it out of the cluster: three checks that get no answer within ten seconds each, and the second
 * between them ("Cluster fault detection settings": `follower_check.timeout`, `retry_count`, `interval`). A machine without power
 * closes no connection.
 */
const silenceMs = 33_000;

/** A machine loses its power: EC2 still calls it running, until its status checks have failed and its group ends it. */
export function losePower(world: World, row: InstanceRow): void {
  row.hasNoPower = true;
  world.unschedule('hosts/boot', row.id);
  agentConnection(world, row.id, false);
  world.schedule(ecsEvents.hostDead, silenceMs, row.id);
  world.schedule('auto-scaling/failed-checks', world.vary(world.delays.failedChecks), row.id);
}

/** It has power again, and boots. One that its group has ended meanwhile does not come back. */
export function regainPower(world: World, row: InstanceRow): void {
  if (row.hasNoPower !== true) return;
  delete row.hasNoPower;
  if (row.state !== 'running') return;
  world.unschedule('auto-scaling/failed-checks', row.id);
  world.unschedule(ecsEvents.hostDead, row.id);
  world.schedule(ecsEvents.hostDead, 0, row.id);
  row.boots += 1;
  world.schedule('hosts/boot', world.vary(world.delays.instanceBoot), row.id);
}

/** Those that run as far as EC2 knows, and have power. */
export function poweredInstances(world: World): readonly InstanceRow[] {
  return [...world.rows(instances).values()].filter(
    (row) => row.state === 'running' && row.hasNoPower !== true,
  );
}
