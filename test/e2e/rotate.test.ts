import { setTimeout } from 'node:timers/promises';

import { afterAll, describe, expect, it } from 'vitest';

import { createLivingCluster, namesOf } from './support/living-cluster.ts';
import type { RealAccount } from './support/real-account.ts';
import { startRealParts } from './support/real-parts.ts';
import { say, seconds } from './support/words.ts';

const nodes = namesOf(3);
const index = 'books';

const parts = await startRealParts('rotate', [undefined]);

/** A client that writes all the time, and does with passwords and authorities what docs/secrets.md tells it. */
function startWriter(account: RealAccount) {
  const stopping = new AbortController();
  const seen = { acknowledged: 0, lost: [] as string[], most: 0, refused: 0 };
  let { password } = account.access;
  const write = async (id: string, node: string): Promise<number> => {
    const question = { method: 'PUT' as const, body: { id }, password };
    const { status } = await account.ask(node, `/${index}/_doc/${id}`, question);
    return status;
  };
  /** At 401 the secret is read again; while it holds two, one of them is in force. */
  const writeByAny = async (id: string, node: string): Promise<number> => {
    let status = await write(id, node);
    for (const other of account.access.passwords) {
      if (status !== 401) break;
      seen.refused += 1;
      password = other;
      status = await write(id, node);
    }
    return status;
  };
  const loop = async (): Promise<void> => {
    for (let number = 0; !stopping.signal.aborted; number += 1) {
      const id = `book-${number}`;
      let problem: string | undefined = 'not tried';
      let tries = 0;
      for (; problem !== undefined && tries < 8; tries += 1) {
        if (tries > 0) await setTimeout(500);
        const node = nodes[(number + tries) % nodes.length] ?? '';
        problem = await writeByAny(id, node).then(
          (status) => (status === 200 || status === 201 ? undefined : `${node}: ${status}`),
          (error: unknown) => `${node}: ${String(error)}`,
        );
      }
      seen.most = Math.max(seen.most, tries);
      if (problem === undefined) seen.acknowledged += 1;
      else seen.lost.push(`${id} ${problem}`);
      await setTimeout(50);
    }
  };
  const running = loop();
  return {
    /** What was seen since the last time. */
    report: () => {
      const report = { ...seen };
      Object.assign(seen, { acknowledged: 0, lost: [], most: 0, refused: 0 });
      return report;
    },
    stop: async () => {
      stopping.abort();
      await running;
    },
  };
}

describe.skipIf(parts === undefined)(
  'a real cluster while a client writes',
  { shuffle: false, timeout: 1_800_000 },
  async () => {
    if (parts === undefined) return;
    const version = parts.bases[0]?.version ?? '';
    const cluster = await createLivingCluster(parts, '127.0.90', {
      ...{ version, heapMiB: 512, instanceType: 'm7i.large', nodes: nodes.length, settings: {} },
    });
    const { account, edit, esEcs, up, isGreen } = cluster;
    let writer: ReturnType<typeof startWriter> | undefined;
    afterAll(async () => {
      await writer?.stop();
      await cluster.close();
      await parts.stop();
    });
    const statusOf = async (node: string, password: string): Promise<number> =>
      (await account.ask(node, '/', { password })).status;

    it('has its password in the index of users once it has formed', async () => {
      await edit({});
      await up();
      const { status, body } = await account.ask(
        'search-0',
        '/_cat/indices?format=json&expand_wildcards=all',
      );
      expect([status, JSON.stringify(body)]).toEqual([200, expect.stringContaining('.security')]);
      const settings = { number_of_shards: 1, number_of_replicas: 1 };
      await account.ask('search-0', `/${index}?wait_for_active_shards=all`, {
        method: 'PUT',
        body: { settings },
      });
      await account.until('green', isGreen);
      writer = startWriter(account);
    });

    it('takes another password: no request is refused that has the one in force, and the old one is refused', async () => {
      await setTimeout(2_000);
      const { password: old } = account.access;
      const from = performance.now();
      const ended = await esEcs(['rotate', 'password', '--yes']);
      expect(ended.status, ended.stderr).toBe(0);
      await setTimeout(2_000);
      const report = writer?.report();
      say(`rotate password: ${seconds(performance.now() - from)}; ${JSON.stringify(report)}`);
      expect(report).toMatchObject({ lost: [], most: 1 });
      const { password } = account.access;
      expect(await Promise.all(nodes.map((node) => statusOf(node, password)))).toEqual([200, 200, 200]);
      expect(await Promise.all(nodes.map((node) => statusOf(node, old)))).toEqual([401, 401, 401]);
    });

    it('goes on with a rotation that was killed before and after the call', async () => {
      for (const moment of ['before setPassword', 'after setPassword']) {
        const { status } = await esEcs(['rotate', 'password', '--yes'], (now, kill) => {
          if (now === moment) kill();
        });
        expect(status).toBeUndefined();
        expect(account.access.passwords).toHaveLength(2);
        const again = await esEcs(['rotate', 'password', '--yes']);
        expect(again.status, again.stderr).toBe(0);
        expect(again.stdout).toContain('a rotation that was cut off is at its end');
        expect(await statusOf('search-1', account.access.password)).toBe(200);
      }
      await setTimeout(1_000);
      expect(writer?.report()).toMatchObject({ lost: [], most: 1 });
    });

    it('takes another authority: nothing that was to be written is lost, and the old one is trusted nowhere', async () => {
      const old = account.access.authority;
      const from = performance.now();
      const ended = await esEcs(['rotate', 'authority', '--yes']);
      expect(ended.status, ended.stderr).toBe(0);
      const report = writer?.report();
      say(`rotate authority: ${seconds(performance.now() - from)}; ${JSON.stringify(report)}`);
      expect(report?.lost).toEqual([]);
      expect(account.access.authority).not.toContain(old.trim());
      await account.until('green', isGreen);
      const again = await esEcs(['plan', '--exit-code']);
      expect(again.status, again.stdout).toBe(0);
    });
  },
);
