import { DescribeAutoScalingGroupsCommand } from '@aws-sdk/client-auto-scaling';
import {
  AttachVolumeCommand,
  AuthorizeSecurityGroupIngressCommand,
  CreateTagsCommand,
  DeleteRouteCommand,
  DescribeRouteTablesCommand,
  DescribeSecurityGroupsCommand,
  DescribeVolumesCommand,
  DescribeVpcsCommand,
} from '@aws-sdk/client-ec2';
import {
  DeleteServiceCommand,
  DeregisterContainerInstanceCommand,
  PutAttributesCommand,
  RegisterContainerInstanceCommand,
} from '@aws-sdk/client-ecs';
import { stat } from 'node:fs/promises';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { addedSince, listEverything } from './support/listing.ts';
import type { Listing } from './support/listing.ts';
import { bridgeGaps, gapNames } from './support/moto-gaps.ts';
import { awsEnvironment, bareClients, startMoto } from './support/moto.ts';
import { startPart } from './support/part.ts';
import { startProxy } from './support/proxy.ts';
import type { Proxy } from './support/proxy.ts';
import { openWorkplace } from './support/workplace.ts';
import type { Document, Workplace } from './support/workplace.ts';

const moto = await startPart('moto, an AWS account on loopback', startMoto);

/** An address range for documentation (RFC 5737): so that nobody is asked for the caller's own. */
const config = `name: search
region: eu-west-1
elasticsearch: { version: 9.4.6 }
nodes: 3
image: { uri: 123456789012.dkr.ecr.eu-west-1.amazonaws.com/search:9.4.6 }
bastion: { allowedCidrs: [203.0.113.0/24] }
`;

/** What three nodes in three zones are, by type; what comes along with them (interfaces, rules) is counted too. */
const expected: Readonly<Record<string, number>> = {
  'autoscaling group': 3,
  'ec2 address': 3,
  'ec2 instance': 4,
  'ec2 internet gateway': 1,
  'ec2 key pair': 1,
  'ec2 launch template': 1,
  'ec2 nat gateway': 3,
  'ec2 route table': 5,
  'ec2 security group': 3,
  'ec2 subnet': 6,
  'ec2 vpc': 1,
  'ec2 vpc endpoint': 1,
  'ecs cluster': 1,
  'ecs service': 3,
  'ecs task definition': 1,
  'iam instance profile': 1,
  'iam role': 3,
  'logs group': 1,
  'secretsmanager secret': 3,
  'ssm parameter': 1,
};

const nodes = ['search-0', 'search-1', 'search-2'];
const inSync = { changes: [], summary: { create: 0, change: 0, replace: 0, refuse: 0, destroy: 0 } };

afterAll(async () => {
  await moto?.stop();
});

describe.skipIf(moto === undefined)('a cluster in an account over the wire', () => {
  const url = moto?.url ?? '';
  const clients = bareClients(url);
  const bridge = bridgeGaps();
  const proxies: Proxy[] = [];
  let workplace: Workplace;
  let before: Listing;

  const proxied = async (latencyMs: number): Promise<Proxy> => {
    const proxy = await startProxy({ target: url, latencyMs, ...bridge });
    proxies.push(proxy);
    return proxy;
  };

  beforeAll(async () => {
    const proxy = await proxied(0);
    workplace = await openWorkplace(awsEnvironment(proxy.url));
    await workplace.write('es-ecs.yaml', config);
    before = await listEverything(clients);
  });

  afterAll(async () => {
    await workplace.close();
    await Promise.all(proxies.map((proxy) => proxy.stop()));
  });

  it('is planned without a single write', async () => {
    const plan = await workplace.json(['plan', '--exit-code'], { exitCode: 3 });
    expect(plan).toMatchObject({
      summary: { change: 0, replace: 0, refuse: 0, destroy: 0 },
      apiCalls: { writes: 0 },
    });
    const unasked = await workplace.run(['up', '--no-wait']);
    expect(unasked).toMatchObject({ exitCode: 1, stdout: '' });
    expect(unasked.stderr).toContain('nothing was done: there is no terminal to ask on');
    expect(await listEverything(clients)).toEqual(before);
  });

  it('is made down to its services by one command', async () => {
    const told = await workplace.json(['up', '--no-wait', '--yes']);
    expect(told).toMatchObject({ outcome: 'applied', summary: { changed: 0, replaced: 0, destroyed: 0 } });
    report(`up, 3 nodes: ${JSON.stringify(told['apiCalls'])}`);
    const added = addedSince(before, await listEverything(clients));
    const counts = Object.entries(added).map(([type, lines]): [string, number] => [type, lines.length]);
    expect(Object.fromEntries(counts)).toMatchObject(expected);
    expect(Object.keys(added).filter((type) => !(type in expected))).toEqual([
      'ec2 network interface',
      'ec2 security group rule',
      'ec2 volume',
      'iam role policy',
    ]);
    const data = await dataVolumes();
    expect(Object.keys(data).toSorted()).toEqual(nodes);
    const { mode } = await stat(workplace.file('es-ecs.state.json'));
    expect(mode & 0o777).toBe(0o600);
  });

  it('is left alone by the same command again', async () => {
    const account = await listEverything(clients);
    const told = await workplace.json(['up', '--no-wait', '--yes']);
    expect(told).toMatchObject({ outcome: 'up-to-date', apiCalls: { writes: 0 } });
    expect(await listEverything(clients)).toEqual(account);
    expect(await workplace.json(['plan', '--exit-code'])).toMatchObject(inSync);
  });

  it('is told truly: hosts whose agents have not come, then agents without a task', async () => {
    const volumes = await dataVolumes();
    const hosts = await hostsByNode();
    const rows = (agent: string): readonly object[] =>
      nodes.map((name, index) => ({
        name,
        zone: `eu-west-1${'abc'.charAt(index)}`,
        instanceId: hosts[name],
        volumeId: volumes[name],
        agent,
        task: 'none',
      }));
    const silent = await workplace.json(['status', '--exit-code'], { exitCode: 3 });
    expect(silent).toMatchObject({ cluster: 'search', nodes: rows('not registered') });

    const registered = await Promise.all(nodes.map((node) => comeUp(node, hosts[node] ?? '')));
    const connected = await workplace.json(['status']);
    expect(connected).toMatchObject({
      outcome: 'degraded',
      elasticsearch: { status: 'unknown', nodes: 0 },
      nodes: rows('connected'),
    });

    await clients.ecs.send(
      new DeregisterContainerInstanceCommand({
        cluster: 'es-ecs-search',
        containerInstance: registered[1],
        force: true,
      }),
    );
    const lost = await workplace.json(['status']);
    expect(lost['nodes']).toMatchObject([
      { agent: 'connected' },
      { agent: 'not registered' },
      { agent: 'connected' },
    ]);
    await comeUp('search-1', hosts['search-1'] ?? '');
  });

  it('is mended where somebody changed it by hand', async () => {
    const account = await listEverything(clients);
    await retagVpc();
    await openSsh();
    await dropRoute();
    await clients.ecs.send(
      new DeleteServiceCommand({ cluster: 'es-ecs-search', service: 'search-2', force: true }),
    );
    const plan = await workplace.json(['plan', '--exit-code'], { exitCode: 3 });
    expect(ownChanges(plan)).toMatchObject([
      { address: 'network/vpc', action: 'change', fields: [{ path: 'tags.Name', before: 'by hand' }] },
      { address: 'network/route/private/eu-west-1b', action: 'create' },
      {
        address: 'network/security-group/node',
        action: 'change',
        fields: [{ path: 'ingress', before: 'tcp/22 from 0.0.0.0/0', because: 'not declared here' }],
      },
      { address: 'service/service/search-2', action: 'create' },
    ]);
    const told = await workplace.json(['up', '--no-wait', '--yes']);
    expect(told).toMatchObject({ outcome: 'applied', summary: { created: 2, changed: 2 } });
    expect(await workplace.json(['plan', '--exit-code'])).toMatchObject(inSync);
    expect(await listEverything(clients)).toEqual(account);
  });

  it('is found again when the state file is lost', async () => {
    await workplace.remove('es-ecs.state.json');
    expect(await workplace.json(['plan', '--exit-code'])).toMatchObject(inSync);
    const told = await workplace.json(['up', '--no-wait', '--yes']);
    expect(told).toMatchObject({ outcome: 'up-to-date', apiCalls: { writes: 0 } });
  });

  it('is looked at in at most 48 calls, each 100 ms away', async () => {
    const far = await proxied(100);
    const ended = await workplace.run(['plan', '--exit-code', '--json'], { AWS_ENDPOINT_URL: far.url });
    expect(ended).toMatchObject({ exitCode: 0, stderr: '' });
    report(`plan in sync, 3 nodes, 100 ms a call: ${far.calls.length} calls, ${ended.elapsedMs} ms`);
    // Two of them ask what ECS knows of the hosts.
    expect(far.calls.length).toBeLessThanOrEqual(48);
  });

  it('is gone without a trace after destroy', async () => {
    const told = await workplace.json(['destroy', '--delete-data', '--yes']);
    expect(told).toMatchObject({ outcome: 'destroyed', summary: { kept: 0 } });
    report(`destroy, 3 nodes: ${JSON.stringify(told['apiCalls'])}`);
    expect(await listEverything(clients)).toEqual(before);
    await expect(stat(workplace.file('es-ecs.state.json'))).rejects.toThrow('ENOENT');
    const again = await workplace.json(['destroy', '--delete-data', '--yes']);
    expect(again).toMatchObject({ outcome: 'nothing-to-destroy', apiCalls: { writes: 0 } });
  });

  it('needed each bridge over a gap of moto, and no other', () => {
    for (const name of bridge.met) report(`moto's gap, bridged: ${name}`);
    expect([...bridge.met].toSorted()).toEqual(gapNames.toSorted());
  });

  /** By node, the instance that its group holds. */
  async function hostsByNode(): Promise<Readonly<Record<string, string | undefined>>> {
    const { AutoScalingGroups } = await clients.autoScaling.send(new DescribeAutoScalingGroupsCommand({}));
    return Object.fromEntries(
      (AutoScalingGroups ?? []).map((group): [string, string | undefined] => [
        group.Tags?.find(({ Key }) => Key === 'es-ecs-node')?.Value ?? '',
        group.Instances?.[0]?.InstanceId,
      ]),
    );
  }

  /** By node, its data volume; the disks of instances carry no node. */
  async function dataVolumes(): Promise<Readonly<Record<string, string | undefined>>> {
    const { Volumes } = await clients.ec2.send(
      new DescribeVolumesCommand({ Filters: [{ Name: 'tag-key', Values: ['es-ecs-node'] }] }),
    );
    return Object.fromEntries(
      (Volumes ?? []).map((volume): [string, string | undefined] => [
        volume.Tags?.find(({ Key }) => Key === 'es-ecs-node')?.Value ?? '',
        volume.VolumeId,
      ]),
    );
  }

  /** What a host does that comes up, as none boots in moto: it takes its volume, and its agent registers. */
  async function comeUp(node: string, instanceId: string): Promise<string> {
    const { [node]: volume = '' } = await dataVolumes();
    const { Volumes } = await clients.ec2.send(new DescribeVolumesCommand({ VolumeIds: [volume] }));
    if (Volumes?.[0]?.State === 'available')
      await clients.ec2.send(
        new AttachVolumeCommand({ VolumeId: volume, InstanceId: instanceId, Device: '/dev/sdf' }),
      );
    const cluster = 'es-ecs-search';
    const attributes = [{ name: 'es-ecs-node', value: node }];
    const { containerInstance } = await clients.ecs.send(
      new RegisterContainerInstanceCommand({
        cluster,
        instanceIdentityDocument: JSON.stringify({ instanceId, region: 'eu-west-1' }),
        attributes,
      }),
    );
    const arn = containerInstance?.containerInstanceArn ?? '';
    // moto forgets the attributes of a registration.
    await clients.ecs.send(
      new PutAttributesCommand({
        cluster,
        attributes: attributes.map((attribute) => ({ ...attribute, targetId: arn })),
      }),
    );
    return arn;
  }

  async function retagVpc(): Promise<void> {
    const { Vpcs } = await clients.ec2.send(new DescribeVpcsCommand({ Filters: tagged('network/vpc') }));
    const Resources = [Vpcs?.[0]?.VpcId ?? ''];
    await clients.ec2.send(new CreateTagsCommand({ Resources, Tags: [{ Key: 'Name', Value: 'by hand' }] }));
  }

  async function openSsh(): Promise<void> {
    const { SecurityGroups } = await clients.ec2.send(
      new DescribeSecurityGroupsCommand({ Filters: tagged('network/security-group/node') }),
    );
    await clients.ec2.send(
      new AuthorizeSecurityGroupIngressCommand({
        GroupId: SecurityGroups?.[0]?.GroupId,
        IpPermissions: [{ IpProtocol: 'tcp', FromPort: 22, ToPort: 22, IpRanges: [{ CidrIp: '0.0.0.0/0' }] }],
      }),
    );
  }

  async function dropRoute(): Promise<void> {
    const { RouteTables } = await clients.ec2.send(
      new DescribeRouteTablesCommand({ Filters: tagged('network/route-table/private/eu-west-1b') }),
    );
    await clients.ec2.send(
      new DeleteRouteCommand({
        RouteTableId: RouteTables?.[0]?.RouteTableId,
        DestinationCidrBlock: '0.0.0.0/0',
      }),
    );
  }
});

function tagged(address: string): { Name: string; Values: string[] }[] {
  return [{ Name: 'tag:es-ecs-resource', Values: [address] }];
}

/** Without what is shown only because it depends on something that is made anew, and has no field of its own. */
function ownChanges(plan: Document): readonly unknown[] {
  const { changes } = plan;
  if (!Array.isArray(changes)) throw new Error('a plan has changes');
  return changes.filter((change: unknown) => !/"because":"depends on/.test(JSON.stringify(change)));
}

/** Figures belong in the log of a run. */
function report(line: string): void {
  process.stdout.write(`  ${line}\n`);
}
