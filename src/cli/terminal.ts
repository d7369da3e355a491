import { hostname, userInfo } from 'node:os';
import type { Interface } from 'node:readline/promises';

import { EsEcsError } from '../errors.ts';
import { printable } from './render/printable.ts';
import type { OpenSimulation } from './simulation.ts';

/** Where results and progress go, and who can answer a question. */
export interface Terminal {
  /** A result, on stdout; what a terminal would obey in it is shown, as of everything that comes from outside. */
  out(text: string): void;
  /** A result as it came, for a program that reads stdout; absent: as `out`. */
  pipe?(text: string): void;
  /** Progress, questions and errors, on stderr. */
  err(text: string): void;
  /** Whether a person sees stderr. */
  readonly isTerminal: boolean;
  /** Whether a person sees stdout, and no file or program reads it; absent is no. */
  readonly isOutTerminal?: boolean;
  /** Whether lines can be drawn over; not where the width is not known. */
  readonly canDraw: boolean;
  /** Whether a person can answer. */
  readonly canAsk: boolean;
  readonly hasColour: boolean;
  readonly columns: number;
  /** @throws EsEcsError INTERRUPTED on Ctrl-C or the end of input */
  ask(question: string): Promise<string>;
  /**
   * As `ask`, for what nobody is to see: nothing that is typed is shown. Absent where nothing can be hidden.
   *
   * @param signal ends the question as Ctrl-C does
   * @throws EsEcsError INTERRUPTED
   */
  askSecret?(question: string, signal?: AbortSignal): Promise<string>;
  /** Who runs this and who else lives here, where it is not this process: one that a test plays. */
  readonly self?: Self;
  /** All that stdin holds; absent is nothing. */
  readInput?(): Promise<string>;
  /** What `--simulate` talks to, where it is not the account beside the config: one whose tasks are real containers. */
  readonly openSimulation?: OpenSimulation;
}

/** A process among others of its host. */
export interface Self {
  readonly who: string;
  readonly host: string;
  readonly pid: number;
  readonly isAlive: (pid: number) => boolean;
}

const usualColumns = 80;

/** This process's own terminal. `NO_COLOR` and `CI` are respected (no-color.org). */
export function processTerminal(): Terminal {
  const { stdout, stderr, stdin, env } = process;
  const isCi = env['CI'] !== undefined && env['CI'] !== '' && env['CI'] !== 'false';
  const isTerminal = canDraw() && !isCi && env['TERM'] !== 'dumb';
  return {
    out: (line) => {
      stdout.write(`${printable(line)}\n`);
    },
    err: (line) => {
      stderr.write(`${printable(line)}\n`);
    },
    pipe: (text) => {
      stdout.write(`${text}\n`);
    },
    isTerminal,
    isOutTerminal: stdout.isTTY,
    readInput: async () => (await import('node:stream/consumers')).text(stdin),
    canAsk: stdin.isTTY && stderr.isTTY && !isCi,
    hasColour: isTerminal && (env['NO_COLOR'] === undefined || env['NO_COLOR'] === ''),
    canDraw: canDraw(),
    columns: canDraw() ? stderr.columns : usualColumns,
    ask,
    askSecret,
  };
}

/** A pseudo-terminal that nobody looks at may say that it is 0 columns wide: counting lines by that never ends. */
function canDraw(): boolean {
  return process.stderr.isTTY && process.stderr.columns > 0;
}

async function ask(question: string): Promise<string> {
  const { createInterface } = await import('node:readline/promises');
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  return answerOf(lines, { question });
}

async function askSecret(question: string, signal?: AbortSignal): Promise<string> {
  const { createInterface } = await import('node:readline/promises');
  const { Writable } = await import('node:stream');
  // What readline would show goes nowhere.
  const nowhere = new Writable({
    write: (_chunk, _encoding, done) => {
      done();
    },
  });
  const lines = createInterface({ input: process.stdin, output: nowhere, terminal: true });
  // From here on the terminal shows nothing by itself either, so that who answers at once is not seen.
  process.stderr.write(printable(question));
  try {
    return await answerOf(lines, { question: '', ...(signal === undefined ? {} : { signal }) });
  } finally {
    process.stderr.write('\n');
  }
}

async function answerOf(
  lines: Interface,
  { question, signal }: { readonly question: string; readonly signal?: AbortSignal },
): Promise<string> {
  const answered = new AbortController();
  try {
    return await new Promise<string>((resolve, reject) => {
      const interrupted = (): void => {
        reject(new EsEcsError('INTERRUPTED', 'interrupted: nothing was done'));
      };
      if (signal?.aborted === true) interrupted();
      signal?.addEventListener('abort', interrupted, { signal: answered.signal });
      lines.once('SIGINT', interrupted);
      lines.once('close', interrupted);
      void lines.question(printable(question)).then(resolve, reject);
    });
  } finally {
    answered.abort();
    lines.removeAllListeners('close');
    lines.close();
  }
}

/** Who runs this, for the locks. */
export function selfOf(terminal: Terminal): Self {
  return terminal.self ?? { who: userName(), host: hostname(), pid: process.pid, isAlive };
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    // A container's user may have no name.
    return process.env['USER'] ?? 'unknown';
  }
}

/** Whether a process of this machine is alive, whoever owns it. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
