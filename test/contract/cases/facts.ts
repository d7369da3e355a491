import {
  DescribeAvailabilityZonesCommand,
  DescribeImagesCommand,
  DescribeInstanceTypeOfferingsCommand,
  DescribeInstanceTypesCommand,
} from '@aws-sdk/client-ec2';
import type { _InstanceType } from '@aws-sdk/client-ec2';
import { GetServiceQuotaCommand } from '@aws-sdk/client-service-quotas';
import { GetParametersCommand } from '@aws-sdk/client-ssm';
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts';

import { GetAccountPlanStateCommand } from '../../../src/aws/free-tier.ts';
import { outcome } from '../case.ts';
import type { ContractCase } from '../case.ts';
import { hostImage, otherZone, zone } from '../fixtures.ts';

export const factsCases: readonly ContractCase[] = [
  {
    name: 'facts: who is calling',
    calls: ['STS:GetCallerIdentity'],
    expected: { account: '123456789012', partition: 'aws' },
    run: async ({ sts }) => {
      const { Account, Arn } = await sts.send(new GetCallerIdentityCommand({}));
      return { account: Account, partition: Arn?.split(':')[1] };
    },
  },
  {
    name: 'facts: zones of the region',
    calls: ['EC2:DescribeAvailabilityZones'],
    expected: { 'at least three': true, 'two that are known': true, states: ['available'] },
    run: async ({ ec2 }) => {
      const { AvailabilityZones: all = [] } = await ec2.send(new DescribeAvailabilityZonesCommand({}));
      const zones = all.filter((one) => (one.ZoneType ?? 'availability-zone') === 'availability-zone');
      const names = zones.map((one) => one.ZoneName);
      return {
        'at least three': zones.length >= 3,
        'two that are known': names.includes(zone) && names.includes(otherZone),
        states: [...new Set(zones.map((one) => one.State))],
      };
    },
  },
  {
    name: 'facts: a quota',
    calls: ['ServiceQuotas:GetServiceQuota'],
    // Service Quotas API reference, GetServiceQuota; the code is the one that `list-service-quotas` gives.
    expected: { 'VPCs of a region': true, 'an unknown one': 'NoSuchResourceException' },
    run: async ({ serviceQuotas }) => {
      const get = (QuotaCode: string) =>
        serviceQuotas.send(new GetServiceQuotaCommand({ ServiceCode: 'vpc', QuotaCode }));
      const { Quota } = await get('L-F678F1CE');
      return {
        'VPCs of a region': (Quota?.Value ?? 0) >= 1 && Quota?.QuotaCode === 'L-F678F1CE',
        'an unknown one': await outcome(get('L-00000000')),
      };
    },
  },
  {
    name: "facts: the account's plan",
    calls: ['FreeTier:GetAccountPlanState'],
    // Billing and Cost Management API reference, GetAccountPlanState.
    expected: { account: '123456789012', type: 'PAID' },
    run: async ({ freeTier }) => {
      const answer = await freeTier.send(new GetAccountPlanStateCommand({})).catch(() => undefined);
      return { account: answer?.accountId ?? 'no answer', type: answer?.accountPlanType ?? 'no answer' };
    },
  },
  {
    name: 'facts: what an instance type is',
    calls: ['EC2:DescribeInstanceTypes'],
    // EC2 user guide, "Amazon EC2 instance type specifications"; error codes: InvalidInstanceType.
    expected: {
      'm7g.large': ['arm64', 2, 8192],
      't3.micro': ['x86_64', 2, 1024],
      'an unknown one': 'InvalidInstanceType',
      'an unknown one among others': 'InvalidInstanceType',
    },
    run: async ({ ec2 }) => {
      // A type that nobody has is no member of the SDK's union.
      const describe = (...names: string[]) =>
        ec2.send(new DescribeInstanceTypesCommand({ InstanceTypes: names as _InstanceType[] }));
      const { InstanceTypes = [] } = await describe('m7g.large', 't3.micro');
      const facts = (name: string) => {
        const type = InstanceTypes.find((one) => one.InstanceType === name);
        const architectures = type?.ProcessorInfo?.SupportedArchitectures ?? [];
        return [
          architectures.find((one) => one === 'arm64' || one === 'x86_64'),
          type?.VCpuInfo?.DefaultVCpus,
          type?.MemoryInfo?.SizeInMiB,
        ];
      };
      return {
        'm7g.large': facts('m7g.large'),
        't3.micro': facts('t3.micro'),
        'an unknown one': await outcome(describe('m0.nothing')),
        'an unknown one among others': await outcome(describe('m7g.large', 'm0.nothing')),
      };
    },
  },
  {
    name: 'facts: where an instance type is offered',
    calls: ['EC2:DescribeInstanceTypeOfferings'],
    expected: { 'in zones of the region': true, 'of an unknown one': 0 },
    run: async ({ ec2 }) => {
      const offered = async (name: string) => {
        const answer = await ec2.send(
          new DescribeInstanceTypeOfferingsCommand({
            LocationType: 'availability-zone',
            Filters: [{ Name: 'instance-type', Values: [name] }],
          }),
        );
        return answer.InstanceTypeOfferings ?? [];
      };
      const own = await offered('t3.micro');
      return {
        'in zones of the region':
          own.length > 0 &&
          own.every(
            (one) => one.InstanceType === 't3.micro' && one.Location?.startsWith('eu-west-1') === true,
          ),
        'of an unknown one': (await offered('m0.nothing')).length,
      };
    },
  },
  {
    name: 'facts: the images of today',
    calls: ['SSM:GetParameters'],
    // GetParameters answers with what it does not know in InvalidParameters, and is no error.
    expected: { 'all found': 2, 'are images': true, 'an unknown one': [[], ['/aws/service/nobody']] },
    run: async ({ ssm }) => {
      const get = (...Names: string[]) => ssm.send(new GetParametersCommand({ Names }));
      const { Parameters = [] } = await get(
        '/aws/service/ecs/optimized-ami/amazon-linux-2023/recommended/image_id',
        '/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64',
      );
      const none = await get('/aws/service/nobody');
      return {
        'all found': Parameters.length,
        'are images': Parameters.every((one) => /^ami-[0-9a-f]+$/.test(one.Value ?? '')),
        'an unknown one': [none.Parameters, none.InvalidParameters],
      };
    },
  },
  {
    name: 'facts: the images of today for Graviton',
    calls: ['SSM:GetParameters'],
    // "Retrieving Amazon ECS-optimized Linux AMI metadata", and "Reference the latest AMIs using Systems
    // Manager".
    expected: { 'all found': 2 },
    run: async ({ ssm }) => {
      const Names = [
        '/aws/service/ecs/optimized-ami/amazon-linux-2023/arm64/recommended/image_id',
        '/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64',
      ];
      return { 'all found': (await ssm.send(new GetParametersCommand({ Names }))).Parameters?.length };
    },
  },
  {
    name: 'facts: an image',
    calls: ['EC2:DescribeImages'],
    expected: { seen: ['available', 'x86_64'], 'an unknown one': 'InvalidAMIID.NotFound' },
    run: async (clients) => {
      const describe = (id: string) => clients.ec2.send(new DescribeImagesCommand({ ImageIds: [id] }));
      const { Images } = await describe(await hostImage(clients));
      return {
        seen: [Images?.[0]?.State, Images?.[0]?.Architecture],
        'an unknown one': await outcome(describe('ami-0123456789abcdef0')),
      };
    },
  },
];
