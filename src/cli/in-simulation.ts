import path from 'node:path';

import { realClock } from '../engine/clock.ts';
import { EsEcsError } from '../errors.ts';
import { takeLock } from '../state/lock.ts';
import { configFor } from './config-file.ts';
import { exists } from './exists.ts';
import { interruptible } from './interrupts.ts';
import type { CommonOptions, SimulatedOptions } from './options.ts';
import { served, whoServes } from './served-account.ts';
import { filesFor } from './session-files.ts';
import { newHolder } from './session-lock.ts';
import type { Simulation } from './simulation.ts';
import { selfOf, type Terminal } from './terminal.ts';

/** The account of the rehearsals, open, and for whom. */
export interface Opened extends Simulation {
  /** The cluster's name in the config. */
  readonly cluster: string;
  /** Ctrl-C was pressed. */
  readonly signal: AbortSignal;
}

/** A command about the simulated account itself. */
export interface SimulationCommand {
  readonly command: string;
  readonly options: SimulatedOptions;
  readonly terminal: Terminal;
}

/**
 * Works on the account of the rehearsals as whoever owns it would: behind the back of es-ecs. What was done is kept when the work has come to
 * its end, and nothing of it otherwise.
 *
 * @throws EsEcsError NOT_FOUND where there is no account yet; LOCKED while another command works on it or serves it; and those of config and
 *   account file
 */
export async function inSimulation<Result>(
  { command, options, terminal }: SimulationCommand,
  work: (opened: Opened) => Promise<Result>,
): Promise<Result> {
  const common: CommonOptions = { ...options, simulate: true, progress: 'plain' };
  const { located, notices } = await configFor(common);
  const { config } = located;
  notices.forEach((notice) => {
    terminal.err(notice);
  });
  const files = filesFor(common);
  const file = path.join(path.dirname(files.state), 'account.json');
  if (!(await exists(file))) throw noAccount(file);
  const holder = newHolder({ command, terminal });
  const { isAlive } = selfOf(terminal);
  const lock = await takeLock({ file: files.lock, holder, nowMs: realClock.now(), isAlive });
  try {
    // Whoever begins to serve it from now on waits for the lock.
    const server = await whoServes(file, terminal);
    if (server !== undefined) throw served(file, server);
    const open = terminal.openSimulation ?? (await import('./simulation.ts')).createSimulation;
    const simulation = await open({ file, keyFile: files.key, config });
    simulation.account.world.catchUp();
    return await interruptible(
      async (signal) => {
        const result = await work({ ...simulation, cluster: config.name, signal });
        if (signal.aborted) throw interrupted();
        await simulation.save();
        return result;
      },
      {
        tell: (text) => {
          terminal.err(text);
        },
        stopping: 'stopping: the account stays as it was',
      },
    );
  } finally {
    await lock.release(lock.dead);
  }
}

/** The error of a command that was ended before its end. */
export function interrupted(): EsEcsError {
  return new EsEcsError('INTERRUPTED', 'interrupted: the simulated account is as it was before');
}

function noAccount(file: string): EsEcsError {
  return new EsEcsError('NOT_FOUND', `there is no simulated account yet: ${file} is not there`, {
    hint: 'es-ecs up --simulate  makes one, with the cluster in it',
  });
}
