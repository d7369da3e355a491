import { createHash } from 'node:crypto';
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import path from 'node:path';

import { EsEcsError } from '../errors.ts';
import { checkOwner, parseState } from './parse.ts';
import { emptyState, type State, type StateOwner } from './schema.ts';

/** What the store needs of time and chance. */
export interface StoreClock {
  now(): number;
  random(): number;
  hold<Result>(work: Promise<Result>): Promise<Result>;
}

/** All of a state but what there are many of. */
type Head = Omit<State, 'resources' | 'intents'>;

/**
 * The state in its file: written whole and atomically, readable by its owner alone. Writes asked for while one is under way
 * are made together by the next one, so that 300 parallel creates do not queue up behind 300 writes.
 */
export class StateStore {
  readonly file: string;
  readonly #clock: StoreClock;
  #head: Head;
  /** Changed in place: of a thousand things that are remembered, each would else copy all that were before it. */
  readonly #resources: Map<string, State['resources'][string]>;
  readonly #intents: Map<string, State['intents'][string]>;
  /** What this run has made and nobody has seen yet. */
  readonly #unseen = new Set<string>();
  /** Whether there is an intent in the file as it was written last. */
  #savedIntent: boolean;
  /** Entries of the file in words, as long as they are what they were. */
  readonly #lines = new WeakMap<object, string>();
  #writing: Promise<void> | undefined;
  #next: Promise<void> | undefined;

  private constructor(file: string, clock: StoreClock, state: State) {
    this.file = file;
    this.#clock = clock;
    const { resources, intents, ...head } = state;
    this.#head = head;
    this.#resources = new Map(Object.entries(resources));
    this.#intents = new Map(Object.entries(intents));
    this.#savedIntent = this.#intents.size > 0;
  }

  /**
   * Opens the file, or begins an empty state without writing anything.
   *
   * @throws EsEcsError STATE_CORRUPT, STATE_UNREADABLE, STATE_NEWER, STATE_MISMATCH
   */
  static async open(file: string, owner: StateOwner, clock: StoreClock): Promise<StateStore> {
    const state = await readState(file);
    if (state !== undefined) checkOwner(state, owner, file);
    return new StateStore(file, clock, state ?? emptyState(owner));
  }

  /**
   * Opens the file before it is known whose account this is, and takes its word for that; undefined where it cannot be understood, or is
   * another cluster's. Whoever reads by it compares `accountId` once that is known.
   */
  static async suppose(
    file: string,
    { cluster, region }: Pick<StateOwner, 'cluster' | 'region'>,
    clock: StoreClock,
  ): Promise<StateStore | undefined> {
    const state = await readState(file).catch(() => undefined);
    if (state?.cluster !== cluster || state.region !== region) return undefined;
    return new StateStore(file, clock, state);
  }

  /** A state that remembers nothing, whatever the file says. */
  static empty(file: string, owner: StateOwner, clock: StoreClock): StateStore {
    return new StateStore(file, clock, emptyState(owner));
  }

  get accountId(): string {
    return this.#head.accountId;
  }

  get addresses(): readonly string[] {
    return [...this.#resources.keys()];
  }

  get pins(): Readonly<Record<string, string>> {
    return this.#head.pins;
  }

  /** Keys of the config's tags that things carry, or may carry. */
  get givenTags(): readonly string[] {
    return this.#head.tags ?? [];
  }

  id(address: string): string | undefined {
    return this.#resources.get(address)?.id;
  }

  /** @throws EsEcsError STATE_UNWRITABLE */
  async intend(address: string): Promise<string> {
    const known = this.#intents.get(address);
    const nonce = known?.nonce ?? this.#nonce();
    if (known === undefined) {
      this.#intents.set(address, { nonce, since: new Date(this.#clock.now()).toISOString() });
      await this.#save();
    }
    const { accountId, region, cluster } = this.#head;
    return clientToken([accountId, region, cluster, address, nonce]);
  }

  isIntended(address: string): boolean {
    return this.#intents.has(address);
  }

  /** What a run has begun to make and has not seen the end of. */
  get intended(): readonly string[] {
    return [...this.#intents.keys()];
  }

  /**
   * Whether something may have been made whose answer never came, whose id could not be saved, or that did not show yet: whoever
   * comes next knows no more than the file.
   */
  get isInDoubt(): boolean {
    return this.#savedIntent || this.#intents.size > 0 || this.#unseen.size > 0;
  }

  /** @throws EsEcsError STATE_UNWRITABLE */
  async withdraw(address: string): Promise<void> {
    if (this.#intents.delete(address)) await this.#save();
  }

  /** @throws EsEcsError STATE_UNWRITABLE */
  async remember(address: string, id: string): Promise<void> {
    const isEnded = this.#intents.delete(address);
    if (this.id(address) === id && !isEnded) return;
    this.#resources.set(address, { id });
    await this.#save();
  }

  /** @throws EsEcsError STATE_UNWRITABLE */
  async made(address: string, id: string): Promise<void> {
    this.#unseen.add(address);
    await this.remember(address, id);
  }

  saw(address: string): void {
    this.#unseen.delete(address);
  }

  /** @throws EsEcsError STATE_UNWRITABLE */
  async forget(address: string): Promise<void> {
    this.#unseen.delete(address);
    const isEnded = this.#intents.delete(address);
    if (this.#resources.delete(address) || isEnded) await this.#save();
  }

  /** @throws EsEcsError STATE_UNWRITABLE */
  async pin(pins: Readonly<Record<string, string>>): Promise<void> {
    const before = this.#head.pins;
    const isChanged = Object.entries(pins).some(([name, value]) => before[name] !== value);
    if (isChanged) await this.#change({ pins: { ...before, ...pins } });
  }

  /**
   * Remembers that things may carry these tags from now on, beside those of before: said before the first of them is written.
   *
   * @throws EsEcsError STATE_UNWRITABLE
   */
  async gives(keys: readonly string[]): Promise<void> {
    await this.hasGiven([...new Set([...this.givenTags, ...keys])]);
  }

  /**
   * Remembers that everything carries these tags and none of those that were given before.
   *
   * @throws EsEcsError STATE_UNWRITABLE
   */
  async hasGiven(keys: readonly string[]): Promise<void> {
    const tags = [...keys].sort();
    if (JSON.stringify(tags) !== JSON.stringify(this.givenTags)) await this.#change({ tags });
  }

  /**
   * Remembers exactly these ids: what was found in the account. Intents whose thing was found are over.
   *
   * @throws EsEcsError STATE_UNWRITABLE
   */
  async rebuild(ids: ReadonlyMap<string, string>): Promise<void> {
    this.#resources.clear();
    for (const [address, id] of ids) {
      this.#resources.set(address, { id });
      this.#intents.delete(address);
    }
    await this.#save();
  }

  /** The runs whose ids and intents are here. */
  get runs(): readonly string[] {
    return [this.#head.run, this.#head.asking].filter((run) => run !== undefined);
  }

  /**
   * Saves who is about to ask for the account's lock, beside the one that had it last.
   *
   * @param last the run whose entry counts in the account
   * @throws EsEcsError STATE_UNWRITABLE
   */
  async asks(run: string, last: string | undefined): Promise<void> {
    const { asking } = this.#head;
    const hadIt = asking !== undefined && asking === last;
    await this.#change({ ...(hadIt ? { run: asking } : {}), asking: run });
  }

  /** The lock is had: all that is saved from now on is that run's. Needs no write of its own, as who asked is known as well. */
  begins(run: string): void {
    const { asking: _asked, ...head } = this.#head;
    this.#head = { ...head, run };
  }

  /**
   * Removes the file, after a destroy that left nothing to remember.
   *
   * @throws EsEcsError STATE_UNWRITABLE
   */
  async remove(): Promise<void> {
    try {
      await rm(this.file, { force: true });
      await rm(asideOf(this.file), { force: true });
    } catch (error) {
      throw unwritable(this.file, error);
    }
  }

  #nonce(): string {
    return Array.from({ length: 4 }, () =>
      Math.floor(this.#clock.random() * 0x1_0000_0000)
        .toString(16)
        .padStart(8, '0'),
    ).join('');
  }

  #change(change: Partial<Head>): Promise<void> {
    this.#head = { ...this.#head, ...change };
    return this.#save();
  }

  /** Resolves once a write that contains everything up to now has succeeded. */
  #save(): Promise<void> {
    if (this.#writing === undefined) {
      this.#writing = this.#write().finally(() => {
        this.#writing = undefined;
      });
      return this.#writing;
    }
    this.#next ??= this.#writing
      .catch(() => undefined)
      .then(() => {
        this.#next = undefined;
        return this.#save();
      });
    return this.#next;
  }

  async #write(): Promise<void> {
    this.#head = { ...this.#head, serial: this.#head.serial + 1 };
    const text = this.#text();
    const holdsIntent = this.#intents.size > 0;
    try {
      await this.#clock.hold(writeAtomically(this.file, text));
      this.#savedIntent = holdsIntent;
    } catch (error) {
      throw unwritable(this.file, error);
    }
  }

  /** All of it as JSON. The thousands of entries of a large cluster are put into words once each, and not at each of hundreds of writes. */
  #text(): string {
    const { run, asking, pins, tags = [], ...owner } = this.#head;
    const state: State = {
      ...owner,
      resources: {},
      intents: {},
      pins,
      ...(tags.length === 0 ? {} : { tags }),
      ...(run === undefined ? {} : { run }),
      ...(asking === undefined ? {} : { asking }),
    };
    // As `JSON.stringify` would write it: the first of each name is the empty one above.
    return `${JSON.stringify(state, undefined, 2)}\n`
      .replace('"resources": {}', () => `"resources": ${this.#entries(this.#resources)}`)
      .replace('"intents": {}', () => `"intents": ${this.#entries(this.#intents)}`);
  }

  #entries(entries: ReadonlyMap<string, object>): string {
    if (entries.size === 0) return '{}';
    const lines: string[] = [];
    for (const [address, entry] of entries) {
      let line = this.#lines.get(entry);
      if (line === undefined) {
        line = `    ${JSON.stringify(address)}: ${JSON.stringify(entry, undefined, 2).replaceAll('\n', '\n    ')}`;
        this.#lines.set(entry, line);
      }
      lines.push(line);
    }
    return `{\n${lines.join(',\n')}\n  }`;
  }
}

/**
 * Written aside, brought to the disk and put in place by one rename: the file is the old one or the new one, whatever happens.
 * The name aside is always the same, as the lock's holder is the only writer: what a killed run left there is written over.
 */
async function writeAtomically(file: string, text: string): Promise<void> {
  const aside = asideOf(file);
  await mkdir(path.dirname(file), { recursive: true });
  await rm(aside, { force: true });
  try {
    const handle = await open(aside, 'wx', 0o600);
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(aside, file);
  } catch (error) {
    await rm(aside, { force: true }).catch(() => undefined);
    throw error;
  }
}

function asideOf(file: string): string {
  return `${file}.new`;
}

function unwritable(file: string, error: unknown): EsEcsError {
  return new EsEcsError('STATE_UNWRITABLE', `${file} cannot be written: ${reason(error)}`, {
    cause: error,
    hint: 'make room or make the directory writable, then run the same command again; what exists is found by its tags',
  });
}

async function readState(file: string): Promise<State | undefined> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw new EsEcsError('STATE_UNREADABLE', `${file} cannot be read: ${reason(error)}`, {
      cause: error,
      hint: `make ${file} readable for you, or name another one with --state`,
    });
  }
  return parseState(text, file);
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** A token in the form of a UUID, which every service takes (EC2: up to 64 characters; Secrets Manager: 32 to 64). */
function clientToken(parts: readonly string[]): string {
  const hex = createHash('sha256').update(parts.join('\n')).digest('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join(
    '-',
  );
}
