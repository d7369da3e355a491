import { table, type World } from '../core/world.ts';
import { holdsPlace, tasks } from './tasks-table.ts';

interface Placed {
  readonly clusterName: string;
  readonly status: string;
}

// Known here by name only: these tables' own files need the cluster's.
const containerInstances = table<Placed>('ecs/container-instances');
const services = table<Placed>('ecs/services');

/** What stands in a cluster, counted as DescribeClusters counts. */
export interface ClusterContents {
  readonly containerInstances: number;
  readonly runningTasks: number;
  readonly pendingTasks: number;
  readonly activeServices: number;
  /** With the draining ones, which also keep a cluster from being deleted. */
  readonly services: number;
}

export function clusterContents(world: World, clusterName: string): ClusterContents {
  const inCluster = <Row extends { readonly clusterName: string }>(rows: Iterable<Row>): Row[] =>
    [...rows].filter((row) => row.clusterName === clusterName);
  const live = inCluster(world.rows(tasks).values()).filter(holdsPlace);
  const known = inCluster(world.rows(services).values());
  const instances = inCluster(world.rows(containerInstances).values());
  return {
    containerInstances: instances.filter((row) => row.status !== 'INACTIVE').length,
    runningTasks: live.filter((task) => task.lastStatus !== 'PENDING').length,
    pendingTasks: live.filter((task) => task.lastStatus === 'PENDING').length,
    activeServices: known.filter((row) => row.status === 'ACTIVE').length,
    services: known.filter((row) => row.status !== 'INACTIVE').length,
  };
}
