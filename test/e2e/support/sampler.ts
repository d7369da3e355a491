import https from 'node:https';
import { setTimeout } from 'node:timers/promises';

import { type Access, ask } from './elasticsearch-client.ts';

const everyMs = 250;
/** It ends by itself, whatever becomes of the test. */
const limitMs = 30 * 60_000;

/** What the cluster said of itself at one moment. */
export interface Sample {
  /** Of `performance.now`. */
  readonly atMs: number;
  readonly status: string;
  readonly nodes: number;
}

/** Looks at a cluster all the time. */
export interface Sampler {
  readonly samples: readonly Sample[];
  stop(): Promise<void>;
}

/** Asks one node after the other for the elected master's word; who does not answer has no say. */
export function startSampler(addresses: readonly string[], access: Access): Sampler {
  const stopping = new AbortController();
  const samples: Sample[] = [];
  const untilMs = performance.now() + limitMs;
  const agent = new https.Agent({ keepAlive: true });
  const look = async (): Promise<void> => {
    for (const address of addresses) {
      const answer = await ask(address, '/_cluster/health?master_timeout=2s', access, { agent }).catch(
        () => undefined,
      );
      if (answer?.status !== 200) continue;
      const { status, number_of_nodes: nodes } = answer.body as { status: string; number_of_nodes: number };
      samples.push({ atMs: performance.now(), status, nodes });
      return;
    }
    samples.push({ atMs: performance.now(), status: 'nobody answers', nodes: 0 });
  };
  const loop = (async () => {
    while (!stopping.signal.aborted && performance.now() < untilMs) {
      await look();
      await setTimeout(everyMs);
    }
  })();
  return {
    samples,
    stop: async () => {
      stopping.abort();
      await loop;
      agent.destroy();
    },
  };
}
