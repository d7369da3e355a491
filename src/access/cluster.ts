import type { Client } from '@elastic/elasticsearch';

import type { ClusterControl, ElasticsearchAnswer } from '../elasticsearch/client.ts';
import type { Clock } from '../engine/clock.ts';
import { EsEcsError, type ErrorCode, invariant } from '../errors.ts';
import type { SshRoute } from '../ssh/arguments.ts';
import { DoorAgent } from './agent.ts';
import { createClient, exchange } from './client.ts';
import { clusterControl } from './control.ts';
import { type Door, doorName } from './dial.ts';
import { requestFailure } from './failure.ts';
import { askLed } from './led.ts';
import { answerFailure, isOneTooBusy } from './refusal.ts';
import type { ServerRequest } from './server.ts';

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
  /** The one that takes its place: a rotation that was cut off may have put it in force already. */
  readonly nextPassword?: string | undefined;
}

/** A way in that is kept open. */
export interface ClusterConnection {
  /**
   * Questions go to the first node that can answer them.
   *
   * @throws EsEcsError of the codes in `docs/errors.md` that begin with BASTION, HOST_KEY, KEY and CLUSTER.
   */
  readonly control: ClusterControl;
  /** Ends every connection, and with it every ssh. */
  close(): void;
}

interface OpenDoor {
  readonly door: Door;
  readonly clusterName: string;
  readonly agent: DoorAgent;
  /** One for each password, the one that was taken last in front: shared by all doors. */
  readonly clients: ReadonlyMap<string, Client>;
  readonly passwords: string[];
}

/**
 * What may be otherwise at the next node; all else is so at every one. A node that has just come back refuses the right password for
 * some seconds, as it has not read the index of users yet.
 */
const another: readonly ErrorCode[] = ['CLUSTER_UNREACHABLE', 'CLUSTER_NO_MASTER', 'CLUSTER_PASSWORD'];

/** Said before anything of a request is done. */
const untouched: readonly ErrorCode[] = ['CLUSTER_NO_MASTER', 'CLUSTER_PASSWORD'];

/** Opens nothing yet: the first question does. */
export function connectCluster(way: WayIn, clock: Clock): ClusterConnection {
  const { password, nextPassword } = way;
  const passwords = [password, ...(nextPassword === undefined ? [] : [nextPassword])];
  const doors = way.doors.map((door) => openDoor({ door, passwords }, way, clock));
  invariant(doors.length > 0, 'there is a node to ask');
  return {
    control: clusterControl({ send: (request) => askInTurn(doors, request) }),
    close: () => {
      for (const { agent } of doors) agent.destroy();
    },
  };
}

function openDoor(
  { door, passwords }: Pick<OpenDoor, 'door' | 'passwords'>,
  way: WayIn,
  clock: Clock,
): OpenDoor {
  const { route, clusterName, caCertificate } = way;
  const agent = new DoorAgent({ door, trust: { caCertificate, clusterName }, route, clock });
  const clients = new Map(
    passwords.map((password) => [password, createClient(agent, { clusterName, password })]),
  );
  return { door, clusterName, agent, clients, passwords };
}

/** With the password that was taken last, and where that is refused with the other: nobody knows which one a cut-off rotation has left. */
async function exchangeByAny(
  { clients, passwords }: OpenDoor,
  request: ServerRequest,
): Promise<ElasticsearchAnswer> {
  let refused: ElasticsearchAnswer | undefined;
  for (const password of [...passwords]) {
    const client = clients.get(password);
    invariant(client, 'each password has its client');
    const answer = await exchange(client, request);
    if (answer.status !== 401) {
      passwords.sort((one, other) => Number(other === password) - Number(one === password));
      return answer;
    }
    refused ??= answer;
  }
  invariant(refused, 'there is a password');
  return refused;
}

/** The door that answered moves to the front, so that the next question begins there. */
async function askInTurn(doors: OpenDoor[], request: ServerRequest): Promise<ElasticsearchAnswer> {
  const failures: EsEcsError[] = [];
  for (const one of [...doors]) {
    const outcome = await askOne(one, request);
    if (!('failure' in outcome)) {
      doors.sort((a, b) => Number(b === one) - Number(a === one));
      return outcome.answer;
    }
    const { failure, mayBeDone, mayDiffer } = outcome;
    if (!mayDiffer || (mayBeDone && !isRepeatable(request))) throw failure;
    failures.push(failure);
  }
  throw worst(failures);
}

function isRepeatable({ method, isRepeatable: isSaidSo }: ServerRequest): boolean {
  return isSaidSo ?? method !== 'POST';
}

type Outcome =
  | { readonly answer: ElasticsearchAnswer }
  | {
      readonly failure: EsEcsError;
      /** The request may have been carried out, though nobody said so. */
      readonly mayBeDone: boolean;
      /** Another node may answer. */
      readonly mayDiffer: boolean;
    };

async function askOne(open: OpenDoor, request: ServerRequest): Promise<Outcome> {
  const { door, clusterName, agent } = open;
  let answer: ElasticsearchAnswer;
  try {
    answer = await askLed((one) => exchangeByAny(open, one), request);
  } catch (error) {
    const failure = requestFailure(error, { door, dialled: agent.failure });
    if (!(failure instanceof EsEcsError)) throw failure;
    return { failure, mayBeDone: agent.failure === undefined, mayDiffer: another.includes(failure.code) };
  }
  const failure = answerFailure(answer, { who: doorName(door), clusterName, request });
  if (failure === undefined) return { answer };
  const mayDiffer = another.includes(failure.code) || isOneTooBusy(answer);
  return { failure, mayBeDone: !untouched.includes(failure.code), mayDiffer };
}

/**
 * One node without a master says more than others that do not answer, one that refuses the password or is too busy next; of several
 * silent ones, each is named.
 */
function worst(failures: readonly EsEcsError[]): EsEcsError {
  const [first, ...rest] = failures;
  invariant(first, 'somebody was asked');
  for (const code of ['CLUSTER_NO_MASTER', 'CLUSTER_PASSWORD', 'CLUSTER_BUSY'] as const) {
    const telling = failures.find((failure) => failure.code === code);
    if (telling !== undefined) return telling;
  }
  if (rest.length === 0) return first;
  const all = failures.map((failure) => failure.message).join('; ');
  return new EsEcsError('CLUSTER_UNREACHABLE', all, { hint: first.hints });
}
