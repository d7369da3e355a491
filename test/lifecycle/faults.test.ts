import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { type PlanDocument, Story, type Told } from './story.ts';

/** What a person reads of each fault, as the command line prints it: what, why, and what next. */

let story: Story;
beforeEach(() => {
  story = new Story();
});
afterEach(() => {
  story.end();
});

/** Runs a command while this goes wrong. */
function meeting(fault: string, command = 'up', ...options: readonly string[]): Promise<Told> {
  return story.run(command, '--simulate-fault', fault, ...options);
}

/** The error at the end of what was printed. Which of several is first, and how hard it was tried, is chance. */
function errorOf({ status, stderr }: Told): string {
  const at = stderr.lastIndexOf('✖ ');
  if (status === 0 || at < 0 || stderr.includes('this is a bug')) throw new Error(stderr);
  return `\n${stderr
    .slice(at)
    .replaceAll(/eu-west-1[abc]/g, 'eu-west-1x')
    .replaceAll(/search-\d/g, 'search-n')
    .replaceAll(/✖ (hosts|task)\/role\/\w+/g, '✖ step/role/name')
    .replaceAll(/tried \d+ times( over (\d+m)?\d+s)?/g, 'tried N times over T')}\n`;
}

async function converges(): Promise<void> {
  expect(await story.run('up')).toMatchObject({ status: 0 });
  expect((await story.json<PlanDocument>('plan')).changes).toEqual([]);
  expect(story.account.tables['ec2/vpcs']).toHaveLength(1);
}

describe('a quota that is used up', () => {
  it('of VPCs: stops at once, and says how to ask for more', async () => {
    expect(errorOf(await meeting('CreateVpc:VpcLimitExceeded:always'))).toMatchInlineSnapshot(`
      "
      ✖ network/vpc: the account may have no more VPCs in this region: its quota is used up
        AWS: VpcLimitExceeded: the maximum number of VPCs has been reached
        aws service-quotas request-service-quota-increase --service-code vpc --quota-code L-F678F1CE --desired-value …
        es-ecs up --simulate          goes on once there is room, or something unused is deleted
      "
    `);
  });

  it('of addresses', async () => {
    expect(errorOf(await meeting('AllocateAddress:AddressLimitExceeded:always'))).toMatchInlineSnapshot(`
      "
      ✖ network/elastic-ip/eu-west-1x: the account may have no more Elastic IP addresses in this region: its quota is used up
        AWS: AddressLimitExceeded: the maximum number of addresses has been reached
        aws service-quotas request-service-quota-increase --service-code ec2 --quota-code L-0263D0A3 --desired-value …
        es-ecs up --simulate          goes on once there is room, or something unused is deleted
      "
    `);
  });

  it('of vCPUs, where a group launches: known by its activities alone, and not waited out', async () => {
    const told = await meeting('RunInstances:VcpuLimitExceeded:always:1');
    expect(errorOf(told)).toMatchInlineSnapshot(`
      "
      ✖ hosts/group/search-n: no m7g.large can be started in eu-west-1x: the account may have no more vCPUs of running instances in this region: its quota is used up
        AWS: You have requested more vCPU capacity than your current vCPU limit of 32 allows for the instance bucket that the specified instance type belongs to. Please visit http://aws.amazon.com/contact-us/ec2-request to request an adjustment to this limit (tried N times over T)
        aws service-quotas request-service-quota-increase --service-code ec2 --quota-code L-1216C47A --desired-value …
        es-ecs up                     goes on once there is room, or something unused is stopped
      "
    `);
    await converges();
  });

  it('that the SDK takes for a throttle', async () => {
    expect(errorOf(await meeting('CreateRole:LimitExceededException:always'))).toMatchInlineSnapshot(`
      "
      ✖ step/role/name: a quota of the account is used up
        AWS: LimitExceededException: the limit for the resource was exceeded
        ask for more under Service Quotas in the console
        es-ecs up --simulate          goes on once there is room, or something unused is deleted
      "
    `);
  });
});

describe('want of capacity', () => {
  it('for the bastion: tried for minutes, then told', async () => {
    const told = await meeting('EC2:RunInstances:InsufficientInstanceCapacity:always', 'up', '--no-wait');
    expect(errorOf(told)).toMatchInlineSnapshot(`
      "
      ✖ bastion/instance: AWS has no capacity for it now
        AWS: InsufficientInstanceCapacity: we currently do not have sufficient t4g.nano capacity in the Availability Zone you requested (eu-west-1x). Our system will be working on provisioning additional capacity (tried N times over T)
        es-ecs up --simulate          tries again; everything else is in place
        another instance type, or another zone, may be had at once
      "
    `);
  });

  it('for the hosts: tried for a quarter of an hour, then told with zone and type', async () => {
    const told = await meeting('RunInstances:InsufficientInstanceCapacity:always:1');
    expect(errorOf(told)).toMatchInlineSnapshot(`
      "
      ✖ hosts/group/search-n: eu-west-1x has no capacity for m7g.large now
        AWS: We currently do not have sufficient m7g.large capacity in the Availability Zone you requested (eu-west-1x). Our system will be working on provisioning additional capacity (tried N times over T)
        es-ecs up                     tries again; everything else is in place
        instanceType: another type may be had there at once; network.zones: another zone may have this one
      "
    `);
    await converges();
  });

  it('that passes is no error', async () => {
    expect(await meeting('RunInstances:InsufficientInstanceCapacity:5')).toMatchObject({ status: 0 });
  });
});

describe('permissions', () => {
  it('missing in the middle: the action, the words of AWS, and nothing that costs is begun', async () => {
    const told = await meeting('CreateNatGateway:AccessDenied:always');
    expect(errorOf(told)).toMatchInlineSnapshot(`
      "
      ✖ network/nat-gateway/eu-west-1x: ec2:CreateNatGateway is not allowed
        AWS: UnauthorizedOperation: you are not authorized to perform this operation
        have ec2:CreateNatGateway allowed for these credentials: statement MakeNetwork of es-ecs-network in docs/permissions.md
        a condition of your policy, a boundary or an organisation's policy may forbid it too
        aws sts get-caller-identity   says which ones are used
        es-ecs up --simulate          then goes on where this run stopped
      "
    `);
    expect(story.account.tables['ec2/instances'] ?? []).toEqual([]);
    await converges();
  });

  it('missing in destroy: the way on is destroy', async () => {
    story.end();
    story = await Story.standing();
    const told = await meeting('DeleteRole:AccessDenied:always', 'destroy');
    expect(errorOf(told)).toMatchInlineSnapshot(`
      "
      ✖ step/role/name: iam:DeleteRole is not allowed
        AWS: AccessDenied: user: arn:aws:iam::123456789012:user/simulated is not authorized to perform this action because no identity-based policy allows it
        have iam:DeleteRole allowed for these credentials: statement Roles of es-ecs-services in docs/permissions.md
        a condition of your policy, a boundary or an organisation's policy may forbid it too
        aws sts get-caller-identity   says which ones are used
        es-ecs destroy --simulate     then goes on where this run stopped
      "
    `);
    expect(await story.run('destroy', '--delete-data')).toMatchObject({ status: 0 });
  });
});

describe('credentials', () => {
  it('that expire in mid-run: nothing new begins, and the next run goes on', async () => {
    const told = await meeting('*:ExpiredToken:always:70');
    const error = errorOf(told)
      .replace(/✖ [\w/-]+:/, '✖ address:')
      .replace(/ExpiredTokenException|RequestExpired(?=:)/, 'ExpiredToken')
      .replace('request has expired', 'the security token included in the request is expired');
    expect(error).toMatchInlineSnapshot(`
      "
      ✖ address: the AWS credentials have expired; what was done is recorded
        AWS: ExpiredToken: the security token included in the request is expired
        aws sso login                 or whatever gave you the credentials
        es-ecs up --simulate          then goes on where this run stopped
        date -u                       RequestExpired may also mean that this clock is wrong
      "
    `);
    const failed = told.stderr.split('\n').filter((line) => / failed: /.test(line));
    expect(failed).toHaveLength(1);
    // With credentials that have expired, the lock in the account cannot be released either; it ends by itself after 90 seconds.
    expect(told.stderr).toContain('the lock in the account could not be released');
    expect(await story.run('unlock', '--yes')).toMatchObject({ status: 0 });
    await converges();
  });

  it('that AWS does not know', async () => {
    expect(errorOf(await meeting('GetCallerIdentity:InvalidClientTokenId'))).toMatchInlineSnapshot(`
      "
      ✖ AWS does not accept these credentials for sts:GetCallerIdentity
        AWS: InvalidClientTokenId: the security token included in the request is invalid
        aws sts get-caller-identity   says which ones are used
        date -u                       a clock that is wrong spoils signatures
        a region that the account has not enabled answers the same
      "
    `);
  });
});

describe('throttling and failures of AWS', () => {
  it('a throttle that outlasts all retries', async () => {
    expect(errorOf(await meeting('CreateVpc:Throttling:always'))).toMatchInlineSnapshot(`
      "
      ✖ network/vpc: AWS still throttles ec2:CreateVpc after all retries
        AWS: RequestLimitExceeded: request limit exceeded (tried N times over T)
        es-ecs up --simulate          goes on where this run stopped
        something else in the account may be using up its calls
      "
    `);
  });

  it('a failure that outlasts all retries', async () => {
    expect(errorOf(await meeting('ImportKeyPair:InternalError:always'))).toMatchInlineSnapshot(`
      "
      ✖ bastion/key-pair: AWS itself fails at ec2:ImportKeyPair
        AWS: InternalError: an internal error has occurred (tried N times over T)
        es-ecs up --simulate          goes on where this run stopped
        https://health.aws.amazon.com says whether the service is disturbed in this region
      "
    `);
  });

  it('a failure that leaves open whether something was made: looked for, and made again where it was not', async () => {
    expect(await meeting('CreateVpc:InternalError')).toMatchObject({ status: 0 });
    await converges();
  });

  it('that goes on leaving it open ends the run', async () => {
    expect(errorOf(await meeting('CreateVpc:InternalError:always'))).toMatchInlineSnapshot(`
      "
      ✖ network/vpc: the answer to ec2:CreateVpc was lost, so nobody knows whether it was carried out
        AWS: InternalError: an internal error has occurred
        es-ecs up --simulate          looks for what was made by its tags, makes what was not, and goes on
      "
    `);
    await converges();
  });

  it.each([
    'CreateRole:ConcurrentModificationException:3',
    'CreateLogGroup:OperationAbortedException:3',
    'CreateAutoScalingGroup:ResourceContentionFault:3',
    'CreateService:ServerException:3',
    'RunInstances:InvalidSubnetID.NotFound:3',
    'CreateAutoScalingGroup:ValidationError:3',
    'CreateSecret:InternalServiceError:3',
    'CreateNatGateway:ECONNRESET:3',
    'RunInstances:TimeoutError:2',
  ])('%s passes, and nothing is made twice', async (fault) => {
    expect(await meeting(fault)).toMatchObject({ status: 0 });
    expect((await story.json<PlanDocument>('plan')).changes).toEqual([]);
    const kinds = ['ec2/nat-gateways', 'ec2/instances', 'auto-scaling/groups'];
    const counts = kinds.map((kind) => story.account.tables[kind]?.length);
    expect(counts).toEqual([3, 4, 3]);
  });
});

describe('the way to AWS', () => {
  it('broken while a VPC was made: one VPC at the end', async () => {
    expect(await meeting('CreateVpc:ECONNRESET')).toMatchObject({ status: 0 });
    await converges();
  });

  it('broken for longer than all retries', async () => {
    expect(errorOf(await meeting('DescribeTags:ECONNRESET:always'))).toMatchInlineSnapshot(`
      "
      ✖ AWS cannot be reached for ec2:DescribeTags: ECONNRESET (tried N times over T)
        look at the network, HTTPS_PROXY, NO_PROXY and AWS_ENDPOINT_URL
        es-ecs up --simulate          goes on where this run stopped
      "
    `);
  });

  it('too slow', async () => {
    expect(errorOf(await meeting('GetCallerIdentity:TimeoutError:always'))).toMatchInlineSnapshot(`
      "
      ✖ AWS cannot be reached for sts:GetCallerIdentity: no answer in time (tried N times over T)
        look at the network, HTTPS_PROXY, NO_PROXY and AWS_ENDPOINT_URL
        es-ecs up --simulate          goes on where this run stopped
      "
    `);
  });

  it('to a name that nobody knows', async () => {
    expect(errorOf(await meeting('GetCallerIdentity:ENOTFOUND:always'))).toMatchInlineSnapshot(`
      "
      ✖ AWS cannot be reached for sts:GetCallerIdentity: ENOTFOUND (tried N times over T)
        a region that does not exist shows in the same way: look at \`region\` in the config
        look at the network, HTTPS_PROXY, NO_PROXY and AWS_ENDPOINT_URL
        es-ecs up --simulate          goes on where this run stopped
      "
    `);
  });
});
