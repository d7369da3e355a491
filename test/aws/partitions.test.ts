import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

import { EC2Client } from '@aws-sdk/client-ec2';
import { beforeAll, describe, expect, it } from 'vitest';

import {
  ec2Host,
  ec2Principal,
  ecrRepository,
  gatewayServiceName,
  partitionOf,
  registryHost,
} from '../../src/aws/partitions.ts';

interface SdkPartition {
  readonly id: string;
  readonly regionRegex: string;
  readonly regions: Readonly<Record<string, unknown>>;
  readonly outputs: { readonly dnsSuffix: string };
}

/** The SDK's own data, which it does not hand out. */
let sdk: readonly SdkPartition[];
beforeAll(async () => {
  const file = path.resolve(
    'node_modules/@aws-sdk/core/dist-es/submodules/client/util-endpoints/lib/aws/partitions.js',
  );
  const { partitionsInfo } = (await import(pathToFileURL(file).href)) as {
    readonly partitionsInfo: { readonly partitions: readonly SdkPartition[] };
  };
  sdk = partitionsInfo.partitions;
});

function regionsOf({ regions }: SdkPartition): readonly string[] {
  return Object.keys(regions).filter((region) => !region.endsWith('-global'));
}

describe('the partition of a region', () => {
  it('is the one that the SDK says, for every region that it lists', () => {
    expect(sdk.length).toBeGreaterThanOrEqual(8);
    for (const partition of sdk) {
      for (const region of regionsOf(partition)) {
        expect(partitionOf(region), region).toEqual({
          name: partition.id,
          dnsSuffix: partition.outputs.dnsSuffix,
        });
      }
    }
  });

  it('is found for a region to come, and for none that fits no partition', () => {
    const prefixes =
      'us eu ap sa ca me af il mx cn eusc-de us-gov us-iso us-isob us-isoe us-isof eu-isoe xx zz in euu';
    for (const prefix of prefixes.split(' ')) {
      const region = `${prefix}-nowhere-7`;
      const theirs = sdk.find(({ regionRegex }) => new RegExp(regionRegex).test(region));
      expect(partitionOf(region)?.name, region).toBe(theirs?.id);
    }
    expect(partitionOf('')).toBeUndefined();
    expect(partitionOf('eu-west')).toBeUndefined();
  });
});

describe('hosts', () => {
  it('are those that the SDK itself would ask', async () => {
    for (const region of sdk.flatMap(regionsOf)) {
      const { config } = new EC2Client({ region });
      const endpoint = config.endpointProvider({ Region: region, UseDualStack: false, UseFIPS: false });
      expect(endpoint.url.host, region).toBe(ec2Host(region));
    }
    await Promise.resolve();
  });

  it('of a registry are recognised again, in every partition', () => {
    for (const region of sdk.flatMap(regionsOf)) {
      const reference = `${registryHost('123456789012', region)}/team/search:1`;
      expect(ecrRepository(reference)).toEqual({
        accountId: '123456789012',
        region,
        repository: 'team/search',
      });
    }
    const found = { accountId: '123456789012', repository: 'search' };
    expect(ecrRepository('123456789012.dkr-ecr.eu-west-1.on.aws/search@sha256:0')).toEqual({
      ...found,
      region: 'eu-west-1',
    });
    expect(ecrRepository('123456789012.dkr.ecr-fips.us-gov-west-1.amazonaws.com/search')).toEqual({
      ...found,
      region: 'us-gov-west-1',
    });
    for (const none of [
      '123456789012.dkr.ecr.cn-north-1.amazonaws.com/search',
      '123456789012.dkr.ecr.eu-west-1.amazonaws.eu/search',
      '123456789012.dkr.ecr.eusc-de-east-1.amazonaws.com/search',
      'public.ecr.aws/elastic/search',
      'registry.example.com/search',
    ]) {
      expect(ecrRepository(none), none).toBeUndefined();
    }
  });
});

describe('names that the SDK has no data of', () => {
  it.each([
    ['aws', 'ec2.amazonaws.com'],
    ['aws-cn', 'ec2.amazonaws.com.cn'],
    ['aws-us-gov', 'ec2.amazonaws.com'],
    ['aws-eusc', 'ec2.amazonaws.com'],
    ['aws-iso', 'ec2.c2s.ic.gov'],
    ['aws-iso-b', 'ec2.sc2s.sgov.gov'],
    ['aws-iso-e', 'ec2.amazonaws.com'],
    ['aws-iso-f', 'ec2.amazonaws.com'],
  ])('EC2 of %s is trusted as %s', (partition, principal) => {
    expect(ec2Principal(partition)).toBe(principal);
  });

  it('S3 behind a gateway endpoint is called the same everywhere', () => {
    expect(gatewayServiceName('cn-north-1', 's3')).toBe('com.amazonaws.cn-north-1.s3');
  });
});

/** Each place that may write such a name out, and why it is the same in every partition or no name that is used. */
const written: Readonly<Record<string, readonly [lines: number, why: string]>> = {
  'src/cli/caller-address.ts': [1, 'a page of the internet, not of a partition'],
  'src/cli/config-file.ts': [1, 'examples in a sentence'],
  'src/config/schema.ts': [4, 'examples in sentences, and the form of any ARN, of any key'],
  'src/simulator/core/fault-words.ts': [2, 'what AWS says, as an example'],
  'src/steps/gather-facts.ts': [2, 'the name of that page in sentences'],
  'templates/es-ecs.yaml': [2, 'examples in comments'],
};

it('no other file of the product writes a suffix, a partition or a principal out', () => {
  const pattern = String.raw`amazonaws\.(com|eu)|amazonwebservices|arn:aws|(c2s\.ic|sc2s\.sgov|hci\.ic)\.gov|adc-e\.uk|console\.aws|(^|[^-a-z])'?(aws-(cn|us-gov|eusc|iso)|cn-|us-gov-)`;
  const found = execFileSync('git', ['grep', '-nE', pattern, '--', 'src', 'templates'], { encoding: 'utf8' });
  const lines = found.trim().split('\n');
  const counts = new Map<string, number>();
  for (const line of lines) {
    const [file = '', , ...rest] = line.split(':');
    // The one place that knows them; comments are no names that are used.
    if (file === 'src/aws/partitions.ts' || /^\s*(\/\*\*|\*|\/\/)/.test(rest.join(':'))) continue;
    counts.set(file, (counts.get(file) ?? 0) + 1);
  }
  const allowed = Object.entries(written).map(([file, [count]]) => [file, count]);
  expect(Object.fromEntries(counts), lines.join('\n')).toEqual(Object.fromEntries(allowed));
});
