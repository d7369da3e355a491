import fc from 'fast-check';

import type { Fault } from '../../../src/simulator/account.ts';
import type { Cluster } from './cluster.ts';
import { Move } from './move.ts';

/** AWS answers badly for a while, in the middle of a run; it may end in an error, and nothing more. */
class FaultyRun extends Move {
  readonly faults: readonly Fault[];

  constructor(faults: readonly Fault[]) {
    super();
    this.faults = faults;
  }

  toString(): string {
    return `up with ${JSON.stringify(this.faults)}`;
  }

  protected async happen(cluster: Cluster): Promise<void> {
    const ends = this.faults.map((fault) => cluster.account.inject(fault));
    const { status, stderr } = await cluster.run('up');
    for (const end of ends) end();
    if (status !== 0 && stderr.includes('this is a bug'))
      throw new Error([stderr, ...cluster.log].join('\n'));
  }
}

const codes: readonly Pick<Fault, 'code' | 'status' | 'answerLost'>[] = [
  { code: 'RequestLimitExceeded', status: 503 },
  { code: 'ThrottlingException', status: 400 },
  { code: 'InternalError', status: 500 },
  { code: 'InternalError', status: 500, answerLost: true },
  { code: 'ServiceUnavailable', status: 503, answerLost: true },
  { code: 'AccessDenied', status: 403 },
];

const operations = [
  'AllocateAddress',
  'AttachInternetGateway',
  'AuthorizeSecurityGroupIngress',
  'CreateAutoScalingGroup',
  'CreateCluster',
  'CreateInternetGateway',
  'CreateLaunchTemplate',
  'CreateLogGroup',
  'CreateNatGateway',
  'CreateRole',
  'CreateRouteTable',
  'CreateSecret',
  'CreateSecurityGroup',
  'CreateService',
  'CreateSubnet',
  'CreateVolume',
  'CreateVpc',
  'PutRolePolicy',
  'RegisterTaskDefinition',
  'UpdateService',
];

export const faultyUp = fc
  .array(
    fc.record({
      operation: fc.constantFrom(...operations),
      code: fc.constantFrom(...codes),
      times: fc.integer({ min: 1, max: 10 }),
    }),
    { minLength: 1, maxLength: 3 },
  )
  .map((some) => new FaultyRun(some.map(({ operation, code, times }) => ({ operation, times, ...code }))));
