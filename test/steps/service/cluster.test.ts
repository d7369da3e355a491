import { describe, expect, it } from 'vitest';

import { EsEcsError, type ErrorCode } from '../../../src/errors.ts';
import type {
  ClusterControl,
  ClusterHealth,
  ClusterNode,
  ShardCopy,
} from '../../../src/elasticsearch/client.ts';
import { topology } from '../../../src/elasticsearch/topology.ts';
import { createVirtualClock } from '../../../src/engine/clock.ts';
import type { Resource } from '../../../src/engine/resource.ts';
import { createSimulatedAccount } from '../../../src/simulator/account.ts';
import { simulatedClusterView } from '../../../src/simulator/elasticsearch/cluster-view.ts';
import type { StepContext } from '../../../src/steps/context.ts';
import { ClusterAsker } from '../../../src/steps/service/ask-cluster.ts';
import { clusterGate, type ClusterState } from '../../../src/steps/service/cluster.ts';
import type { ServiceDeployment } from '../../../src/steps/service/services.ts';
import { createBench, facts } from '../support/bench.ts';

const uuid = 'Q2x1c3RlclV1aWQwMDAwMA';
const names = ['search-0', 'search-1', 'search-2'];

const member = (name: string): ClusterNode => ({
  name,
  id: `id of ${name}`,
  ephemeralId: `start of ${name}`,
  zone: 'eu-west-1a',
  roles: ['master', 'data'],
  version: '9.4.6',
  isMaster: name === 'search-0',
  uptimeMs: 60_000,
  diskTotalBytes: 200e9,
  diskAvailableBytes: 192e9,
  diskUsedPercent: 4,
  heapMaxBytes: 4e9,
  heapUsedPercent: 30,
});

const green: ClusterHealth = {
  status: 'green',
  nodes: 3,
  dataNodes: 3,
  shards: 4,
  initializing: 0,
  relocating: 0,
  unassigned: 0,
  delayedUnassigned: 0,
};

const nobody = createSimulatedAccount({ clock: createVirtualClock({ startMs: 0 }) });

const whole: ClusterControl = {
  // What the gate has no business with: nobody answers.
  ...simulatedClusterView(nobody.world, 'search'),
  health: async () => green,
  settings: async () => ({ persistent: {}, transient: {} }),
  nodes: async () => names.map(member),
  clusterUuid: async () => uuid,
  delays: async () => ({ hasTemplate: true, silent: [] }),
  shards: async () => [],
  indices: async () => [],
};

interface Gate {
  readonly gate: Resource<unknown, ClusterState>;
  readonly context: StepContext;
  /** How often a way in was asked for. */
  readonly connected: () => number;
}

type Deployments = readonly Pick<ServiceDeployment, 'status' | 'rollout'>[];

/** A gate whose tasks all run, before a cluster that answers as the test says. */
function gateTo(
  connect: () => Promise<ClusterControl | undefined>,
  deployments: Deployments = [{ status: 'PRIMARY', rollout: 'COMPLETED' }],
): Gate {
  let count = 0;
  const counted = (): Promise<ClusterControl | undefined> => {
    count += 1;
    return connect();
  };
  const blank = createBench();
  const { adapters } = blank.context;
  const { context } = createBench('', { adapters: { ...adapters, cluster: { connect: counted } } });
  // What ECS says is not what is tested here.
  context.inventory.find = (async (_collection: unknown, address: string) =>
    address.startsWith('service/')
      ? { deployments }
      : { status: 'RUNNING', health: 'HEALTHY' }) as unknown as typeof context.inventory.find;
  context.inventory.owned = async () => [];
  const gate = clusterGate(context, topology(context.config, facts), {
    needs: {},
    asker: new ClusterAsker(context),
    grown: new Set(),
  });
  return { gate, context, connected: () => count };
}

function find({ gate }: Gate, fresh = true): Promise<ClusterState | undefined> {
  return gate.find({ id: undefined, fresh, inputs: {} });
}

async function phase(view: ClusterControl | undefined): Promise<string | undefined> {
  const set = gateTo(async () => view);
  const seen = await find(set);
  return seen && set.gate.phase(seen);
}

describe('the last gate', () => {
  it('opens when all nodes have joined one green cluster, and is known by its UUID', async () => {
    const set = gateTo(async () => whole);
    const seen = await find(set);
    expect(seen && set.gate.phase(seen)).toBe('ready');
    expect(seen && set.gate.id(seen)).toBe(uuid);
  });

  it.each<[string, Partial<ClusterControl>]>([
    ['a node is missing', { nodes: async () => names.slice(1).map(member) }],
    ['it is yellow', { health: async () => ({ ...green, status: 'yellow', unassigned: 1 }) }],
    ['it has not formed', { clusterUuid: async () => undefined }],
  ])('stays shut while %s', async (_name, change) => {
    expect(await phase({ ...whole, ...change })).toBe('pending');
  });

  it('opens though it is yellow, where no node can take what is missing, and says so; not where one could', async () => {
    const yellow: ClusterHealth = { ...green, status: 'yellow', unassigned: 1 };
    const on = (node: string | undefined, isPrimary = false): ShardCopy => ({
      index: 'logs',
      shard: 0,
      isPrimary,
      state: node === undefined ? 'unassigned' : 'started',
      node,
      relocatingTo: undefined,
      bytes: undefined,
      unassignedReason: undefined,
    });
    const wide: ClusterControl = {
      ...whole,
      health: async () => yellow,
      shards: async () => [on('search-0', true), on('search-1'), on('search-2'), on(undefined)],
      indices: async () => [
        {
          name: 'logs',
          health: 'yellow',
          isOpen: true,
          shards: 1,
          replicas: 3,
          autoExpandReplicas: undefined,
          documents: 1,
          bytes: 1,
        },
      ],
      explainReplica: async () => ({ isRefused: true, refusals: names.map(() => ['same_shard', 'enable']) }),
    };
    const set = gateTo(async () => wide);
    const seen = await find(set);
    expect(seen && set.gate.phase(seen)).toBe('ready');
    expect(seen && set.gate.remarks?.(seen)).toEqual([
      'the cluster stays yellow: the index logs wants 3 replicas beside each primary, and there are 3 data nodes',
    ]);
    const shut = {
      'one that somebody holds': { isRefused: true, refusals: [['same_shard'], ['same_shard'], ['enable']] },
      'one that is awaited': { isRefused: false, refusals: [['same_shard'], ['same_shard'], ['same_shard']] },
      'one that nobody explains': undefined,
    };
    for (const [what, verdict] of Object.entries(shut))
      expect(await phase({ ...wide, explainReplica: async () => verdict }), what).toBe('pending');
    const primary = [on(undefined, true), on(undefined)];
    expect(await phase({ ...wide, shards: async () => primary })).toBe('pending');
    expect(await phase({ ...wide, health: async () => ({ ...yellow, relocating: 1 }) })).toBe('pending');
    expect(await phase({ ...wide, nodes: async () => names.slice(1).map(member) })).toBe('pending');
  });

  it('lets shards wait for their node where nobody has said how long, once in a run, and not where it only looks', async () => {
    const told: (readonly string[])[] = [];
    const short: ClusterControl = {
      ...whole,
      delays: async () => ({ hasTemplate: true, silent: ['logs'] }),
      lengthenDelays: async (silent) => void told.push(silent),
    };
    const set = gateTo(async () => short);
    const looked = await find(set, false);
    expect(looked && set.gate.diff(undefined, looked)).toEqual([]);
    const seen = await find(set);
    const [change, ...others] = (seen && set.gate.diff(undefined, seen)) ?? [];
    expect(others).toEqual([]);
    expect(change).toMatchObject({ path: 'index.unassigned.node_left.delayed_timeout', after: '10m' });
    await change?.apply?.();
    expect(told).toEqual([['logs']]);
  });

  it('stays shut while ECS is about to restart tasks that still run as if nothing were', async () => {
    const old = { status: 'ACTIVE', rollout: 'COMPLETED' };
    const set = gateTo(async () => whole, [{ status: 'PRIMARY', rollout: 'IN_PROGRESS' }, old]);
    const seen = await find(set);
    expect(seen && set.gate.phase(seen)).toBe('pending');
    expect(await set.gate.explain?.(seen)).toBe('ECS is about to restart search-0, search-1, search-2');
    // One that ECS has not called complete yet, and that follows no other: its task serves.
    const first = gateTo(async () => whole, [{ status: 'PRIMARY', rollout: 'IN_PROGRESS' }]);
    const begun = await find(first);
    expect(begun && first.gate.phase(begun)).toBe('ready');
  });

  it("takes ECS's word where there is no way in", async () => {
    expect(await phase(undefined)).toBe('ready');
  });

  it('keeps a way in that works, and looks for it anew after one that led nowhere', async () => {
    const set = gateTo(async () => whole);
    await find(set);
    await find(set);
    expect(set.connected()).toBe(1);
    const lost = gateTo(async () => ({
      ...whole,
      health: () => Promise.reject(new EsEcsError('CLUSTER_UNREACHABLE', 'nobody answers')),
    }));
    await find(lost);
    await find(lost);
    expect(lost.connected()).toBe(2);
  });
});

function failing(code: ErrorCode): Gate {
  return gateTo(async () => ({ ...whole, health: () => Promise.reject(new EsEcsError(code, 'as it is')) }));
}

describe('what goes wrong while it is waited for', () => {
  it.each<[ErrorCode]>([['HOST_KEY_CHANGED'], ['CLUSTER_UNTRUSTED'], ['ACCESS_DENIED'], ['SSH']])(
    '%s ends the wait at once',
    async (code) => {
      await expect(find(failing(code))).rejects.toMatchObject({ code });
    },
  );

  it.each<[ErrorCode, number]>([
    ['CLUSTER_PASSWORD', 60_000],
    ['KEY_UNUSABLE', 60_000],
    ['BASTION_UNREACHABLE', 180_000],
  ])('%s ends it after %i ms', async (code, limitMs) => {
    const set = failing(code);
    expect(await find(set)).toMatchObject({ problem: 'as it is' });
    await set.context.clock.sleep(limitMs - 1);
    expect(await find(set)).toMatchObject({ problem: 'as it is' });
    await set.context.clock.sleep(1);
    await expect(find(set)).rejects.toMatchObject({ code });
  });

  it.each<[ErrorCode]>([['CLUSTER_NO_MASTER'], ['CLUSTER_UNREACHABLE']])(
    '%s may pass, however long it takes',
    async (code) => {
      const set = failing(code);
      await find(set);
      await set.context.clock.sleep(20 * 60_000);
      const seen = await find(set);
      expect(seen && set.gate.phase(seen)).toBe('pending');
      expect(await set.gate.explain?.(seen)).toContain('as it is');
    },
  );

  it('is only shown by a look that waits for nothing', async () => {
    expect(await find(failing('HOST_KEY_CHANGED'), false)).toMatchObject({ problem: 'as it is' });
  });

  it('keeps a bug a bug', async () => {
    const set = gateTo(() => Promise.reject(new TypeError('undefined is not a function')));
    await expect(find(set)).rejects.toThrow(TypeError);
  });
});
