import { spawn } from 'node:child_process';
import net from 'node:net';
import path from 'node:path';
import { createInterface } from 'node:readline';

import { execa } from 'execa';

/** The scripts' exit status for "this machine cannot have it" (EX_TEMPFAIL of sysexits.h). */
const unavailableStatus = 75;
/** Lines of a script's stderr that are kept, to explain a failed start. */
const keptLines = 30;

/** A real part (an emulator, an engine) that this machine cannot have. */
class PartUnavailable extends Error {
  override readonly name = 'PartUnavailable';
}

/** A script of this folder that serves until its standard input is closed. */
export interface RunningScript {
  /** What it printed after the word `ready`. */
  readonly where: string;
  /** Closes its standard input and waits until it has cleaned up; a second call waits for the same end. */
  stop(): Promise<void>;
}

/**
 * Starts `support/SCRIPT run …`, and returns when it prints `ready`. A secret is handed over as the first line of
 * its standard input, as a command line is for all to see.
 *
 * The script's life hangs on the pipe to it, so that nothing is left running when a test process is killed.
 *
 * @throws PartUnavailable where the machine cannot have it; Error with its last output where it failed.
 */
export async function startScript(
  script: string,
  args: readonly string[],
  secret?: string,
): Promise<RunningScript> {
  const child = spawn(path.join(import.meta.dirname, script), ['run', ...args], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  if (secret !== undefined) child.stdin.write(`${secret}\n`);
  // A script that ended at once has closed the pipe: its status tells why.
  child.stdin.on('error', () => undefined);
  const lastLines: string[] = [];
  createInterface(child.stderr).on('line', (line) => {
    lastLines.push(line);
    if (lastLines.length > keptLines) lastLines.shift();
  });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  const ready = new Promise<{ readonly where: string }>((resolve) => {
    createInterface(child.stdout).on('line', (line) => {
      const [, where] = /^ready ?(.*)$/.exec(line) ?? [];
      if (where !== undefined) resolve({ where });
    });
  });
  const outcome = await Promise.race([ready, ended]);
  if (outcome === null || typeof outcome === 'number') {
    const because = lastLines.join('\n');
    if (outcome === unavailableStatus) throw new PartUnavailable(because);
    throw new Error(`${script} ended with status ${String(outcome)} before it was ready:\n${because}`);
  }
  return {
    where: outcome.where,
    async stop() {
      child.stdin.end();
      const status = await ended;
      if (status !== 0)
        throw new Error(`${script} ended with status ${String(status)}:\n${lastLines.join('\n')}`);
    },
  };
}

/**
 * Runs a script of this folder to its end.
 *
 * @returns what it printed, without the last line break.
 * @throws PartUnavailable where the machine cannot have it; Error with its output where it failed.
 */
export async function runScript(script: string, args: readonly string[]): Promise<string> {
  const result = await execa(path.join(import.meta.dirname, script), args, {
    reject: false,
    stdin: 'ignore',
  });
  if (result.exitCode === unavailableStatus) throw new PartUnavailable(result.stderr);
  if (result.failed) throw new Error(`${script} failed:\n${result.stderr}`);
  return result.stdout;
}

/**
 * Starts a real part for a test file, or skips loudly: prints why and returns `undefined`, for `describe.skipIf`.
 * In CI (`CI=true`) what cannot be had is a failure, as a suite that nobody runs proves nothing.
 */
export async function startPart<Part>(name: string, start: () => Promise<Part>): Promise<Part | undefined> {
  try {
    return await start();
  } catch (error) {
    if (!(error instanceof PartUnavailable) || process.env['CI'] === 'true') throw error;
    process.stderr.write(`\n!!! SKIPPED: ${name} cannot be had on this machine: ${error.message}\n\n`);
    return undefined;
  }
}

/** Below those that the kernel gives to whoever connects; a share for each of the files that run side by side. */
const ports = { first: 20_000, share: 1_000 };
let nextPort = Math.floor(Math.random() * ports.share);

/** A TCP port on loopback that nobody listens on, and that no other test file is given meanwhile. */
export async function freePort(): Promise<number> {
  const share = Number(process.env['VITEST_POOL_ID'] ?? 0) % 10;
  for (let tries = 0; tries < ports.share; tries += 1) {
    const port = ports.first + share * ports.share + nextPort;
    nextPort = (nextPort + 1) % ports.share;
    if (await isFree(port)) return port;
  }
  throw new Error('there is no free port');
}

function isFree(port: number): Promise<boolean> {
  const server = net.createServer();
  return new Promise((resolve) => {
    server.once('error', () => {
      resolve(false);
    });
    server.listen(port, '127.0.0.1', () => {
      server.close(() => {
        resolve(true);
      });
    });
  });
}
