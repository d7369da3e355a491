import { CreateAutoScalingGroupCommand } from '@aws-sdk/client-auto-scaling';
import { CreateVolumeCommand, RunInstancesCommand } from '@aws-sdk/client-ec2';
import { GetServiceQuotaCommand } from '@aws-sdk/client-service-quotas';
import { expect, it } from 'vitest';

import { imageId, must, network, profile, refusal, stage, template, zones } from './stage.ts';

it('refuses more vCPUs than the account may have running', async () => {
  const on = stage({ quotas: { vcpus: 5 } });
  const { publicSubnetId: SubnetId } = await network(on);
  const ImageId = await imageId(on);
  const launch = (count: number): Promise<string | undefined> =>
    refusal(
      on.clients.ec2.send(
        new RunInstancesCommand({
          ImageId,
          InstanceType: 'm7g.large',
          SubnetId,
          MinCount: count,
          MaxCount: count,
        }),
      ),
    );
  expect(await launch(3)).toBe('VcpuLimitExceeded');
  expect(await launch(2)).toBeUndefined();
  expect(await launch(1)).toBe('VcpuLimitExceeded');
});

it('refuses more gp3 storage than the account may have', async () => {
  const { ec2 } = stage({ quotas: { gp3TiB: 1 } }).clients;
  const make = (Size: number, VolumeType: 'gp3' | 'gp2'): Promise<string | undefined> =>
    refusal(ec2.send(new CreateVolumeCommand({ AvailabilityZone: must(zones[0]), Size, VolumeType })));
  expect(await make(1000, 'gp3')).toBeUndefined();
  expect(await make(25, 'gp3')).toBe('VolumeLimitExceeded');
  expect(await make(25, 'gp2')).toBeUndefined();
  expect(await make(24, 'gp3')).toBeUndefined();
});

it('refuses more groups than the account may have', async () => {
  const on = stage({ quotas: { groups: 1 } });
  const { privateSubnetIds } = await network(on);
  await profile(on);
  const LaunchTemplate = { LaunchTemplateId: await template(on), Version: '1' };
  const make = (AutoScalingGroupName: string): Promise<string | undefined> =>
    refusal(
      on.clients.autoScaling.send(
        new CreateAutoScalingGroupCommand({
          AutoScalingGroupName,
          LaunchTemplate,
          MinSize: 0,
          MaxSize: 1,
          VPCZoneIdentifier: must(privateSubnetIds[0]),
        }),
      ),
    );
  expect(await make('one')).toBeUndefined();
  expect(await make('two')).toBe('LimitExceededFault');
});

it('says what it keeps to, and nothing of other quotas', async () => {
  const { serviceQuotas } = stage({ quotas: { vcpus: 5 } }).clients;
  const get = (ServiceCode: string, QuotaCode: string) =>
    serviceQuotas.send(new GetServiceQuotaCommand({ ServiceCode, QuotaCode }));
  expect((await get('ec2', 'L-1216C47A')).Quota?.Value).toBe(5);
  expect(await refusal(get('ec2', 'L-F678F1CE'))).toBe('NoSuchResourceException');
});
