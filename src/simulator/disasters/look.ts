import { activities, type ActivityRow, groups } from '../auto-scaling/rows.ts';
import type { World } from '../core/world.ts';
import { instances } from '../ec2/instance-rows.ts';
import { containerInstances } from '../ecs/container-instances.ts';
import { tasks } from '../ecs/tasks-table.ts';
import { nodesUp } from '../elasticsearch/coordination.ts';
import { boardOf } from '../elasticsearch/deciders.ts';
import { countAll, type ShardCount } from '../elasticsearch/history.ts';
import { type SimulatedClusterRow, simulatedClusters } from '../elasticsearch/rows.ts';
import { hosts } from '../hosts/boot.ts';
import { groupsByNode } from './nodes.ts';

/** How a node is at a moment. */
export interface NodeLook {
  /** The host that is ready for it: registered, with its agent connected. */
  readonly host: string | undefined;
  readonly volumeId: string | undefined;
  /** Whether its task runs, as far as ECS knows. */
  readonly hasTask: boolean;
  /** Whether it is in the cluster. */
  readonly isIn: boolean;
  /** Why its newest task has ended, if that ended by failing to start. */
  readonly failure: string | undefined;
}

/** How the shards are at a moment. */
export interface ShardLook {
  /** `none`: without an elected master. */
  readonly status: 'green' | 'yellow' | 'red' | 'none';
  /** Copies that are on no node. */
  readonly unassigned: number;
  /** Of these, those that wait for their node. */
  readonly waiting: number;
  /** Every copy of a shard that lies on a disk, by what it is and where, and whether it is on its way up there. */
  readonly copies: ReadonlyMap<string, { readonly isInitializing: boolean; readonly isMoving: boolean }>;
}

/** What a person would see of a cluster at a moment, who looked everywhere at once. */
export interface Look {
  readonly nodes: ReadonlyMap<string, NodeLook>;
  readonly shards: ShardLook;
  /** What its Auto Scaling groups have done, each with its node. */
  readonly activities: ReadonlyMap<string, { readonly node: string; readonly row: ActivityRow }>;
}

/** Looks at a cluster. */
export function lookAt(world: World, cluster: string): Look {
  const names = groupsByNode(world, cluster);
  const nodeOf = new Map([...names].map(([node, group]) => [group, node]));
  const formed = [...world.rows(simulatedClusters).values()].find((row) => row.clusterName === cluster);
  const members = new Set(formed?.masterDiskId === undefined ? [] : formed.members);
  const up = nodesUp(world, cluster);
  const inCluster = up.filter(({ diskId }) => members.has(diskId));
  const nodes = [...names].map(([node, group]): readonly [string, NodeLook] => {
    const member = inCluster.find(({ name }) => name === node);
    return [node, lookAtNode(world, { node, group, cluster, isIn: member !== undefined })];
  });
  return {
    nodes: new Map(nodes),
    shards:
      formed?.masterDiskId === undefined
        ? { status: 'none', unassigned: 0, waiting: 0, copies: copiesOn(formed) }
        : shardsOf(formed, countAll(boardOf(world, formed, inCluster))),
    activities: new Map(
      [...world.rows(activities).values()].flatMap((row) => {
        const node = nodeOf.get(row.groupName);
        // Copied: its end is another moment.
        return node === undefined ? [] : [[row.id, { node, row: { ...row } }] as const];
      }),
    ),
  };
}

function shardsOf(formed: SimulatedClusterRow, count: ShardCount): ShardLook {
  const { status, unassigned, delayed: waiting } = count;
  return { status, unassigned, waiting, copies: copiesOn(formed) };
}

function copiesOn(formed: SimulatedClusterRow | undefined): ShardLook['copies'] {
  return new Map(
    (formed?.copies ?? []).map(({ index, shard, diskId, state, movesFrom }) => [
      `${index} ${shard} ${diskId}`,
      { isInitializing: state === 'initializing', isMoving: movesFrom !== undefined },
    ]),
  );
}

function lookAtNode(
  world: World,
  of: { readonly node: string; readonly group: string; readonly cluster: string; readonly isIn: boolean },
): NodeLook {
  const members = world.rows(groups).get(of.group)?.members ?? [];
  const registered = [...world.rows(containerInstances).values()].filter(
    ({ status, agentConnected }) => status !== 'INACTIVE' && agentConnected,
  );
  const host = members.find(
    ({ instanceId, lifecycle }) =>
      lifecycle === 'InService' &&
      world.rows(instances).get(instanceId)?.state === 'running' &&
      registered.some((one) => one.instanceId === instanceId),
  )?.instanceId;
  const own = [...world.rows(tasks).values()].filter(
    ({ clusterName, group }) => clusterName === `es-ecs-${of.cluster}` && group === `service:${of.node}`,
  );
  const newest = own.at(-1);
  const hasFailed =
    newest?.stopCode === 'TaskFailedToStart' || newest?.stopCode === 'EssentialContainerExited';
  const failure = newest?.lastStatus === 'STOPPED' && hasFailed ? newest.stoppedReason : undefined;
  return {
    host,
    volumeId: host === undefined ? undefined : world.rows(hosts).get(host)?.volumeId,
    hasTask: newest?.lastStatus === 'RUNNING',
    isIn: of.isIn,
    failure,
  };
}

/** Whether nothing is missing: every node with a host, a task and a place in the cluster, and all shards where they belong. */
export function isWell({ nodes, shards }: Look): boolean {
  return (
    shards.status === 'green' &&
    [...nodes.values()].every(({ host, hasTask, isIn }) => host !== undefined && hasTask && isIn)
  );
}
