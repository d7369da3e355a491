import { afterEach, expect } from 'vitest';

import type { Self } from '../../src/cli/terminal.ts';
import type { SimulatedAccount } from '../../src/simulator/account.ts';
import { Life, type WriteMoment } from '../recovery/life.ts';
import { type Ended, runProcess } from '../recovery/process.ts';
import { createDirectory, removeDirectory } from '../recovery/site.ts';

const directories: string[] = [];
afterEach(() => {
  directories.splice(0).forEach(removeDirectory);
});

/** A directory with a config, which the test leaves behind as it should. */
export function directoryWith(config: string): string {
  const made = createDirectory(config);
  directories.push(made);
  return made;
}

const living = new Set<number>();

/** A person at a machine; several commands of hers are processes of one host. */
export function person(who: string, host: string, pid: number): Self {
  living.add(pid);
  return { who, host, pid, isAlive: (other) => living.has(other) };
}

/** A command line, who gives it, where and on which account. */
export interface Command {
  readonly words: readonly string[];
  readonly directory: string;
  readonly account: SimulatedAccount;
  readonly self: Self;
}

/** A command that nobody kills. */
export async function run(command: Command, onWrite?: (moment: WriteMoment) => void): Promise<Ended> {
  const ended = await runProcess({
    ...command,
    life: new Life(),
    ...(onWrite === undefined ? {} : { onWrite }),
  });
  living.delete(command.self.pid);
  if (ended === undefined) throw new Error('nobody kills it');
  return ended;
}

/** A command that is killed at the first moment that is meant; its process is no more. */
export async function killedRun(command: Command, isMeant: (moment: WriteMoment) => boolean): Promise<void> {
  const life = new Life();
  const ended = await runProcess({
    ...command,
    life,
    onWrite: (moment) => {
      if (isMeant(moment)) life.kill();
    },
  });
  expect(ended).toBeUndefined();
  living.delete(command.self.pid);
}
