import { afterAll, expect } from 'vitest';

import { addressOf } from './container-runtime.ts';
import { createLivingCluster, type Edited, type LivingCluster, namesOf } from './living-cluster.ts';
import type { RealParts } from './real-parts.ts';
import { overlaps } from './time-line.ts';
import { trafficIndex } from './traffic.ts';
import { type Span, startWitnesses, type Witnesses } from './witnesses.ts';
import { say, seconds } from './words.ts';

/** The nodes that are rolled. */
export const nodes = namesOf(3);

/** A living cluster of three nodes, whose rolls are watched by a writer, a reader and a sampler. */
export interface WatchedCluster extends LivingCluster {
  /** From `comesUp` on. */
  witnesses(): Witnesses;
  /** `up`, an index for the traffic, and the witnesses set to work. */
  comesUp(): Promise<void>;
  /** `name version` of each node. */
  versions(): Promise<readonly string[]>;
  /** A setting as every node has it that it started with. */
  everyNodes(setting: string): Promise<readonly (string | undefined)[]>;
  /** Holds what was seen of a roll against what a roll may do. */
  expectHarmless(title: string, from: Span): Promise<void>;
}

/**
 * Makes one with nothing in it, which ends with the tests.
 *
 * @param net the first three numbers of its addresses, which no other test file may use
 */
export async function createWatchedCluster(
  parts: RealParts,
  net: string,
  first: Pick<Edited, 'version'>,
): Promise<WatchedCluster> {
  const cluster = await createLivingCluster(parts, net, {
    ...{ version: first.version, heapMiB: 512, instanceType: 'm7i.large' },
    ...{ nodes: nodes.length, settings: {} },
  });
  const { account, edit, up, body, isGreen } = cluster;
  let started: Witnesses | undefined;
  const witnesses = (): Witnesses => {
    if (started === undefined) throw new Error('nobody watches');
    return started;
  };
  afterAll(async () => {
    await started?.stop();
    await cluster.close();
    await parts.stop();
  });

  const versions = async (): Promise<readonly string[]> =>
    (await body<{ name: string; version: string }[]>('/_cat/nodes?h=name,version&format=json'))
      .map(({ name, version }) => `${name} ${version}`)
      .sort();

  // Its getter `edited` must stay one.
  return Object.assign(Object.create(cluster) as LivingCluster, {
    witnesses,
    versions,
    comesUp: async () => {
      await edit({});
      const from = performance.now();
      const ended = await up();
      say(`up of 3 nodes with ${first.version}: ${seconds(performance.now() - from)}`);
      expect(ended.stderr).not.toContain('is not asked');
      expect(await versions()).toEqual(nodes.map((node) => `${node} ${first.version}`));
      const created = await account.ask('search-0', `/${trafficIndex}?wait_for_active_shards=all`, {
        method: 'PUT',
        body: { settings: { number_of_shards: 3, number_of_replicas: 1 } },
      });
      expect(created.status, JSON.stringify(created.body)).toBe(200);
      await account.until('green', isGreen);
      started = startWitnesses(
        cluster,
        nodes.map((node) => addressOf(node, net)),
      );
    },
    everyNodes: async (setting: string) => {
      const found = await body<{ nodes: Record<string, { settings: Record<string, string> }> }>(
        '/_nodes/settings?flat_settings&filter_path=nodes.*.settings',
      );
      return Object.values(found.nodes).map((node) => node.settings[setting]);
    },
    expectHarmless: async (title: string, from: Span) => {
      const { samples, away } = await witnesses().expectHarmless(title, from);
      expect(
        Math.min(...samples.filter(({ nodes: count }) => count > 0).map(({ nodes: count }) => count)),
      ).toBe(nodes.length - 1);
      expect(overlaps(away)).toEqual([]);
    },
  });
}
