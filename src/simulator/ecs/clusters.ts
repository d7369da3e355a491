import type {
  Cluster,
  ClusterConfiguration,
  ClusterSetting,
  CreateClusterCommandInput,
  CreateClusterCommandOutput,
  DeleteClusterCommandInput,
  DeleteClusterCommandOutput,
  DescribeClustersCommandInput,
  DescribeClustersCommandOutput,
  ListClustersCommandInput,
  ListClustersCommandOutput,
  UpdateClusterSettingsCommandInput,
  UpdateClusterSettingsCommandOutput,
} from '@aws-sdk/client-ecs';

import { servicePrincipals } from '../../aws/partitions.ts';
import { SimulatedFailure } from '../core/failure.ts';
import { page } from '../core/operation.ts';
import { table, type World } from '../core/world.ts';
import {
  type Answer,
  atMost,
  ecsArn,
  type EcsTags,
  fromTags,
  invalidParameter,
  roleNotAssumable,
  shortName,
  toEcsTags,
} from './common.ts';
import { requireServiceLinkedRole } from '../iam/service-linked-roles.ts';
import { clusterContents } from './contents.ts';

export interface ClusterRow {
  readonly name: string;
  readonly arn: string;
  /** Deleted clusters linger as INACTIVE and can be made again under their name. */
  status: 'ACTIVE' | 'INACTIVE';
  settings: ClusterSetting[];
  configuration: ClusterConfiguration | undefined;
  tags: EcsTags;
  /** When the scheduler looks for places next. */
  looksAtMs?: number;
}

export const clusters = table<ClusterRow>('ecs/clusters');

/** The name in a name or ARN; ECS's default is `default`. */
export function clusterNameOf(nameOrArn: string | undefined): string {
  return shortName(nameOrArn ?? 'default');
}

/** @throws SimulatedFailure ClusterNotFoundException, also for a deleted one. */
export function requireCluster(world: World, nameOrArn: string | undefined): ClusterRow {
  const row = world.rows(clusters).get(clusterNameOf(nameOrArn));
  if (row?.status !== 'ACTIVE') throw new SimulatedFailure('ClusterNotFoundException', 'Cluster not found.');
  return row;
}

function toCluster(world: World, row: ClusterRow, include: readonly string[] = []): Cluster {
  const counts = clusterContents(world, row.name);
  return {
    clusterArn: row.arn,
    clusterName: row.name,
    status: row.status,
    registeredContainerInstancesCount: counts.containerInstances,
    runningTasksCount: counts.runningTasks,
    pendingTasksCount: counts.pendingTasks,
    activeServicesCount: counts.activeServices,
    statistics: [],
    capacityProviders: [],
    defaultCapacityProviderStrategy: [],
    settings: include.includes('SETTINGS') ? row.settings : [],
    tags: include.includes('TAGS') ? toEcsTags(row.tags) : [],
    ...(include.includes('CONFIGURATIONS') && row.configuration !== undefined
      ? { configuration: row.configuration }
      : {}),
  };
}

const namePattern = /^[a-zA-Z0-9_-]{1,255}$/;

/** Clusters, as the ECS API reference describes them. */
export const clusterOperations = {
  /** The same name again gives the cluster that is there, as it is. */
  CreateCluster(world: World, input: CreateClusterCommandInput): Answer<CreateClusterCommandOutput> {
    const name = input.clusterName ?? 'default';
    if (!namePattern.test(name)) throw invalidParameter(`Invalid cluster name: ${name}`);
    requireServiceLinkedRole(world, servicePrincipals.ecs, roleNotAssumable);
    const known = world.rows(clusters).get(name);
    if (known?.status === 'ACTIVE') {
      return { cluster: toCluster(world, known, ['TAGS', 'SETTINGS', 'CONFIGURATIONS']) };
    }
    const row: ClusterRow = {
      name,
      arn: ecsArn(world, `cluster/${name}`),
      status: 'ACTIVE',
      settings: input.settings ?? [{ name: 'containerInsights', value: 'disabled' }],
      configuration: input.configuration,
      tags: fromTags(input.tags),
    };
    world.rows(clusters).delete(name);
    world.rows(clusters).set(name, row);
    return { cluster: toCluster(world, row, ['TAGS', 'SETTINGS', 'CONFIGURATIONS']) };
  },

  DescribeClusters(world: World, input: DescribeClustersCommandInput): Answer<DescribeClustersCommandOutput> {
    atMost('Clusters', input.clusters, 100);
    const asked = input.clusters ?? ['default'];
    const found = asked.map((one) => world.rows(clusters).get(clusterNameOf(one)));
    return {
      clusters: found.flatMap((row) => (row === undefined ? [] : [toCluster(world, row, input.include)])),
      failures: asked
        .filter((_, index) => found[index] === undefined)
        .map((one) => ({ arn: ecsArn(world, `cluster/${clusterNameOf(one)}`), reason: 'MISSING' })),
    };
  },

  ListClusters(world: World, input: ListClustersCommandInput): Answer<ListClustersCommandOutput> {
    const active = [...world.rows(clusters).values()].filter((row) => row.status === 'ACTIVE');
    const { items, nextToken } = page(active, input.nextToken, input.maxResults, 100);
    return { clusterArns: items.map((row) => row.arn), nextToken };
  },

  UpdateClusterSettings(
    world: World,
    input: UpdateClusterSettingsCommandInput,
  ): Answer<UpdateClusterSettingsCommandOutput> {
    const row = requireCluster(world, input.cluster);
    for (const setting of input.settings ?? []) {
      row.settings = [...row.settings.filter((one) => one.name !== setting.name), setting];
    }
    return { cluster: toCluster(world, row, ['SETTINGS']) };
  },

  DeleteCluster(world: World, input: DeleteClusterCommandInput): Answer<DeleteClusterCommandOutput> {
    const row = requireCluster(world, input.cluster);
    const counts = clusterContents(world, row.name);
    if (counts.containerInstances > 0) {
      throw stillContains('ContainerInstances', 'Container Instances are active or draining');
    }
    if (counts.services > 0) throw stillContains('Services', 'Services are active');
    if (counts.runningTasks + counts.pendingTasks > 0) throw stillContains('Tasks', 'Tasks are active');
    row.status = 'INACTIVE';
    return { cluster: toCluster(world, row) };
  },
} as const;

function stillContains(what: string, because: string): SimulatedFailure {
  return new SimulatedFailure(
    `ClusterContains${what}Exception`,
    `The Cluster cannot be deleted while ${because}.`,
  );
}
