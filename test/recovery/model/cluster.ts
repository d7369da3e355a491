import { type Clients, createClients } from '../../../src/aws/clients.ts';
import { CallMeter } from '../../../src/aws/meter.ts';
import type { SimulatedAccount } from '../../../src/simulator/account.ts';
import { Life, type WriteMoment } from '../life.ts';
import { type Ended, runProcess } from '../process.ts';
import {
  type CrashImage,
  createDirectory,
  openAccount,
  readFiles,
  removeDirectory,
  snapshotOf,
} from '../site.ts';
import { countOf, type ModelGroup, union } from './groups.ts';
import { configText, type Settings } from './settings.ts';
import { Watch } from './watch.ts';

/** A directory on somebody's machine. */
interface Desk {
  readonly host: string;
  path: string;
}

/** What a sequence works on: an account, and the directories of two people who run es-ecs on it. */
export class Cluster {
  readonly account: SimulatedAccount;
  readonly clients: Clients;
  settings: Settings;
  /** What was asked for and how it ended, for whoever reads of a failure. */
  readonly log: string[] = [];
  readonly watch = new Watch();
  /** The last `up` has ended well, and since then nobody else has taken a node. */
  isWhole = false;
  /** How many nodes have left it for good. */
  left = 0;
  /** All groups and nodes that there may be: asked for since the last `up` that ended well, or by it. */
  asked: readonly ModelGroup[];
  readonly #desks: readonly [Desk, Desk];
  readonly #listeners = process.listeners('SIGINT');

  constructor(settings: Settings, before: CrashImage | undefined, seed: number) {
    this.settings = settings;
    this.asked = settings.groups;
    this.account = openAccount({
      ...(before === undefined ? {} : { snapshot: snapshotOf(before) }),
      seed,
      hiddenUpToMs: 10_000,
    });
    const text = configText(this.settings);
    this.#desks = [
      { host: 'desk', path: createDirectory(text, before?.files) },
      { host: 'shed', path: createDirectory(text) },
    ];
    const { account } = this;
    this.clients = createClients({
      region: 'eu-west-1',
      clock: account.clock,
      meter: new CallMeter(),
      credentials: { accessKeyId: 'x', secretAccessKey: 'y' },
      attach: (client) => {
        account.attach(client);
      },
    });
    if (before !== undefined) this.#hasConverged();
  }

  end(): void {
    for (const desk of this.#desks) removeDirectory(desk.path);
    // Of those that were killed.
    for (const listener of process.listeners('SIGINT'))
      if (!this.#listeners.includes(listener)) process.off('SIGINT', listener);
    for (const listener of process.listeners('SIGTERM')) process.off('SIGTERM', listener);
  }

  /** Runs a command at the first desk; again while a dead run's lock has not expired. */
  async run(...words: readonly string[]): Promise<Ended> {
    this.#begins(words);
    for (let tries = 0; ; tries += 1) {
      const ended = await this.#start(this.#desks[0], words, () => undefined);
      if (ended === undefined) throw new Error('nobody killed it');
      const why = ended.status === 0 ? '' : ` ${/✖.*/.exec(ended.stderr)?.[0] ?? ''}`;
      this.log.push(`${words.join(' ')}: ${String(ended.status)}${why}`);
      if (ended.status === 0 && words[0] === 'up') this.#hasConverged();
      if (ended.status !== lockedStatus || tries === lockedTries) return ended;
      await this.account.clock.sleep(10_000);
    }
  }

  /**
   * Runs a command at both desks, at the second one so much later. What both do at the very same instant of the account's time may
   * come in either order, as their files take real time: with a lag that is no multiple of what a call takes, a race can be had again.
   */
  race(lagMs: number, ...words: readonly string[]): Promise<readonly (Ended | undefined)[]> {
    this.#begins(words);
    const [first, second] = this.#desks;
    const later = async (): Promise<Ended | undefined> => {
      await this.account.clock.sleep(lagMs);
      return this.#start(second, words, () => undefined);
    };
    return Promise.all([this.#start(first, words, () => undefined), later()]);
  }

  /** Runs a command and kills it at its nth moment of writing; whatever it has sent reaches the account all the same. */
  async runKilled(moment: number | (() => boolean), ...words: readonly string[]): Promise<void> {
    this.#begins(words);
    const [desk] = this.#desks;
    const life = new Life();
    let left = typeof moment === 'number' ? moment : 0;
    const isNow = (): boolean => (typeof moment === 'number' ? left === 0 : !life.isOver && moment());
    let files = {};
    const ended = await this.#start(
      desk,
      words,
      () => {
        if (isNow()) {
          files = readFiles(desk.path);
          life.kill();
        }
        left -= 1;
      },
      life,
    );
    this.log.push(`${words.join(' ')}: ${ended === undefined ? 'killed' : String(ended.status)}`);
    // What the dead one may still write goes to a directory that nobody looks at.
    if (ended === undefined) this.#move(desk, files);
  }

  loseState(all: boolean): void {
    const [desk] = this.#desks;
    const files = Object.entries(readFiles(desk.path)).filter(([name]) => !all && name !== 'state.json');
    this.#move(desk, Object.fromEntries(files));
  }

  #move(desk: Desk, files: Readonly<Record<string, string>>): void {
    removeDirectory(desk.path);
    desk.path = createDirectory(configText(this.settings), files);
  }

  edit(settings: Settings): void {
    this.settings = settings;
    this.asked = union(this.asked, settings.groups);
    for (const desk of this.#desks) {
      const files = readFiles(desk.path);
      this.#move(desk, files);
    }
  }

  /** Somebody else takes a node, or everything. */
  disturb(): void {
    this.isWhole = false;
    this.watch.end();
  }

  #begins([command]: readonly string[]): void {
    if (command === 'up') this.watch.expect(this.settings.groups);
    if (command === 'destroy') this.disturb();
  }

  #hasConverged(): void {
    this.isWhole = true;
    const { groups } = this.settings;
    this.left += countOf(union(this.asked, groups)) - countOf(groups);
    this.asked = groups;
    this.watch.begin(groups, this.account.clock.now());
  }

  /** Time passes, and whatever happens by itself happens. */
  async wait(ms: number): Promise<void> {
    await this.account.clock.sleep(ms);
    this.account.world.catchUp();
  }

  #start(
    desk: Desk,
    words: readonly string[],
    onWrite: (moment: WriteMoment) => void,
    life = new Life(),
  ): Promise<Ended | undefined> {
    const { account } = this;
    return runProcess({ words, directory: desk.path, host: desk.host, account, life, onWrite });
  }
}

const lockedStatus = 4;
const lockedTries = 12;
