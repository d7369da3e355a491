import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

import { execa } from 'execa';

const hook = pathToFileURL(path.join(import.meta.dirname, 'usage-hook.js')).href;

/** A checkout of es-ecs, built. */
export interface Build {
  readonly name: string;
  readonly root: string;
}

/** What one run took. */
export interface Usage {
  readonly wallMs: number;
  readonly cpuMs: number;
  readonly peakMB: number;
}

/** How a run ended. */
export interface Ran {
  readonly exitCode: number | undefined;
  /** Absent where it was killed: the dead tell nothing. */
  readonly usage: Usage | undefined;
  /** Its one document, with `--json`. */
  readonly said: Readonly<Record<string, unknown>>;
  readonly stderr: string;
}

/** A folder with a config, and a build that runs in it. */
export class Workplace {
  readonly folder: string;
  readonly build: Build;
  readonly #environment: Readonly<Record<string, string>>;

  private constructor(folder: string, build: Build, environment: Readonly<Record<string, string>>) {
    this.folder = folder;
    this.build = build;
    this.#environment = environment;
  }

  static async open(build: Build, environment: Readonly<Record<string, string>> = {}): Promise<Workplace> {
    const folder = await mkdtemp(path.join(os.tmpdir(), 'es-ecs-bench-'));
    return new Workplace(folder, build, environment);
  }

  async configure(config: string): Promise<void> {
    await writeFile(path.join(this.folder, 'es-ecs.yaml'), config);
  }

  /** Runs the build's program; `onStart` is given what kills it. */
  async run(words: readonly string[], onStart?: (kill: () => void) => void): Promise<Ran> {
    const program = path.join(this.build.root, 'bin', 'es-ecs.js');
    return this.node(['--import', hook, program, ...words, '--json'], onStart);
  }

  /** Runs Node with these words, in the folder. */
  async node(words: readonly string[], onStart?: (kill: () => void) => void): Promise<Ran> {
    const usageFile = path.join(this.folder, 'usage.json');
    await rm(usageFile, { force: true });
    const begun = performance.now();
    const child = execa(process.execPath, words, {
      cwd: this.folder,
      env: {
        PATH: process.env['PATH'] ?? '',
        HOME: this.folder,
        ES_ECS_BENCH_USAGE: usageFile,
        ...this.#environment,
      },
      extendEnv: false,
      reject: false,
      stdin: 'ignore',
    });
    onStart?.(() => child.kill('SIGKILL'));
    const { exitCode, stdout, stderr } = await child;
    const wallMs = performance.now() - begun;
    const usage = await readFile(usageFile, 'utf8').then(
      (text) => ({ ...(JSON.parse(text) as Omit<Usage, 'wallMs'>), wallMs }),
      () => undefined,
    );
    return { exitCode, usage, said: documentOf(stdout), stderr };
  }

  async close(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }
}

function documentOf(text: string): Readonly<Record<string, unknown>> {
  try {
    // An object's properties have names, whatever their values are.
    return JSON.parse(text) as Readonly<Record<string, unknown>>;
  } catch {
    return {};
  }
}
