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

/**
 * The state in its file: written whole and atomically, readable by its owner alone. Writes asked for while one is under way
 * are made together by the next one, so that 300 parallel creates do not queue up behind 300 writes.
 */
export class StateStore {
  readonly file: string;
  readonly #clock: StoreClock;
  #state: State;
  /** Whether there is an intent in the file as it was written last. */
  #savedIntent: boolean;
  #writing: Promise<void> | undefined;
  #next: Promise<void> | undefined;

  private constructor(file: string, clock: StoreClock, state: State) {
    this.file = file;
    this.#clock = clock;
    this.#state = state;
    this.#savedIntent = hasIntent(state);
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

  /** A state that remembers nothing, whatever the file says. */
  static empty(file: string, owner: StateOwner, clock: StoreClock): StateStore {
    return new StateStore(file, clock, emptyState(owner));
  }

  get addresses(): readonly string[] {
    return Object.keys(this.#state.resources);
  }

  get pins(): Readonly<Record<string, string>> {
    return this.#state.pins;
  }

  id(address: string): string | undefined {
    return this.#state.resources[address]?.id;
  }

  /** @throws EsEcsError STATE_UNWRITABLE */
  async intend(address: string): Promise<string> {
    const known = this.#state.intents[address];
    const nonce = known?.nonce ?? this.#nonce();
    if (known === undefined) {
      const since = new Date(this.#clock.now()).toISOString();
      await this.#change((state) => ({
        ...state,
        intents: { ...state.intents, [address]: { nonce, since } },
      }));
    }
    return clientToken([this.#state.accountId, this.#state.region, this.#state.cluster, address, nonce]);
  }

  isIntended(address: string): boolean {
    return this.#state.intents[address] !== undefined;
  }

  /** What a run has begun to make and has not seen the end of. */
  get intended(): readonly string[] {
    return Object.keys(this.#state.intents);
  }

  /**
   * Whether something may have been made whose answer never came, or whose id could not be saved: whoever comes next knows
   * no more than the file.
   */
  get isInDoubt(): boolean {
    return this.#savedIntent || hasIntent(this.#state);
  }

  /** @throws EsEcsError STATE_UNWRITABLE */
  async withdraw(address: string): Promise<void> {
    if (this.#state.intents[address] === undefined) return;
    await this.#change((state) => ({ ...state, intents: without(state.intents, address) }));
  }

  /** @throws EsEcsError STATE_UNWRITABLE */
  async remember(address: string, id: string): Promise<void> {
    if (this.id(address) === id && this.#state.intents[address] === undefined) return;
    await this.#change((state) => ({
      ...state,
      resources: { ...state.resources, [address]: { id } },
      intents: without(state.intents, address),
    }));
  }

  /** @throws EsEcsError STATE_UNWRITABLE */
  async forget(address: string): Promise<void> {
    if (this.id(address) === undefined && this.#state.intents[address] === undefined) return;
    await this.#change((state) => ({
      ...state,
      resources: without(state.resources, address),
      intents: without(state.intents, address),
    }));
  }

  /** @throws EsEcsError STATE_UNWRITABLE */
  async pin(pins: Readonly<Record<string, string>>): Promise<void> {
    const changed = Object.entries(pins).some(([name, value]) => this.#state.pins[name] !== value);
    if (changed) await this.#change((state) => ({ ...state, pins: { ...state.pins, ...pins } }));
  }

  /**
   * Remembers exactly these ids: what was found in the account. Intents whose thing was found are over.
   *
   * @throws EsEcsError STATE_UNWRITABLE
   */
  async rebuild(ids: ReadonlyMap<string, string>): Promise<void> {
    await this.#change((state) => ({
      ...state,
      resources: Object.fromEntries([...ids].map(([address, id]) => [address, { id }])),
      intents: Object.fromEntries(Object.entries(state.intents).filter(([address]) => !ids.has(address))),
    }));
  }

  /** The last run whose ids are here. */
  get run(): string | undefined {
    return this.#state.run;
  }

  /** @throws EsEcsError STATE_UNWRITABLE */
  async begin(run: string): Promise<void> {
    await this.#change((state) => ({ ...state, run }));
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

  #change(change: (state: State) => State): Promise<void> {
    this.#state = change(this.#state);
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
    this.#state = { ...this.#state, serial: this.#state.serial + 1 };
    const text = `${JSON.stringify(this.#state, undefined, 2)}\n`;
    const holdsIntent = hasIntent(this.#state);
    try {
      await this.#clock.hold(writeAtomically(this.file, text));
      this.#savedIntent = holdsIntent;
    } catch (error) {
      throw unwritable(this.file, error);
    }
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

function hasIntent({ intents }: State): boolean {
  return Object.keys(intents).length > 0;
}

function without<Value>(record: Readonly<Record<string, Value>>, key: string): Record<string, Value> {
  return Object.fromEntries(Object.entries(record).filter(([name]) => name !== key));
}

/** A token in the form of a UUID, which every service takes (EC2: up to 64 characters; Secrets Manager: 32 to 64). */
function clientToken(parts: readonly string[]): string {
  const hex = createHash('sha256').update(parts.join('\n')).digest('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join(
    '-',
  );
}
