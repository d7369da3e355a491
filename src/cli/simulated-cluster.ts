import type { Server } from 'node:https';

import pLimit from 'p-limit';
import { z } from 'zod';

import type { ClusterControl, ElasticsearchAnswer, ElasticsearchRequest } from '../elasticsearch/client.ts';
import { EsEcsError, invariant } from '../errors.ts';
import { answerText } from '../simulator/elasticsearch/answer-text.ts';
import { createClusterServer } from '../simulator/elasticsearch/https-server.ts';
import { nodesUp } from '../simulator/elasticsearch/coordination.ts';
import { takesOneOf } from '../simulator/elasticsearch/logins.ts';
import { UnknownRequest } from '../simulator/elasticsearch/unknown-request.ts';
import { findSecret } from '../simulator/secrets-manager/secrets.ts';
import { secretName } from '../steps/names.ts';
import { type SessionOptions, type Visit, withVisit } from './session.ts';

/** The simulated cluster's own client. */
export async function connectSimulated({ adapters }: Visit): Promise<ClusterControl> {
  const control = await adapters.cluster.connect();
  invariant(control !== undefined, 'there is always a way in to the simulated cluster');
  return control;
}

/**
 * What the simulated cluster answers, as text if that was asked for.
 *
 * @throws EsEcsError CLUSTER_REFUSED where it is asked for more than is simulated
 */
export async function askSimulated(
  visit: Visit,
  request: ElasticsearchRequest,
): Promise<ElasticsearchAnswer> {
  try {
    const answer = await (await connectSimulated(visit)).request(request);
    if (request.asText !== true) return answer;
    const { text } = answerText(request, answer);
    return { ...answer, body: text === '' ? undefined : text };
  } catch (error) {
    if (!(error instanceof UnknownRequest)) throw error;
    throw new EsEcsError('CLUSTER_REFUSED', error.message, {
      hint: 'it knows what es-ecs itself asks, such as GET /_cluster/health and GET /_cat/nodes',
    });
  }
}

/**
 * A server on which the simulated cluster answers. Each request is a visit of its own to the account's file, so that what
 * other commands do meanwhile is seen, and not undone when the server ends.
 */
export function serveSimulated(visit: Visit, options: SessionOptions): Server {
  const oneByOne = pLimit(1);
  const { nodeCertificate = '', nodeKey = '' } = valuesOf(visit, 'certificates');
  return createClusterServer({
    certificate: nodeCertificate,
    privateKey: nodeKey,
    takes: (password) =>
      oneByOne(() => withVisit(options, (again) => Promise.resolve(takesPassword(again, password)))),
    ask: (request) =>
      oneByOne(() => withVisit(options, async (again) => (await connectSimulated(again)).request(request))),
  });
}

function takesPassword({ simulation, config }: Visit, password: string): boolean {
  invariant(simulation !== undefined, 'this is a simulated account');
  const { world } = simulation.account;
  world.catchUp();
  return takesOneOf(world, nodesUp(world, config.name), [password]);
}

/** From the account itself, as the nodes have them: es-ecs has no use for their key anywhere else. */
function valuesOf({ simulation, config }: Visit, secret: 'certificates'): Readonly<Record<string, string>> {
  invariant(simulation !== undefined, 'this is a simulated account');
  const row = findSecret(simulation.account.world, secretName(config, secret));
  const text = row?.versions.find((version) => version.stages.includes('AWSCURRENT'))?.text;
  return z.record(z.string(), z.string()).parse(JSON.parse(text ?? '{}'));
}
