import { describe, expect, it } from 'vitest';

import { startRealParts } from './support/real-parts.ts';
import { createWatchedCluster, nodes } from './support/watched-cluster.ts';
import { say, seconds } from './support/words.ts';

const oldVersion = '8.16.1';
const newVersion = '9.4.3';
/** Elastic's way from one to the other: 9.1 and later take over from 8.19. */
const upgrades = [
  [oldVersion, '8.19.13'],
  ['8.19.13', newVersion],
] as const;

const parts = await startRealParts('roll', [oldVersion, ...upgrades.map(([, version]) => version)]);

/** A minute or less each on a machine of its own; servers start slowly where others are at work. */
describe.skipIf(parts === undefined)(
  'a roll on a real cluster',
  { shuffle: false, timeout: 1_200_000 },
  async () => {
    if (parts === undefined) return;
    const cluster = await createWatchedCluster(parts, '127.0.87', { version: oldVersion });
    const { account, esEcs, edit, up, refused, isGreen, settings } = cluster;
    const { witnesses, versions, everyNodes, expectHarmless } = cluster;
    const { runtime } = account;

    it(`comes up with ${oldVersion} through the bastion`, async () => {
      await cluster.comesUp();
    });

    it.each(upgrades)('rolls from %s to %s, the elected master last', async (older, version) => {
      const elected = await cluster.master();
      const from = witnesses().here();
      await edit({ version });
      await up();
      expect(await versions()).toEqual(nodes.map((node) => `${node} ${version}`));
      const order = witnesses()
        .startedSince(from)
        .map(({ node }) => node);
      expect([...order].sort()).toEqual(nodes);
      expect(order.at(-1)).toBe(elected);
      await expectHarmless(`upgrade ${older} to ${version}, ${elected} elected`, from);
      const again = await esEcs(['plan', '--exit-code']);
      expect(again.status, again.stdout).toBe(0);
    });

    it('refuses what would lose something, each with its sentence, and touches nothing', async () => {
      const from = witnesses().here();
      await edit({ version: oldVersion });
      expect(await refused()).toContain(
        `Elasticsearch cannot go back from ${newVersion} to ${oldVersion}: the older version cannot read what the newer one has written`,
      );
      await edit({ version: newVersion, settings: { 'indices.memory.index_buffer_size': '12%' } });
      await account.ask('search-0', '/lonely?wait_for_active_shards=1', {
        method: 'PUT',
        body: { settings: { number_of_shards: 1, number_of_replicas: 0 } },
      });
      expect(await refused()).toMatch(
        /search-\d is not restarted: the index lonely has no replica and a shard of it is on search-\d: it would be red; PUT \/lonely\/_settings/,
      );
      await account.ask('search-0', '/lonely', { method: 'DELETE' });
      const watermark = (low: string | null, high: string | null): Promise<unknown> =>
        account.ask('search-0', '/_cluster/settings', {
          method: 'PUT',
          body: {
            persistent: {
              'cluster.routing.allocation.disk.watermark.low': low,
              'cluster.routing.allocation.disk.watermark.high': high,
            },
          },
        });
      await watermark('1%', '2%');
      expect(await refused()).toMatch(
        /the disk of search-\d is above the high watermark 2% \(\d+ % used\): no shard could be recovered there/,
      );
      await watermark(null, null);
      expect(witnesses().startedSince(from)).toEqual([]);
      await account.until('green', isGreen);
    });

    it('is killed while a node stops and before all is settled, waits for a node that is away, and ends as if nothing had been', async () => {
      const from = witnesses().here();
      await edit({ settings: { 'indices.memory.index_buffer_size': '12%' } });
      const killedAt = async (title: string, at: (moments: readonly string[]) => boolean): Promise<void> => {
        const moments: string[] = [];
        const { status, stderr } = await esEcs(['up', '--yes'], (moment, kill) => {
          moments.push(moment);
          if (at(moments)) kill();
        });
        expect(status, stderr).toBeUndefined();
        say(`  killed ${title}, of ${moments.length} moments; left: ${JSON.stringify(await settings())}`);
      };
      await killedAt('while the task stops', (moments) => moments.at(-1) === 'after UpdateService');
      expect(await settings()).toMatchObject({ 'cluster.routing.allocation.enable': 'primaries' });
      const [first] = await account
        .until('a node restarted', () => witnesses().startedSince(from).length > 0)
        .then(() => witnesses().startedSince(from));
      // The way back of the first node's settings, and then of the second's.
      let restores = 0;
      await killedAt('before all is settled', (moments) => {
        if (moments.at(-1) === 'after putSettings') restores += 1;
        return moments.at(-1) === 'after putSettings' && restores === 3;
      });
      expect(await settings()).toEqual({});
      await account.until('green', isGreen);
      // A second node away: one that has had its turn.
      if (first === undefined) throw new Error('a node restarted');
      await runtime.engine.kill(runtime.running(first.node).container);
      const ended = await up();
      expect(ended.stderr).toContain(
        `waits: ${first.node} is not in the cluster, and no two nodes may be away at once`,
      );
      expect(await everyNodes('indices.memory.index_buffer_size')).toEqual(nodes.map(() => '12%'));
      await expectHarmless('static setting, killed twice, with a node killed by us', from);
    });

    it('stops at a node that never comes back, says why, and heals when the setting is taken back', async () => {
      const from = witnesses().here();
      const before = nodes.map((node) => runtime.running(node));
      const { settings: good } = cluster.edited;
      const setting = 'indices.memory.no_such_thing';
      await edit({ settings: { ...good, [setting]: '1' } });
      expect(await esEcs(['up', '--yes'])).toMatchObject({ status: 2 });
      // Taken for a plugin's, which no node has.
      await edit({ settings: { ...good, [setting]: '1' }, pluginSettings: [setting] });
      const ended = await account.hasten(10, () => esEcs(['up', '--yes']));
      const gone = new Set(
        witnesses()
          .startedSince(from)
          .map(({ node }) => node),
      );
      const untouched = before.filter((task) => task.observation.status === 'running');
      const left = await settings();
      const afterMs = performance.now() - from.atMs;
      await edit({ settings: good, pluginSettings: [] });
      await up();
      say(`\na refused setting: stopped after ${seconds(afterMs)}\n${ended.stderr}`);
      expect(ended.status).toBe(1);
      expect(ended.stderr).toContain(`unknown setting [${setting}]`);
      expect(gone.size).toBe(1);
      expect(left).toEqual({});
      expect(untouched.map(({ node }) => node)).toEqual(nodes.filter((node) => !gone.has(node)));
      await expectHarmless('a refused setting, taken back', from);
    });
  },
);
