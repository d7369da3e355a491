import type { Client } from '@elastic/elasticsearch';

import type { ClusterView } from '../elasticsearch/client.ts';
import type { Clock } from '../engine/clock.ts';
import { EsEcsError, type ErrorCode, invariant } from '../errors.ts';
import type { SshRoute } from '../ssh/arguments.ts';
import { DoorAgent } from './agent.ts';
import { createClient } from './client.ts';
import type { Door } from './dial.ts';
import { requestFailure } from './failure.ts';
import { askHealth, askNodes, askUuid } from './questions.ts';

/** Everything that it takes to get in. */
export interface WayIn {
  /** At least one. */
  readonly doors: readonly Door[];
  /** Through this bastion; undefined is directly. */
  readonly route: SshRoute | undefined;
  readonly clusterName: string;
  /** PEM. */
  readonly caCertificate: string;
  /** Of the user `elastic`. */
  readonly password: string;
}

/** A way in that is kept open. */
export interface ClusterConnection {
  readonly view: ClusterView;
  /**
   * Asks the official client something, of the first node that can answer.
   *
   * @throws EsEcsError of the codes in `docs/errors.md` that begin with BASTION, HOST_KEY, KEY and CLUSTER.
   */
  ask<Answer>(question: (client: Client) => Promise<Answer>): Promise<Answer>;
  /** Ends every connection, and with it every ssh. */
  close(): void;
}

interface OpenDoor {
  readonly door: Door;
  readonly clusterName: string;
  readonly agent: DoorAgent;
  readonly client: Client;
}

/** What may be otherwise at the next node; all else is so at every one. */
const another: readonly ErrorCode[] = ['CLUSTER_UNREACHABLE', 'CLUSTER_NO_MASTER'];

/** Opens nothing yet: the first question does. */
export function connectCluster(way: WayIn, clock: Clock): ClusterConnection {
  const doors = way.doors.map((door) => openDoor(door, way, clock));
  invariant(doors.length > 0, 'there is a node to ask');
  const ask = <Answer>(question: (client: Client) => Promise<Answer>): Promise<Answer> =>
    askInTurn(doors, question);
  return {
    ask,
    view: {
      health: () => ask(askHealth),
      nodes: () => ask(askNodes),
      clusterUuid: () => ask(askUuid),
    },
    close: () => {
      for (const { agent } of doors) agent.destroy();
    },
  };
}

function openDoor(door: Door, way: WayIn, clock: Clock): OpenDoor {
  const { route, clusterName, caCertificate, password } = way;
  const agent = new DoorAgent({ door, trust: { caCertificate, clusterName }, route, clock });
  return { door, clusterName, agent, client: createClient(agent, { clusterName, password }) };
}

/** The door that answered moves to the front, so that the next question begins there. */
async function askInTurn<Answer>(
  doors: OpenDoor[],
  question: (client: Client) => Promise<Answer>,
): Promise<Answer> {
  const failures: EsEcsError[] = [];
  for (const one of [...doors]) {
    try {
      const answer = await question(one.client);
      doors.sort((a, b) => Number(b === one) - Number(a === one));
      return answer;
    } catch (error) {
      const failure = requestFailure(error, {
        door: one.door,
        clusterName: one.clusterName,
        dialled: one.agent.failure,
      });
      if (!(failure instanceof EsEcsError) || !another.includes(failure.code)) throw failure;
      failures.push(failure);
    }
  }
  throw worst(failures);
}

/** One node without a master says more than others that do not answer; of several silent ones, each is named. */
function worst(failures: readonly EsEcsError[]): EsEcsError {
  const [first, ...rest] = failures;
  invariant(first, 'somebody was asked');
  const masterless = failures.find((failure) => failure.code === 'CLUSTER_NO_MASTER');
  if (masterless !== undefined) return masterless;
  if (rest.length === 0) return first;
  const all = failures.map((failure) => failure.message).join('; ');
  return new EsEcsError('CLUSTER_UNREACHABLE', all, { hint: first.hints });
}
