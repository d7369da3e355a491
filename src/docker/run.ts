import { execa } from 'execa';

/** What a program that has ended left behind. */
export interface RunResult {
  readonly stdout: string;
  readonly stderr: string;
  /** 127 when there is no such program, as a shell says it; 128 and the signal's number when one ended it. */
  readonly exitCode: number;
}

export interface RunOptions {
  readonly stdin?: string;
  /** Beside the environment of es-ecs itself. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Each line of either output as it comes. */
  readonly onLine?: (line: string) => void;
  readonly signal?: AbortSignal;
}

/** Runs a program without a shell and waits for its end. It rejects only when the signal aborts. */
export type Run = (argv: readonly string[], options?: RunOptions) => Promise<RunResult>;

/** Exit status for a program that does not exist. */
export const noSuchProgram = 127;

/** Runs real programs, found in PATH. */
export const runProgram: Run = async (argv, options = {}) => {
  const [file = '', ...rest] = argv;
  const { stdin, env, cwd, onLine, signal } = options;
  const child = execa(file, rest, {
    reject: false,
    stripFinalNewline: true,
    ...(stdin === undefined ? { stdin: 'ignore' } : { input: stdin }),
    ...(env === undefined ? {} : { env }),
    ...(cwd === undefined ? {} : { cwd }),
    ...(signal === undefined ? {} : { cancelSignal: signal }),
  });
  if (onLine !== undefined) {
    // Each output by itself: `all` would wait for the slower one.
    await Promise.all([
      eachLine(child.iterable({ from: 'stdout' }), onLine),
      eachLine(child.iterable({ from: 'stderr' }), onLine),
    ]);
  }
  const result = await child;
  if (signal?.aborted === true) signal.throwIfAborted();
  return {
    stdout: textOf(result.stdout),
    stderr: textOf(result.stderr),
    exitCode: result.exitCode ?? (result.code === 'ENOENT' || result.code === 'EACCES' ? noSuchProgram : 128),
  };
};

async function eachLine(lines: AsyncIterable<unknown>, onLine: (line: string) => void): Promise<void> {
  try {
    for await (const line of lines) if (typeof line === 'string') onLine(line);
  } catch {
    // The iterable repeats the program's failure, which the result tells.
  }
}

function textOf(output: unknown): string {
  return typeof output === 'string' ? output : '';
}
