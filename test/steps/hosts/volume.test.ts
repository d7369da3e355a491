import {
  CreateVolumeCommand,
  DeleteVolumeCommand,
  DescribeVolumesCommand,
  DescribeVolumesModificationsCommand,
  ModifyVolumeCommand,
} from '@aws-sdk/client-ec2';
import { describe, expect, it } from 'vitest';

import { topology } from '../../../src/elasticsearch/topology.ts';
import type { Change } from '../../../src/engine/resource.ts';
import { type Volume, volume, type VolumeDesired } from '../../../src/steps/hosts/volume.ts';
import { type Stub, createBench, facts } from '../support/bench.ts';

const storage = { sizeGiB: 200, iops: 3000, throughputMiBps: 125 };

function setUp(initialMasters?: readonly string[]): {
  readonly stub: Stub;
  readonly resource: ReturnType<typeof volume>;
  readonly desired: VolumeDesired;
} {
  const bench = createBench();
  const [node] = topology(bench.context.config, facts);
  if (node === undefined) throw new Error('there is a node');
  const resource = volume(bench.context, {
    node,
    storage,
    initialMasters,
    first: undefined,
    grown: new Set(),
    moving: new Set(),
  });
  return { stub: bench.stub('ec2'), resource, desired: resource.desired({}) as VolumeDesired };
}

function observed(over: Partial<Volume> = {}): Volume {
  const { desired } = setUp();
  return {
    ...desired,
    volumeId: 'vol-1',
    holders: [],
    state: 'available',
    type: 'gp3',
    encrypted: true,
    madeMs: 0,
    isCopy: false,
    ...over,
  };
}

async function applyAll(changes: readonly Change[]): Promise<void> {
  for (const apply of new Set(changes.map((change) => change.apply))) await apply?.();
}

describe('a data volume', () => {
  it('is made encrypted, in its zone, tagged, with the token; an initial master’s first with the right to bootstrap', async () => {
    const { stub, resource, desired } = setUp(['search-0', 'search-1', 'search-2']);
    stub.answer(DescribeVolumesCommand, { Volumes: [] });
    stub.answer(CreateVolumeCommand, { VolumeId: 'vol-1' });
    expect(await resource.create?.(desired, 'token')).toMatchObject({ id: 'vol-1' });
    expect(stub.sent(CreateVolumeCommand)).toEqual([
      {
        AvailabilityZone: 'eu-west-1a',
        VolumeType: 'gp3',
        Size: 200,
        Iops: 3000,
        Throughput: 125,
        Encrypted: true,
        ClientToken: 'token',
        TagSpecifications: [
          {
            ResourceType: 'volume',
            Tags: [
              { Key: 'es-ecs-cluster', Value: 'search' },
              { Key: 'es-ecs-resource', Value: 'hosts/volume/search-0' },
              { Key: 'Name', Value: 'search-volume-search-0' },
              { Key: 'es-ecs-node', Value: 'search-0' },
              { Key: 'es-ecs-bootstrap', Value: 'search-0:search-1:search-2' },
            ],
          },
        ],
      },
    ]);
  });

  it.each(['search-0', 'search-2'])(
    'has no right to bootstrap when %s has a volume already',
    async (other) => {
      const { stub, resource, desired } = setUp(['search-0', 'search-1', 'search-2']);
      const Tags = [
        { Key: 'es-ecs-cluster', Value: 'search' },
        { Key: 'es-ecs-resource', Value: `hosts/volume/${other}` },
      ];
      stub.answer(DescribeVolumesCommand, { Volumes: [{ VolumeId: 'vol-9', Tags }] });
      stub.answer(CreateVolumeCommand, { VolumeId: 'vol-1' });
      await resource.create?.(desired, 'token');
      const [call] = stub.sent(CreateVolumeCommand);
      expect(JSON.stringify(call)).not.toContain('es-ecs-bootstrap');
    },
  );

  it('leaves the right to bootstrap alone once it is there, and once it is gone', () => {
    const { resource, desired } = setUp(['search-0']);
    const tags = { ...desired.tags, 'es-ecs-bootstrap': 'search-0' };
    expect(resource.diff(desired, observed({ tags }))).toEqual([]);
    expect(resource.diff(desired, observed())).toEqual([]);
  });

  it('grows, and changes its speed, in one call', async () => {
    const { stub, resource } = setUp();
    stub.answer(ModifyVolumeCommand, {});
    const desired = { ...observed(), sizeGiB: 300, iops: 6000 };
    const changes = resource.diff(desired, observed());
    expect(changes.map(({ path, before, after, impact }) => [path, before, after, impact])).toEqual([
      ['sizeGiB', '200', '300', 'in-place'],
      ['iops', '3000', '6000', 'in-place'],
    ]);
    await applyAll(changes);
    expect(stub.sent(ModifyVolumeCommand)).toEqual([
      { VolumeId: 'vol-1', VolumeType: 'gp3', Size: 300, Iops: 6000, Throughput: 125 },
    ]);
  });

  it.each([
    ['sizeGiB', { sizeGiB: 400 }],
    ['zone', { zone: 'eu-west-1b' }],
    ['encrypted', { encrypted: false }],
    ['state', { state: 'error' }],
  ])('refuses a change of %s', (path, over) => {
    const { resource, desired } = setUp();
    const changes = resource.diff(desired, observed(over));
    expect(changes).toMatchObject([{ path, impact: 'refuse' }]);
    expect(changes[0]?.apply).toBeUndefined();
    expect(changes[0]?.because).toBeTruthy();
  });

  it('is never replaced, whatever AWS says of it', () => {
    const { resource } = setUp();
    for (const state of ['creating', 'available', 'in-use', 'error'])
      expect(resource.phase(observed({ state }))).not.toBe('failed');
  });

  it('is made anew in another zone where nothing has ever been on it, unless a host has come since', async () => {
    const { stub, resource, desired } = setUp();
    const empty = observed({ zone: 'eu-west-1b', use: { why: undefined } });
    expect(resource.diff(desired, empty)).toMatchObject([{ path: 'zone', impact: 'replace' }]);
    const tags = { 'es-ecs-cluster': 'search', 'es-ecs-resource': 'hosts/volume/search-0' };
    const Tags = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
    const Attachments = [{ InstanceId: 'i-1' }];
    stub.answer(DescribeVolumesCommand, {
      Volumes: [{ VolumeId: 'vol-1', State: 'in-use', Attachments, Tags, CreateTime: new Date(0) }],
    });
    await expect(resource.destroy?.({ ...empty, tags })).rejects.toMatchObject({
      code: 'NOT_SAFE',
      message: 'vol-1 is not replaced: i-1 holds it',
    });
    expect(stub.sent(DeleteVolumeCommand)).toHaveLength(0);
  });

  it('is never made anew where nobody has looked whether anything is on it', () => {
    const { resource, desired } = setUp();
    expect(resource.diff(desired, observed({ zone: 'eu-west-1b' }))).toMatchObject([
      { path: 'zone', impact: 'refuse' },
    ]);
  });

  it('is not deleted when its tags no longer say that it is this one', async () => {
    const { stub, resource } = setUp();
    const Tags = [{ Key: 'es-ecs-cluster', Value: 'other' }];
    stub.answer(DescribeVolumesCommand, { Volumes: [{ VolumeId: 'vol-1', Tags }] });
    await expect(resource.destroy?.(observed())).rejects.toMatchObject({ code: 'NOT_OWNED' });
    expect(stub.sent(DeleteVolumeCommand)).toHaveLength(0);
  });
});

describe('a volume that is being modified already, as a run left it that was cut off', () => {
  const larger = { ...storage, sizeGiB: 250 };
  const target = { TargetSize: 250, TargetIops: 3000, TargetThroughput: 125, TargetVolumeType: 'gp3' };
  const grow = (latest: object): Promise<void> => {
    const { stub, resource, desired } = setUp();
    const refusal = Object.assign(new Error('MODIFYING'), { name: 'IncorrectModificationState' });
    stub.answer(ModifyVolumeCommand, refusal);
    stub.answer(DescribeVolumesModificationsCommand, { VolumesModifications: [latest] });
    return applyAll(resource.diff({ ...desired, ...larger }, observed()));
  };

  it('is left alone when it is on its way to what is asked for', async () => {
    await expect(grow({ ...target, ModificationState: 'modifying' })).resolves.toBeUndefined();
  });

  it.each([
    [
      'another size',
      { ...target, TargetSize: 300, ModificationState: 'optimizing', Progress: 40 },
      'vol-1 is not through with its last change (optimizing, 40 %), and AWS takes the next one only then',
    ],
    [
      'nothing, as it failed',
      { ...target, ModificationState: 'failed' },
      'AWS has failed to make the last change of vol-1, and takes no other yet',
    ],
  ])('is refused when it is on its way to %s', async (_, latest, message) => {
    await expect(grow(latest)).rejects.toMatchObject({ code: 'REFUSED', message });
  });
});
