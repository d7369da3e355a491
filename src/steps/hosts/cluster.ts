import {
  type Cluster as SdkCluster,
  CreateClusterCommand,
  DeleteClusterCommand,
  DeregisterContainerInstanceCommand,
  DescribeClustersCommand,
  type ECSClient,
  paginateListContainerInstances,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateClusterSettingsCommand,
} from '@aws-sdk/client-ecs';

import { collectPages } from '../../aws/ec2.ts';
import type { Collection } from '../../aws/inventory.ts';
import { diffTags, fromSmallTags, type Tags, type TagWriter, toSmallTags } from '../../aws/tags.ts';
import { unless } from '../../aws/unless.ts';
import type { Change, Resource } from '../../engine/resource.ts';
import { invariant } from '../../errors.ts';
import { ownTags, type StepContext } from '../context.ts';
import { clusterName } from '../names.ts';
import { brief, retries } from '../waits.ts';
import { contentsOfCluster } from './cluster-contents.ts';

export interface EcsClusterDesired {
  readonly clusterName: string;
  /** Container Insights costs by the metric; off unless somebody asks for it. */
  readonly containerInsights: 'enabled' | 'disabled';
  readonly tags: Tags;
}

export interface EcsCluster {
  readonly clusterName: string;
  readonly clusterArn: string;
  readonly status: string;
  readonly containerInsights: string;
  readonly tags: Tags;
}

const missing = ['ClusterNotFoundException'];

/** ECS clusters by name. */
export const clusters: Collection<EcsCluster> = {
  name: 'ECS clusters',
  byIds: async ({ ecs }, names) => {
    const { clusters: found } = await ecs.send(
      new DescribeClustersCommand({ clusters: [...names], include: ['SETTINGS', 'TAGS'] }),
    );
    return (found ?? []).map(toCluster);
  },
  chunk: 100,
  id: (cluster) => cluster.clusterName,
  tags: (cluster) => cluster.tags,
  // A deleted cluster "may remain discoverable in your account for a period of time" (DeleteCluster).
  isGone: (cluster) => cluster.status === 'INACTIVE',
};

/**
 * The ECS cluster that hosts join and services run in. It has no capacity provider: a group of one scales nothing, and a
 * cluster with one cannot be deleted before it. Its name is unique in the region, so a repeated create makes no second one.
 */
export function ecsCluster(context: StepContext): Resource<EcsClusterDesired, EcsCluster> {
  const address = 'hosts/cluster';
  const name = clusterName(context.config);
  const { ecs } = context.clients;
  return {
    address,
    needs: {},
    waits: { ...brief, for: 'the ECS cluster' },
    provenByAnswers: true,
    desired: () => ({
      clusterName: name,
      containerInsights: 'disabled',
      tags: ownTags(context, address),
    }),
    find: (sight) => context.inventory.find(clusters, address, { ...sight, name }),
    id: (observed) => observed.clusterName,
    phase: (observed) => phaseOf(observed.status),
    diff: (desired, observed) => [
      ...insightsChange(ecs, desired, observed),
      ...diffTags(desired.tags, observed.tags, {
        ...ecsTags(ecs, observed.clusterArn),
        former: context.formerTags,
      }),
    ],
    create: async (desired) => {
      const { cluster } = await ecs.send(
        new CreateClusterCommand({
          clusterName: desired.clusterName,
          settings: [{ name: 'containerInsights', value: desired.containerInsights }],
          tags: toSmallTags(desired.tags),
        }),
      );
      invariant(cluster?.clusterName, 'CreateCluster answers with a name');
      return { id: cluster.clusterName, observed: { ...toCluster(cluster), tags: desired.tags } };
    },
    once: { by: 'name' },
    // The first cluster of an account has ECS make its service-linked role, which IAM may not know yet.
    createRetries: retries.ecsRoleNotReady,
    destroy: async (observed) => {
      await deregisterHosts(ecs, observed.clusterName);
      await unless(missing, ecs.send(new DeleteClusterCommand({ cluster: observed.clusterName })));
    },
    destroyRetries: {
      names: [
        'ClusterContainsContainerInstancesException',
        'ClusterContainsServicesException',
        'ClusterContainsTasksException',
        'UpdateInProgressException',
      ],
      limitMs: 10 * 60_000,
    },
    blockers: (observed) => contentsOfCluster(context, observed.clusterName),
    explain: (observed) =>
      Promise.resolve(observed === undefined ? undefined : `ECS calls it ${observed.status}`),
  };
}

function phaseOf(status: string): 'pending' | 'ready' | 'failed' | 'gone' {
  if (status === 'ACTIVE') return 'ready';
  if (status === 'FAILED') return 'failed';
  return status === 'INACTIVE' ? 'gone' : 'pending';
}

/**
 * Hosts are gone by now, as their groups go before the cluster; but ECS forgets only those whose agent was connected to
 * the end ("Deregistering an Amazon ECS container instance"), and a cluster with one left over can never be deleted.
 */
async function deregisterHosts(client: ECSClient, cluster: string): Promise<void> {
  const left = await unless(
    missing,
    collectPages(
      paginateListContainerInstances({ client }, { cluster }),
      (page) => page.containerInstanceArns,
    ),
  );
  const deregistrations = (left ?? []).map((containerInstance) =>
    // Some other run, or ECS itself, may be faster: then it is no container instance any more.
    unless(
      ['InvalidParameterException', 'ClientException', ...missing],
      client.send(new DeregisterContainerInstanceCommand({ cluster, containerInstance, force: true })),
    ),
  );
  await Promise.all(deregistrations);
}

function insightsChange(ecs: ECSClient, desired: EcsClusterDesired, observed: EcsCluster): readonly Change[] {
  if (desired.containerInsights === observed.containerInsights) return [];
  return [
    {
      path: 'settings.containerInsights',
      before: observed.containerInsights,
      after: desired.containerInsights,
      impact: 'in-place',
      apply: async () => {
        await ecs.send(
          new UpdateClusterSettingsCommand({
            cluster: observed.clusterName,
            settings: [{ name: 'containerInsights', value: desired.containerInsights }],
          }),
        );
      },
    },
  ];
}

/** Sets and removes tags on an ECS thing: a cluster, a service. */
export function ecsTags(ecs: ECSClient, resourceArn: string): TagWriter {
  return {
    set: async (tags) => {
      await ecs.send(new TagResourceCommand({ resourceArn, tags: toSmallTags(tags) }));
    },
    unset: async (tagKeys) => {
      await ecs.send(new UntagResourceCommand({ resourceArn, tagKeys: [...tagKeys] }));
    },
  };
}

function toCluster(found: SdkCluster): EcsCluster {
  const insights = (found.settings ?? []).find((setting) => setting.name === 'containerInsights');
  return {
    clusterName: found.clusterName ?? '',
    clusterArn: found.clusterArn ?? '',
    status: found.status ?? 'PROVISIONING',
    containerInsights: insights?.value ?? 'disabled',
    tags: fromSmallTags(found.tags),
  };
}
