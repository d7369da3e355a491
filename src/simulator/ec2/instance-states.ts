import { SimulatedFailure } from '../core/failure.ts';
import type { EventRule, World } from '../core/world.ts';
import { agentConnection, hostGone } from '../ecs/container-instances.ts';
import { exchangePublicIp, vacate } from './instance-places.ts';
import { groupTag, type InstanceRow, instances } from './instance-rows.ts';
import { releaseVolumes } from './volumes.ts';

/** "Terminated instances remain visible after termination (for approximately one hour)" (TerminateInstances). */
const lingerMs = 3_600_000;

/** Tells the Auto Scaling group of an instance, if it has one, that something has changed. */
function tellGroup(world: World, row: InstanceRow, afterMs: number): void {
  const group = row.tags[groupTag];
  if (group !== undefined) world.schedule('auto-scaling/reconcile', afterMs, group);
}

/**
 * Begins an instance's end; one that is ending or has ended is left alone.
 *
 * @throws SimulatedFailure OperationNotPermitted while `disableApiTermination` is set
 */
export function terminate(world: World, row: InstanceRow): void {
  if (row.state === 'shutting-down' || row.state === 'terminated') return;
  if (row.disableApiTermination) {
    throw new SimulatedFailure(
      'OperationNotPermitted',
      `The instance '${row.id}' may not be terminated. Modify its 'disableApiTermination' instance attribute and try again.`,
    );
  }
  row.state = 'shutting-down';
  row.stateReason = {
    Code: 'Client.UserInitiatedShutdown',
    Message: 'Client.UserInitiatedShutdown: User initiated shutdown',
  };
  world.unschedule('ec2/instance-running', row.id);
  world.unschedule('ec2/instance-stopped', row.id);
  world.unschedule('hosts/boot', row.id);
  hostGone(world, row.id);
  tellGroup(world, row, world.vary(world.delays.scalingActivity));
  world.schedule('ec2/instance-terminated', world.vary(world.delays.instanceTerminate), row.id);
}

/** How long an instance that cannot start is seen to try. */
const dyingMs = 15_000;

/** Lets an instance that is starting die of a reason of its own, `Client.InvalidKMSKey.InvalidState: …`. */
export function die(world: World, row: InstanceRow, reason: string): void {
  const [Code = reason] = reason.split(': ');
  row.stateReason = { Code, Message: reason };
  world.unschedule('ec2/instance-running', row.id);
  world.schedule('ec2/instance-terminated', world.vary(dyingMs), row.id);
}

/** @throws SimulatedFailure IncorrectInstanceState */
export function stop(world: World, row: InstanceRow): void {
  if (row.state === 'stopped' || row.state === 'stopping') return;
  if (row.state !== 'running') throw wrongState(row, 'stopped');
  row.state = 'stopping';
  row.stateReason = {
    Code: 'Client.UserInitiatedShutdown',
    Message: 'Client.UserInitiatedShutdown: User initiated shutdown',
  };
  world.unschedule('hosts/boot', row.id);
  agentConnection(world, row.id, false);
  tellGroup(world, row, world.vary(world.delays.scalingActivity));
  world.schedule('ec2/instance-stopped', world.vary(world.delays.instanceStop), row.id);
}

/** @throws SimulatedFailure IncorrectInstanceState */
export function restart(world: World, row: InstanceRow): void {
  if (row.state === 'running' || row.state === 'pending') return;
  if (row.state !== 'stopped') throw wrongState(row, 'started');
  row.state = 'pending';
  row.stateReason = undefined;
  row.launchedAtMs = world.nowMs;
  exchangePublicIp(world, row.place, true);
  world.schedule('ec2/instance-running', world.vary(world.delays.instanceStart), row.id);
}

function wrongState(row: InstanceRow, wanted: 'started' | 'stopped'): SimulatedFailure {
  return new SimulatedFailure(
    'IncorrectInstanceState',
    `The instance '${row.id}' is not in a state from which it can be ${wanted}.`,
  );
}

/** What happens to instances by itself. */
export const instanceRules: Readonly<Record<string, EventRule>> = {
  'ec2/instance-running': (world, id) => {
    const row = world.rows(instances).get(id);
    if (row?.state !== 'pending') return;
    row.state = 'running';
    row.boots += 1;
    tellGroup(world, row, 0);
    world.schedule('hosts/boot', world.vary(world.delays.instanceBoot), id);
  },
  'ec2/instance-stopped': (world, id) => {
    const row = world.rows(instances).get(id);
    if (row?.state !== 'stopping') return;
    row.state = 'stopped';
    exchangePublicIp(world, row.place, false);
  },
  'ec2/instance-terminated': (world, id) => {
    const row = world.rows(instances).get(id);
    if (row === undefined) return;
    row.state = 'terminated';
    releaseVolumes(world, id);
    vacate(world, row.place);
    row.place = undefined;
    tellGroup(world, row, 0);
    world.schedule('ec2/instance-forgotten', lingerMs, id);
  },
  'ec2/instance-forgotten': (world, id) => {
    world.rows(instances).delete(id);
    world.schedule('hosts/forget', 0, id);
  },
};
