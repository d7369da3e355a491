import type { Server } from 'node:http';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { listenLocally } from '../../src/access/local-port.ts';
import { createVirtualClock } from '../../src/engine/clock.ts';
import { createSimulatedAccount, type SimulatedAccount } from '../../src/simulator/account.ts';
import { services } from '../../src/simulator/services.ts';
import { createAccountServer } from '../../src/simulator/wire/account-server.ts';
import { operationSteps, type OperationStep } from '../contract/operations/steps.ts';
import {
  differencesOf,
  forBoto,
  forSdk,
  frozen,
  valueAt,
  withValues,
} from '../contract/operations/values.ts';
import { Story } from '../lifecycle/story.ts';
import { type Boto, installAwsClients, type Said, startBoto } from './support/boto.ts';
import { awsEnvironment } from './support/moto.ts';
import { startPart } from './support/part.ts';

const bin = await startPart('the AWS CLI and boto3', installAwsClients);

/** boto3's names of the services, by those of the SDK. */
const botoNames: Readonly<Record<string, string>> = {
  AutoScaling: 'autoscaling',
  CloudWatchLogs: 'logs',
  EC2: 'ec2',
  ECR: 'ecr',
  ECS: 'ecs',
  FreeTier: 'freetier',
  IAM: 'iam',
  KMS: 'kms',
  SecretsManager: 'secretsmanager',
  ServiceQuotas: 'service-quotas',
  SSM: 'ssm',
  STS: 'sts',
};

/** What the account was asked, and what it said. */
interface Asked {
  readonly input: object;
  readonly output: object;
}

/** A service of those described that has its task. */
function runningService(described: Said): string {
  if (!('said' in described)) throw new Error(JSON.stringify(described));
  // boto3 gives the answer's own names.
  const { services } = described.said as { services: { serviceName: string; runningCount: number }[] };
  const found = services.find(({ runningCount }) => runningCount === 1);
  if (found === undefined) throw new Error('no service runs');
  return found.serviceName;
}

/** What boto3 says of a service. */
interface BotoOffers {
  readonly waiters: Readonly<Record<string, string>>;
  readonly paginators: readonly string[];
}

interface Offered {
  readonly waiters: readonly (readonly [string, string])[];
  readonly paginators: readonly string[];
}

/** Each waiter of what is simulated, and for what it waits; NetworkInterfaceAvailable has a test of its own. */
const waiters: Readonly<Record<string, readonly [service: string, params: object]>> = {
  ImageAvailable: ['ec2', { ImageIds: ['$image'] }],
  ImageExists: ['ec2', { ImageIds: ['$image'] }],
  InstanceExists: ['ec2', { InstanceIds: ['$ofNew'] }],
  InstanceRunning: ['ec2', { InstanceIds: ['$ofNew'] }],
  InstanceStatusOk: ['ec2', { InstanceIds: ['$ofNew'] }],
  InstanceStopped: ['ec2', { InstanceIds: ['$ofStopping'] }],
  InstanceTerminated: ['ec2', { InstanceIds: ['$instance'] }],
  InternetGatewayExists: ['ec2', { InternetGatewayIds: ['$ofGateway'] }],
  KeyPairExists: ['ec2', { KeyNames: ['$ofKey'] }],
  NatGatewayAvailable: ['ec2', { NatGatewayIds: ['$ofNat'] }],
  NatGatewayDeleted: ['ec2', { NatGatewayIds: ['$nat'] }],
  SecurityGroupExists: ['ec2', { GroupIds: ['$ofGroup'] }],
  SubnetAvailable: ['ec2', { SubnetIds: ['$ofSubnet'] }],
  SystemStatusOk: ['ec2', { InstanceIds: ['$ofNew'] }],
  VolumeAvailable: ['ec2', { VolumeIds: ['$ofFreeVolume'] }],
  VolumeDeleted: ['ec2', { VolumeIds: ['$volume'] }],
  VolumeInUse: ['ec2', { VolumeIds: ['$ofVolume'] }],
  VpcAvailable: ['ec2', { VpcIds: ['$ofVpc'] }],
  VpcExists: ['ec2', { VpcIds: ['$ofVpc'] }],
  ServicesInactive: ['ecs', { cluster: '$cluster', services: ['two'] }],
  ServicesStable: ['ecs', { cluster: '$cluster', services: ['$ofService'] }],
  TasksRunning: ['ecs', { cluster: '$cluster', tasks: ['$ofTask'] }],
  TasksStopped: ['ecs', { cluster: '$cluster', tasks: ['$ranTask'] }],
  InstanceProfileExists: ['iam', { InstanceProfileName: '$ofProfile' }],
  RoleExists: ['iam', { RoleName: '$ofRole' }],
};

/** What lists need that are not of a whole account. */
const pagedBy: Readonly<Record<string, object>> = {
  'ECR:DescribeImages': { repositoryName: 'es-ecs/search' },
  DescribeAddressesAttribute: { Attribute: 'domain-name' },
  DescribeLaunchTemplateVersions: { Versions: ['$Latest', '$Default'] },
  DescribeLogStreams: { logGroupName: '$tasksLog' },
  FilterLogEvents: { logGroupName: '$tasksLog' },
  GetParameterHistory: { Name: '/es-ecs/search/lock' },
  ListAttachedRolePolicies: { RoleName: '$ofRole' },
  ListAttributes: { cluster: '$cluster', targetType: 'container-instance' },
  ListContainerInstances: { cluster: '$cluster' },
  ListGrants: { KeyId: '$key' },
  ListImages: { repositoryName: 'es-ecs/search' },
  ListInstanceProfileTags: { InstanceProfileName: '$ofProfile' },
  ListInstanceProfilesForRole: { RoleName: '$ofRole' },
  ListRolePolicies: { RoleName: '$ofRole' },
  ListRoleTags: { RoleName: '$ofRole' },
  ListServices: { cluster: '$cluster' },
  ListTasks: { cluster: '$cluster' },
};

describe.skipIf(bin === undefined)('boto3 on the account of a cluster that runs', () => {
  const clock = createVirtualClock({ startMs: Date.now() });
  let server: Server;
  let boto: Boto;
  let account: SimulatedAccount;
  const asked: Asked[] = [];
  const known: Record<string, string> = {};
  const told: string[] = [];

  beforeAll(async () => {
    const story = new Story();
    await story.json('up');
    const { account: snapshot } = story;
    story.end();
    await clock.sleep(Math.max(0, snapshot.nowMs - clock.now()));
    account = createSimulatedAccount({ clock, snapshot, delays: { call: 0 } });
    const environment = awsEnvironment('');
    server = createAccountServer({
      account: {
        ...account,
        ask: async (service, operation, input) => {
          const output = await account.ask(service, operation, input);
          asked.push({ input, output });
          return output;
        },
      },
      credentials: {
        accessKeyId: environment['AWS_ACCESS_KEY_ID'] ?? '',
        secretAccessKey: environment['AWS_SECRET_ACCESS_KEY'] ?? '',
      },
      save: () => Promise.resolve(),
      tell: (text) => told.push(text),
    });
    const port = await listenLocally(server, 0);
    boto = startBoto(bin ?? '', {
      ...awsEnvironment(`http://127.0.0.1:${String(port)}`),
      AWS_DEFAULT_REGION: 'eu-west-1',
    });
  });

  afterAll(async () => {
    await boto.stop();
    server.close();
    server.closeAllConnections();
    process.stderr.write(`\n${String(operationSteps.length)} calls of boto3 compared both ways\n`);
  });

  const callOf = ({ call, params }: OperationStep): Promise<Said> => {
    const [service = '', operation = ''] = call.split(':');
    return boto.call(botoNames[service] ?? '', operation, forBoto(withValues(params, known)) as object);
  };

  it('has a step for every operation that is simulated', () => {
    const all = Object.entries(services).flatMap(([service, operations]) =>
      Object.keys(operations).map((operation) => `${service}:${operation}`),
    );
    const covered = new Set(operationSteps.map(({ call }) => call));
    expect(all.filter((one) => !covered.has(one))).toEqual([]);
    expect([...covered].filter((one) => !all.includes(one))).toEqual([]);
  });

  it.each(operationSteps.map((step, index) => ({ step, name: `${String(index)} ${step.call}` })))(
    'is told what the account says, and asks it what it was asked: $name',
    async ({ step }) => {
      asked.length = 0;
      const answer = await callOf(step);
      if (!('said' in answer)) throw new Error(JSON.stringify(answer));
      const [{ input, output }] = asked as [Asked];
      const sent = frozen(forSdk(withValues(step.params, known)));
      for (const [name, where] of Object.entries(step.keeps ?? {})) known[name] = valueAt(answer.said, where);
      await clock.sleep((step.thenSeconds ?? 0) * 1000);
      expect(differencesOf(frozen(output), answer.said)).toEqual([]);
      expect(differencesOf(sent, frozen(input), { isPart: true })).toEqual([]);
    },
  );

  describe('waits and pages', () => {
    /** What boto3 says that it can wait for and page through, of what is simulated. */
    const offered = async (service: string): Promise<Offered> => {
      const answer = await boto.known(botoNames[service] ?? '');
      if (!('said' in answer)) throw new Error(JSON.stringify(answer));
      // boto.py gives these two.
      const { waiters, paginators } = answer.said as BotoOffers;
      const isSimulated = (operation: string): boolean => account.knows(service, operation);
      return {
        waiters: Object.entries(waiters).filter(([, operation]) => isSimulated(operation)),
        paginators: paginators.filter(isSimulated),
      };
    };
    const ask = async (call: string, params: object, where = ''): Promise<string> => {
      const answer = await callOf({ call, params });
      if (!('said' in answer)) throw new Error(`${call}: ${JSON.stringify(answer)}`);
      return where === '' ? '' : valueAt(answer.said, where);
    };
    let flow: NodeJS.Timeout;

    beforeAll(async () => {
      const own = [{ Name: 'tag-key', Values: ['es-ecs-cluster'] }];
      const where: Readonly<Record<string, readonly [string, object, string]>> = {
        ofVpc: ['EC2:DescribeVpcs', { Filters: own }, 'Vpcs.0.VpcId'],
        ofSubnet: ['EC2:DescribeSubnets', { Filters: own }, 'Subnets.0.SubnetId'],
        ofGroup: ['EC2:DescribeSecurityGroups', { Filters: own }, 'SecurityGroups.0.GroupId'],
        ofGateway: ['EC2:DescribeInternetGateways', { Filters: own }, 'InternetGateways.0.InternetGatewayId'],
        ofNat: ['EC2:DescribeNatGateways', { Filter: own }, 'NatGateways.0.NatGatewayId'],
        ofInterface: ['EC2:DescribeNetworkInterfaces', {}, 'NetworkInterfaces.0.NetworkInterfaceId'],
        ofInstance: [
          'EC2:DescribeInstances',
          { Filters: [...own, { Name: 'instance-state-name', Values: ['running'] }] },
          'Reservations.0.Instances.0.InstanceId',
        ],
        ofVolume: [
          'EC2:DescribeVolumes',
          { Filters: [{ Name: 'status', Values: ['in-use'] }] },
          'Volumes.0.VolumeId',
        ],
        ofKey: ['EC2:DescribeKeyPairs', {}, 'KeyPairs.0.KeyName'],
        ofRole: ['IAM:ListRoles', {}, 'Roles.0.RoleName'],
        ofProfile: ['IAM:ListInstanceProfiles', {}, 'InstanceProfiles.0.InstanceProfileName'],
        // Some of these are what the steps found; others have been changed by them since.
        ofTask: ['ECS:ListTasks', { cluster: '$cluster' }, 'taskArns.0'],
      };
      for (const [name, [call, params, path]] of Object.entries(where))
        known[name] = await ask(call, params, path);
      // The steps have taken the host from one of the services.
      const services = await callOf({
        call: 'ECS:DescribeServices',
        params: { cluster: '$cluster', services: ['search-0', 'search-1', 'search-2'] },
      });
      known['ofService'] = runningService(services);
      const volume = { AvailabilityZone: 'eu-west-1a', Size: 1, VolumeType: 'gp3' };
      known['ofFreeVolume'] = await ask('EC2:CreateVolume', volume, 'VolumeId');
      const running = {
        ImageId: '$image',
        InstanceType: 't3.micro',
        MinCount: 1,
        MaxCount: 1,
        SubnetId: '$ofSubnet',
      };
      known['ofNew'] = await ask('EC2:RunInstances', running, 'Instances.0.InstanceId');
      known['ofStopping'] = await ask('EC2:RunInstances', running, 'Instances.0.InstanceId');
      await clock.sleep(60_000);
      await ask('EC2:StopInstances', { InstanceIds: ['$ofStopping'] });
      const service = {
        cluster: '$cluster',
        serviceName: 'two',
        taskDefinition: '$definition',
        desiredCount: 0,
      };
      await ask('ECS:CreateService', service);
      await ask('ECS:DeleteService', { cluster: '$cluster', service: 'two' });
      // Time goes by as fast as the test does.
      flow = setInterval(() => void clock.sleep(5_000), 50);
    });
    afterAll(() => {
      clearInterval(flow);
    });

    it('has a case for every waiter of what is simulated', async () => {
      const all = await Promise.all(Object.keys(services).map(async (service) => offered(service)));
      const names = all.flatMap(({ waiters }) => waiters.map(([name]) => name));
      expect(names.sort()).toEqual([...Object.keys(waiters), 'NetworkInterfaceAvailable'].sort());
    });

    it.each(Object.entries(waiters).map(([name, [service, params]]) => ({ name, service, params })))(
      'waits until $name',
      async ({ name, service, params }) => {
        const word = name.replace(
          /[A-Z]/g,
          (letter, at: number) => `${at === 0 ? '' : '_'}${letter.toLowerCase()}`,
        );
        const answer = await boto.wait(service, word, {
          params: withValues(params, known) as object,
          attempts: 100,
        });
        expect(answer).toEqual({ said: 'done' });
      },
    );

    it('waits in vain for an interface that nobody lets go', async () => {
      const params = { NetworkInterfaceIds: [known['ofInterface']] };
      const answer = await boto.wait('ec2', 'network_interface_available', { params, attempts: 3 });
      expect(answer).toMatchObject({ refused: { code: 'WaiterError' } });
    });

    it('pages through every list, and finds the same in small pages as in large ones', async () => {
      let paged = 0;
      for (const service of Object.keys(services)) {
        for (const operation of (await offered(service)).paginators) {
          const params = pagedBy[`${service}:${operation}`] ?? pagedBy[operation] ?? {};
          const found = async (size: number): Promise<readonly number[]> => {
            const method = operation.replace(
              /[A-Z]/g,
              (letter, at: number) => `${at === 0 ? '' : '_'}${letter.toLowerCase()}`,
            );
            const answer = await boto.pages(botoNames[service] ?? '', method, {
              params: withValues(params, known) as object,
              size,
            });
            if (!('said' in answer)) throw new Error(`${service} ${operation}: ${JSON.stringify(answer)}`);
            return answer.said as readonly number[];
          };
          const sum = (lengths: readonly number[]): number => lengths.reduce((one, other) => one + other, 0);
          const [few, many] = [await found(5), await found(100)];
          expect(Math.max(0, ...few), operation).toBeLessThanOrEqual(5);
          expect(sum(few), operation).toBe(sum(many));
          if (few.length > 1) paged += 1;
        }
      }
      expect(paged).toBeGreaterThan(4);
    }, 120_000);
  });

  it('has told nobody of anything that went wrong', () => {
    expect(told).toEqual([]);
  });
});
