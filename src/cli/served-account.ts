import { EsEcsError } from '../errors.ts';
import { type Holder, lockHolder, whose } from '../state/lock.ts';
import { realClock } from '../engine/clock.ts';
import { selfOf, type Terminal } from './terminal.ts';

/** The lock of whoever serves a simulated account, beside its file: while it is held, the file is not the account. */
export function servedLock(accountFile: string): string {
  return `${accountFile}.lock`;
}

/**
 * Who serves the account of a file at this moment; undefined when nobody does, also when he who did is dead. What another host holds
 * is taken to live, as nobody here can know.
 */
export async function whoServes(accountFile: string, terminal: Terminal): Promise<Holder | undefined> {
  const holder = await lockHolder(servedLock(accountFile));
  if (holder === undefined) return undefined;
  const { host, pid, isAlive } = selfOf(terminal);
  if (holder.host === host && (holder.pid === pid || !isAlive(holder.pid))) return undefined;
  return holder;
}

/** Why a command cannot have an account that is being served. */
export function served(accountFile: string, holder: Holder): EsEcsError {
  return new EsEcsError(
    'LOCKED',
    `the simulated account is being served: ${whose(holder, realClock.now())}`,
    {
      hint: `end it with Ctrl-C there, or kill ${String(holder.pid)}; if it is dead and was on another host, rm ${servedLock(accountFile)}`,
    },
  );
}
