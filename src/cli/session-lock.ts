import { randomUUID } from 'node:crypto';

import { realClock } from '../engine/clock.ts';
import { type Holder, type Lock, personOf, takeLock } from '../state/lock.ts';
import type { Account } from './open-account.ts';
import type { SessionFiles } from './session-files.ts';
import { selfOf, type Terminal } from './terminal.ts';

/** Whom the locks of a command are to name. */
export function newHolder(given: { readonly command: string; readonly terminal: Terminal }): Holder {
  const { who, host, pid } = selfOf(given.terminal);
  const since = new Date(realClock.now()).toISOString();
  return { run: randomUUID(), who, host, pid, command: `es-ecs ${given.command}`, since };
}

/**
 * Takes the lock beside the state file, and says so when it was a dead run's: what that one held in the account is then
 * known to be free as well.
 *
 * @throws EsEcsError LOCKED, STATE_UNWRITABLE
 */
export async function lockLocally(
  given: { readonly terminal: Terminal; readonly notice: (text: string) => void },
  held: { readonly files: SessionFiles; readonly account: Account; readonly holder: Holder },
): Promise<Lock> {
  const { files, account, holder } = held;
  const { isAlive } = selfOf(given.terminal);
  const lock = await takeLock({ file: files.lock, holder, nowMs: realClock.now(), isAlive });
  if (lock.takenOverFrom !== undefined) {
    const dead = lock.takenOverFrom;
    given.notice(`took over the lock of ${personOf(dead)}, whose process ${String(dead.pid)} is dead`);
  }
  for (const run of lock.dead) account.declareDead(run);
  return lock;
}
