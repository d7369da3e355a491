import { SimulatedFailure } from '../core/failure.ts';
import { table, type World } from '../core/world.ts';

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
}

interface TroubleRow extends LaunchTrouble {
  left: number;
}

const troubles = table<TroubleRow>('ec2/launch-troubles');

/** For tests and rehearsals: the next launches that match will fail. */
export function troubleLaunches(world: World, trouble: LaunchTrouble): void {
  world.rows(troubles).set(world.id('trouble'), { ...trouble, left: trouble.times ?? 1 });
}

/** @throws SimulatedFailure as the trouble says. */
export function meetTroubles(world: World, launch: { readonly type: string; readonly zone: string }): void {
  for (const [id, row] of world.rows(troubles)) {
    if (row.type !== undefined && row.type !== launch.type) continue;
    if (row.zone !== undefined && row.zone !== launch.zone) continue;
    row.left -= 1;
    if (row.left <= 0) world.rows(troubles).delete(id);
    const code = row.code ?? 'InsufficientInstanceCapacity';
    // Want of capacity is the server's fault, and SDKs retry it; quotas and permissions are the caller's.
    const status = code === 'InsufficientInstanceCapacity' ? 500 : 400;
    throw new SimulatedFailure(code, row.message ?? usualMessage(code, launch), status);
  }
}

function usualMessage(code: string, launch: { readonly type: string; readonly zone: string }): string {
  return code === 'InsufficientInstanceCapacity'
    ? `We currently do not have sufficient ${launch.type} capacity in the Availability Zone you requested (${launch.zone}). Our system will be working on provisioning additional capacity.`
    : `${code} for ${launch.type} in ${launch.zone}`;
}
