import { randomBytes } from 'node:crypto';
import { access, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { DescribeVolumesCommand } from '@aws-sdk/client-ec2';
import { afterAll, describe, expect, it } from 'vitest';

import { createClients } from '../../src/aws/clients.ts';
import { CallMeter } from '../../src/aws/meter.ts';
import { fromCapitalTags, nodeTag } from '../../src/aws/tags.ts';
import { addressOf } from './support/container-runtime.ts';
import { createLivingCluster, namesOf, nodeNames } from './support/living-cluster.ts';
import { startRealParts } from './support/real-parts.ts';
import { trafficIndex } from './support/traffic.ts';
import { type Voting, votingOf } from './support/voting.ts';
import { say, seconds } from './support/words.ts';
import { type Span, startWitnesses, type Testimony, type Witnesses } from './support/witnesses.ts';

// Nodes come and go, each time by an edit of the config and `es-ecs up`, while a writer and a reader go on.

const net = '127.0.88';
/** Beside the index of the traffic: so many documents of a size that makes a shard's move a move. */
const library = { name: 'library', documents: 20_000, bytes: 600 };
const indices = [trafficIndex, library.name];
const shards = 5;

const parts = await startRealParts('scale', [undefined]);

/** A minute or less each on a machine of its own; servers start slowly where others are at work. */
describe.skipIf(parts === undefined)('a real cluster', { shuffle: false, timeout: 1_200_000 }, async () => {
  if (parts === undefined) return;
  const cluster = await createLivingCluster(parts, net, {
    ...{ version: parts.bases[0]?.version ?? '', heapMiB: 512, instanceType: 'm7i.large' },
    ...{ nodes: 3, settings: {} },
  });
  const { account, edit, up, body, refused } = cluster;
  let witnesses: Witnesses | undefined;
  afterAll(async () => {
    await witnesses?.stop();
    await cluster.close();
    await parts.stop();
  });

  const put = async (where: string, content: object): Promise<void> => {
    const answer = await account.ask('search-0', where, { method: 'PUT', body: content });
    expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  };

  /** `es-ecs up` with another number of nodes, and what must be so afterwards whatever the number was before. */
  const scaleTo = async (count: number, { mayBeYellow = false } = {}): Promise<Testimony> => {
    if (witnesses === undefined) throw new Error('nobody watches');
    const before = await volumesByNode();
    const from = witnesses.here();
    const was = nodeNames(cluster.edited.nodes).length;
    await edit({ nodes: count });
    await up();
    const title = `${String(was)} to ${String(count)} nodes`;
    const seen = await witnesses.expectHarmless(title, from);
    const { samples } = seen;
    // No copy of a shard was ever missing: those that leave have given theirs up before.
    if (!mayBeYellow) expect(samples.filter(({ status }) => status === 'yellow')).toEqual([]);
    expect(samples.length).toBeGreaterThan(0);
    expect(await names()).toEqual(namesOf(count));
    await expectLibrary();
    await expectRestartsOfNobody(from);
    const after = await volumesByNode();
    expect(after).toMatchObject(before);
    for (const volume of Object.values(after)) await access(path.join(parts.folder, 'hosts', volume));
    const { voters, exclusions } = await voting();
    say(`  voters ${voters.join(', ')}; exclusions ${String(exclusions)}; shards ${await shardsText()}`);
    expect(exclusions).toBe(0);
    return seen;
  };

  const names = async (): Promise<readonly string[]> =>
    (await body<{ name: string }[]>('/_cat/nodes?h=name&format=json')).map(({ name }) => name).sort();
  const voting = (): Promise<Voting> => votingOf(cluster);

  interface Copy {
    readonly node: string | null;
    readonly state: string;
  }

  /** A copy on the move goes on moving while the cluster is green: it is waited for. */
  const copiesAtRest = async (): Promise<readonly Copy[]> => {
    const copies = await body<readonly Copy[]>(`/_cat/shards/${indices.join(',')}?h=node,state&format=json`);
    if (!copies.some(({ state }) => state === 'RELOCATING')) return copies;
    await new Promise((wake) => setTimeout(wake, 500));
    return copiesAtRest();
  };

  const shardsByNode = async (): Promise<ReadonlyMap<string, number>> => {
    const copies = await copiesAtRest();
    expect(copies.filter(({ state }) => state !== 'STARTED')).toEqual([]);
    const counted = new Map((await names()).map((name) => [name, 0]));
    for (const { node } of copies) counted.set(node ?? '', (counted.get(node ?? '') ?? 0) + 1);
    return counted;
  };
  const shardsText = async (): Promise<string> =>
    [...(await shardsByNode())].map(([name, count]) => `${name} ${String(count)}`).join(', ');

  const volumesByNode = async (): Promise<Readonly<Record<string, string>>> => {
    const { clock, credentials, attach } = account.simulation;
    const { ec2 } = createClients({
      region: 'eu-west-1',
      clock,
      meter: new CallMeter(),
      credentials,
      attach,
    });
    const { Volumes = [] } = await ec2.send(new DescribeVolumesCommand({}));
    return Object.fromEntries(
      Volumes.flatMap(({ Tags, VolumeId = '' }) => {
        const node = fromCapitalTags(Tags)[nodeTag];
        return node === undefined ? [] : [[node, VolumeId]];
      }),
    );
  };

  const expectLibrary = async (): Promise<void> => {
    await account.ask('search-0', `/${library.name}/_refresh`, { method: 'POST' });
    const { count } = await body<{ count: number }>(`/${library.name}/_count`);
    expect(count).toBe(library.documents);
  };

  /** Whoever stays is left alone. */
  const expectRestartsOfNobody = async (from: Span): Promise<void> => {
    const started = witnesses?.startedSince(from).map(({ node }) => node) ?? [];
    expect(new Set(started).size).toBe(started.length);
    const { nodes } = await body<{
      nodes: Record<string, { name: string; jvm: { uptime_in_millis: number } }>;
    }>('/_nodes/stats/jvm');
    const sinceMs = performance.now() - from.atMs;
    const young = Object.values(nodes).filter(({ jvm }) => jvm.uptime_in_millis < sinceMs);
    expect(young.map(({ name }) => name).sort()).toEqual([...started].sort());
  };

  it('comes up with three nodes, and is given data', async () => {
    const from = performance.now();
    await edit({});
    await up();
    for (const name of indices)
      await put(`/${name}?wait_for_active_shards=all`, {
        settings: { number_of_shards: shards, number_of_replicas: 1 },
      });
    for (let at = 0; at < library.documents; at += 2_500) {
      const lines = Array.from({ length: 2_500 }, (_, one) => [
        { index: {} },
        { number: at + one, text: randomBytes(library.bytes).toString('base64') },
      ]).flat();
      const { status, body } = await account.ask('search-0', `/${library.name}/_bulk`, {
        method: 'POST',
        lines,
      });
      expect([status, (body as { errors: boolean }).errors]).toEqual([200, false]);
    }
    await account.until('green', cluster.isGreen);
    await expectLibrary();
    // The client sits on the last node there is, and so on one that is about to leave.
    const addresses = namesOf(5).map((node) => addressOf(node, net));
    witnesses = startWitnesses(cluster, addresses.toReversed());
    say(`3 nodes and ${String(library.documents)} documents: ${seconds(performance.now() - from)}`);
  });

  it('takes two more nodes: shards even out, and both have a vote', async () => {
    await scaleTo(5);
    const { voters } = await voting();
    expect(voters).toEqual(namesOf(5));
    const counts = [...(await shardsByNode()).values()];
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(2 * shards * indices.length);
    expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(2);
  });

  it('lets none go where the others have no room, with the numbers', async () => {
    const low = (value: string | null): Promise<void> =>
      put('/_cluster/settings', { persistent: { 'cluster.routing.allocation.disk.watermark.low': value } });
    await low('1%');
    const before = await shardsByNode();
    await edit({ nodes: 3 });
    expect(await refused()).toMatch(
      /\d+(\.\d)? MiB would have to move from search-3, search-4, and the other 3 data nodes can take 0 bytes below the low watermark 1%/,
    );
    await low(null);
    await edit({ nodes: 5 });
    expect(await shardsByNode()).toEqual(before);
    expect(await cluster.settings()).toEqual({});
  });

  it('lets two go, the elected master among them', async () => {
    // All others are deprived of their votes for a moment.
    const others = namesOf(4).join(',');
    const where = '/_cluster/voting_config_exclusions';
    await account.ask('search-0', `${where}?node_names=${others}`, { method: 'POST' });
    await account.until('search-4 elected', async () => (await cluster.master()) === 'search-4');
    await account.ask('search-0', `${where}?wait_for_removal=false`, { method: 'DELETE' });
    await account.until('five votes', async () => (await voting()).voters.length === 5);

    const { away } = await scaleTo(3);
    // The elected one last, when it has handed over.
    expect(away.map(({ node }) => node)).toEqual(['search-3', 'search-4']);
    expect((await voting()).voters).toEqual(namesOf(3));
    const again = await cluster.esEcs(['plan', '--exit-code']);
    expect(again.status, again.stdout).toBe(0);
  });

  it('lets the third go, whose vote is taken: one of the two that are left has the only one', async () => {
    await scaleTo(2);
    const { voters } = await voting();
    expect(voters).toHaveLength(1);
    expect(voters).toEqual([await cluster.master()]);
  });

  it('lets the second go only where no index wants its replicas', async () => {
    await edit({ nodes: 1 });
    expect(await refused()).toMatch(
      /the index (books|library) wants 1 replica beside each primary, and 1 data node would be left; PUT \/\1\/_settings \{"index.number_of_replicas": 0\} wants fewer/,
    );
    expect(await names()).toEqual(namesOf(2));
    await edit({ nodes: 2 });
    for (const name of indices) await put(`/${name}/_settings`, { index: { number_of_replicas: 0 } });
    await scaleTo(1);
    expect((await voting()).voters).toEqual(['search-0']);
  });

  it('takes two back, on the disks that they had left', async () => {
    // The index of users gets its replica as soon as a second node can hold it, and is yellow until then.
    await scaleTo(3, { mayBeYellow: true });
    expect((await voting()).voters).toEqual(namesOf(3));
  });

  it('comes back after a destroy with two of three, and lets the second go though the third had a vote', async () => {
    for (const name of indices) await put(`/${name}/_settings`, { index: { number_of_replicas: 1 } });
    await account.until('green', cluster.isGreen);
    await witnesses?.stop();
    const from = performance.now();
    const keyFile = path.join(parts.folder, '.es-ecs', 'simulated', 'state.key');
    const key = await readFile(keyFile);
    const destroyed = await cluster.esEcs(['destroy', '--yes']);
    expect(destroyed.status, destroyed.stderr).toBe(0);
    // The sshd is still the same, and knows this key only.
    await writeFile(keyFile, key, { mode: 0o600 });
    await edit({ nodes: 2 });
    await up();
    expect(await names()).toEqual(namesOf(2));
    await expectLibrary();
    const strangers = (await voting()).voters.filter((voter) => !namesOf(2).includes(voter));
    expect(strangers).toHaveLength(1);

    for (const name of indices) await put(`/${name}/_settings`, { index: { number_of_replicas: 0 } });
    await edit({ nodes: 1 });
    await up();
    expect(await names()).toEqual(namesOf(1));
    expect(await voting()).toEqual({ voters: namesOf(1), exclusions: 0 });
    expect(await cluster.settings()).toEqual({});
    await expectLibrary();
    say(`destroyed, back with two, and down to one: ${seconds(performance.now() - from)}`);
  });
});
