import { readFile } from 'node:fs/promises';

import { answerFailure } from '../../access/refusal.ts';
import type { ElasticsearchAnswer, ElasticsearchRequest } from '../../elasticsearch/client.ts';
import { EsEcsError, invariant } from '../../errors.ts';
import { askCluster } from '../ask-cluster.ts';
import { inVisit } from '../in-session.ts';
import type { EsOptions } from '../options.ts';
import { indentJson } from '../render/json.ts';
import type { Terminal } from '../terminal.ts';

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE'] as const;

/**
 * `es-ecs es METHOD PATH`: one request, as the user `elastic`. The answer goes to stdout whatever its status; a refusal is an
 * error as well.
 *
 * @throws EsEcsError USAGE, CLUSTER_REFUSED, those of the way in
 */
export async function es(options: EsOptions, terminal: Terminal): Promise<void> {
  const body = await bodyFrom(options.data, terminal);
  const request: ElasticsearchRequest = {
    method: methodFrom(options.method),
    path: pathFrom(options.path),
    ...(body === undefined ? {} : { body }),
    asText: true,
    limitMs: options.timeout * 1_000,
  };
  const stopping = 'stopping; what was sent may be carried out all the same';
  await inVisit({ options, command: 'es', terminal, locks: false, stopping }, async (visit, signal) => {
    const answer = await askCluster(visit, request, signal);
    give(answer, options, terminal);
    const { name } = visit.config;
    const failure = answerFailure(answer, { who: name, clusterName: name, request });
    if (failure !== undefined) throw failure;
  });
}

function methodFrom(word: string): ElasticsearchRequest['method'] {
  const method = methods.find((one) => one === word.toUpperCase());
  if (method !== undefined) return method;
  throw new EsEcsError('USAGE', `${word} is no method of Elasticsearch`, {
    hint: `one of ${methods.join(', ')}: es-ecs es GET /_cat/nodes?v`,
  });
}

/** Nothing but printable ASCII may stand in a request line. */
function pathFrom(word: string): string {
  const path = word.startsWith('/') ? word : `/${word}`;
  return path.replaceAll(/[^\x21-\x7e]+/g, (part) => encodeURIComponent(part));
}

/** As curl has it: a text, `@` and a file, or `-` for stdin. */
async function bodyFrom(data: string | undefined, terminal: Terminal): Promise<string | undefined> {
  if (data === '-' || data === '@-') return (await terminal.readInput?.()) ?? '';
  if (data?.startsWith('@') !== true) return data;
  const file = data.slice(1);
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const because = error instanceof Error ? error.message : String(error);
    throw new EsEcsError('USAGE', `${file} cannot be read: ${because}`, { cause: error });
  }
}

function give({ status, body }: ElasticsearchAnswer, options: EsOptions, terminal: Terminal): void {
  invariant(body === undefined || typeof body === 'string', 'it was asked for as text');
  if (options.json === true) terminal.out(document(status, body));
  else if (body === undefined) terminal.err(`status ${status}, without a body`);
  else {
    // A text ends with a line break, and printing adds one.
    const text = body.replace(/\n$/, '');
    if (terminal.isOutTerminal !== true) (terminal.pipe ?? terminal.out)(text);
    else terminal.out((options.raw === true ? undefined : indentJson(body)) ?? text);
  }
}

/** Built as text, so that the body's numbers keep their digits. */
function document(status: number, body: string | undefined): string {
  const value = body === undefined ? 'null' : indentJson(body) === undefined ? JSON.stringify(body) : body;
  return indentJson(`{"status":${status},"body":${value}}`) ?? '';
}
