import {
  AssociateRouteTableCommand,
  AuthorizeSecurityGroupIngressCommand,
  CreateRouteCommand,
  CreateRouteTableCommand,
  CreateTagsCommand,
  CreateVpcCommand,
  DeleteNatGatewayCommand,
  DeleteRouteCommand,
  DeleteTagsCommand,
  DescribeRouteTablesCommand,
  DetachInternetGatewayCommand,
  DisassociateRouteTableCommand,
  ModifySubnetAttributeCommand,
  ModifyVpcAttributeCommand,
  ModifyVpcEndpointCommand,
  ReplaceRouteCommand,
  RevokeSecurityGroupEgressCommand,
} from '@aws-sdk/client-ec2';
import { describe, expect, it } from 'vitest';

import { networkStep } from '../../../src/steps/network/index.ts';
import { type Build, createGround, type Ground, lines, standingGround } from '../support/ground.ts';

const build: Build = (context) => networkStep(context).resources;

const standing = standingGround(build);

function idAt(ground: Ground, address: string): string {
  const id = ground.memory.id(address);
  if (id === undefined) throw new Error(`nothing is remembered of ${address}`);
  return id;
}

/** How many rows each table of the account holds, but for the empty ones. */
function census(ground: Ground): Readonly<Record<string, number>> {
  const { tables } = ground.account.snapshot();
  return Object.fromEntries(
    Object.entries(tables)
      .filter(([, rows]) => rows.length > 0)
      .map(([name, rows]) => [name, rows.length]),
  );
}

describe('the network step', () => {
  it('makes everything once; a second run reads little and writes nothing', async () => {
    const ground = createGround();
    const first = await (await ground.view(build)).up();
    expect(first.created).toBe(26);
    const again = await ground.view(build);
    expect(lines(await again.plan())).toEqual([]);
    await again.up();
    expect(again.meter.calls.writes).toBe(0);
    // Until lists show what was made last.
    await ground.clock.sleep(ground.account.world.delays.visible);
    const once = await ground.view(build);
    await once.plan();
    // STS, and one Describe a type, but for the VPC (three) and its default group; and, as no host runs here, which image is the newest,
    // after a look whether any does (two lists); and where the data volumes stand, as nodes follow them.
    expect(once.meter.calls.total).toBe(16);
  });

  it('copes with things that are listed half a minute before they can be named', async () => {
    const ground = createGround();
    Object.assign(ground.account.world.delays, { visible: 0, visibleById: 30_000 });
    // As a run made it that was cut off at once.
    const Tags = [
      { Key: 'es-ecs-cluster', Value: 'search' },
      { Key: 'es-ecs-resource', Value: 'network/vpc' },
    ];
    await ground.clients.ec2.send(
      new CreateVpcCommand({
        CidrBlock: '10.0.0.0/16',
        TagSpecifications: [{ ResourceType: 'vpc', Tags }],
      }),
    );
    await ground.clock.sleep(1_000);
    const [groups] = ground.account.world.tablesUnder('ec2/security-groups');
    for (const group of groups?.values() ?? [])
      Object.assign(group as object, { knownAtMs: ground.clock.now() + 60_000 });
    const outcome = await (await ground.view(build)).up();
    expect(outcome).toMatchObject({ created: 24, changed: 2 });
    expect(lines(await (await ground.view(build)).plan())).toEqual([]);
    expect(census(ground)['ec2/vpcs']).toBe(1);
  });

  it('takes little longer than the NAT gateways', async () => {
    const ground = createGround();
    const { elapsedMs, spans } = await (await ground.view(build)).up();
    const waited = spans.find((span) => span.address === 'network/nat-gateway/eu-west-1a');
    expect(waited?.waitedMs).toBeGreaterThan(80_000);
    expect(elapsedMs).toBeLessThan(112_000);
  });

  it('is found again without state and pins', async () => {
    const ground = await standing();
    ground.memory.ids.clear();
    ground.pins = {};
    const view = await ground.view(build);
    expect(lines(await view.plan())).toEqual([]);
    expect(view.facts.zones).toEqual(['eu-west-1a', 'eu-west-1b', 'eu-west-1c']);
  });

  it('goes without a trace, and a second destroy finds nothing', async () => {
    const ground = createGround();
    await ground.view(build);
    const before = census(ground);
    await (await ground.view(build)).up();
    const gone = await (await ground.view(build)).destroy();
    expect(gone.destroyed).toBe(25); // all but the default group, which AWS takes away with the VPC
    await ground.clock.sleep(2 * 3_600_000);
    await ground.view(build); // lets the account forget what it showed as deleted
    const left = Object.fromEntries(
      Object.entries(census(ground)).filter(
        ([name]) => !(name in before) && !/nat-gateways|token|endpoints/.test(name),
      ),
    );
    expect(left).toEqual({});
    expect((await (await ground.view(build)).destroy()).destroyed).toBe(0);
  });

  it('replaces a NAT gateway that was deleted by hand, and the route follows', async () => {
    const ground = await standing();
    const NatGatewayId = idAt(ground, 'network/nat-gateway/eu-west-1b');
    await ground.clients.ec2.send(new DeleteNatGatewayCommand({ NatGatewayId }));
    const { replaced, changed } = await (await ground.view(build)).up();
    expect({ replaced, changed }).toEqual({ replaced: 1, changed: 1 });
    expect(idAt(ground, 'network/nat-gateway/eu-west-1b')).not.toBe(NatGatewayId);
    expect(lines(await (await ground.view(build)).plan())).toEqual([]);
  });
});

describe('what the config no longer asks for', () => {
  it('nat: single keeps one gateway, through which every zone goes', async () => {
    const ground = await standing();
    const yaml = 'network: { nat: single }';
    const outcome = await (await ground.view(build, yaml)).up();
    expect(outcome.destroyed).toBe(4);
    expect(outcome.changed).toBe(2);
    expect(lines(await (await ground.view(build, yaml)).plan())).toEqual([]);
    const view = await ground.view(build, yaml);
    expect((await view.plan()).summary.inSync).toBe(22);
  });

  it('nat: none leaves no way out', async () => {
    const ground = await standing();
    const yaml = 'network: { nat: none }';
    await (await ground.view(build, yaml)).up();
    expect(lines(await (await ground.view(build, yaml)).plan())).toEqual([]);
    const Filters = [{ Name: 'route.nat-gateway-id', Values: ['*'] }];
    const { RouteTables } = await ground.clients.ec2.send(new DescribeRouteTablesCommand({ Filters }));
    expect(RouteTables).toEqual([]);
  });

  it('bastion: false takes its group out of the rules and away', async () => {
    const ground = await standing();
    const view = await ground.view(build, 'bastion: false');
    expect(lines(await view.plan())).toEqual([
      'destroy network/security-group/bastion',
      expect.stringMatching(/^change network\/security-group\/node ingress tcp\/9200 from sg-\w+ → -$/),
      expect.stringMatching(/^change network\/security-group\/node ingress tcp\/22 from sg-\w+ → -$/),
    ]);
    await view.up();
    expect(lines(await (await ground.view(build, 'bastion: false')).plan())).toEqual([]);
    expect(ground.memory.id('network/security-group/bastion')).toBeUndefined();
  });

  it('a zone less takes down what stood in it', async () => {
    const ground = await standing();
    const yaml = 'network: { zones: 2 }';
    const { destroyed } = await (await ground.view(build, yaml)).up();
    expect(destroyed).toBe(5);
    expect(lines(await (await ground.view(build, yaml)).plan())).toEqual([]);
  });

  it('another CIDR is refused', async () => {
    const ground = await standing();
    const view = await ground.view(build, 'network: { cidr: 10.9.0.0/16 }');
    await expect(view.up()).rejects.toMatchObject({ code: 'REFUSED' });
    expect(view.meter.calls.writes).toBe(0);
  });
});

describe('drift', () => {
  const drifts: readonly {
    readonly what: string;
    readonly make: (ground: Ground) => Promise<unknown>;
    readonly seen: readonly (string | RegExp)[];
  }[] = [
    {
      what: "a tag is changed, and another added, which is nobody else's business",
      make: ({ clients, memory }) =>
        clients.ec2.send(
          new CreateTagsCommand({
            Resources: [memory.id('network/subnet/private/eu-west-1a') ?? ''],
            Tags: [
              { Key: 'Name', Value: 'mine' },
              { Key: 'owner', Value: 'me' },
            ],
          }),
        ),
      seen: ['change network/subnet/private/eu-west-1a tags.Name mine → search-subnet-private-eu-west-1a'],
    },
    {
      what: 'the resource tag is removed',
      make: ({ clients, memory }) =>
        clients.ec2.send(
          new DeleteTagsCommand({
            Resources: [memory.id('network/vpc') ?? ''],
            Tags: [{ Key: 'es-ecs-resource' }],
          }),
        ),
      seen: ['change network/vpc tags.es-ecs-resource - → network/vpc'],
    },
    {
      what: 'DNS host names are switched off',
      make: ({ clients, memory }) =>
        clients.ec2.send(
          new ModifyVpcAttributeCommand({
            VpcId: memory.id('network/vpc') ?? '',
            EnableDnsHostnames: { Value: false },
          }),
        ),
      seen: ['change network/vpc dnsHostnames false → true'],
    },
    {
      what: 'a subnet gives addresses away',
      make: ({ clients, memory }) =>
        clients.ec2.send(
          new ModifySubnetAttributeCommand({
            SubnetId: memory.id('network/subnet/public/eu-west-1b') ?? '',
            MapPublicIpOnLaunch: { Value: true },
          }),
        ),
      seen: ['change network/subnet/public/eu-west-1b mapPublicIpOnLaunch true → false'],
    },
    {
      what: 'a route is added',
      make: ({ clients, memory }) =>
        clients.ec2.send(
          new CreateRouteCommand({
            RouteTableId: memory.id('network/route-table/private/eu-west-1a') ?? '',
            DestinationCidrBlock: '192.168.0.0/16',
            GatewayId: memory.id('network/internet-gateway') ?? '',
          }),
        ),
      seen: [/^change network\/route-table\/private\/eu-west-1a routes 192\.168\.0\.0\/16 → igw-\w+ → -$/],
    },
    {
      what: 'a route leads elsewhere',
      make: ({ clients, memory }) =>
        clients.ec2.send(
          new ReplaceRouteCommand({
            RouteTableId: memory.id('network/route-table/private/eu-west-1a') ?? '',
            DestinationCidrBlock: '0.0.0.0/0',
            GatewayId: memory.id('network/internet-gateway') ?? '',
          }),
        ),
      seen: [/^change network\/route\/private\/eu-west-1a target igw-\w+ → nat-\w+$/],
    },
    {
      what: 'a route is deleted',
      make: ({ clients, memory }) =>
        clients.ec2.send(
          new DeleteRouteCommand({
            RouteTableId: memory.id('network/route-table/public') ?? '',
            DestinationCidrBlock: '0.0.0.0/0',
          }),
        ),
      seen: ['create network/route/public'],
    },
    {
      what: 'a subnet is associated with a table of somebody else',
      make: async ({ clients, memory }) => {
        const RouteTableId = memory.id('network/route-table/private/eu-west-1c') ?? '';
        const { RouteTables } = await clients.ec2.send(
          new DescribeRouteTablesCommand({ RouteTableIds: [RouteTableId] }),
        );
        const AssociationId = RouteTables?.[0]?.Associations?.[0]?.RouteTableAssociationId ?? '';
        await clients.ec2.send(new DisassociateRouteTableCommand({ AssociationId }));
        const { RouteTable } = await clients.ec2.send(
          new CreateRouteTableCommand({ VpcId: memory.id('network/vpc') ?? '' }),
        );
        await clients.ec2.send(
          new AssociateRouteTableCommand({
            RouteTableId: RouteTable?.RouteTableId ?? '',
            SubnetId: memory.id('network/subnet/private/eu-west-1c') ?? '',
          }),
        );
      },
      seen: [/^change network\/route-table\/private\/eu-west-1c associations - → subnet-\w+$/],
    },
    {
      what: 'the endpoint lets everything through',
      make: ({ clients, memory }) =>
        clients.ec2.send(
          new ModifyVpcEndpointCommand({
            VpcEndpointId: memory.id('network/endpoint/s3') ?? '',
            ResetPolicy: true,
          }),
        ),
      seen: [
        /^change network\/endpoint\/s3 policy .*"s3:\*".*|^change network\/endpoint\/s3 policy .*"\*".* → /,
      ],
    },
    {
      what: 'the endpoint loses a table',
      make: ({ clients, memory }) =>
        clients.ec2.send(
          new ModifyVpcEndpointCommand({
            VpcEndpointId: memory.id('network/endpoint/s3') ?? '',
            RemoveRouteTableIds: [memory.id('network/route-table/private/eu-west-1a') ?? ''],
          }),
        ),
      seen: [/^change network\/endpoint\/s3 routeTables - → rtb-\w+$/],
    },
    {
      what: 'rules nobody declared are added',
      make: ({ clients, memory }) =>
        clients.ec2.send(
          new AuthorizeSecurityGroupIngressCommand({
            GroupId: memory.id('network/security-group/node') ?? '',
            IpPermissions: [
              { IpProtocol: 'tcp', FromPort: 22, ToPort: 22, IpRanges: [{ CidrIp: '0.0.0.0/0' }] },
              { IpProtocol: '-1', UserIdGroupPairs: [{ GroupId: memory.id('network/security-group/node') }] },
            ],
          }),
        ),
      seen: [
        'change network/security-group/node ingress tcp/22 from 0.0.0.0/0 → -',
        'change network/security-group/node ingress all from itself → -',
      ],
    },
    {
      what: 'a rule is revoked',
      make: ({ clients, memory }) =>
        clients.ec2.send(
          new RevokeSecurityGroupEgressCommand({
            GroupId: memory.id('network/security-group/node') ?? '',
            IpPermissions: [{ IpProtocol: '-1', IpRanges: [{ CidrIp: '0.0.0.0/0' }] }],
          }),
        ),
      seen: ['change network/security-group/node egress - → all to 0.0.0.0/0'],
    },
    {
      what: 'the default group is filled',
      make: ({ clients, memory }) =>
        clients.ec2.send(
          new AuthorizeSecurityGroupIngressCommand({
            GroupId: memory.id('network/security-group/default') ?? '',
            IpPermissions: [
              { IpProtocol: 'udp', FromPort: 53, ToPort: 60, IpRanges: [{ CidrIp: '10.0.0.0/8' }] },
            ],
          }),
        ),
      seen: ['change network/security-group/default ingress udp/53-60 from 10.0.0.0/8 → -'],
    },
  ];

  it.each(drifts)('$what: seen and mended', async ({ make, seen }) => {
    const ground = await standing();
    await make(ground);
    await ground.clock.sleep(5_000);
    const view = await ground.view(build);
    const expected = seen.map((line) =>
      typeof line === 'string' ? line : (expect.stringMatching(line) as string),
    );
    expect(lines(await view.plan())).toEqual(expected);
    await (await ground.view(build)).up();
    expect(lines(await (await ground.view(build)).plan())).toEqual([]);
  });

  it('an internet gateway that was detached is attached again', async () => {
    const ground = await standing();
    await (await ground.view(build, 'network: { nat: none }')).up();
    const { ec2 } = ground.clients;
    const InternetGatewayId = idAt(ground, 'network/internet-gateway');
    const VpcId = idAt(ground, 'network/vpc');
    await ec2.send(new DetachInternetGatewayCommand({ InternetGatewayId, VpcId }));
    const view = await ground.view(build, 'network: { nat: none }');
    expect(lines(await view.plan())).toContain(`change network/internet-gateway attachment - → ${VpcId}`);
    await (await ground.view(build, 'network: { nat: none }')).up();
    expect(lines(await (await ground.view(build, 'network: { nat: none }')).plan())).toEqual([]);
  });
});

describe('a run that dies after a create', () => {
  it.each([
    'CreateVpc',
    'CreateInternetGateway',
    'CreateSubnet',
    'AllocateAddress',
    'CreateNatGateway',
    'CreateRouteTable',
    'CreateRoute',
    'CreateVpcEndpoint',
    'CreateSecurityGroup',
  ])('%s: the next run finds what was made', async (operation) => {
    const ground = createGround();
    ground.account.inject({ operation, code: 'Crash', answerLost: true });
    await expect((await ground.view(build)).up()).rejects.toThrow();
    await ground.clock.sleep(5_000);
    await (await ground.view(build)).up();
    const fresh = await standing();
    expect(census(ground)).toEqual(census(fresh));
  });
});
