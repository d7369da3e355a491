import {
  CreateClusterCommand,
  DeleteClusterCommand,
  DeregisterContainerInstanceCommand,
  DescribeClustersCommand,
  DescribeContainerInstancesCommand,
  ListContainerInstancesCommand,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateClusterSettingsCommand,
} from '@aws-sdk/client-ecs';

import type { Clients } from '../../../src/aws/clients.ts';
import { answer, outcome, tagsOf } from '../case.ts';
import type { ContractCase } from '../case.ts';
import { makeInstance } from '../fixtures.ts';

function make({ ecs }: Clients, clusterName: string) {
  return ecs.send(
    new CreateClusterCommand({
      clusterName,
      settings: [{ name: 'containerInsights', value: 'disabled' }],
      tags: [{ key: 'es-ecs-cluster', value: 'search' }],
    }),
  );
}

function look({ ecs }: Clients, name: string) {
  return ecs.send(new DescribeClustersCommand({ clusters: [name], include: ['SETTINGS', 'TAGS'] }));
}

function arn(kind: string, rest: string): string {
  return `arn:aws:ecs:eu-west-1:123456789012:${kind}/${rest}`;
}

export const ecsClusterCases: readonly ContractCase[] = [
  {
    name: 'ECS cluster: create, look at it, delete it',
    calls: ['ECS:CreateCluster', 'ECS:DescribeClusters', 'ECS:DeleteCluster'],
    expected: {
      'name, ARN, status': [true, true, 'ACTIVE'],
      settings: [{ name: 'containerInsights', value: 'disabled' }],
      tags: { 'es-ecs-cluster': 'search' },
      'creating it again': true,
      deleting: 'done',
      'deleting an unknown one': 'ClusterNotFoundException',
    },
    run: async (clients, scratch) => {
      const { ecs } = clients;
      const name = scratch.name('cluster');
      const made = await make(clients, name);
      const seen = (await look(clients, name)).clusters?.[0];
      const again = await make(clients, name);
      const remove = (cluster: string) => outcome(ecs.send(new DeleteClusterCommand({ cluster })));
      const nobody = scratch.name('nobody');
      return {
        'name, ARN, status': [
          seen?.clusterName === name,
          seen?.clusterArn === arn('cluster', name),
          seen?.status,
        ],
        settings: seen?.settings,
        tags: tagsOf(seen?.tags),
        'creating it again': again.cluster?.clusterArn === made.cluster?.clusterArn,
        deleting: await remove(name),
        'deleting an unknown one': await remove(nobody),
      };
    },
  },
  {
    name: 'ECS cluster: other settings',
    calls: ['ECS:UpdateClusterSettings', 'ECS:DescribeClusters'],
    expected: {
      updating: 'done',
      'then they are': [{ name: 'containerInsights', value: 'enabled' }],
      'of an unknown one': 'ClusterNotFoundException',
    },
    run: async (clients, scratch) => {
      const name = scratch.name('cluster');
      await make(clients, name);
      const update = (cluster: string) =>
        outcome(
          clients.ecs.send(
            new UpdateClusterSettingsCommand({
              cluster,
              settings: [{ name: 'containerInsights', value: 'enabled' }],
            }),
          ),
        );
      return {
        updating: await update(name),
        'then they are': (await look(clients, name)).clusters?.[0]?.settings,
        'of an unknown one': await update(scratch.name('nobody')),
      };
    },
  },
  {
    name: 'ECS cluster: an unknown one is missing, a deleted one inactive',
    calls: ['ECS:DescribeClusters', 'ECS:DeleteCluster'],
    // DeleteCluster: "The cluster transitions to the INACTIVE state. Clusters with an INACTIVE status might
    // remain discoverable in your account for a period of time." "API failure reasons": MISSING.
    expected: { unknown: [[], ['MISSING']], deleted: 'gone' },
    run: async (clients, scratch) => {
      const none = await look(clients, scratch.name('nobody'));
      const name = scratch.name('cluster');
      await make(clients, name);
      await clients.ecs.send(new DeleteClusterCommand({ cluster: name }));
      const [deleted] = (await look(clients, name)).clusters ?? [];
      return {
        unknown: [none.clusters, none.failures?.map((failure) => failure.reason)],
        deleted: deleted === undefined || deleted.status === 'INACTIVE' ? 'gone' : deleted.status,
      };
    },
  },
  {
    name: 'ECS cluster: tags',
    calls: ['ECS:TagResource', 'ECS:UntagResource'],
    expected: { 'with another': { 'es-ecs-cluster': 'search', team: 'new' }, 'without one': { team: 'new' } },
    run: async (clients, scratch) => {
      const { ecs } = clients;
      const name = scratch.name('cluster');
      await make(clients, name);
      const resourceArn = arn('cluster', name);
      const tags = async () => tagsOf((await look(clients, name)).clusters?.[0]?.tags);
      for (const value of ['old', 'new']) {
        await ecs.send(new TagResourceCommand({ resourceArn, tags: [{ key: 'team', value }] }));
      }
      const more = await tags();
      await ecs.send(new UntagResourceCommand({ resourceArn, tagKeys: ['es-ecs-cluster'] }));
      return { 'with another': more, 'without one': await tags() };
    },
  },
  {
    name: 'ECS cluster: tagging an unknown one',
    calls: ['ECS:TagResource', 'ECS:UntagResource'],
    expected: { setting: 'ClusterNotFoundException', removing: 'ClusterNotFoundException' },
    run: async ({ ecs }, scratch) => {
      const resourceArn = arn('cluster', scratch.name('nobody'));
      const tags = [{ key: 'team', value: 'x' }];
      return {
        setting: await outcome(ecs.send(new TagResourceCommand({ resourceArn, tags }))),
        removing: await outcome(ecs.send(new UntagResourceCommand({ resourceArn, tagKeys: ['team'] }))),
      };
    },
  },
  {
    name: 'container instance: registers, is seen, is taken out',
    calls: [
      'ECS:ListContainerInstances',
      'ECS:DescribeContainerInstances',
      'ECS:DeregisterContainerInstance',
    ],
    // DeleteCluster: "You must deregister all container instances from this cluster before you may delete
    // it."
    expected: {
      'none at first': [],
      'then there is': 1,
      seen: ['ACTIVE', true, true],
      'its attribute': 'search-0',
      'deleting the cluster': 'ClusterContainsContainerInstancesException',
      'taking it out': 'done',
      'none afterwards': [],
      'deleting the cluster then': 'done',
    },
    run: async (clients, scratch) => {
      const { ecs } = clients;
      const cluster = scratch.name('cluster');
      await make(clients, cluster);
      const list = async () =>
        (await ecs.send(new ListContainerInstancesCommand({ cluster }))).containerInstanceArns ?? [];
      const first = await list();
      const instanceId = await makeInstance(clients);
      const attribute = { name: 'es-ecs-node', value: 'search-0' };
      await scratch.registerHost({ cluster, instanceId, attribute });
      const containerInstances = await scratch.until(list, (arns) => arns.length === 1);
      const described = await ecs.send(
        new DescribeContainerInstancesCommand({ cluster, containerInstances }),
      );
      const [seen] = described.containerInstances ?? [];
      const remove = () => outcome(ecs.send(new DeleteClusterCommand({ cluster })));
      const held = await remove();
      const [containerInstance] = containerInstances;
      const taken = await outcome(
        ecs.send(new DeregisterContainerInstanceCommand({ cluster, containerInstance, force: true })),
      );
      return {
        'none at first': first,
        'then there is': containerInstances.length,
        seen: [seen?.status, seen?.agentConnected, seen?.ec2InstanceId === instanceId],
        'its attribute': seen?.attributes?.find((one) => one.name === 'es-ecs-node')?.value,
        'deleting the cluster': held,
        'taking it out': taken,
        'none afterwards': await list(),
        'deleting the cluster then': await remove(),
      };
    },
  },
  {
    name: 'container instance: unknown ones',
    calls: [
      'ECS:ListContainerInstances',
      'ECS:DescribeContainerInstances',
      'ECS:DeregisterContainerInstance',
    ],
    expected: {
      'listed in an unknown cluster': 'ClusterNotFoundException',
      'described in an unknown cluster': 'ClusterNotFoundException',
      'described, unknown': [[], ['MISSING']],
      'taken out of an unknown cluster': 'ClusterNotFoundException',
      // The API reference gives ClientException and InvalidParameterException, and does not say which it is.
      'taken out, unknown': true,
    },
    run: async (clients, scratch) => {
      const { ecs } = clients;
      const cluster = scratch.name('cluster');
      await make(clients, cluster);
      const nobody = scratch.name('nobody');
      const one = (name: string) => arn('container-instance', `${name}/0123456789abcdef0123456789abcdef`);
      const describe = (name: string) =>
        ecs.send(new DescribeContainerInstancesCommand({ cluster: name, containerInstances: [one(name)] }));
      const takeOut = (name: string) =>
        outcome(
          ecs.send(
            new DeregisterContainerInstanceCommand({
              cluster: name,
              containerInstance: one(name),
              force: true,
            }),
          ),
        );
      return {
        'listed in an unknown cluster': await outcome(
          ecs.send(new ListContainerInstancesCommand({ cluster: nobody })),
        ),
        'described in an unknown cluster': await outcome(describe(nobody)),
        'described, unknown': await answer(describe(cluster), (missing) => [
          missing.containerInstances,
          missing.failures?.map((failure) => failure.reason),
        ]),
        'taken out of an unknown cluster': await takeOut(nobody),
        'taken out, unknown': ['ClientException', 'InvalidParameterException'].includes(
          await takeOut(cluster),
        ),
      };
    },
  },
];
