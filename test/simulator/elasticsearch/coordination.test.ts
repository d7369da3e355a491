import { describe, expect, it } from 'vitest';

import { createVirtualClock } from '../../../src/engine/clock.ts';
import { createSimulatedAccount, type SimulatedAccount } from '../../../src/simulator/account.ts';
import { simulatedClusterView } from '../../../src/simulator/elasticsearch/cluster-view.ts';
import { settle } from '../../../src/simulator/elasticsearch/coordination.ts';
import { openDisk } from '../../../src/simulator/elasticsearch/disks.ts';
import { type NodeIdentity, programs, simulatedClusters } from '../../../src/simulator/elasticsearch/rows.ts';

const initial = ['a', 'b', 'c'];

function account(): SimulatedAccount {
  return createSimulatedAccount({ clock: createVirtualClock({ startMs: 0 }) });
}

/** Starts a node on the disk of its name, or stops it. */
function node(
  on: SimulatedAccount,
  name: string,
  changes: Partial<NodeIdentity> & { isUp?: boolean } = {},
): void {
  const { isUp = true, ...identity } = changes;
  const row: NodeIdentity = {
    name,
    clusterName: 'search',
    zone: name,
    roles: ['master', 'data'],
    version: '9.4.6',
    diskId: name,
    initialMasters: initial,
    heapMiB: 512,
    ephemeralId: name,
    ...identity,
  };
  const { world } = on;
  openDisk(world, row);
  world.rows(programs).set(name, {
    taskArn: name,
    instanceId: name,
    status: isUp ? 'running' : 'stopped',
    health: 'HEALTHY',
    exitCode: undefined,
    reason: undefined,
    node: row,
    isUp,
    isTerminating: false,
    startedAtMs: 0,
    trouble: undefined,
  });
}

async function settled(on: SimulatedAccount): Promise<string> {
  settle(on.world, 'search');
  for (let second = 0; second < 90; second += 1) {
    await on.clock.sleep(1000);
    on.world.catchUp();
  }
  return simulatedClusterView(on.world, 'search')
    .health()
    .then(
      (health) => `${health.status} ${health.nodes}`,
      () => 'none',
    );
}

describe('the simulated Elasticsearch', () => {
  it('bootstraps with a majority of the initial masters and not before', async () => {
    const on = account();
    node(on, 'a');
    expect(await settled(on)).toBe('none');
    node(on, 'b');
    expect(await settled(on)).toBe('green 2');
    node(on, 'c');
    expect(await settled(on)).toBe('green 3');
    expect(on.world.rows(simulatedClusters).size).toBe(1);
    expect([...on.world.rows(simulatedClusters).values()][0]?.votingConfiguration.toSorted()).toEqual(
      initial,
    );
  });

  it('never forms of empty nodes without the right to bootstrap, and takes them in where a cluster is', async () => {
    const on = account();
    node(on, 'd', { initialMasters: [] });
    node(on, 'e', { initialMasters: [] });
    expect(await settled(on)).toBe('none');
    for (const name of initial) node(on, name);
    expect(await settled(on)).toBe('green 5');
  });

  it('keeps its UUID over a full stop, and a lost disk joins as a new one', async () => {
    const on = account();
    for (const name of initial) node(on, name);
    await settled(on);
    const view = simulatedClusterView(on.world, 'search');
    const uuid = await view.clusterUuid();
    for (const name of initial) node(on, name, { isUp: false });
    expect(await settled(on)).toBe('none');
    node(on, 'a');
    node(on, 'b');
    node(on, 'c', { diskId: 'blank' });
    expect(await settled(on)).toBe('green 3');
    expect(await view.clusterUuid()).toBe(uuid);
  });

  it('is red while the only copy that is in step is away, and green when it is back', async () => {
    const on = account();
    for (const name of initial) node(on, name);
    await settled(on);
    const [cluster] = on.world.rows(simulatedClusters).values();
    const security = (cluster?.copies ?? []).filter((copy) => copy.index === '.security-7');
    const primary = security.find((copy) => copy.isPrimary)?.diskId ?? '';
    const replica = security.find((copy) => !copy.isPrimary)?.diskId ?? '';
    node(on, replica, { isUp: false });
    settle(on.world, 'search');
    const [other = ''] = initial.filter((name) => name !== primary && name !== replica);
    // The replica is stale from here on, and its node comes back only after the primary's has gone.
    node(on, primary, { isUp: false });
    node(on, replica);
    expect(await settled(on)).toMatch(/^red 2$/);
    node(on, primary);
    expect(await settled(on)).toBe('green 3');
    expect(other).not.toBe('');
  });

  it('elects another master when the master goes', async () => {
    const on = account();
    for (const name of initial) node(on, name);
    await settled(on);
    const view = simulatedClusterView(on.world, 'search');
    const masterOf = async (): Promise<string | undefined> =>
      (await view.nodes()).find((one) => one.isMaster)?.name;
    const first = (await masterOf()) ?? '';
    node(on, first, { isUp: false });
    expect(await settled(on)).toBe('green 2');
    expect(await masterOf()).not.toBe(first);
  });
});
