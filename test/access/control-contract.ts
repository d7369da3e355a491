import { homelessReasons } from '../../src/elasticsearch/rules/homeless.ts';
import { isSettled, lookAt } from '../../src/elasticsearch/rules/situation.ts';
import { expect } from 'vitest';

import type { ClusterControl, ClusterNode, ShardCopy } from '../../src/elasticsearch/client.ts';
import {
  allocationOf,
  enableChange,
  excludeChange,
  markerChange,
  markersOf,
} from '../../src/elasticsearch/cluster-settings.ts';
import { EsEcsError } from '../../src/errors.ts';

/** A green cluster of three nodes with nothing in it, `search-0` to `search-2`, real or simulated. */
export interface Subject {
  readonly control: ClusterControl;
  readonly version: string;
  /** Looks again and again until it is so, in the cluster's own time. @throws Error when it never is */
  eventually(what: string, isSo: () => Promise<boolean>): Promise<void>;
  /** Ends a node cleanly. */
  stop(node: string): Promise<void>;
  /** Starts it again, on the same disk. */
  start(node: string): Promise<void>;
}

/** What holds of both, one after the other; each leaves the cluster green and its settings as they were. */
export interface ContractCase {
  readonly name: string;
  readonly run: (subject: Subject) => Promise<void>;
}

const names = ['search-0', 'search-1', 'search-2'];

const green = ({ control, eventually }: Subject): Promise<void> =>
  eventually('green and at rest', async () => {
    const { isReached } = await control.waitForHealth({ status: 'green', nodes: 3, atRest: true });
    return isReached;
  });

async function copiesOf(control: ClusterControl, index: string): Promise<readonly ShardCopy[]> {
  return (await control.shards()).filter((copy) => copy.index === index);
}

async function makeIndex({ control }: Subject, name: string, settings: object): Promise<void> {
  // As soon as it is there, not when its shards are.
  const path = `/${name}?wait_for_active_shards=0`;
  const answer = await control.request({ method: 'PUT', path, body: { settings } });
  expect(answer).toMatchObject({ status: 200, body: { acknowledged: true, index: name } });
}

async function nodeNamed(control: ClusterControl, name: string): Promise<ClusterNode> {
  const node = (await control.nodes()).find((one) => one.name === name);
  if (node === undefined) throw new Error(`${name} is not in the cluster`);
  return node;
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
  } catch (error) {
    if (error instanceof EsEcsError) return error.code;
    throw error;
  }
  return 'none';
}

/** In this order. */
export const controlContract: readonly ContractCase[] = [
  {
    name: 'says how the cluster is, and who is in it',
    run: async (subject) => {
      const { control, version } = subject;
      await green(subject);
      expect(await control.health()).toMatchObject({
        ...{ status: 'green', nodes: 3, dataNodes: 3 },
        ...{ initializing: 0, relocating: 0, unassigned: 0, delayedUnassigned: 0 },
      });
      const nodes = await control.nodes();
      expect(nodes.map((node) => [node.name, node.version])).toEqual(names.map((name) => [name, version]));
      expect(nodes.filter((node) => node.isMaster)).toHaveLength(1);
      for (const key of ['id', 'ephemeralId', 'zone'] as const)
        expect(new Set(nodes.map((node) => node[key])).size, key).toBe(3);
      for (const node of nodes) {
        expect(node.id).toMatch(/^[\w-]{22}$/);
        expect(node.roles).toEqual(expect.arrayContaining(['master', 'data']));
        expect(node.uptimeMs).toBeGreaterThan(0);
        expect(node.diskTotalBytes).toBeGreaterThan(node.diskAvailableBytes ?? Infinity);
        expect(node.diskAvailableBytes).toBeGreaterThan(0);
        expect(node.diskUsedPercent).toBeGreaterThan(0);
        expect(node.heapMaxBytes).toBe(512 * 1024 ** 2);
        expect(node.heapUsedPercent).toBeGreaterThan(0);
      }
      expect(await control.clusterUuid()).toMatch(/^[\w-]{22}$/);
      expect(await control.runningSnapshots()).toEqual([]);
    },
  },
  {
    name: 'lists every copy of every shard, and every index',
    run: async (subject) => {
      const { control } = subject;
      await makeIndex(subject, 'books', { number_of_shards: 2, number_of_replicas: 1 });
      await makeIndex(subject, 'hidden', { 'index.hidden': true, auto_expand_replicas: '0-1' });
      await green(subject);
      const book = { title: 'The Lottery' };
      const written = await control.request({ method: 'POST', path: '/books/_doc?refresh=true', body: book });
      expect(written.status).toBe(201);
      const count = await control.request({ method: 'GET', path: '/books/_count' });
      expect(count.body).toMatchObject({ count: 1 });
      expect(await control.flush()).toMatchObject({ failed: 0 });
      const copies = await copiesOf(control, 'books');
      expect(copies).toHaveLength(4);
      expect(copies.filter((copy) => copy.isPrimary).map((copy) => copy.shard)).toEqual([0, 1]);
      for (const copy of copies) {
        expect(copy).toMatchObject({
          state: 'started',
          relocatingTo: undefined,
          unassignedReason: undefined,
        });
        expect(names).toContain(copy.node);
        expect(copy.bytes).toBeGreaterThan(0);
        const twins = copies.filter((other) => other.shard === copy.shard && other.node === copy.node);
        expect(twins).toEqual([copy]);
      }
      const indices = await control.indices();
      const seen = (name: string): unknown => indices.find((index) => index.name === name);
      const common = { health: 'green', isOpen: true, replicas: 1 };
      expect(seen('books')).toMatchObject({ ...common, shards: 2, autoExpandReplicas: undefined });
      expect(seen('hidden')).toMatchObject({ ...common, shards: 1, autoExpandReplicas: '0-1' });
    },
  },
  {
    name: 'keeps the shards of a closed index where they are',
    run: async (subject) => {
      const { control } = subject;
      const before = (await copiesOf(control, 'books')).map(({ shard, node }) => [shard, node]).toSorted();
      const told = await control.request({ method: 'POST', path: '/books/_close' });
      expect(told).toMatchObject({ status: 200, body: { acknowledged: true } });
      await green(subject);
      const books = (await control.indices()).find((index) => index.name === 'books');
      expect(books).toMatchObject({ isOpen: false, health: 'green', shards: 2, replicas: 1 });
      const after = (await copiesOf(control, 'books')).map(({ shard, node }) => [shard, node]).toSorted();
      expect(after).toEqual(before);
      expect(await control.request({ method: 'GET', path: '/books/_count' })).toMatchObject({
        status: 400,
        body: { error: { type: 'index_closed_exception' } },
      });
      await control.request({ method: 'POST', path: '/books/_open' });
      await green(subject);
    },
  },
  {
    name: 'knows which settings an index has, and refuses all others',
    run: async (subject) => {
      const { control } = subject;
      const body = { settings: { 'index.no_such': 1 } };
      for (const request of [
        { method: 'PUT', path: '/wrong', body },
        { method: 'PUT', path: '/books/_settings', body: body.settings },
      ] as const) {
        const answer = await control.request(request);
        expect(answer, request.path).toMatchObject({
          status: 400,
          body: { error: { type: 'illegal_argument_exception' } },
        });
        expect(JSON.stringify(answer.body)).toContain('unknown setting [index.no_such]');
      }
      expect(await control.request({ method: 'DELETE', path: '/_all' })).toMatchObject({ status: 400 });
      expect(
        await control.request({ method: 'GET', path: '/_cluster/health/no-such-index?timeout=1s' }),
      ).toMatchObject({ status: 408, body: { timed_out: true, status: 'red' } });
    },
  },
  {
    name: 'lets shards wait longer for their node, where nobody has said how long',
    run: async (subject) => {
      const { control } = subject;
      const key = 'index.unassigned.node_left.delayed_timeout';
      await makeIndex(subject, 'impatient', { number_of_replicas: 1, [key]: '30s' });
      const before = await control.delays();
      expect(before.hasTemplate).toBe(false);
      expect(before.silent).toEqual(expect.arrayContaining(['books', 'hidden']));
      expect(before.silent).not.toContain('impatient');
      await control.lengthenDelays([...before.silent, 'gone-meanwhile']);
      expect(await control.delays()).toEqual({ hasTemplate: true, silent: [] });
      await makeIndex(subject, 'later', { number_of_replicas: 1 });
      // Of templates that are not legacy ones, one alone counts.
      const template = { index_patterns: ['composed*'], template: { settings: { number_of_replicas: 1 } } };
      const put = await control.request({ method: 'PUT', path: '/_index_template/composed', body: template });
      expect(put.status).toBe(200);
      await makeIndex(subject, 'composed', {});
      expect((await control.delays()).silent).toEqual(['composed']);
      const said = await control.request({
        method: 'GET',
        path: `/books,later,impatient/_settings/${key}?flat_settings=true`,
      });
      expect(said.body).toEqual({
        books: { settings: { [key]: '10m' } },
        later: { settings: { [key]: '10m' } },
        impatient: { settings: { [key]: '30s' } },
      });
      // What is named by a wildcard has to be there, whatever else is named.
      const wild = await control.request({
        method: 'PUT',
        path: '/books,no-such-*/_settings?ignore_unavailable=true&preserve_existing=true',
        body: { [key]: '11m' },
      });
      expect(wild.status).toBe(404);
      for (const path of [
        '/impatient',
        '/later',
        '/composed',
        '/_index_template/composed',
        '/_template/es-ecs',
      ])
        expect((await control.request({ method: 'DELETE', path })).status, path).toBe(200);
      await green(subject);
    },
  },
  {
    name: 'says why a replica has no node to go to, whichever way that is so',
    run: async (subject) => {
      const { control, eventually } = subject;
      await makeIndex(subject, 'wide', { number_of_shards: 2, number_of_replicas: 3 });
      await eventually(
        'three copies of each',
        async () => (await copiesOf(control, 'wide')).filter((copy) => copy.state === 'started').length === 6,
      );
      const wide = await control.explainReplica('wide', 0);
      expect(wide?.isRefused).toBe(true);
      expect(wide?.refusals).toHaveLength(3);
      expect(wide?.refusals.every((names) => names.includes('same_shard'))).toBe(true);
      await eventually('at rest', async () => isSettled(await lookAt(control)));
      const { homeless, health } = await lookAt(control);
      expect(health.status).toBe('yellow');
      expect(homeless).toHaveLength(2);
      expect(homelessReasons(homeless)).toEqual([
        'the index wide wants 3 replicas beside each primary, and there are 3 data nodes',
      ]);
      // Held by somebody: every node would take it, were it allowed.
      await control.request({ method: 'DELETE', path: '/wide' });
      await green(subject);
      expect(await control.explainReplica('books', 0)).toMatchObject({ isRefused: false });
      await control.putSettings({ persistent: enableChange('primaries') });
      await makeIndex(subject, 'held', { number_of_replicas: 1 });
      await eventually('its primary started', async () =>
        (await copiesOf(control, 'held')).some((copy) => copy.isPrimary && copy.state === 'started'),
      );
      const held = await control.explainReplica('held', 0);
      expect(held?.isRefused).toBe(true);
      expect(held?.refusals.every((names) => names.includes('enable'))).toBe(true);
      expect((await lookAt(control)).homeless).toEqual([]);
      await control.putSettings({ persistent: enableChange('all') });
      await control.request({ method: 'DELETE', path: '/held' });
      expect(await control.explainReplica('held', 0)).toBeUndefined();
      await green(subject);
    },
  },
  {
    name: 'keeps the shards of an index where it says, and off nodes of a zone that is excluded',
    run: async (subject) => {
      const { control, eventually } = subject;
      const on = async (index: string): Promise<readonly (string | undefined)[]> =>
        (await copiesOf(control, index)).filter((copy) => copy.state === 'started').map(({ node }) => node);
      await makeIndex(subject, 'pinned', {
        number_of_replicas: 0,
        'routing.allocation.require._name': 'search-1',
      });
      await eventually('it is on that node', async () => (await on('pinned')).join() === 'search-1');
      await control.request({
        method: 'PUT',
        path: '/pinned/_settings',
        body: { 'index.routing.allocation.require._name': 'search-2' },
      });
      await eventually('it has moved', async () => (await on('pinned')).join() === 'search-2');
      await makeIndex(subject, 'thin', {
        number_of_shards: 4,
        number_of_replicas: 0,
        'routing.allocation.total_shards_per_node': 1,
      });
      await eventually('one on each node', async () => (await on('thin')).length === 3);
      expect((await control.health()).status).toBe('red');
      await control.request({ method: 'DELETE', path: '/thin' });
      await makeIndex(subject, 'nowhere', {
        number_of_replicas: 0,
        'routing.allocation.require._name': 'nobody',
      });
      expect((await control.health()).status).toBe('red');
      await control.request({ method: 'DELETE', path: '/nowhere' });
      await control.request({ method: 'DELETE', path: '/pinned' });
      const zone = (await nodeNamed(control, 'search-2')).zone ?? '';
      await control.putSettings({ persistent: { 'cluster.routing.allocation.exclude.zone': zone } });
      await eventually('the zone is empty', async () =>
        (await control.shards()).every((copy) => copy.node !== 'search-2'),
      );
      await control.putSettings({ persistent: { 'cluster.routing.allocation.exclude.zone': null } });
      await green(subject);
    },
  },
  {
    name: 'changes settings together or not at all, and takes them back',
    run: async ({ control }) => {
      await control.putSettings({
        persistent: { ...enableChange('primaries'), ...markerChange('roll', 'search-2') },
      });
      let settings = await control.settings();
      expect(allocationOf(settings)).toMatchObject({ enable: 'primaries', excludedNames: [] });
      expect(markersOf(settings)).toEqual({ roll: 'search-2' });
      const wrong = { ...enableChange('none'), 'cluster.no_such_setting': 1 };
      expect(await codeOf(control.putSettings({ persistent: wrong }))).toBe('CLUSTER_REFUSED');
      for (const illegal of [
        { 'cluster.routing.allocation.enable': 'sometimes' },
        { 'cluster.routing.rebalance.enable': 'sometimes' },
        { 'cluster.max_shards_per_node': 0 },
        { 'logger.level': 'debug' },
        // Above the high one, whose default is 90%.
        { 'cluster.routing.allocation.disk.watermark.low': '95%' },
      ])
        expect(await codeOf(control.putSettings({ persistent: illegal })), JSON.stringify(illegal)).toBe(
          'CLUSTER_REFUSED',
        );
      const taken = {
        'snapshot.max_concurrent_operations': 500,
        'http.tracer.include': '*x',
        'health.node.enabled': true,
        'script.max_compilations_rate': '100/5m',
        'cluster.auto_shrink_voting_configuration': true,
        'cluster.remote.other.skip_unavailable': true,
        'cluster.remote.other.seeds': ['127.0.0.9:9300'],
      };
      await control.putSettings({ persistent: taken });
      await control.putSettings({
        persistent: Object.fromEntries(Object.keys(taken).map((key) => [key, null])),
      });
      expect(allocationOf(await control.settings()).enable).toBe('primaries');
      await control.putSettings({
        persistent: { ...enableChange('all'), ...markerChange('roll', null) },
        // What is not there can be taken back too.
        transient: { 'cluster.routing.allocation.enable': null },
      });
      settings = await control.settings();
      expect(settings).toEqual({ persistent: {}, transient: {} });
    },
  },
  {
    name: 'assigns no replica while only primaries may be, and says that it is not green in time',
    run: async (subject) => {
      const { control } = subject;
      await control.putSettings({ persistent: enableChange('primaries') });
      await makeIndex(subject, 'late', { number_of_replicas: 1 });
      await subject.eventually('the primary started', async () =>
        (await copiesOf(control, 'late')).some((copy) => copy.isPrimary && copy.state === 'started'),
      );
      const wait = await control.waitForHealth({ status: 'green' });
      expect(wait).toMatchObject({ isReached: false, health: { status: 'yellow', unassigned: 1 } });
      expect(await control.waitForHealth({ status: 'yellow', nodes: 3 })).toMatchObject({ isReached: true });
      const replica = (await copiesOf(control, 'late')).find((copy) => !copy.isPrimary);
      expect(replica).toMatchObject({ state: 'unassigned', node: undefined, bytes: undefined });
      expect(replica?.unassignedReason).toBe('INDEX_CREATED');
      await control.putSettings({ persistent: enableChange('all') });
      await green(subject);
    },
  },
  {
    name: 'drains a node that is excluded by its name, and lets it have shards again',
    run: async (subject) => {
      const { control } = subject;
      const onLast = async (): Promise<number> =>
        (await control.shards()).filter((copy) => copy.node === 'search-2').length;
      await subject.eventually('the last node holds a shard', async () => (await onLast()) > 0);
      await control.putSettings({ persistent: excludeChange(['search-2']) });
      expect(allocationOf(await control.settings()).excludedNames).toEqual(['search-2']);
      await subject.eventually('the last node is empty', async () => (await onLast()) === 0);
      await green(subject);
      const hidden = (await control.indices()).find((index) => index.name === 'hidden');
      expect(hidden?.replicas).toBe(1);
      await control.putSettings({ persistent: excludeChange([]) });
      await subject.eventually('the last node holds a shard', async () => (await onLast()) > 0);
      await green(subject);
    },
  },
  {
    name: 'knows the watermarks, by default and as they are set',
    run: async ({ control }) => {
      const usual = await control.watermarks();
      expect(usual).toMatchObject({
        isEnabled: true,
        low: { value: '85%' },
        high: { value: '90%' },
        floodStage: { value: '95%' },
      });
      expect(usual.low.maxHeadroom.toLowerCase()).toBe('200gb');
      const prefix = 'cluster.routing.allocation.disk.watermark';
      const set = { [`${prefix}.low`]: '3gb', [`${prefix}.high`]: '2gb', [`${prefix}.flood_stage`]: '1gb' };
      await control.putSettings({ persistent: set });
      expect(await control.watermarks()).toEqual({
        isEnabled: true,
        low: { value: '3gb', maxHeadroom: '-1' },
        high: { value: '2gb', maxHeadroom: '-1' },
        floodStage: { value: '1gb', maxHeadroom: '-1' },
      });
      await control.putSettings({
        persistent: Object.fromEntries(Object.keys(set).map((key) => [key, null])),
      });
      expect(await control.watermarks()).toEqual(usual);
    },
  },
  {
    name: "takes a master's vote, which hands over, and gives it back only when told that it stays",
    run: async (subject) => {
      const { control } = subject;
      const voterNames = async (): Promise<readonly (string | undefined)[]> =>
        (await control.voting()).voters.map((voter) => voter.name).toSorted();
      expect(await voterNames()).toEqual(names);
      const master = (await control.nodes()).find((node) => node.isMaster);
      if (master === undefined) throw new Error('there is a master');
      await control.excludeVotes([master.name]);
      // Twice is as once.
      await control.excludeVotes([master.name]);
      const voting = await control.voting();
      expect(voting.exclusions).toEqual([{ id: master.id, name: master.name }]);
      expect(voting.voters.map((voter) => voter.name)).not.toContain(master.name);
      await subject.eventually('another master', async () => {
        const now = (await control.nodes()).find((node) => node.isMaster);
        return now !== undefined && now.name !== master.name;
      });
      await subject.eventually('one vote', async () => (await voterNames()).length === 1);
      expect(await codeOf(control.clearVoteExclusions({ awaitRemoval: true }))).toBe('CLUSTER_REFUSED');
      await control.clearVoteExclusions({ awaitRemoval: false });
      expect((await control.voting()).exclusions).toEqual([]);
      await subject.eventually('three votes', async () => (await voterNames()).length === 3);
    },
  },
  {
    name: 'takes the vote of a node that is not there, by its id, and clears the list as of one that has left',
    run: async ({ control }) => {
      const id = 'AAAAAAAAAAAAAAAAAAAAAA';
      await control.excludeAbsentVotes([id]);
      // Twice is as once.
      await control.excludeAbsentVotes([id]);
      const voting = await control.voting();
      expect(voting.exclusions).toEqual([{ id, name: undefined }]);
      expect(voting.voters.map((voter) => voter.name).toSorted()).toEqual(names);
      await control.clearVoteExclusions({ awaitRemoval: true });
      expect((await control.voting()).exclusions).toEqual([]);
    },
  },
  {
    name: 'answers anything that is asked, refusals included',
    run: async ({ control, version }) => {
      const table = await control.request({ method: 'GET', path: '/_cat/nodes?h=name&s=name' });
      expect(table.status).toBe(200);
      expect(String(table.body).trim().split(/\s+/).toSorted()).toEqual(names);
      expect(await control.request({ method: 'GET', path: '/' })).toMatchObject({
        status: 200,
        body: { version: { number: version } },
      });
      expect(await control.request({ method: 'GET', path: '/no-such-index' })).toMatchObject({
        status: 404,
        body: { error: { type: 'index_not_found_exception' } },
      });
      expect(await control.request({ method: 'HEAD', path: '/books' })).toEqual({
        status: 200,
        body: undefined,
      });
      expect(await control.request({ method: 'HEAD', path: '/no-such-index' })).toEqual({
        status: 404,
        body: undefined,
      });
      const body = '{"persistent":{"cluster.metadata.es_ecs_note":"as a text"}}';
      const put = await control.request({ method: 'PUT', path: '/_cluster/settings', body });
      expect(put.status).toBe(200);
      expect(markersOf(await control.settings())).toEqual({ note: 'as a text' });
      await control.putSettings({ persistent: markerChange('note', null) });
    },
  },
  {
    name: 'sees a node go and come back: its shards wait for it, and for leave to be assigned',
    run: async (subject) => {
      const { control, eventually } = subject;
      await green(subject);
      const before = await nodeNamed(control, 'search-1');
      const held = (await control.shards()).filter((copy) => copy.node === 'search-1').length;
      expect(held).toBeGreaterThan(0);
      await control.putSettings({ persistent: enableChange('primaries') });
      await control.flush();
      await subject.stop('search-1');
      await eventually('two nodes', async () => (await control.health()).nodes === 2);
      await eventually('yellow', async () => (await control.health()).status === 'yellow');
      const health = await control.health();
      expect(health).toMatchObject({ dataNodes: 2, unassigned: held, delayedUnassigned: held });
      expect((await control.nodes()).map((node) => node.name)).toEqual(['search-0', 'search-2']);
      const missing = (await control.shards()).filter((copy) => copy.state === 'unassigned');
      expect(missing.map((copy) => copy.unassignedReason)).toEqual(Array(held).fill('NODE_LEFT'));
      // Three votes stay three, or two could shrink them to themselves.
      const { voters } = await control.voting();
      expect(voters.map((voter) => voter.name).toSorted()).toEqual(['search-0', 'search-2', undefined]);
      expect(voters.map((voter) => voter.id)).toContain(before.id);
      await subject.start('search-1');
      await eventually('three nodes', async () => (await control.health()).nodes === 3);
      const after = await nodeNamed(control, 'search-1');
      expect(after.id).toBe(before.id);
      expect(after.ephemeralId).not.toBe(before.ephemeralId);
      expect(await control.waitForHealth({ status: 'green' })).toMatchObject({ isReached: false });
      await control.putSettings({ persistent: enableChange('all') });
      await green(subject);
      const count = await control.request({ method: 'GET', path: '/books/_count' });
      expect(count.body).toMatchObject({ count: 1 });
    },
  },
];
