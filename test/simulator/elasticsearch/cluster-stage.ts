import { createVirtualClock } from '../../../src/engine/clock.ts';
import { createSimulatedAccount, type SimulatedAccount } from '../../../src/simulator/account.ts';
import { simulatedClusterView } from '../../../src/simulator/elasticsearch/cluster-view.ts';
import { settle } from '../../../src/simulator/elasticsearch/coordination.ts';
import { idFor, openDisk } from '../../../src/simulator/elasticsearch/disks.ts';
import {
  type NodeIdentity,
  programs,
  simulatedClusters,
  type SimulatedClusterRow,
} from '../../../src/simulator/elasticsearch/rows.ts';
import type { ClusterControl } from '../../../src/elasticsearch/client.ts';

/** A simulated Elasticsearch without AWS: nodes are started and stopped by hand. */
export interface ClusterStage {
  readonly account: SimulatedAccount;
  readonly control: ClusterControl;
  /** The cluster's row, once it has formed. */
  readonly cluster: SimulatedClusterRow;
  /** A node that answers, on the disk of its own name unless told otherwise. */
  start(name: string, changes?: Partial<NodeIdentity>): void;
  stop(name: string): void;
  pass(seconds: number): Promise<void>;
  /** Second by second, for at most an hour. */
  until(what: string, isSo: () => Promise<boolean>): Promise<void>;
}

/** @param initial the names in `cluster.initial_master_nodes` */
export function clusterStage(
  initial: readonly string[] = ['search-0', 'search-1', 'search-2'],
): ClusterStage {
  const clock = createVirtualClock({ startMs: 0 });
  const account = createSimulatedAccount({ clock });
  const { world } = account;
  const control = simulatedClusterView(world, 'search');
  let starts = 0;
  const pass = async (seconds: number): Promise<void> => {
    for (let second = 0; second < seconds; second += 1) {
      await clock.sleep(1000);
      world.catchUp();
    }
  };
  return {
    account,
    control,
    get cluster() {
      const [row] = world.rows(simulatedClusters).values();
      if (row === undefined) throw new Error('no cluster has formed');
      return row;
    },
    start: (name, changes = {}) => {
      starts += 1;
      const node: NodeIdentity = {
        name,
        clusterName: 'search',
        zone: `zone of ${name}`,
        roles: ['master', 'data'],
        version: '9.4.6',
        diskId: name,
        initialMasters: initial,
        heapMiB: 512,
        ephemeralId: idFor(`start ${starts}`),
        ...changes,
      };
      openDisk(world, node);
      world.rows(programs).set(name, {
        taskArn: name,
        instanceId: name,
        status: 'running',
        health: 'HEALTHY',
        exitCode: undefined,
        reason: undefined,
        node,
        isUp: true,
        isTerminating: false,
        startedAtMs: world.nowMs,
        trouble: undefined,
      });
      settle(world, 'search');
    },
    stop: (name) => {
      const row = world.rows(programs).get(name);
      if (row === undefined) throw new Error(`${name} was never started`);
      row.status = 'stopped';
      row.isUp = false;
      settle(world, 'search');
    },
    pass,
    until: async (what, isSo) => {
      for (let second = 0; second < 3600; second += 1) {
        if (await isSo()) return;
        await pass(1);
      }
      throw new Error(`it never came: ${what}`);
    },
  };
}
