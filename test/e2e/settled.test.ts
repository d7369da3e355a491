import { afterAll, describe, expect, it } from 'vitest';

import { judged } from '../config/judged-settings.ts';
import { createLivingCluster, nodeNames } from './support/living-cluster.ts';
import { startRealParts } from './support/real-parts.ts';
import { say, seconds } from './support/words.ts';

// Replicas that no node can take, on real servers: the cluster is yellow for good, and nothing waits for it.

const versions = ['8.16.1', '8.19.13', '9.4.3'] as const;
const index = 'books';

const parts = await startRealParts('settled', versions);

/** A minute or less each on a machine of its own; servers start slowly where others are at work. */
describe.skipIf(parts === undefined)(
  'a real cluster that is yellow for good',
  { shuffle: false, timeout: 1_200_000 },
  async () => {
    if (parts === undefined) return;
    const cluster = await createLivingCluster(parts, '127.0.91', {
      ...{ version: versions[0], heapMiB: 512, instanceType: 'm7i.large' },
      ...{ nodes: 1, settings: {} },
    });
    const { account, edit, up, body } = cluster;
    afterAll(async () => {
      await cluster.close();
      await parts.stop();
    });

    const put = async (where: string, content: object): Promise<void> => {
      const answer = await account.ask('search-0', where, { method: 'PUT', body: content });
      expect([200, 201], JSON.stringify(answer.body)).toContain(answer.status);
    };
    const count = async (): Promise<number> => (await body<{ count: number }>(`/${index}/_count`)).count;
    const starts = (): number => account.runtime.tasks.length;

    /** `es-ecs up` of what the config has become: it ends well, as yellow as it was, and says why it is. */
    const expectSettled = async (title: string, because: string): Promise<number> => {
      const [from, before] = [performance.now(), starts()];
      const { stderr } = await up();
      expect(stderr).toContain(`the cluster stays yellow: the index ${index} wants ${because}`);
      const health = await body<{ status: string; number_of_nodes: number }>('/_cluster/health');
      const nodes = nodeNames(cluster.edited.nodes).length;
      expect(health).toMatchObject({ status: 'yellow', number_of_nodes: nodes });
      expect(await count()).toBe(1);
      expect(await cluster.settings()).toEqual({});
      const again = await cluster.esEcs(['plan', '--exit-code']);
      expect(again.status, again.stdout).toBe(0);
      say(`${title}: ${seconds(performance.now() - from)}, ${String(starts() - before)} starts`);
      return starts() - before;
    };
    const runs = async (): Promise<readonly string[]> =>
      (await body<readonly { version: string }[]>('/_cat/nodes?h=version&format=json')).map(
        ({ version }) => version,
      );

    /** A name that a server does not know is refused with these words; any other answer is about the value. */
    const isRecognized = async (setting: string): Promise<boolean> => {
      const settingTo = (value: string | null): Promise<{ status: number; body: unknown }> =>
        account.ask('search-0', '/_cluster/settings', {
          method: 'PUT',
          body: { persistent: { [setting]: value } },
        });
      const { status, body: said } = await settingTo('of no kind');
      if (status === 200) expect((await settingTo(null)).status).toBe(200);
      return !JSON.stringify(said).includes(`[${setting}], not recognized`);
    };
    const recognized = async (): Promise<readonly (readonly [string, boolean])[]> => {
      const found: (readonly [string, boolean])[] = [];
      for (const [setting] of judged) found.push([setting, await isRecognized(setting)]);
      expect(await cluster.settings()).toEqual({});
      return found;
    };

    const ofOne = '1 replica beside each primary, and there is one data node';
    it('of one node with an ordinary index comes up, is rolled and upgraded, each time with its warning', async () => {
      await edit({});
      await up();
      await put(`/${index}`, { settings: { number_of_shards: 1 } });
      await put(`/${index}/_doc/1?refresh`, { title: 'the only one' });
      expect(await expectSettled('one node, nothing to do', ofOne)).toBe(0);
      await edit({ settings: { 'indices.memory.index_buffer_size': '12%' } });
      expect(await expectSettled('one node, rolled', ofOne)).toBe(1);
      await edit({ version: versions[1] });
      expect(await expectSettled('one node, upgraded', ofOne)).toBe(1);
      expect(await runs()).toEqual([versions[1]]);
      expect(await recognized()).toEqual(judged.map(([setting, in8]) => [setting, in8]));
    });

    const ofThree = '3 replicas beside each primary, and there are 3 data nodes';
    it('of three nodes with an index of three replicas is left alone, rolled and upgraded, never red', async () => {
      await edit({ nodes: 3 });
      await up();
      await account.until('green', cluster.isGreen);
      await put(`/${index}/_settings`, { index: { number_of_replicas: 3 } });
      await account.until('two replicas', async () => {
        const health = await body<{ active_shards: number }>(`/_cluster/health/${index}`);
        return health.active_shards === 3;
      });
      expect(await expectSettled('three nodes, nothing to do', ofThree)).toBe(0);
      await edit({ settings: {} });
      expect(await expectSettled('three nodes, rolled', ofThree)).toBe(3);
      await edit({ version: versions[2] });
      expect(await expectSettled('three nodes, upgraded', ofThree)).toBe(3);
      expect(await runs()).toEqual([versions[2], versions[2], versions[2]]);
      expect(await recognized()).toEqual(judged.map(([setting, , in9]) => [setting, in9]));
    });
  },
);
