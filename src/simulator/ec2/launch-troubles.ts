import { SimulatedFailure } from '../core/failure.ts';
import type { Fault } from '../core/faults.ts';
import { faultWords } from '../core/fault-words.ts';
import { table, type World } from '../core/world.ts';
import { isZoneLost } from './zones.ts';

/** Makes launches fail, whoever asks for them: RunInstances or an Auto Scaling group. */
export interface LaunchTrouble {
  /** Only this instance type; left out, all. */
  readonly type?: string;
  /** Only this zone; left out, all. */
  readonly zone?: string;
  /** Default InsufficientInstanceCapacity; others are VcpuLimitExceeded, InstanceLimitExceeded, UnauthorizedOperation. */
  readonly code?: string;
  readonly message?: string;
  /** How many launches fail; default 1. */
  readonly times?: number;
  /** The launch is taken, and the instance dies while it starts, with the code as its reason (`Client.InvalidKMSKey.InvalidState`). */
  readonly dies?: true;
}

interface TroubleRow extends LaunchTrouble {
  left: number;
}

const troubles = table<TroubleRow>('ec2/launch-troubles');

/** For tests and rehearsals: the next launches that match will fail. */
export function troubleLaunches(world: World, trouble: LaunchTrouble): void {
  world.rows(troubles).set(world.id('trouble'), { ...trouble, left: trouble.times ?? 1 });
}

const faultsOfWorlds = new WeakMap<World, () => Fault | undefined>();

/** Lets launches meet the faults that an account was given for them; like those, they are gone with the run. */
export function useLaunchFaults(world: World, next: () => Fault | undefined): void {
  faultsOfWorlds.set(world, next);
}

interface Launch {
  readonly type: string;
  readonly zone: string;
}

/**
 * @returns why the instance is to die while it starts; undefined where it is not.
 * @throws SimulatedFailure as the trouble or the fault says.
 */
export function meetTroubles(world: World, launch: Launch): string | undefined {
  const fault = faultsOfWorlds.get(world)?.();
  if (fault !== undefined) {
    if (fault.code.startsWith('Client.')) return `${fault.code}: ${fault.message ?? deathWords(fault.code)}`;
    throw failure(fault.code, fault.message, launch);
  }
  if (isZoneLost(world, launch.zone)) throw failure('InsufficientInstanceCapacity', undefined, launch);
  for (const [id, row] of world.rows(troubles)) {
    if (row.type !== undefined && row.type !== launch.type) continue;
    if (row.zone !== undefined && row.zone !== launch.zone) continue;
    row.left -= 1;
    if (row.left <= 0) world.rows(troubles).delete(id);
    if (row.dies === true) {
      const code = row.code ?? 'Client.InternalError';
      return `${code}: ${row.message ?? deathWords(code)}`;
    }
    throw failure(row.code ?? 'InsufficientInstanceCapacity', row.message, launch);
  }
  return undefined;
}

/** What EC2 says of an instance that ended while it started (EC2 user guide, "Instance terminates immediately"). */
function deathWords(code: string): string {
  if (code === 'Client.InvalidKMSKey.InvalidState') return 'The KMS key provided is in an incorrect state';
  if (code === 'Client.VolumeLimitExceeded') return 'Volume limit exceeded';
  return 'Client error on launch';
}

function failure(code: string, message: string | undefined, launch: Launch): SimulatedFailure {
  const words = faultWords(code);
  return new SimulatedFailure(code, message ?? usualMessage(code, launch) ?? words.message, words.status);
}

function usualMessage(code: string, launch: Launch): string | undefined {
  return code === 'InsufficientInstanceCapacity'
    ? `We currently do not have sufficient ${launch.type} capacity in the Availability Zone you requested (${launch.zone}). Our system will be working on provisioning additional capacity.`
    : undefined;
}
