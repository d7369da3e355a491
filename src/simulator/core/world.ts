import type { Clock } from '../../engine/clock.ts';
import type { Delays } from './delays.ts';
import { type Quotas, usualQuotas } from './quotas.ts';

/** Names a table of the simulated account; each file that owns a kind of thing declares its own. */
export interface Table<Row> {
  readonly name: string;
  /** Keeps the row type; never set. */
  readonly row?: Row;
}

/** Declares a table. Rows are plain JSON: the account is kept in a file between runs. Times are milliseconds since 1970. */
export function table<Row>(name: string): Table<Row> {
  return { name };
}

const ownQuotas = table<{ readonly value: number }>('quotas');

/** Something that will happen by itself: plain data, so that it survives between runs. */
export interface ScheduledEvent {
  readonly atMs: number;
  readonly kind: string;
  readonly target: string;
}

/** What happens when a scheduled event is due. May schedule further events. */
export type EventRule = (world: World, target: string) => void;

/** The account's file. */
export interface WorldSnapshot {
  readonly version: 1;
  readonly accountId: string;
  readonly region: string;
  readonly nowMs: number;
  readonly serial: number;
  readonly tables: Readonly<Record<string, readonly (readonly [string, unknown])[]>>;
  readonly events: readonly ScheduledEvent[];
}

export interface WorldOptions {
  readonly accountId: string;
  readonly region: string;
  readonly clock: Clock;
  readonly delays: Delays;
  /** AWS's defaults unless given. */
  readonly quotas?: Partial<Quotas>;
  readonly rules: Readonly<Record<string, EventRule>>;
  readonly snapshot?: WorldSnapshot;
}

/** Everything that exists in the simulated account, and what is about to happen in it. */
export class World {
  readonly accountId: string;
  readonly region: string;
  readonly partition = 'aws';
  readonly delays: Delays;
  readonly #quotas: Quotas;
  readonly #clock: Clock;
  readonly #rules: Readonly<Record<string, EventRule>>;
  readonly #tables = new Map<string, Map<string, unknown>>();
  readonly #events: ScheduledEvent[] = [];
  #serial = 0;
  /** While a past event is being carried out, now is its instant. */
  #eventNowMs: number | undefined;

  constructor(options: WorldOptions) {
    this.accountId = options.snapshot?.accountId ?? options.accountId;
    this.region = options.snapshot?.region ?? options.region;
    this.delays = options.delays;
    this.#quotas = { ...usualQuotas, ...options.quotas };
    this.#clock = options.clock;
    this.#rules = options.rules;
    const { snapshot } = options;
    if (snapshot === undefined) return;
    this.#serial = snapshot.serial;
    this.#events.push(...snapshot.events);
    for (const [name, rows] of Object.entries(snapshot.tables)) {
      this.#tables.set(name, new Map(rows.map(([id, row]) => [id, row])));
    }
  }

  /** What the account may hold. */
  get quotas(): Quotas {
    const own = [...this.rows(ownQuotas)].map(([name, { value }]) => [name, value]);
    return { ...this.#quotas, ...(Object.fromEntries(own) as Partial<Quotas>) }; // set by `setQuota` alone
  }

  /** Gives the account another quota than others have. */
  setQuota(name: keyof Quotas, value: number): void {
    this.rows(ownQuotas).set(name, { value });
  }

  get nowMs(): number {
    return this.#eventNowMs ?? this.#clock.now();
  }

  random(): number {
    return this.#clock.random();
  }

  /** The rows of a table by id, in the order of their making. */
  rows<Row>(of: Table<Row>): Map<string, Row> {
    const known = this.#tables.get(of.name);
    // A table's name stands in one place only, beside its row type.
    if (known !== undefined) return known as Map<string, Row>;
    const made = new Map<string, Row>();
    this.#tables.set(of.name, made);
    return made;
  }

  /** All tables whose name begins so, for what concerns things of every kind, such as tags. */
  tablesUnder(prefix: string): ReadonlyMap<string, unknown>[] {
    return [...this.#tables].filter(([name]) => name.startsWith(prefix)).map(([, rows]) => rows);
  }

  /** A new id in EC2's manner: `vpc-` and 17 hexadecimal digits, never the same twice. */
  id(prefix: string): string {
    this.#serial += 1;
    const digits = Math.imul(this.#serial, 2_654_435_761) >>> 0;
    return `${prefix}-0${digits.toString(16).padStart(8, '0')}${this.#serial.toString(16).padStart(8, '0')}`;
  }

  /** A number that grows by one; for revisions, addresses and the like. */
  next(): number {
    this.#serial += 1;
    return this.#serial;
  }

  schedule(kind: string, afterMs: number, target: string): void {
    const event = { atMs: this.nowMs + Math.max(0, afterMs), kind, target };
    let index = this.#events.length;
    while (index > 0 && (this.#events[index - 1]?.atMs ?? 0) > event.atMs) index -= 1;
    this.#events.splice(index, 0, event);
  }

  /** Forgets what was about to happen to something. */
  unschedule(kind: string, target: string): void {
    for (let index = this.#events.length - 1; index >= 0; index -= 1) {
      const event = this.#events[index];
      if (event?.kind === kind && event.target === target) this.#events.splice(index, 1);
    }
  }

  /** Lets everything happen that is due by now, each at its own instant. */
  catchUp(): void {
    const nowMs = this.#clock.now();
    for (;;) {
      const due = this.#events[0];
      if (due === undefined || due.atMs > nowMs) return;
      this.#events.shift();
      const rule = this.#rules[due.kind];
      if (rule === undefined) throw new Error(`the simulated account has no rule for the event ${due.kind}`);
      this.#eventNowMs = due.atMs;
      try {
        rule(this, due.target);
      } finally {
        this.#eventNowMs = undefined;
      }
    }
  }

  /** `usualMs` a little varied (5 % either way): no two things of the real account take exactly as long. */
  vary(usualMs: number): number {
    return Math.round(usualMs * (0.95 + 0.1 * this.random()));
  }

  snapshot(): WorldSnapshot {
    return {
      version: 1,
      accountId: this.accountId,
      region: this.region,
      nowMs: this.nowMs,
      serial: this.#serial,
      tables: Object.fromEntries([...this.#tables].map(([name, rows]) => [name, [...rows]])),
      events: [...this.#events],
    };
  }
}
