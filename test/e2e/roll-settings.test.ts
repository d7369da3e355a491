import { describe, expect, it } from 'vitest';

import { startRealParts } from './support/real-parts.ts';
import { createWatchedCluster, nodes } from './support/watched-cluster.ts';
import { say, seconds } from './support/words.ts';

const parts = await startRealParts('roll-settings', [undefined]);

/** A minute or less each on a machine of its own; servers start slowly where others are at work. */
describe.skipIf(parts === undefined)(
  'a roll on a real cluster',
  { shuffle: false, timeout: 1_200_000 },
  async () => {
    if (parts === undefined) return;
    const version = parts.bases[0]?.version ?? '';
    const cluster = await createWatchedCluster(parts, '127.0.89', { version });
    const { account, edit, up, body, settings, witnesses, everyNodes, expectHarmless } = cluster;
    const { runtime } = account;

    it(`comes up with ${version} through the bastion`, async () => {
      await cluster.comesUp();
    });

    it('gives the cluster a dynamic setting by API and takes it back: no node restarts', async () => {
      const from = witnesses().here();
      const name = 'indices.recovery.max_bytes_per_sec';
      const { settings: others } = cluster.edited;
      await edit({ settings: { ...others, [name]: '45mb' } });
      await up();
      const given = await settings();
      expect(given).toMatchObject({ [name]: '45mb' });
      await edit({ settings: others });
      await up();
      say(
        `\na dynamic setting, given and taken back: ${seconds(performance.now() - from.atMs)}; ${given[name] ?? ''}`,
      );
      expect(await settings()).toEqual({});
      expect(witnesses().startedSince(from)).toEqual([]);
      expect(runtime.tasks.filter(({ stopAskedMs = 0 }) => stopAskedMs > from.atMs)).toEqual([]);
    });

    it('rolls a static setting', async () => {
      const from = witnesses().here();
      const name = 'indices.queries.cache.size';
      await edit({ settings: { ...cluster.edited.settings, [name]: '8%' } });
      await up();
      expect(witnesses().startedSince(from)).toHaveLength(3);
      expect(await everyNodes(name)).toEqual(nodes.map(() => '8%'));
      await expectHarmless('static setting', from);
    });

    it('rolls another heap', async () => {
      const from = witnesses().here();
      await edit({ heapMiB: 576 });
      await up();
      expect(witnesses().startedSince(from)).toHaveLength(3);
      const heaps = await body<{ nodes: Record<string, { jvm: { mem: { heap_max_in_bytes: number } } }> }>(
        '/_nodes/jvm',
      );
      expect(Object.values(heaps.nodes).map(({ jvm }) => jvm.mem.heap_max_in_bytes / 1024 / 1024)).toEqual([
        576, 576, 576,
      ]);
      await expectHarmless('heap', from);
    });

    it('replaces every host, and each node finds its data again', async () => {
      const from = witnesses().here();
      const before = new Map(nodes.map((node) => [node, runtime.running(node).launch.host.instanceId]));
      const ids = await nodeIds();
      await edit({ instanceType: 'm7i.xlarge' });
      await up();
      expect(witnesses().startedSince(from)).toHaveLength(3);
      for (const node of nodes)
        expect(runtime.running(node).launch.host.instanceId).not.toBe(before.get(node));
      // What Elasticsearch keeps on the data path.
      expect(await nodeIds()).toEqual(ids);
      await expectHarmless('hosts', from);
    });

    const nodeIds = async (): Promise<readonly string[]> =>
      (await body<{ name: string; id: string }[]>('/_cat/nodes?h=name,id&full_id&format=json'))
        .map(({ name, id }) => `${name} ${id}`)
        .sort();
  },
);
