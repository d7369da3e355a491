import type { SSMClient } from '@aws-sdk/client-ssm';

import type { Clock } from '../engine/clock.ts';
import { EsEcsError } from '../errors.ts';
import type { Holder } from '../state/lock.ts';
import { lockedBy } from './locked.ts';
import { append, readEntry, readLog, removeLog } from './parameter.ts';
import {
  beatEveryMs,
  isExpired,
  isHeld,
  type LockEntry,
  type LockRecord,
  unseenFrom,
  unseenUntilMs,
} from './record.ts';

/** Whose lock it is, and what it needs. */
export interface AccountLockOptions {
  readonly ssm: SSMClient;
  readonly cluster: string;
  readonly clock: Clock;
  readonly holder: Holder;
  /** Whether the run behind a record is known to be dead, before its lock expires. */
  readonly isKnownDead: (record: LockRecord) => boolean;
  /** How long after a dead run's last word what it made may be out of sight; absent: as AWS may need. Milliseconds. */
  readonly visibleWithinMs?: number;
}

/**
 * The lock that two machines see: a parameter in the account, whose versions are a log (`record.ts`). It is taken before the first
 * write of a run and says every half minute that its holder is alive; a holder that has not for 90 seconds is taken for dead.
 * A run that writes nothing never takes it. What it says at the end stays in the account until `destroy` takes it down.
 */
export class AccountLock {
  readonly #options: AccountLockOptions;
  /** The last entry that is known to count: another's until it is taken, then this run's own. */
  #seen: LockEntry | undefined;
  #taking: Promise<void> | undefined;
  #beating: AbortController | undefined;
  /** The last write, whatever becomes of it: each names the one before, so they go one after the other. */
  #writing: Promise<unknown> = Promise.resolve();
  #unseenUntilMs = 0;
  #onTaken: ((run: string) => Promise<void>) | undefined;
  /** How far the service's clock is ahead of ours: entries are dated by it, and by a wrong clock here nobody may be declared dead. */
  #skewMs = 0;
  readonly #lost = new AbortController();

  constructor(options: AccountLockOptions) {
    this.#options = options;
  }

  /** Has something done between the taking and whatever it was taken for. */
  whenTaken(work: (run: string) => Promise<void>): void {
    this.#onTaken = work;
  }

  /** Aborts, with the error as its reason, when somebody else has taken the lock from this run. */
  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  /** Whether this run holds it. */
  get isTaken(): boolean {
    return this.#beating !== undefined;
  }

  /** Whether there is anything of it in the account, by the last look. */
  get exists(): boolean {
    return this.#seen !== undefined;
  }

  /** Until when the run before may have made something that cannot be seen yet, milliseconds since 1970. */
  get unseenUntilMs(): number {
    return this.#unseenUntilMs;
  }

  /**
   * Looks who holds it, so that everything read from now on is known to be unchanged when it is taken later.
   *
   * @param knownRun the run whose ids the state remembers
   * @returns the entry that counts, somebody's of now or of before.
   */
  async look(knownRun?: string): Promise<LockEntry | undefined> {
    const { ssm, cluster, clock } = this.#options;
    const { entry, serviceNowMs } = await readEntry(ssm, cluster);
    this.#skewMs = serviceNowMs === undefined ? 0 : serviceNowMs - clock.now();
    this.#seen = entry;
    const { visibleWithinMs = Infinity } = this.#options;
    const untilMs = Math.min(unseenUntilMs(entry, knownRun), (entry?.atMs ?? 0) + visibleWithinMs);
    this.#unseenUntilMs = untilMs === 0 ? 0 : untilMs - this.#skewMs;
    return entry;
  }

  /** @throws EsEcsError LOCKED, when a living run holds it by the last look. */
  refuseHeld(): void {
    const seen = this.#seen;
    const nowMs = this.#serviceNowMs();
    if (
      seen === undefined ||
      !isHeld(seen) ||
      isExpired(seen, nowMs) ||
      this.#options.isKnownDead(seen.record)
    )
      return;
    throw lockedBy(seen, nowMs);
  }

  /**
   * Takes it, once. Succeeds only if nobody has written to it since the last look.
   *
   * @throws EsEcsError LOCKED
   */
  take(): Promise<void> {
    this.#taking ??= this.#take();
    return this.#taking;
  }

  async #take(): Promise<void> {
    this.refuseHeld();
    const taken = await this.#write('taken');
    if (taken === undefined) throw await this.#beaten();
    this.#beating = new AbortController();
    void this.#beat(this.#beating.signal);
    await this.#onTaken?.(this.#options.holder.run);
  }

  /** Somebody was there first: who it was, or that the account is no longer what was looked at. */
  async #beaten(): Promise<EsEcsError> {
    const { ssm, cluster } = this.#options;
    this.#seen = await readLog(ssm, cluster);
    if (this.#seen !== undefined && isHeld(this.#seen)) return lockedBy(this.#seen, this.#serviceNowMs());
    return new EsEcsError('LOCKED', 'another run has changed the cluster since this one looked at it', {
      hint: 'run the same command again: it plans anew',
    });
  }

  /**
   * Says that the run has ended.
   *
   * @param inDoubt whether it may have made something whose answer never came.
   */
  async release(inDoubt: boolean): Promise<void> {
    if (!this.isTaken || this.#lost.signal.aborted) return;
    this.#stop();
    await this.#write('released', inDoubt ? unseenFrom(this.#serviceNowMs()) : undefined);
  }

  /** Takes it down: nothing of the cluster is left. */
  async remove(): Promise<void> {
    if (!this.exists) return;
    this.#stop();
    // A sign of life that comes after the end would begin it anew.
    await this.#writing;
    await removeLog(this.#options.ssm, this.#options.cluster);
    this.#seen = undefined;
  }

  /** Takes it from whoever holds it by the last look, dead or alive: the next run may begin at once. */
  async evict(): Promise<void> {
    await this.#write('evicted', unseenUntilMs(this.#seen, undefined));
  }

  #serviceNowMs(): number {
    return this.#options.clock.now() + this.#skewMs;
  }

  /** By the service's clock; 0 when all that earlier runs have made can be seen by now. Whoever comes next must know it too. */
  #stillUnseenUntilMs(): number {
    const untilMs = this.#unseenUntilMs === 0 ? 0 : this.#unseenUntilMs + this.#skewMs;
    return untilMs > this.#serviceNowMs() ? untilMs : 0;
  }

  #stop(): void {
    this.#beating?.abort();
    this.#beating = undefined;
  }

  async #beat(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    for (;;) {
      try {
        await clock.accompany(beatEveryMs, signal);
      } catch {
        return;
      }
      // It may have woken at the instant of its end.
      if (signal.aborted) return;
      try {
        if ((await this.#write('alive')) === undefined) {
          this.#lost.abort(await this.#evicted());
          return;
        }
      } catch {
        // AWS did not answer; the next word may still come before the lock expires, and if not, the next writer finds out.
      }
    }
  }

  async #evicted(): Promise<EsEcsError> {
    const by = await readLog(this.#options.ssm, this.#options.cluster);
    const who =
      by === undefined ? 'it was taken down' : `${by.record.who}@${by.record.host}, ${by.record.command}`;
    return new EsEcsError('LOCK_LOST', `this run no longer holds the lock: ${who}`, {
      hint: 'es-ecs status  shows how far things are; run one command at a time',
    });
  }

  /** @returns the entry as it was written, or undefined when it does not count. */
  #write(event: LockRecord['event'], unseenUntil?: number): Promise<LockEntry | undefined> {
    const written = this.#writing.then(() => this.#append(event, unseenUntil));
    this.#writing = written.catch(() => undefined);
    return written;
  }

  async #append(event: LockRecord['event'], unseenUntil?: number): Promise<LockEntry | undefined> {
    const { ssm, cluster, holder } = this.#options;
    const seen = this.#seen;
    const after = seen === undefined ? null : { version: seen.version, run: seen.record.run };
    const untilMs = Math.max(unseenUntil ?? 0, this.#stillUnseenUntilMs());
    const record: LockRecord = {
      ...holder,
      event,
      after,
      ...(untilMs === 0 ? {} : { unseenUntilMs: untilMs }),
    };
    const version = await append(ssm, cluster, record);
    // A call whose answer was lost is sent again: then the log says which of the two counts.
    const isNext = version === (after?.version ?? 0) + 1;
    const valid =
      version !== undefined && isNext
        ? { version, atMs: this.#serviceNowMs(), record }
        : await readLog(ssm, cluster);
    if (valid?.record.run !== holder.run || valid.record.event !== event) return undefined;
    this.#seen = valid;
    return valid;
  }
}
