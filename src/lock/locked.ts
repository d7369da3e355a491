import { EsEcsError } from '../errors.ts';
import { whose } from '../state/lock.ts';
import type { LockEntry } from './record.ts';

/** The error for whoever comes second, naming the holder and its last sign of life. */
export function lockedBy(entry: LockEntry, nowMs: number): EsEcsError {
  const silentSeconds = Math.max(0, Math.round((nowMs - entry.atMs) / 1000));
  return new EsEcsError(
    'LOCKED',
    `another run holds the lock: ${whose(entry.record, nowMs)}, last sign of life ${String(silentSeconds)}s ago`,
    { hint: 'wait for it, or es-ecs unlock once you know that it is dead' },
  );
}
