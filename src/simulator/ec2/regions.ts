import type { DescribeRegionsCommandInput, DescribeRegionsCommandOutput } from '@aws-sdk/client-ec2';

import { ec2Host } from '../../aws/partitions.ts';
import { SimulatedFailure } from '../core/failure.ts';
import type { World } from '../core/world.ts';
import { type Answer, describeRows, type Ec2Row } from './common.ts';

/** An account has every region; a simulated one knows only its own, so that nobody goes looking in the others. */
export const regionOperations = {
  DescribeRegions(world: World, input: DescribeRegionsCommandInput): Answer<DescribeRegionsCommandOutput> {
    const own: Ec2Row = { id: world.region, tags: {}, visibleAtMs: 0 };
    const endpoint = ec2Host(world.region);
    const found = describeRows(world, new Map([[own.id, own]]), {
      ids: input.RegionNames,
      filters: input.Filters,
      fields: {
        'region-name': (row) => [row.id],
        endpoint: () => [endpoint],
        'opt-in-status': () => ['opt-in-not-required'],
      },
      notFound: (id) => new SimulatedFailure('InvalidParameterValue', `Invalid region: [${id}]`),
    });
    return {
      Regions: found.map((row) => ({
        RegionName: row.id,
        Endpoint: endpoint,
        OptInStatus: 'opt-in-not-required',
      })),
    };
  },
} as const;
