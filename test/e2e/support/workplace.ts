import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { Readable } from 'node:stream';

import { execa } from 'execa';

const program = path.join(import.meta.dirname, '..', '..', '..', 'bin', 'es-ecs.js');

/** Variables of the machine that are no setting of es-ecs, of AWS or of Docker. */
const machine: Readonly<Record<string, string>> = {
  PATH: process.env['PATH'] ?? '/usr/bin:/bin',
  TZ: 'UTC',
};

/** How es-ecs ended, and all that it said. */
export interface Ended {
  /** Undefined when a signal killed it. */
  readonly exitCode: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
  readonly elapsedMs: number;
}

/** es-ecs while it runs. */
export interface Running {
  /** Resolves once stderr has shown the text. @throws when it ended without. */
  says(text: string | RegExp): Promise<void>;
  /** The same of stdout; resolves to all that it printed until then. */
  prints(text: string | RegExp): Promise<string>;
  /** Ctrl-C. */
  interrupt(): void;
  /** What a build server does to a job that takes too long: SIGTERM. */
  terminate(): void;
  /** kill -9. */
  kill(): void;
  /** Closes our end of its stdout, as `| head -0` does. */
  hangUp(): void;
  readonly ended: Promise<Ended>;
}

/** A folder as a user has one, and the built es-ecs run in it as a program. */
export interface Workplace {
  readonly folder: string;
  file(name: string): string;
  /** The names of all that is in the folder, sorted. */
  files(): Promise<readonly string[]>;
  read(name: string): Promise<string>;
  write(name: string, text: string): Promise<void>;
  remove(name: string): Promise<void>;
  /** Runs to the end; a failure is a result too. */
  run(args: readonly string[], environment?: Environment): Promise<Ended>;
  /**
   * Runs with `--json` and parses the one document.
   *
   * @throws Error with everything that it said, when it does not exit as expected.
   */
  json(
    args: readonly string[],
    expected?: { readonly exitCode?: number; readonly environment?: Environment },
  ): Promise<Document>;
  start(args: readonly string[], environment?: Environment): Running;
  /** Removes the folder and what is in it. */
  close(): Promise<void>;
}

/** Variables on top of the workplace's own; undefined takes one away. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** What `--json` printed; tests look into it with matchers. */
export type Document = Readonly<Record<string, unknown>>;

/** Opens a new empty folder, with a HOME of its own in which there are no credentials. */
export async function openWorkplace(environment: Environment = {}): Promise<Workplace> {
  const top = await mkdtemp(path.join(os.tmpdir(), 'es-ecs-work-'));
  const folder = path.join(top, 'cluster');
  const home = path.join(top, 'home');
  await mkdir(folder);
  await mkdir(home);
  const file = (name: string): string => path.join(folder, name);
  const start = (args: readonly string[], more: Environment = {}): Running => {
    const env = { ...machine, HOME: home, ...environment, ...more };
    return launch(args, { cwd: folder, env });
  };
  const run: Workplace['run'] = (args, more) => start(args, more).ended;
  return {
    folder,
    file,
    files: async () => (await readdir(folder)).toSorted(),
    start,
    run,
    read: (name) => readFile(file(name), 'utf8'),
    write: (name, text) => writeFile(file(name), text),
    remove: (name) => rm(file(name), { recursive: true }),
    json: async (args, { exitCode = 0, environment: more } = {}) => {
      const ended = await run([...args, '--json'], more);
      if (ended.exitCode !== exitCode) throw new Error(`es-ecs ${args.join(' ')}: ${JSON.stringify(ended)}`);
      return parse(ended.stdout);
    },
    close: () => rm(top, { recursive: true, force: true }),
  };
}

function parse(text: string): Document {
  const document: unknown = JSON.parse(text);
  if (typeof document !== 'object' || document === null || Array.isArray(document)) {
    throw new Error(`not one document: ${text}`);
  }
  // An object's properties have names, whatever their values are.
  return document as Document;
}

function launch(
  args: readonly string[],
  where: { readonly cwd: string; readonly env: Environment },
): Running {
  const begun = performance.now();
  const child = execa(process.execPath, [program, ...args], {
    ...where,
    extendEnv: false,
    reject: false,
    stdin: 'ignore',
    stripFinalNewline: true,
  });
  const says = listen(child.stderr, child);
  return {
    says: async (text) => {
      await says(text);
    },
    prints: listen(child.stdout, child),
    interrupt: () => {
      child.kill('SIGINT');
    },
    terminate: () => {
      child.kill('SIGTERM');
    },
    kill: () => {
      child.kill('SIGKILL');
    },
    hangUp: () => {
      child.stdout.destroy();
    },
    ended: child.then(({ exitCode, stdout, stderr }) => ({
      exitCode,
      stdout,
      stderr,
      elapsedMs: Math.round(performance.now() - begun),
    })),
  };
}

/** Waits until a stream has shown a text, since its beginning. */
function listen(stream: Readable, ended: Promise<unknown>): Running['prints'] {
  let said = '';
  let heard: () => void = () => undefined;
  stream.on('data', (chunk: unknown) => {
    said += String(chunk);
    heard();
  });
  return async (text) => {
    let over = false;
    void ended.then(() => {
      over = true;
      heard();
    });
    while (typeof text === 'string' ? !said.includes(text) : !text.test(said)) {
      if (over) throw new Error(`es-ecs ended without a word of ${String(text)}:\n${said}`);
      await new Promise<void>((resolve) => {
        heard = resolve;
      });
    }
    return said;
  };
}
