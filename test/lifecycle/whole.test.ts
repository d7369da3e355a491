import { readdirSync, rmSync, statSync } from 'node:fs';

import { DeleteVolumeCommand } from '@aws-sdk/client-ec2';
import { GetSecretValueCommand, PutSecretValueCommand } from '@aws-sdk/client-secrets-manager';
import { afterEach, describe, expect, it } from 'vitest';

import { simulatedClusterView } from '../../src/simulator/elasticsearch/cluster-view.ts';
import { clusterTag, resourceTag } from '../../src/aws/tags.ts';
import type { WorldSnapshot } from '../../src/simulator/core/world.ts';
import { configText, type PlanDocument, Story, type UpDocument } from './story.ts';

interface StatusDocument {
  readonly outcome: string;
  readonly elasticsearch: { readonly status: string; readonly nodes: number };
  readonly nodes: readonly Readonly<Record<string, string | null>>[];
  readonly resources: readonly { readonly address: string; readonly inSync: boolean }[];
}

interface DestroyDocument {
  readonly outcome: string;
  readonly summary: { readonly destroyed: number; readonly kept: number };
  readonly kept: readonly { readonly address: string }[];
  readonly simulated: { readonly elapsedMs: number; readonly criticalPathMs: number };
}

const secrets = ['authority', 'certificates', 'password'].map((secret) => `task/secret/${secret}`);

let story: Story;
afterEach(() => {
  story.end();
});

/** Ids by table, of all that exists; AWS shows what ended a while longer, and keeps what belongs to every account. */
function living(account: WorldSnapshot): readonly string[] {
  return Object.entries(account.tables).flatMap(([name, rows]) =>
    name.startsWith('core/')
      ? []
      : rows.filter(([, row]) => JSON.stringify(row).includes(clusterTag)).map(([id]) => `${name} ${id}`),
  );
}

const configs = {
  'three nodes in three zones': configText(),
  'x86, one NAT gateway': configText('instanceType: m7i.large\nnetwork: { nat: single }\n'),
  'one node in one zone, no bastion': configText(
    'network: { zones: 1 }\nbastion: false\naccess: { endpoint: "https://search.example.com:9200" }\n',
  ).replace('nodes: 3', 'nodes: 1'),
  'dedicated masters, data nodes of another kind': configText().replace(
    'nodes: 3',
    [
      'nodes:',
      '  - { name: masters, count: 3, roles: [master], instanceType: c7g.large, storage: { sizeGiB: 20 } }',
      '  - { name: data, count: 2, roles: [data, ingest], instanceType: r7i.large }',
    ].join('\n'),
  ),
  'an image that exists already': configText(
    `image: { uri: 123456789012.dkr.ecr.eu-west-1.amazonaws.com/search@sha256:${'4f'.repeat(32)} }\n`,
  ),
  'one NAT gateway, a flow log': configText('network: { nat: single, flowLogs: true }\n'),
  'tags and settings': configText(
    'tags: { team: search, cost-centre: "4711" }\naccess: { cidrs: [10.9.0.0/16] }\n',
  ),
};

describe.each(Object.entries(configs))('%s', (name, config) => {
  const external = name === 'an image that exists already';

  it('comes up, stays as it is, is found again without its state, and goes without a trace', async () => {
    story = new Story(config);
    const options = external ? ['--no-wait'] : [];
    const before = await story.json<PlanDocument>('plan');
    expect(before.summary.create).toBeGreaterThan(20);

    const up = await story.json<UpDocument>('up', ...options);
    expect(up.outcome).toBe('applied');
    expect(up.summary['created']).toBe(before.summary.create);

    const again = await story.json<UpDocument>('up', ...options);
    expect(again).toMatchObject({ outcome: 'up-to-date', apiCalls: { writes: 0 } });

    rmSync(story.stateFile);
    const lost = await story.json<PlanDocument>('plan');
    expect(lost.changes).toEqual([]);

    const destroyed = await story.json<DestroyDocument>('destroy', '--yes', '--delete-data');
    expect(destroyed.summary.kept).toBe(0);
    expect(destroyed.summary.destroyed).toBeGreaterThan(20);
    expect(living(story.account).filter((row) => !isEnded(story.account, row))).toEqual([]);
    expect(readdirSync(`${story.directory}/.es-ecs/simulated`)).toEqual(['account.json']);
    const nothing = await story.json<DestroyDocument>('destroy', '--yes', '--delete-data');
    expect(nothing).toMatchObject({ outcome: 'nothing-to-destroy', apiCalls: { writes: 0 } });
  });
});

/** Whether a row is only the memory of something that has ended, as AWS shows it for an hour. */
function isEnded(account: WorldSnapshot, row: string): boolean {
  const [table = '', id = ''] = row.split(' ');
  const text = JSON.stringify(account.tables[table]?.find(([one]) => one === id)?.[1]);
  return /"(terminated|deleted|INACTIVE|STOPPED)"|"(terminated|deleted|gone|inactive|stopped)AtMs":\d/.test(
    text,
  );
}

describe('the cluster of the smallest config', () => {
  it('is green with three nodes in three zones, and every layer says so', async () => {
    story = new Story();
    const told = await story.run('up');
    expect(told.status).toBe(0);
    expect(told.stdout).toMatch(/^search is green: 3 nodes in 3 zones/);
    expect(told.stdout).toContain('next            es-ecs status --simulate');
    const status = await story.json<StatusDocument>('status');
    expect(status).toMatchObject({ outcome: 'healthy', elasticsearch: { status: 'green', nodes: 3 } });
    expect(
      status.nodes.map((node) => [node['name'], node['zone'], node['agent'], node['task'], node['health']]),
    ).toEqual([
      ['search-0', 'eu-west-1a', 'connected', 'running', 'healthy'],
      ['search-1', 'eu-west-1b', 'connected', 'running', 'healthy'],
      ['search-2', 'eu-west-1c', 'connected', 'running', 'healthy'],
    ]);
    expect(status.resources.every((one) => one.inSync)).toBe(true);
    expect(statSync(story.stateFile).mode & 0o777).toBe(0o600);
  });

  it('keeps its data volumes unless told otherwise, and gets them back', async () => {
    story = new Story();
    await story.json('up');
    const volumes = await volumeIds();
    const destroyed = await story.json<DestroyDocument>('destroy', '--yes');
    expect(destroyed.kept.map((one) => one.address).sort()).toEqual([
      ...['search-0', 'search-1', 'search-2'].map((node) => `hosts/volume/${node}`),
      ...secrets,
    ]);
    expect(await volumeIds()).toEqual(volumes);
    await story.json('up');
    expect(await volumeIds()).toEqual(volumes);
    const again = await story.json<DestroyDocument>('destroy', '--yes', '--delete-data');
    expect(again.summary.kept).toBe(0);
    expect(await volumeIds()).toEqual([]);
  });

  it('keeps a rotated password with them: destroy and up do not lock anybody out of his data', async () => {
    story = await Story.standing();
    const SecretId = 'es-ecs/search/password';
    const SecretString = JSON.stringify({ password: 'a rotated password' });
    await story.behindTheBack(({ secretsManager }) =>
      secretsManager.send(new PutSecretValueCommand({ SecretId, SecretString })),
    );
    await story.behindTheBack((_, world) =>
      simulatedClusterView(world, 'search').setPassword('a rotated password'),
    );
    const told = await story.run('destroy', '--yes');
    expect(told.stdout).toContain(
      '3 data volumes (600 GiB, about $48 a month) and 3 secrets without which the data is of no use (about $1.20 a month) kept',
    );
    await story.json('up');
    const { SecretString: found } = await story.behindTheBack(({ secretsManager }) =>
      secretsManager.send(new GetSecretValueCommand({ SecretId })),
    );
    expect(found).toBe(SecretString);
    expect((await story.json<PlanDocument>('plan')).changes).toEqual([]);
  });

  it('takes the secrets along where there is no data', async () => {
    story = await Story.standing();
    await story.json('destroy', '--yes');
    await story.behindTheBack(async ({ ec2 }) => {
      for (const VolumeId of await volumeIds()) await ec2.send(new DeleteVolumeCommand({ VolumeId }));
    });
    story.later(60_000);
    const destroyed = await story.json<DestroyDocument>('destroy', '--yes');
    expect(destroyed.summary).toEqual({ destroyed: secrets.length, kept: 0 });
  });

  it('comes up again, and again, in an account that remembers the tokens of the ones before', async () => {
    story = new Story();
    for (let round = 0; round < 3; round += 1) {
      expect((await story.json<UpDocument>('up')).outcome).toBe('applied');
      const gone = await story.json<DestroyDocument>('destroy', '--yes', '--delete-data');
      expect(gone.outcome).toBe('destroyed');
    }
  });

  it('is as fast as AWS lets it be: the makespan is at most 1.05 times its longest chain of waits', async () => {
    story = new Story();
    const up = await story.json<UpDocument>('up');
    expect(up.simulated.elapsedMs / up.simulated.criticalPathMs).toBeLessThanOrEqual(1.05);
    expect(up.simulated.criticalPath).toContain(
      'hosts/host/search-0'.replace('0', up.simulated.criticalPath.at(-2)?.at(-1) ?? ''),
    );
    const destroyed = await story.json<DestroyDocument>('destroy', '--yes', '--delete-data');
    expect(destroyed.simulated.elapsedMs / destroyed.simulated.criticalPathMs).toBeLessThanOrEqual(1.05);
  });

  it('takes few calls: at most 200 to make, and those of the lock, 42 to see that nothing changed', async () => {
    story = new Story();
    const up = await story.json<UpDocument>('up');
    // Taken once, and a word every half minute of about four and a half.
    const lockCalls = 2 + 2 * 5;
    // Six quotas and what is in use of each.
    expect(up.apiCalls.total).toBeLessThanOrEqual(200 + lockCalls + 12);
    const plan = await story.json<PlanDocument>('plan');
    expect(plan.apiCalls).toMatchObject({ writes: 0 });
    expect(plan.apiCalls.total).toBeLessThanOrEqual(42);
  });

  it('follows the strict order with --concurrency 1', async () => {
    story = new Story();
    const told = await story.run('up', '--concurrency', '1', '--progress', 'json');
    expect(told.status).toBe(0);
    const done = told.stderr
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as { readonly type: string; readonly address?: string })
      .filter((event) => event.type === 'resource-done')
      .map((event) => event.address?.split('/')[0]);
    const order = ['network', 'bastion', 'hosts', 'image', 'task', 'service'];
    expect([...done].sort((a, b) => order.indexOf(a ?? '') - order.indexOf(b ?? ''))).toEqual(done);
  });
});

async function volumeIds(): Promise<readonly string[]> {
  const { paginateDescribeVolumes } = await import('@aws-sdk/client-ec2');
  return story.behindTheBack(async ({ ec2 }) => {
    const ids: string[] = [];
    // The hosts' own disks carry the cluster's tag as well, and end with their hosts.
    const Filters = [{ Name: `tag:${resourceTag}`, Values: ['hosts/volume/*'] }];
    for await (const page of paginateDescribeVolumes({ client: ec2 }, { Filters })) {
      ids.push(...(page.Volumes ?? []).map((volume) => volume.VolumeId ?? ''));
    }
    return ids.sort();
  });
}

describe('size', () => {
  it('makes the same calls to plan 60 nodes as to plan 3, within paging', async () => {
    story = new Story(configText().replace('nodes: 3', 'nodes: 60'));
    const up = await story.json<UpDocument>('up');
    const plan = await story.json<PlanDocument>('plan');
    expect(plan.changes).toEqual([]);
    // Pages are of 20 here: volumes, groups and services of 60 nodes are read in pieces, nothing else is.
    expect(plan.apiCalls.total).toBeLessThanOrEqual(40 + 3 * (60 / 10));
    expect(up.apiCalls.total).toBeLessThanOrEqual(200 + 57 * 6);
  });
});
