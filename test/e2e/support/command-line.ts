import { execute } from '../../../src/cli/main.ts';
import type { Simulation } from '../../../src/cli/simulation.ts';
import {
  clockOf,
  type ClusterMoment,
  clusterOf,
  guard,
  Life,
  type WriteMoment,
} from '../../recovery/life.ts';
import type { RealAccount } from './real-account.ts';

/** What a command said and how it ended; undefined: it was killed. */
export interface Ended {
  readonly status: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** A moment of a run, in words: `before putSettings`, `after UpdateService`. */
export type OnMoment = (moment: string, kill: () => void) => void;

/** A command line as a person has it, on one account; it can be killed at any of its moments. */
export type CommandLine = (words: readonly string[], onMoment?: OnMoment) => Promise<Ended>;

/** Each run is a process of its own to the others, known to be dead once it was killed. */
export function commandLineOn(account: RealAccount, configFile: string): CommandLine {
  let lastPid = 0;
  const deadPids = new Set<number>();
  return async (words, onMoment = () => undefined) => {
    const stdout: string[] = [];
    const stderr: string[] = [];
    const life = new Life();
    lastPid += 1;
    const pid = lastPid;
    const kill = (): void => {
      deadPids.add(pid);
      life.kill();
    };
    const tell = (moment: WriteMoment | ClusterMoment): void => {
      onMoment(`${moment.when} ${'method' in moment ? moment.method : moment.operation}`, kill);
    };
    const running = execute(['node', 'es-ecs', ...words, '--config', configFile, '--simulate'], {
      out: (text) => stdout.push(text),
      err: (text) => stderr.push(text),
      ...{ isTerminal: false, canDraw: false, canAsk: false, hasColour: false, columns: 80 },
      ask: () => Promise.reject(new Error('nobody is there to answer')),
      self: { who: 'somebody', host: 'here', pid, isAlive: (other) => !deadPids.has(other) },
      openSimulation: async (options) => inLife(await account.open(options), life, tell),
    });
    const status = await Promise.race([running, life.ended]);
    return {
      status: status === undefined ? undefined : status,
      stdout: stdout.join('\n'),
      stderr: stderr.join('\n'),
    };
  };
}

function inLife(
  simulation: Simulation,
  life: Life,
  tell: (moment: WriteMoment | ClusterMoment) => void,
): Simulation {
  return {
    ...simulation,
    clock: clockOf(life, simulation.clock),
    attach: (client) => {
      guard(client, life, tell);
      simulation.attach(client);
    },
    adapters: { ...simulation.adapters, cluster: clusterOf(life, simulation.adapters.cluster, tell) },
  };
}
