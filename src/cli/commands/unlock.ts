import { toEsEcsError } from '../../aws/errors.ts';
import { realClock } from '../../engine/clock.ts';
import { isExpired, isHeld, type LockEntry } from '../../lock/record.ts';
import { breakLock, type Holder, lockHolder, whose } from '../../state/lock.ts';
import { configFor } from '../config-file.ts';
import { confirm } from '../confirm.ts';
import { faultsFor, permissionsFor } from '../in-session.ts';
import { openAccount } from '../open-account.ts';
import type { UnlockOptions } from '../options.ts';
import { filesFor } from '../session-files.ts';
import { newHolder } from '../session-lock.ts';
import type { Terminal } from '../terminal.ts';

/** What stands in the way of the next run. */
interface Found {
  readonly local: Holder | undefined;
  readonly remote: LockEntry | undefined;
}

/**
 * `es-ecs unlock`: takes the locks from whoever holds them, and says from whom. A run that is evicted while it lives ends by itself
 * within half a minute.
 */
export async function unlock(options: UnlockOptions, terminal: Terminal): Promise<void> {
  const faults = await faultsFor(options);
  const permissions = await permissionsFor(options);
  const { located } = await configFor(options);
  const files = filesFor(options);
  const holder = newHolder({ command: 'unlock', terminal });
  const { lock, clock, simulation } = await openAccount(
    { options, located, terminal, locks: true, faults, ...permissions },
    { files, holder },
  );
  try {
    const remote = await lock.look();
    const found: Found = {
      local: await clock.hold(lockHolder(files.lock)),
      remote: remote !== undefined && isHeld(remote) ? remote : undefined,
    };
    const sentences = describe(found, clock.now());
    if (options.json !== true)
      sentences.forEach((sentence) => {
        terminal.err(sentence);
      });
    if (sentences.length > 0) await agree(options, terminal);
    if (found.remote !== undefined) await lock.evict();
    if (found.local !== undefined) await clock.hold(breakLock(files.lock));
    terminal.out(options.json === true ? document(found) : ending(located.config.name, found));
  } catch (error) {
    throw toEsEcsError(error, { command: 'unlock', region: located.config.region });
  } finally {
    await simulation?.save();
  }
}

function describe({ local, remote }: Found, nowMs: number): readonly string[] {
  const isSame = local !== undefined && local.run === remote?.record.run;
  return [
    ...(remote === undefined
      ? []
      : [`held in the account by ${whose(remote.record, nowMs)}, ${lifeOf(remote, nowMs)}`]),
    ...(local === undefined || isSame ? [] : [`held in this directory by ${whose(local, realClock.now())}`]),
  ];
}

function lifeOf(entry: LockEntry, nowMs: number): string {
  const seconds = Math.max(0, Math.round((nowMs - entry.atMs) / 1000));
  return `last sign of life ${String(seconds)}s ago${isExpired(entry, nowMs) ? ', so it is dead' : ''}`;
}

async function agree(options: UnlockOptions, terminal: Terminal): Promise<void> {
  if (options.yes === true || options.simulate === true) return;
  await confirm(
    {
      question: 'A run that still lives would be stopped in the middle. Take the lock from it? [y/N] ',
      expected: (answer) => /^y(es)?$/i.test(answer),
      flag: '--yes',
    },
    terminal,
  );
}

function ending(cluster: string, { local, remote }: Found): string {
  if (local === undefined && remote === undefined) return `nobody holds the lock of ${cluster}`;
  return `the lock of ${cluster} is free; es-ecs up  goes on where the other run stopped`;
}

function document({ local, remote }: Found): string {
  const shown = remote === undefined ? null : { ...remote.record, after: undefined };
  return JSON.stringify({ evicted: { account: shown, directory: local ?? null } }, undefined, 2);
}
