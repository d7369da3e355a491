import { expect } from 'vitest';

import type { RealTask } from './container-runtime.ts';
import type { LivingCluster } from './living-cluster.ts';
import { type Sample, startSampler } from './sampler.ts';
import { absences, type Absence, summary, timeLine } from './time-line.ts';
import { startTraffic, trafficIndex, type TrafficReport } from './traffic.ts';
import { say, seconds } from './words.ts';

/** Where something begins that is to be looked back on. */
export interface Span {
  readonly tasks: number;
  readonly samples: number;
  readonly atMs: number;
}

/** What was seen since a span began. */
export interface Testimony {
  readonly samples: readonly Sample[];
  readonly report: TrafficReport;
  readonly away: readonly Absence[];
}

/** A writer, a reader and a sampler, at work beside whatever is done to a cluster. */
export interface Witnesses {
  here(): Span;
  /** Tasks in the order of their start. */
  startedSince(span: Span): readonly RealTask[];
  /**
   * Waits until the cluster is green, prints what was seen and holds it against what must never be: a red cluster, a read that
   * fails after every retry, a document that was acknowledged and is not there, a setting that somebody forgot to take back.
   */
  expectHarmless(title: string, from: Span): Promise<Testimony>;
  stop(): Promise<void>;
}

/** @param addresses of all nodes that there will be, in the order in which the client turns to them. */
export function startWitnesses(cluster: LivingCluster, addresses: readonly string[]): Witnesses {
  const { account } = cluster;
  const { runtime } = account;
  const traffic = startTraffic(addresses, account.access);
  const sampler = startSampler(addresses, account.access);
  return {
    here: () => ({
      tasks: runtime.tasks.length,
      samples: sampler.samples.length,
      atMs: performance.now(),
    }),
    startedSince: ({ tasks }) => runtime.tasks.slice(tasks),
    expectHarmless: async (title, from) => {
      // Whatever was last under way is seen too.
      await account.until('green', cluster.isGreen);
      const samples = sampler.samples.slice(from.samples);
      const report = traffic.report();
      const away = absences(from.atMs, runtime.tasks);
      say(`\n${title}: ${seconds(performance.now() - from.atMs)}`);
      for (const line of timeLine(from.atMs, { samples, tasks: runtime.tasks })) say(`  ${line}`);
      if (away.length > 0)
        say(
          `  away: ${away.map(({ node, fromMs, toMs }) => `${node} ${seconds(toMs - fromMs)}`).join(', ')}`,
        );
      say(`  ${summary(report, samples)}`);
      expect(samples.filter(({ status }) => status === 'red')).toEqual([]);
      expect(report.failedReads).toEqual([]);
      expect(report.unacknowledged).toEqual([]);
      expect(report.reads).toBeGreaterThan(0);
      await expectAllThere(cluster, traffic.acknowledged);
      const left = Object.keys(await cluster.settings());
      expect(left.filter((name) => /allocation\.(enable|exclude)|es_ecs/.test(name))).toEqual([]);
      return { samples, report, away };
    },
    stop: async () => {
      await traffic.stop();
      await sampler.stop();
    },
  };
}

async function expectAllThere({ account }: LivingCluster, ids: readonly string[]): Promise<void> {
  const acknowledged = [...ids];
  await account.ask('search-0', `/${trafficIndex}/_refresh`, { method: 'POST' });
  for (let at = 0; at < acknowledged.length; at += 1_000) {
    const asked = acknowledged.slice(at, at + 1_000);
    const answer = await account.ask('search-0', `/${trafficIndex}/_mget?_source=false`, {
      method: 'POST',
      body: { ids: asked },
    });
    const { docs } = answer.body as { docs: readonly { _id: string; found?: boolean }[] };
    expect(docs.filter(({ found }) => found !== true).map(({ _id }) => _id)).toEqual([]);
    expect(docs).toHaveLength(asked.length);
  }
}
