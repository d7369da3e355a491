import { describe, expect, it } from 'vitest';

import { callsIn, callsOfTheProduct } from './calls.ts';
import { cases } from './cases.ts';
import { differences } from './differences.ts';
import { contractSuite } from './suite.ts';
import { simulatedTarget } from './targets.ts';

describe('on the simulated account', () => {
  contractSuite('simulated', simulatedTarget);
});

describe('the contract', () => {
  it('has a case for every call that the product makes', () => {
    const covered = new Set(cases.flatMap((one) => one.calls));
    const missing = [...callsOfTheProduct()].filter(([call]) => !covered.has(call));
    expect(missing).toEqual([]);
  });

  it('gives each case a name of its own', () => {
    const names = cases.map((one) => one.name);
    expect(names).toEqual([...new Set(names)]);
  });

  it('lists differences of cases and expectations that there are, once each', () => {
    const expectations = new Map(cases.map((one) => [one.name, one.expected]));
    for (const difference of differences) {
      const { instead } = difference;
      expect(Object.keys(instead), difference.case).not.toEqual([]);
      for (const [what, value] of Object.entries(instead)) {
        const expected = expectations.get(difference.case);
        expect(Object.keys(expected ?? {}), difference.case).toContain(what);
        expect(value, `${difference.case}: ${what}`).not.toEqual(expected?.[what]);
      }
    }
    const listed = differences.map((difference) => `${difference.target} ${difference.case}`);
    expect(listed).toEqual([...new Set(listed)]);
  });
});

describe('the scan of the source', () => {
  it('finds commands, paginators and what is imported late', () => {
    const source = `
      import { CreateVpcCommand, type DescribeVpcsCommandInput, paginateDescribeVpcs } from '@aws-sdk/client-ec2';
      import type { DeleteVpcCommand } from '@aws-sdk/client-ec2';
      const { GetRoleCommand } = await import('@aws-sdk/client-iam');
      new CreateVpcCommand({}); paginateDescribeVpcs({}, {}); new GetRoleCommand({});`;
    expect(callsIn(source, 'it.ts')).toEqual(['EC2:CreateVpc', 'EC2:DescribeVpcs', 'IAM:GetRole']);
  });

  it.each([
    ['a namespace', `import * as ec2 from '@aws-sdk/client-ec2'; new ec2.CreateVpcCommand({})`],
    [
      'an unknown service',
      `import { ListBucketsCommand } from '@aws-sdk/client-s3'; new ListBucketsCommand({})`,
    ],
    ['a waiter', `import { waitUntilRoleExists } from '@aws-sdk/client-iam'; waitUntilRoleExists({}, {})`],
  ])('refuses %s rather than miss it', (_what, source) => {
    expect(() => callsIn(source, 'it.ts')).toThrow('it.ts');
  });

  it('sees the calls of the product', () => {
    const calls = callsOfTheProduct();
    expect(calls.get('EC2:CreateVpc')).toBe('steps/network/vpc.ts');
    expect(calls.size).toBeGreaterThan(80);
  });
});
