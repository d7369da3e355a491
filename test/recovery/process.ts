import type { Clock } from '../../src/engine/clock.ts';
import { execute } from '../../src/cli/main.ts';
import { simulatedAdapters, type Simulation } from '../../src/cli/simulation.ts';
import type { Self, Terminal } from '../../src/cli/terminal.ts';
import type { ClusterControl } from '../../src/elasticsearch/client.ts';
import type { SimulatedAccount } from '../../src/simulator/account.ts';
import type { Adapters } from '../../src/steps/adapters.ts';
import { clockOf, type ClusterMoment, clusterOf, guard, type Life, type WriteMoment } from './life.ts';

/** A command line, where it runs, and on which account. Several may run on one account at the same time. */
export interface Invocation {
  readonly words: readonly string[];
  readonly directory: string;
  readonly account: SimulatedAccount;
  /** The machine it runs on. */
  readonly host?: string;
  readonly life: Life;
  /** Who it is for the locks, where several run on one host: absent, an operator with a number of its own. */
  readonly self?: Self;
  /** Told of each write call and image push; may end the life. */
  readonly onWrite?: (moment: WriteMoment) => void;
  /** Told of each question to Elasticsearch that changes nothing; may end the life too. */
  readonly onLook?: (moment: ClusterMoment) => void;
}

/** What a command printed and how it ended. */
export interface Ended {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

let lastPid = 0;
/** Those that have neither ended nor been killed. */
const living = new Set<number>();

/**
 * Runs the command line in this process as if it were one of its own: it can be killed, and shares nothing with others but the
 * account and the files of its directory.
 *
 * @returns undefined when it was killed.
 */
export async function runProcess(invocation: Invocation): Promise<Ended | undefined> {
  const { words, directory, account, life } = invocation;
  const pid = (lastPid += 1);
  living.add(pid);
  const stdout: string[] = [];
  const stderr: string[] = [];
  // While it starts up, which takes no time of the account's, nothing else goes on: so a race comes out the same each time.
  let started: () => void = () => undefined;
  const starting = account.clock.hold(
    new Promise<void>((resolve) => {
      started = resolve;
    }),
  );
  const terminal: Terminal = {
    out: (text) => stdout.push(text),
    err: (text) => stderr.push(text),
    isTerminal: false,
    canDraw: false,
    canAsk: false,
    hasColour: false,
    columns: 80,
    ask: () => Promise.reject(new Error('nobody answers')),
    self: invocation.self ?? {
      who: 'operator',
      host: invocation.host ?? 'desk',
      pid,
      isAlive: (other) => living.has(other),
    },
    openSimulation: (options) => {
      started();
      return Promise.resolve(simulationFor(invocation, options));
    },
  };
  const [command = '', ...options] = words;
  const config = `${directory}/es-ecs.yaml`;
  const running = execute(
    ['node', 'es-ecs', ...command.split(' '), '--config', config, '--simulate', ...options],
    terminal,
  ).finally(() => {
    started();
  });
  const status = await Promise.race([running, life.ended]);
  living.delete(pid);
  started();
  await starting;
  if (status === undefined) return undefined;
  return { status, stdout: stdout.join('\n'), stderr: stderr.join('\n') };
}

function simulationFor(invocation: Invocation, options: Parameters<typeof simulatedAdapters>[1]): Simulation {
  const { account, life, onWrite = () => undefined, onLook = () => undefined } = invocation;
  const clock: Clock = clockOf(life, account.clock);
  return {
    account,
    clock,
    credentials: { accessKeyId: 'simulated', secretAccessKey: 'simulated' },
    adapters: watched(simulatedAdapters(account, options), life, { onWrite, onLook }),
    attach: (client) => {
      guard(client, life, onWrite);
      account.attach(client);
    },
    askCallerAddress: () => Promise.resolve('203.0.113.7'),
    // The account outlives the process by itself.
    save: () => Promise.resolve(),
  };
}

const clusterWrites: readonly (keyof ClusterControl)[] = [
  'putSettings',
  'setPassword',
  'flush',
  'excludeVotes',
  'excludeAbsentVotes',
  'clearVoteExclusions',
];

/** Writes that are no calls to AWS: of these the account's own hooks do not tell. */
export const unheardWrites: readonly string[] = ['PushImage', ...clusterWrites];

/** A push writes into the account as well, and so does what is told to Elasticsearch. */
function watched(
  adapters: Adapters,
  life: Life,
  { onWrite, onLook }: Required<Pick<Invocation, 'onWrite' | 'onLook'>>,
): Adapters {
  const { images } = adapters;
  return {
    ...adapters,
    cluster: clusterOf(life, adapters.cluster, ({ method, when }) => {
      if (clusterWrites.includes(method)) onWrite({ operation: method, when });
      else onLook({ method, when });
    }),
    images: {
      check: () => images.check(),
      buildAndPush: async (order) => {
        onWrite({ operation: 'PushImage', when: 'before' });
        await life.share(Promise.resolve());
        await life.share(images.buildAndPush(order));
        onWrite({ operation: 'PushImage', when: 'after' });
        return life.share(Promise.resolve());
      },
    },
  };
}
