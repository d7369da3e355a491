import type { SSMClient } from '@aws-sdk/client-ssm';

import type { Tags } from '../aws/tags.ts';
import type { Clock } from '../engine/clock.ts';
import { type Doubt, eachUntil, noDoubt } from '../engine/doubt.ts';
import { lostAnswer } from '../aws/refusal.ts';
import { EsEcsError } from '../errors.ts';
import { type Holder, runOf } from '../state/lock.ts';
import { lockedBy } from './locked.ts';
import { append, lockName, readEntry, readLog, removeLog, retagLock } from './parameter.ts';
import {
  beatEveryMs,
  doubtAtEnd,
  doubtFrom,
  isExpired,
  isHeld,
  type LockEntry,
  type LockRecord,
} from './record.ts';

/** Whose lock it is, and what it needs. */
export interface AccountLockOptions {
  readonly ssm: SSMClient;
  readonly cluster: string;
  /** What its parameter carries beside es-ecs's own tags; absent: nothing. */
  readonly tags?: Tags;
  readonly clock: Clock;
  readonly holder: Holder;
  /** Whether the run behind a record is known to be dead, before its lock expires. */
  readonly isKnownDead: (record: LockRecord) => boolean;
  /** How long after a dead run's last word what it made may be out of sight; absent: as AWS may need. Milliseconds. */
  readonly visibleWithinMs?: number;
  /** Aborted when the run is to stop: it waits for no name then. */
  readonly signal?: AbortSignal;
  /** Told when it has to wait until the lock's name may be used again. */
  readonly onNameHeld?: () => void;
}

/** "After deleting a parameter, wait for at least 30 seconds to create a parameter with the same name" (DeleteParameter). Milliseconds. */
const nameHeld = { everyMs: 5_000, limitMs: 90_000 } as const;

/** What remembers the runs that have had the lock from here. */
export interface LockMemory {
  /**
   * Saves, before the lock is asked for, who asks: killed at any moment from then on, the run is known here.
   *
   * @param last whose entry counted at the last look
   */
  asks(run: string, last: string | undefined): Promise<void>;
  /** The lock is had. */
  begins(run: string): void;
}

/** What the log says, and how far the service's clock was ahead of ours at that moment. */
interface Looked {
  readonly entry: LockEntry | undefined;
  readonly skewMs: number;
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
  #isLookedAt = false;
  #ahead: Promise<Looked> | undefined;
  #doubt = noDoubt;
  #memory: LockMemory | undefined;
  #waitsForName = false;
  /** How far the service's clock is ahead of ours: entries are dated by it, and by a wrong clock here nobody may be declared dead. */
  #skewMs = 0;
  readonly #lost = new AbortController();

  constructor(options: AccountLockOptions) {
    this.#options = options;
  }

  /** Has who asks for the lock, and who has it, remembered here. */
  rememberBy(memory: LockMemory): void {
    this.#memory = memory;
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

  /** What the runs before may have made that could not be seen yet at the last look. */
  get doubt(): Doubt {
    return this.#doubt;
  }

  /** Begins to look, beside whatever else has to be asked before: the next `look` takes that answer. */
  lookAhead(): void {
    this.#ahead = this.#read();
    this.#ahead.catch(() => undefined);
  }

  async #read(): Promise<Looked> {
    const { ssm, cluster, clock } = this.#options;
    const { entry, serviceNowMs } = await readEntry(ssm, cluster);
    return { entry, skewMs: serviceNowMs === undefined ? 0 : serviceNowMs - clock.now() };
  }

  /**
   * Looks who holds it, so that everything read from now on is known to be unchanged when it is taken later.
   *
   * @param known the runs whose ids and intents are remembered here
   * @returns the entry that counts, somebody's of now or of before.
   */
  async look(known: readonly string[] = []): Promise<LockEntry | undefined> {
    const { isKnownDead, visibleWithinMs = Infinity } = this.#options;
    const reading = this.#ahead ?? this.#read();
    this.#ahead = undefined;
    const { entry, skewMs } = await reading;
    this.#skewMs = skewMs;
    this.#seen = entry;
    this.#isLookedAt = true;
    const isDead = entry !== undefined && isKnownDead(entry.record);
    const doubt = doubtFrom(entry, { known, ...(isDead ? { deadSinceMs: this.#serviceNowMs() } : {}) });
    const latestMs = (entry?.atMs ?? 0) + visibleWithinMs;
    this.#doubt = eachUntil(doubt, (untilMs) =>
      untilMs === 0 ? 0 : Math.min(untilMs, latestMs) - this.#skewMs,
    );
    return entry;
  }

  /** @throws EsEcsError LOCKED, when a living run holds it by the last look. */
  refuseHeld(): void {
    const seen = this.#seen;
    const nowMs = this.#serviceNowMs();
    if (seen === undefined || !isHeld(seen) || isExpired(seen, nowMs)) return;
    if (!this.#options.isKnownDead(seen.record)) throw lockedBy(seen, nowMs);
  }

  /** Whether anything is known of it. */
  get isLookedAt(): boolean {
    return this.#isLookedAt;
  }

  /**
   * The run that has ended, by what is known here, and whose lock in the account still keeps out whoever does not know: this one, where
   * it could not let go of it, or a dead one that nobody has taken over from.
   */
  get leftBehind(): string | undefined {
    const seen = this.#seen;
    if (this.#lost.signal.aborted || seen === undefined) return undefined;
    if (!isHeld(seen) || isExpired(seen, this.#serviceNowMs())) return undefined;
    const { holder, isKnownDead } = this.#options;
    const { record } = seen;
    return record.run === holder.run || isKnownDead(record) ? record.run : undefined;
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
    const { holder, clock } = this.#options;
    const { run } = holder;
    await this.#memory?.asks(run, this.#seen?.record.run);
    const untilMs = clock.now() + nameHeld.limitMs;
    while ((await this.#write('taken')) === undefined) await this.#passLateWord(untilMs);
    this.#beating = new AbortController();
    void this.#beat(this.#beating.signal);
    this.#memory?.begins(run);
  }

  /**
   * Somebody was there first, or the name is that of a lock that was taken down a moment ago. What a run that is known to be dead had sent as it died may arrive only now: it is none that could hold
   * anything, and had made nothing that it would not have made without.
   *
   * @throws EsEcsError LOCKED by whom, or that the account is no longer what was looked at; AWS where the name does not become free.
   */
  async #passLateWord(untilMs: number): Promise<void> {
    const { ssm, cluster, isKnownDead } = this.#options;
    const before = this.#seen;
    const seen = await readLog(ssm, cluster);
    this.#seen = seen;
    if (seen === undefined && before === undefined) {
      await this.#untilNameIsFree(untilMs);
      return;
    }
    if (seen !== undefined && isHeld(seen)) {
      const isLateWord = isKnownDead(seen.record) && seen.version > (before?.version ?? 0);
      if (isLateWord) return;
      throw lockedBy(seen, this.#serviceNowMs());
    }
    throw new EsEcsError('LOCKED', 'another run has changed the cluster since this one looked at it', {
      hint: 'run the same command again: it plans anew',
    });
  }

  /** Nobody holds it, and its name is refused as taken: what is left of a lock that was taken down. */
  async #untilNameIsFree(untilMs: number): Promise<void> {
    const { clock, cluster, signal, onNameHeld } = this.#options;
    if (clock.now() >= untilMs) {
      throw new EsEcsError(
        'AWS',
        `Parameter Store refuses ${lockName(cluster)} as taken, and does not show it`,
        {
          hint: 'run the same command again in a minute: nothing was changed',
        },
      );
    }
    if (!this.#waitsForName) onNameHeld?.();
    this.#waitsForName = true;
    try {
      await clock.sleep(nameHeld.everyMs, signal);
    } catch {
      throw new EsEcsError('INTERRUPTED', 'interrupted before anything was changed', {
        hint: 'run the same command again to go on',
      });
    }
  }

  /**
   * Gives a lock that was there before the tags of now, once it is had. A new one has them from its making.
   *
   * @param former keys of tags that were given and are no longer wanted
   */
  async retag(former: ReadonlySet<string>): Promise<void> {
    const { ssm, cluster, tags = {} } = this.#options;
    if (Object.keys(tags).length > 0 || former.size > 0) await retagLock(ssm, { cluster, tags }, former);
  }

  /**
   * Says that the run has ended.
   *
   * @param inDoubt whether it may have made something whose answer never came.
   */
  async release(inDoubt: boolean): Promise<void> {
    if (!this.isTaken || this.#lost.signal.aborted) return;
    this.#stop();
    await this.#write('released', inDoubt ? doubtAtEnd(this.#serviceNowMs()) : undefined);
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
    await this.#write('evicted', doubtFrom(this.#seen, { known: [] }));
  }

  #serviceNowMs(): number {
    return this.#options.clock.now() + this.#skewMs;
  }

  /** By the service's clock: what is in doubt still. Whoever comes next must know it too. */
  #doubtStill(): Doubt {
    return eachUntil(this.#doubt, (ownMs) => {
      const untilMs = ownMs === 0 ? 0 : ownMs + this.#skewMs;
      return untilMs > this.#serviceNowMs() ? untilMs : 0;
    });
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
    const who = by === undefined ? 'it was taken down' : runOf(by.record);
    return new EsEcsError('LOCK_LOST', `this run no longer holds the lock: ${who}`, {
      hint: 'es-ecs status  shows how far things are; run one command at a time',
    });
  }

  /** @returns the entry as it was written, or undefined when it does not count. */
  #write(event: LockRecord['event'], own = noDoubt): Promise<LockEntry | undefined> {
    const written = this.#writing.then(() => this.#append(event, own));
    this.#writing = written.catch(() => undefined);
    return written;
  }

  async #append(event: LockRecord['event'], own: Doubt): Promise<LockEntry | undefined> {
    const { ssm, cluster, tags = {}, holder } = this.#options;
    const seen = this.#seen;
    const after = seen === undefined ? null : { version: seen.version, run: seen.record.run };
    const still = this.#doubtStill();
    const unknownUntilMs = Math.max(own.anythingUntilMs, still.anythingUntilMs);
    const unseenUntilMs = Math.max(unknownUntilMs, own.rememberedUntilMs, still.rememberedUntilMs);
    const record: LockRecord = {
      ...holder,
      event,
      after,
      ...(unseenUntilMs === 0 ? {} : { unseenUntilMs, unknownUntilMs }),
    };
    let lost: Error | undefined;
    const version = await append(ssm, { cluster, tags }, record).catch((error: unknown) => {
      if (lostAnswer(error) === undefined || !(error instanceof Error)) throw error;
      lost = error;
      return undefined;
    });
    // A call whose answer was lost is sent again: then the log says which of the two counts.
    const isNext = version === (after?.version ?? 0) + 1;
    const valid =
      version !== undefined && isNext
        ? { version, atMs: this.#serviceNowMs(), record }
        : await readLog(ssm, cluster);
    if (valid?.record.run === holder.run && valid.record.event === event) {
      this.#seen = valid;
      return valid;
    }
    // Nobody else has written, and nothing came of it: that says nothing of the lock.
    const isUnchanged = valid?.version === seen?.version;
    if (lost !== undefined && isUnchanged) throw lost;
    return undefined;
  }
}
