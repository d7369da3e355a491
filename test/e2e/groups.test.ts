import { afterAll, describe, expect, it } from 'vitest';

import { addressOf } from './support/container-runtime.ts';
import { createLivingCluster, type Edited, namesOf, nodeNames } from './support/living-cluster.ts';
import { startRealParts } from './support/real-parts.ts';
import { trafficIndex } from './support/traffic.ts';
import { votingOf } from './support/voting.ts';
import { startWitnesses, type Witnesses } from './support/witnesses.ts';
import { say } from './support/words.ts';

// Three nodes with every role become dedicated masters and data nodes, and back, while a writer and a reader go on.

const net = '127.0.92';
const dataNodes = ['search-data-0', 'search-data-1'];
const apart: Edited['nodes'] = [
  { name: 'default', count: 3, roles: ['master'] },
  { name: 'data', count: 2, roles: ['data', 'ingest'] },
];

const parts = await startRealParts('groups', [undefined]);

/** A minute or less each on a machine of its own; servers start slowly where others are at work. */
describe.skipIf(parts === undefined)(
  'groups of real nodes',
  { shuffle: false, timeout: 1_200_000 },
  async () => {
    if (parts === undefined) return;
    const cluster = await createLivingCluster(parts, net, {
      ...{ version: parts.bases[0]?.version ?? '', heapMiB: 512, instanceType: 'm7i.large' },
      ...{ nodes: 3, settings: {} },
    });
    const { account, edit, up, body } = cluster;
    let witnesses: Witnesses | undefined;
    afterAll(async () => {
      await witnesses?.stop();
      await cluster.close();
      await parts.stop();
    });

    const rolesByNode = async (): Promise<Readonly<Record<string, string>>> => {
      const found = await body<{ name: string; 'node.role': string }[]>(
        '/_cat/nodes?h=name,node.role&format=json',
      );
      return Object.fromEntries(found.map(({ name, 'node.role': roles }) => [name, roles]));
    };
    const holders = async (): Promise<readonly string[]> => {
      const copies = await body<{ node: string | null }[]>('/_cat/shards?h=node&format=json');
      return [...new Set(copies.map(({ node }) => node ?? 'unassigned'))].sort();
    };
    const turn = async (title: string, nodes: Edited['nodes']): Promise<void> => {
      if (witnesses === undefined) throw new Error('nobody watches');
      const from = witnesses.here();
      await edit({ nodes });
      await up();
      const { away } = await witnesses.expectHarmless(title, from);
      say(`  away: ${away.map(({ node }) => node).join(', ')}; shards on ${(await holders()).join(', ')}`);
      expect(Object.keys(await rolesByNode()).sort()).toEqual([...nodeNames(nodes)].sort());
      expect(await votingOf(cluster)).toEqual({ voters: namesOf(3), exclusions: 0 });
      const again = await cluster.esEcs(['plan', '--exit-code']);
      expect(again.status, again.stdout).toBe(0);
    };

    it('come up as three nodes with every role, and are given data', async () => {
      await edit({});
      await up();
      const created = await account.ask('search-0', `/${trafficIndex}?wait_for_active_shards=all`, {
        method: 'PUT',
        body: { settings: { number_of_shards: 3, number_of_replicas: 1 } },
      });
      expect(created.status, JSON.stringify(created.body)).toBe(200);
      await account.until('green', cluster.isGreen);
      witnesses = startWitnesses(
        cluster,
        [...namesOf(3), ...dataNodes].map((node) => addressOf(node, net)),
      );
    });

    it('become dedicated masters beside data nodes, which hold every shard then', async () => {
      await turn('3 nodes to 3 masters and 2 data nodes', apart);
      const roles = await rolesByNode();
      expect(namesOf(3).map((node) => roles[node])).toEqual(['m', 'm', 'm']);
      expect(await holders()).toEqual(dataNodes);
    });

    it('become three nodes with every role again, on the disks that they have', async () => {
      await turn('3 masters and 2 data nodes to 3 nodes', 3);
      expect(await holders()).toEqual(namesOf(3));
    });
  },
);
