import { partitionOf } from '../../aws/partitions.ts';
import type { Clock } from '../../engine/clock.ts';
import type { Delays } from './delays.ts';
import { type Quotas, usualQuotas } from './quotas.ts';
import { Rows } from './rows.ts';

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

/** Finds the rows of a table by something else than their id. */
export interface Index<Row> {
  readonly of: Table<Row>;
  /** Under which keys a row is found. */
  readonly keysOf: (row: Row) => readonly string[];
}

/**
 * Declares an index. Its keys are read when a row is put into its table: where that of which they are made changes, the row is put in
 * again, with `rows(…).set`.
 */
export function indexBy<Row>(of: Table<Row>, keysOf: (row: Row) => readonly string[]): Index<Row> {
  return { of, keysOf };
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
  /** The region's own: what the account calls its things follows from it. */
  readonly partition: string;
  readonly delays: Delays;
  readonly #quotas: Quotas;
  readonly #clock: Clock;
  readonly #rules: Readonly<Record<string, EventRule>>;
  readonly #tables = new Map<string, Rows<unknown>>();
  readonly #events: ScheduledEvent[] = [];
  #serial = 0;
  /** While a past event is being carried out, now is its instant. */
  #eventNowMs: number | undefined;

  constructor(options: WorldOptions) {
    this.accountId = options.snapshot?.accountId ?? options.accountId;
    this.region = options.snapshot?.region ?? options.region;
    this.partition = partitionOf(this.region)?.name ?? 'aws';
    this.delays = options.delays;
    this.#quotas = { ...usualQuotas, ...options.quotas };
    this.#clock = options.clock;
    this.#rules = options.rules;
    const { snapshot } = options;
    if (snapshot === undefined) return;
    this.#serial = snapshot.serial;
    this.#events.push(...snapshot.events);
    for (const [name, rows] of Object.entries(snapshot.tables)) {
      const table = new Rows<unknown>();
      for (const [id, row] of rows) table.set(id, row);
      this.#tables.set(name, table);
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
    return this.#table(of);
  }

  /** The rows that an index has under a key, in the order of their making, without a look at the others. */
  rowsBy<Row>(index: Index<Row>, key: string): Row[] {
    return this.#table(index.of).under(index, key, index.keysOf);
  }

  #table<Row>(of: Table<Row>): Rows<Row> {
    const known = this.#tables.get(of.name);
    // A table's name stands in one place only, beside its row type.
    if (known !== undefined) return known as Rows<Row>;
    const made = new Rows<Row>();
    this.#tables.set(of.name, made as Rows<unknown>);
    return made;
  }

  /** All tables whose name begins so, for what concerns things of every kind, such as tags. */
  tablesUnder(prefix: string): Map<string, unknown>[] {
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
    const atMs = this.nowMs + Math.max(0, afterMs);
    this.#events.splice(this.#placeAfter(atMs), 0, { atMs, kind, target });
  }

  /** The same, unless it is to happen to that thing at that very instant already. */
  scheduleOnce(kind: string, afterMs: number, target: string): void {
    const atMs = this.nowMs + Math.max(0, afterMs);
    const place = this.#placeAfter(atMs);
    for (let before = place - 1; this.#events[before]?.atMs === atMs; before -= 1) {
      const event = this.#events[before];
      if (event?.kind === kind && event.target === target) return;
    }
    this.#events.splice(place, 0, { atMs, kind, target });
  }

  /** The place in the order of events after all that are due by then. */
  #placeAfter(atMs: number): number {
    let low = 0;
    let high = this.#events.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#events[middle]?.atMs ?? 0) > atMs) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  /** Forgets what was about to happen to something. */
  unschedule(kind: string, target: string): void {
    for (let index = this.#events.length - 1; index >= 0; index -= 1) {
      const event = this.#events[index];
      if (event?.kind === kind && event.target === target) this.#events.splice(index, 1);
    }
  }

  /** When something happens next by itself; undefined where nothing is to come. */
  get nextEventMs(): number | undefined {
    return this.#events[0]?.atMs;
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
