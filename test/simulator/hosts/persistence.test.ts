import {
  CreateAutoScalingGroupCommand,
  DescribeAutoScalingGroupsCommand,
} from '@aws-sdk/client-auto-scaling';
import { ListContainerInstancesCommand } from '@aws-sdk/client-ecs';
import { expect, it } from 'vitest';

import { parseSnapshot } from '../../../src/simulator/core/snapshot.ts';
import { cluster, ecsCluster, must, network, profile, stage, template, volume } from '../stage.ts';

it('a host that was booting when the account was put away goes on when it is taken out again', async () => {
  const before = stage();
  const net = await network(before);
  await profile(before);
  await cluster(before);
  await template(before);
  await volume(before, 'search-0');
  await before.clients.autoScaling.send(
    new CreateAutoScalingGroupCommand({
      AutoScalingGroupName: 'es-ecs-search-0',
      MinSize: 0,
      MaxSize: 1,
      DesiredCapacity: 1,
      LaunchTemplate: { LaunchTemplateName: 'es-ecs-search', Version: '1' },
      VPCZoneIdentifier: must(net.privateSubnetIds[0]),
      Tags: [{ Key: 'es-ecs-node', Value: 'search-0', PropagateAtLaunch: true }],
    }),
  );
  await before.clock.sleep(10_000);

  const snapshot = must(parseSnapshot(JSON.stringify(before.account.snapshot())));
  const after = stage({ snapshot });
  await after.clock.sleep(snapshot.nowMs - after.clock.now() + 90_000);
  const { AutoScalingGroups } = await after.clients.autoScaling.send(
    new DescribeAutoScalingGroupsCommand({}),
  );
  expect(AutoScalingGroups?.[0]?.Instances).toMatchObject([{ LifecycleState: 'InService' }]);
  const { containerInstanceArns } = await after.clients.ecs.send(
    new ListContainerInstancesCommand({ cluster: ecsCluster }),
  );
  expect(containerInstanceArns).toHaveLength(1);
});
