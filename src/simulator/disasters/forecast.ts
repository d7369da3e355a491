import { createVirtualClock } from '../../engine/clock.ts';
import { createSimulatedAccount, type SimulatedAccount } from '../account.ts';
import { parseSnapshot } from '../core/snapshot.ts';
import { type Watched, watch } from './timeline.ts';

/** How far ahead one looks: what has not mended itself by then does not. */
export const forecastMs = 3_600_000;

/**
 * What comes of an account's present state if nobody does anything: a copy of it lives on, and is thrown away. Each life goes a little
 * otherwise, by some per cent of every time.
 */
export async function forecast(account: SimulatedAccount, cluster: string): Promise<Watched> {
  const { world, clock } = account;
  const snapshot = parseSnapshot(JSON.stringify(world.snapshot()));
  if (snapshot === undefined) throw new Error('an account that was just saved can be read');
  const ahead = createVirtualClock({ startMs: clock.now(), seed: snapshot.serial + 1 });
  const copy = createSimulatedAccount({ clock: ahead, snapshot, delays: world.delays });
  return watch({ world: copy.world, clock: ahead, cluster, forMs: forecastMs, untilWell: true });
}
