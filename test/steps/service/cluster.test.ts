import { describe, expect, it } from 'vitest';

import { EsEcsError, type ErrorCode } from '../../../src/errors.ts';
import type { ClusterControl, ClusterHealth, ClusterNode } from '../../../src/elasticsearch/client.ts';
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
