import {
  DescribeInstanceTypeOfferingsCommand,
  DescribeInstanceTypesCommand,
  paginateDescribeInstanceTypes,
} from '@aws-sdk/client-ec2';
import { expect, it } from 'vitest';

import { refusal, stage, zones } from '../stage.ts';

const { ec2 } = stage().clients;

async function zonesWith(type: string): Promise<readonly (string | undefined)[]> {
  const { InstanceTypeOfferings = [] } = await ec2.send(
    new DescribeInstanceTypeOfferingsCommand({
      LocationType: 'availability-zone',
      Filters: [{ Name: 'instance-type', Values: [type] }],
    }),
  );
  return InstanceTypeOfferings.map((one) => one.Location);
}

it('gives memory, processors and architecture', async () => {
  const { InstanceTypes } = await ec2.send(
    new DescribeInstanceTypesCommand({ InstanceTypes: ['r7g.xlarge', 't3.small'] }),
  );
  expect(InstanceTypes).toMatchObject([
    {
      InstanceType: 'r7g.xlarge',
      MemoryInfo: { SizeInMiB: 32_768 },
      VCpuInfo: { DefaultVCpus: 4 },
      ProcessorInfo: { SupportedArchitectures: ['arm64'] },
    },
    { InstanceType: 't3.small', MemoryInfo: { SizeInMiB: 2048 }, BurstablePerformanceSupported: true },
  ]);
});

it('names what does not exist', async () => {
  const unknown = new DescribeInstanceTypesCommand({ InstanceTypes: ['m7g.huge' as never] });
  expect(await refusal(ec2.send(unknown))).toBe('InvalidInstanceType');
});

it('comes in pages', async () => {
  const sizes: number[] = [];
  for await (const one of paginateDescribeInstanceTypes({ client: ec2 }, {})) {
    sizes.push(one.InstanceTypes?.length ?? 0);
  }
  expect(sizes.length).toBeGreaterThan(1);
  expect(Math.max(...sizes)).toBeLessThanOrEqual(20);
});

it('is not offered alike in all zones', async () => {
  expect(await zonesWith('m7g.large')).toEqual(zones);
  expect(await zonesWith('i4g.large')).toEqual(zones.slice(0, 2));
  expect(await zonesWith('m7g.huge')).toEqual([]);
});
