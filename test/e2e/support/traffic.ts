import https from 'node:https';
import { text } from 'node:stream/consumers';
import { setTimeout } from 'node:timers/promises';

import type { Access, Answer } from './elasticsearch-client.ts';

/** The index that is written and read. */
export const trafficIndex = 'books';

/** As a client has it that retries on the next node; the loops end by themselves, whatever becomes of the test. */
const tries = 6;
const retryPauseMs = 250;
const patienceMs = 15_000;
/** Short enough that nothing is away unseen, and long enough that the servers' processors are free for what is looked at. */
const writePauseMs = 120;
const readPauseMs = 120;
const limitMs = 30 * 60_000;

/** What a writer and a reader saw. */
export interface TrafficReport {
  /** Ids of the documents that were acknowledged. */
  readonly acknowledged: readonly string[];
  /** Documents that nobody acknowledged, and why. */
  readonly unacknowledged: readonly string[];
  readonly reads: number;
  /** Reads that failed after every retry, and why. */
  readonly failedReads: readonly string[];
  /** Tries, of reads and of writes, that had to be made again. */
  readonly retried: number;
  readonly slowestReadMs: number;
  readonly slowestWriteMs: number;
}

/** A writer and a reader at work. */
export interface Traffic {
  /** What they saw since the last report. */
  report(): TrafficReport;
  /** All documents that were ever acknowledged. */
  readonly acknowledged: readonly string[];
  /** Ends both. */
  stop(): Promise<void>;
}

/** Indexes and reads all the time through the nodes' own addresses, retrying on the next node. */
export function startTraffic(addresses: readonly string[], access: Access): Traffic {
  const client = clientOf(addresses, access);
  const stopping = new AbortController();
  const acknowledged: string[] = [];
  let since = 0;
  let seen = fresh();
  const untilMs = performance.now() + limitMs;
  const goesOn = (): boolean => !stopping.signal.aborted && performance.now() < untilMs;

  const write = async (): Promise<void> => {
    for (let number = 0; goesOn(); number += 1) {
      const id = `book-${number}`;
      const begun = performance.now();
      const outcome = await client.ask(`/${trafficIndex}/_doc/${id}`, { number }, [200, 201]);
      seen.retried += outcome.retried;
      seen.slowestWriteMs = Math.max(seen.slowestWriteMs, performance.now() - begun);
      if (outcome.problem === undefined) acknowledged.push(id);
      else seen.unacknowledged.push(`${id}: ${outcome.problem}`);
      await setTimeout(writePauseMs);
    }
  };
  const read = async (): Promise<void> => {
    for (let number = 0; goesOn(); number += 1) {
      const id = acknowledged[Math.floor(Math.random() * acknowledged.length)];
      const where =
        id === undefined || number % 5 === 0
          ? `/${trafficIndex}/_search?size=0&allow_partial_search_results=false`
          : `/${trafficIndex}/_doc/${id}`;
      const begun = performance.now();
      const outcome = await client.ask(where, undefined, [200]);
      seen.reads += 1;
      seen.retried += outcome.retried;
      seen.slowestReadMs = Math.max(seen.slowestReadMs, performance.now() - begun);
      if (outcome.problem !== undefined) seen.failedReads.push(`${where}: ${outcome.problem}`);
      await setTimeout(readPauseMs);
    }
  };
  const loops = Promise.all([write(), read()]);
  return {
    acknowledged,
    report: () => {
      const report = { ...seen, acknowledged: acknowledged.slice(since) };
      since = acknowledged.length;
      seen = fresh();
      return report;
    },
    stop: async () => {
      stopping.abort();
      await loops;
      client.close();
    },
  };
}

function fresh() {
  return {
    unacknowledged: [] as string[],
    reads: 0,
    failedReads: [] as string[],
    retried: 0,
    slowestReadMs: 0,
    slowestWriteMs: 0,
  };
}

interface Outcome {
  readonly retried: number;
  /** Undefined: it came out as it should. */
  readonly problem: string | undefined;
}

interface RetryingClient {
  /** GET, or PUT where there is a body. */
  ask(path: string, body: object | undefined, good: readonly number[]): Promise<Outcome>;
  close(): void;
}

function clientOf(addresses: readonly string[], access: Access): RetryingClient {
  const agent = new https.Agent({ keepAlive: true, maxSockets: 2 });
  let turn = 0;
  return {
    ask: async (path, body, good) => {
      let problem = '';
      for (let retried = 0; retried < tries; retried += 1) {
        if (retried > 0) await setTimeout(retryPauseMs);
        const address = addresses[turn % addresses.length] ?? '';
        try {
          const answer = await exchange({ agent, address, path, body }, access);
          if (good.includes(answer.status)) return { retried, problem: undefined };
          problem = `${address}: ${answer.status} ${JSON.stringify(answer.body).slice(0, 300)}`;
        } catch (error) {
          problem = `${address}: ${String(error)}`;
        }
        turn += 1;
      }
      return { retried: tries, problem };
    },
    close: () => {
      agent.destroy();
    },
  };
}

interface Exchange {
  readonly agent: https.Agent;
  readonly address: string;
  readonly path: string;
  readonly body: object | undefined;
}

async function exchange(asked: Exchange, access: Access): Promise<Answer> {
  const { agent, address, path, body } = asked;
  const [status, said] = await new Promise<[number, string]>((resolve, reject) => {
    const request = https.request(
      {
        agent,
        host: address,
        port: 9200,
        path,
        method: body === undefined ? 'GET' : 'PUT',
        ca: access.authority,
        servername: 'localhost',
        timeout: patienceMs,
        auth: `elastic:${access.password}`,
        headers: body === undefined ? {} : { 'content-type': 'application/json' },
      },
      (incoming) => {
        text(incoming).then((answer) => {
          resolve([incoming.statusCode ?? 0, answer]);
        }, reject);
      },
    );
    request.on('timeout', () => request.destroy(new Error('no answer in time')));
    request.on('error', reject);
    request.end(body === undefined ? undefined : JSON.stringify(body));
  });
  return { status, body: JSON.parse(said) };
}
