import { rmSync } from 'node:fs';

import { DescribeSubnetsCommand, DescribeVolumesCommand } from '@aws-sdk/client-ec2';
import fc from 'fast-check';
import { afterEach, expect, it } from 'vitest';

import { setZoneState } from '../../src/simulator/ec2/zones.ts';
import { configText, type PlanDocument, Story, type UpDocument } from './story.ts';

let story: Story;
afterEach(() => {
  story.end();
});

function inEast(zones: string): string {
  return configText(`network: { zones: ${zones} }\n`).replace('eu-west-1', 'us-east-1');
}

it('a zone that becomes impaired once the cluster stands there moves nothing, with the state lost as well', async () => {
  story = await Story.standing();
  await story.behindTheBack((_, world) => {
    setZoneState(world, 'eu-west-1b', 'impaired');
    return Promise.resolve();
  });
  expect((await story.json<PlanDocument>('plan')).changes).toEqual([]);
  rmSync(story.stateFile);
  expect((await story.json<PlanDocument>('plan')).changes).toEqual([]);
  story.write(configText('network: { zones: [eu-west-1a, eu-west-1b, eu-west-1c] }\n'));
  expect((await story.json<PlanDocument>('plan')).changes).toEqual([]);
});

it('of us-east-1 neither local zones nor use1-az3 are taken, and a cluster forms in the others', async () => {
  story = new Story(inEast('5'));
  expect(await story.json<UpDocument>('up')).toMatchObject({ outcome: 'applied' });
  const subnets = await story.behindTheBack((_, world) =>
    Promise.resolve(
      world
        .tablesUnder('ec2/subnets')
        .flatMap((rows) => [...rows.values()].map((row) => (row as { readonly zone: string }).zone)),
    ),
  );
  expect([...new Set(subnets)].sort()).toEqual(['a', 'c', 'd', 'e', 'f'].map((one) => `us-east-1${one}`));
});

/** Every launch fails, as where a zone has no capacity. */
const full = ['--simulate-fault', 'RunInstances:InsufficientInstanceCapacity:always'];

interface Subnet {
  readonly zone: string;
  readonly cidr: string;
}

async function standing(): Promise<{
  readonly subnets: readonly Subnet[];
  readonly volumes: string[];
}> {
  return story.behindTheBack(async ({ ec2 }) => {
    const { Subnets = [] } = await ec2.send(new DescribeSubnetsCommand({}));
    const { Volumes = [] } = await ec2.send(new DescribeVolumesCommand({}));
    return {
      subnets: Subnets.map((one) => ({ zone: one.AvailabilityZone ?? '', cidr: one.CidrBlock ?? '' })),
      volumes: Volumes.filter((one) => one.Tags?.some(({ Key }) => Key === 'es-ecs-node')).map(
        (one) =>
          `${one.Tags?.find(({ Key }) => Key === 'es-ecs-node')?.Value ?? ''} ${one.AvailabilityZone ?? ''}`,
      ),
    };
  });
}

it('a zone without capacity is left behind in one up as long as its volume has never had a host', async () => {
  story = new Story(inEast('[us-east-1a, us-east-1c, us-east-1d]'));
  expect((await story.run('up', ...full)).status).toBe(1);
  const before = await standing();
  story.write(inEast('[us-east-1a, us-east-1c, us-east-1e]'));
  const { stdout } = await story.run('plan');
  expect(stdout).toContain('nothing has ever been on this one, and an empty one takes its place');
  expect(await story.json<UpDocument>('up')).toMatchObject({ outcome: 'applied' });
  const after = await standing();
  expect(after.volumes.sort()).toEqual(['search-0 us-east-1a', 'search-1 us-east-1c', 'search-2 us-east-1e']);
  // What stays keeps its addresses, and what came took some that nothing stood on.
  const of = (subnets: readonly Subnet[], zone: string): readonly string[] =>
    subnets.filter((one) => one.zone === zone).map((one) => one.cidr);
  for (const zone of ['us-east-1a', 'us-east-1c'])
    expect(of(after.subnets, zone)).toEqual(of(before.subnets, zone));
  expect(of(after.subnets, 'us-east-1d')).toEqual([]);
  expect(of(after.subnets, 'us-east-1e')).toHaveLength(2);
  // Stable from then on, with the state lost and the zones only counted as well.
  expect((await story.json<PlanDocument>('plan')).changes).toEqual([]);
  rmSync(story.stateFile);
  expect((await story.json<PlanDocument>('plan')).changes).toEqual([]);
  story.write(inEast('3'));
  expect((await story.json<PlanDocument>('plan')).changes).toEqual([]);
  // From now on there is data.
  story.write(inEast('[us-east-1a, us-east-1c, us-east-1d]'));
  const refused = (await story.run('plan')).stdout;
  expect(refused).toContain('a volume cannot leave its zone, and it holds data');
  expect(refused).toContain('us-east-1e keeps its place under network.zones');
});

it('a volume whose node has had a host is no empty one, though no cluster is known to have formed and its host is gone', async () => {
  story = new Story(inEast('[us-east-1a, us-east-1c, us-east-1d]'));
  expect((await story.run('up', '--no-wait')).status).toBe(0);
  const other = inEast('[us-east-1a, us-east-1c, us-east-1e]');
  story.write(other);
  expect((await story.run('plan')).stdout).toMatch(
    /and i-[0-9a-f]+ (holds it|may be writing to it); no cluster/,
  );
  // Gone with their groups; what these have done is told all the same.
  expect((await story.run('destroy', '--yes')).status).toBe(0);
  story.write(inEast('[us-east-1a, us-east-1c, us-east-1d]'));
  expect((await story.run('up', ...full)).status).toBe(1);
  story.write(other);
  const { stdout, stderr, status } = await story.run('up');
  expect(status).toBe(1);
  expect(stdout + stderr).toMatch(
    /its node has had a host \(.* UTC\), so that it may hold data; no cluster is known/,
  );
  // The way that it names.
  expect((await story.run('destroy', '--yes', '--delete-data')).status).toBe(0);
  expect(await story.json<UpDocument>('up')).toMatchObject({ outcome: 'applied' });
});

/** Those of us-east-1 in which hosts and NAT gateways can be. */
const zones = ['a', 'c', 'd', 'e', 'f'].map((one) => `us-east-1${one}`);

it.each([1, 2])('from any zones to any others before there is a host, %i', async (seed) => {
  const lists = fc.sample(fc.shuffledSubarray(zones, { minLength: 1 }), { numRuns: 3, seed });
  const config = (names: readonly string[]): string =>
    inEast(`[${names.join(', ')}]`)
      .replace('network: {', 'network: { nat: single,')
      .replace('nodes: 3', 'nodes: 5');
  story = new Story(config(lists[0] ?? zones));
  expect((await story.run('up', ...full)).status).toBe(1);
  let { volumes } = await standing();
  for (const names of lists.slice(1)) {
    story.write(config(names));
    expect((await story.run('up', ...full)).status).toBe(1);
    const before = volumes;
    ({ volumes } = await standing());
    expect(volumes).toHaveLength(5);
    const isThere = (volume: string): boolean => names.includes(volume.split(' ')[1] ?? '');
    // Each is in one of the zones, and what could stay has stayed.
    expect(volumes.filter((one) => !isThere(one))).toEqual([]);
    expect(before.filter((one) => !volumes.includes(one)).filter(isThere)).toEqual([]);
  }
  const last = lists.at(-1) ?? [];
  expect(await story.json<UpDocument>('up')).toMatchObject({ outcome: 'applied' });
  const { subnets } = await standing();
  expect([...new Set(subnets.map(({ zone }) => zone))].sort()).toEqual([...last].sort());
  expect(new Set(subnets.map(({ cidr }) => cidr)).size).toBe(2 * last.length);
  rmSync(story.stateFile);
  expect((await story.json<PlanDocument>('plan')).changes).toEqual([]);
  expect((await story.run('destroy', '--yes', '--delete-data')).status).toBe(0);
});
