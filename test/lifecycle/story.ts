import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { type Clients, createClients } from '../../src/aws/clients.ts';
import { CallMeter } from '../../src/aws/meter.ts';
import { execute } from '../../src/cli/main.ts';
import type { Terminal } from '../../src/cli/terminal.ts';
import { createVirtualClock } from '../../src/engine/clock.ts';
import { createSimulatedAccount } from '../../src/simulator/account.ts';
import { parseSnapshot } from '../../src/simulator/core/snapshot.ts';
import type { World, WorldSnapshot } from '../../src/simulator/core/world.ts';
import { scratch } from '../scratch.ts';

/** What a command printed and how it ended. */
export interface Told {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** What the terminal is otherwise than in a script. */
export type TerminalTrait = Partial<
  Pick<Terminal, 'isOutTerminal' | 'openSimulation' | 'out' | 'err' | 'readInput'>
>;

/** The smallest config, and what a test adds to it. */
export function configText(extra = ''): string {
  return `name: search\nregion: eu-west-1\nelasticsearch: { version: 9.4.6 }\nnodes: 3\n${extra}`;
}

/** A file of a story's directory. */
interface Kept {
  readonly name: string;
  readonly mode: number;
  readonly content: Buffer;
}

/** What stories began with that somebody has told already: half of a test's time would go into the same `up` again. */
const beginnings = new Map<string, Promise<readonly Kept[]>>();

/** A directory with a config and a simulated account, and the command line run in it as a person would. */
export class Story {
  readonly directory = scratch('story');
  readonly config = path.join(this.directory, 'es-ecs.yaml');
  readonly stateFile = path.join(this.directory, '.es-ecs', 'simulated', 'state.json');
  readonly accountFile = path.join(this.directory, '.es-ecs', 'simulated', 'account.json');
  /** What a person would type at a question. */
  answer = '';

  constructor(config = configText()) {
    this.write(config);
  }

  /** A story that begins where `up` has made what the config says. Made once for all tests; each has its own copy. */
  static standing(config = configText(), ...options: readonly string[]): Promise<Story> {
    return Story.after([config, ...options].join(' '), config, async (story) => {
      await story.json('up', ...options);
    });
  }

  /**
   * A story that goes on where others end. Made once for all tests; each has its own copy.
   *
   * @param what tells this beginning from all others
   * @param tell all that happens before
   */
  static async after(what: string, config: string, tell: (story: Story) => Promise<void>): Promise<Story> {
    let beginning = beginnings.get(what);
    if (beginning === undefined) {
      beginning = told(config, tell);
      beginnings.set(what, beginning);
    }
    const files = await beginning;
    const story = new Story(config);
    for (const { name, mode, content } of files) {
      const file = path.join(story.directory, name);
      mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
      writeFileSync(file, content);
      chmodSync(file, mode);
    }
    return story;
  }

  write(config: string): void {
    writeFileSync(this.config, config);
  }

  end(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }

  /** Runs a command on the simulated account. */
  run(command: string, ...options: readonly (string | TerminalTrait)[]): Promise<Told> {
    const words = options.filter((option) => typeof option === 'string');
    const traits = options.filter((option) => typeof option !== 'string');
    return this.execute(
      [...command.split(' '), '--config', this.config, '--simulate', ...words],
      Object.assign({}, ...traits) as TerminalTrait,
    );
  }

  /** Runs a command on what the test has put in the place of AWS. */
  runForReal(command: string, ...options: readonly string[]): Promise<Told> {
    return this.execute([...command.split(' '), '--config', this.config, ...options]);
  }

  /** Makes something happen in the simulated account by a command, which must succeed, and gives its JSON document. */
  async rehearse<Document>(command: string): Promise<Document> {
    const told = await this.simulate(command, '--json');
    if (told.status !== 0) throw new Error(`${command} ended with ${String(told.status)}:\n${told.stderr}`);
    // The caller says which command's document it is.
    return JSON.parse(told.stdout) as Document;
  }

  /** Runs a command about the simulated account itself. */
  simulate(command: string, ...options: readonly string[]): Promise<Told> {
    return this.execute(['simulate', ...command.split(' '), '--config', this.config, ...options]);
  }

  /** Runs any command line. */
  async execute(words: readonly string[], trait: TerminalTrait = {}): Promise<Told> {
    const stdout: string[] = [];
    const stderr: string[] = [];
    const terminal: Terminal = {
      out: (text) => stdout.push(text),
      err: (text) => stderr.push(text),
      isTerminal: false,
      canDraw: false,
      canAsk: this.answer !== '',
      hasColour: false,
      columns: 80,
      ask: () => Promise.resolve(this.answer),
      ...trait,
    };
    const status = await execute(['node', 'es-ecs', ...words], terminal);
    return { status, stdout: stdout.join('\n'), stderr: stderr.join('\n') };
  }

  /** Runs a command that must succeed, and gives its JSON document. */
  async json<Document>(command: string, ...options: readonly string[]): Promise<Document> {
    const told = await this.run(command, '--json', ...options);
    if (told.status !== 0) throw new Error(`${command} ended with ${String(told.status)}:\n${told.stderr}`);
    // The caller says which command's document it is.
    return JSON.parse(told.stdout) as Document;
  }

  get account(): WorldSnapshot {
    const snapshot = parseSnapshot(readFileSync(this.accountFile, 'utf8'));
    if (snapshot === undefined) throw new Error('there is no simulated account');
    return snapshot;
  }

  /** Lets time go by in the account, such as lists need to show what was just made. */
  later(ms: number): void {
    const snapshot = this.account;
    writeFileSync(this.accountFile, JSON.stringify({ ...snapshot, nowMs: snapshot.nowMs + ms }));
  }

  /** Does something behind es-ecs's back, as a person with the console would. */
  async behindTheBack<Result>(work: (clients: Clients, world: World) => Promise<Result>): Promise<Result> {
    const snapshot = this.account;
    const clock = createVirtualClock({ startMs: snapshot.nowMs });
    const account = createSimulatedAccount({ clock, snapshot });
    const clients = createClients({
      region: snapshot.region,
      clock,
      meter: new CallMeter(),
      credentials: { accessKeyId: 'x', secretAccessKey: 'y' },
      attach: (client) => {
        account.attach(client);
      },
    });
    const result = await work(clients, account.world);
    writeFileSync(this.accountFile, JSON.stringify(account.snapshot()));
    return result;
  }
}

async function told(config: string, tell: (story: Story) => Promise<void>): Promise<readonly Kept[]> {
  const story = new Story(config);
  try {
    await tell(story);
    return readdirSync(story.directory, { recursive: true, encoding: 'utf8' })
      .map((name) => ({ name, file: path.join(story.directory, name) }))
      .filter(({ file }) => statSync(file).isFile())
      .map(({ name, file }) => ({ name, mode: statSync(file).mode, content: readFileSync(file) }));
  } finally {
    story.end();
  }
}

export interface PlanDocument {
  readonly changes: readonly {
    readonly address: string;
    readonly action: string;
    readonly impact: string | null;
    readonly because?: string;
    readonly fields: readonly {
      readonly path: string;
      readonly before: string | null;
      readonly after: string | null;
    }[];
  }[];
  readonly summary: Readonly<
    Record<'create' | 'change' | 'replace' | 'refuse' | 'destroy' | 'inSync', number>
  >;
  readonly apiCalls: ApiCalls;
}

export interface ApiCalls {
  readonly total: number;
  readonly reads: number;
  readonly writes: number;
}

export interface UpDocument {
  readonly outcome: string;
  readonly summary: Readonly<Record<string, number>>;
  readonly apiCalls: ApiCalls;
  readonly simulated: {
    readonly elapsedMs: number;
    readonly criticalPathMs: number;
    readonly criticalPath: readonly string[];
  };
}
