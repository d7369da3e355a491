import { rmSync } from 'node:fs';

import { CreateTagsCommand, DeleteTagsCommand, DescribeVolumesCommand } from '@aws-sdk/client-ec2';
import { afterEach, describe, expect, it } from 'vitest';

import { fromCapitalTags } from '../../src/aws/tags.ts';
import { configText, type PlanDocument, Story, type UpDocument } from './story.ts';

const uuidTag = 'es-ecs-cluster-uuid';
const rightTag = 'es-ecs-bootstrap';

let story: Story;
afterEach(() => {
  story.end();
});

interface Noted {
  readonly uuid: string | undefined;
  readonly right: string | undefined;
}

/** What the data volumes say, by node. */
function noted(): Promise<Readonly<Record<string, Noted>>> {
  return story.behindTheBack(async ({ ec2 }) => {
    const { Volumes = [] } = await ec2.send(new DescribeVolumesCommand({}));
    const tags = Volumes.map((one) => fromCapitalTags(one.Tags)).filter((one) => 'es-ecs-node' in one);
    const entries = tags.map((one): [string, Noted] => [
      one['es-ecs-node'] ?? '',
      { uuid: one[uuidTag], right: one[rightTag] },
    ]);
    return Object.fromEntries<Noted>(entries);
  });
}

function volumeIds(): Promise<readonly string[]> {
  return story.behindTheBack(async ({ ec2 }) => {
    const { Volumes = [] } = await ec2.send(new DescribeVolumesCommand({}));
    return Volumes.filter((one) => 'es-ecs-node' in fromCapitalTags(one.Tags)).map(
      (one) => one.VolumeId ?? '',
    );
  });
}

function setTag(value: string, ids: readonly string[]): Promise<unknown> {
  return story.behindTheBack(({ ec2 }) =>
    ec2.send(new CreateTagsCommand({ Resources: [...ids], Tags: [{ Key: uuidTag, Value: value }] })),
  );
}

interface StatusDocument {
  readonly elasticsearch: { readonly uuid: string };
  readonly certificateDaysLeft: number;
  readonly outcome: string;
  readonly problems: readonly string[];
}

describe('a cluster that has formed', () => {
  it('has its UUID on every data volume and no right to bootstrap left, and a second up makes no write', async () => {
    story = await Story.standing();
    const { elasticsearch } = await story.json<StatusDocument>('status');
    expect(elasticsearch.uuid).toMatch(/^[\w-]{22}$/);
    const each = { uuid: elasticsearch.uuid, right: undefined };
    expect(await noted()).toEqual({ 'search-0': each, 'search-1': each, 'search-2': each });
    expect((await story.json<PlanDocument>('plan')).changes).toEqual([]);
    expect((await story.json<UpDocument>('up')).apiCalls.writes).toBe(0);
  });

  it('is known again without the state, and nothing is granted again', async () => {
    story = await Story.standing();
    const before = await noted();
    rmSync(story.stateFile);
    expect((await story.json<UpDocument>('up')).apiCalls.writes).toBe(0);
    expect(await noted()).toEqual(before);
  });

  it('is not taken for another: up and status say so, and nothing is written', async () => {
    story = await Story.standing();
    const [id = ''] = await volumeIds();
    await setTag('AnotherClustersUuid000', [id]);
    const before = await noted();
    const up = await story.run('up');
    expect(up.status).toBe(1);
    expect(up.stderr).toContain('service/cluster: the cluster that answers is ');
    expect(up.stderr).toContain(`${id} holds data of AnotherClustersUuid000`);
    expect(await noted()).toEqual(before);
    const status = await story.json<StatusDocument>('status');
    expect(status.outcome).toBe('degraded');
    expect(status.problems.join()).toContain('AnotherClustersUuid000');
  });

  it('is noted on the volumes of nodes that come later, in the run that makes them', async () => {
    story = await Story.standing();
    story.write(configText().replace('nodes: 3', 'nodes: 5'));
    await story.json('up');
    const each = await noted();
    expect(Object.keys(each).sort()).toEqual(['search-0', 'search-1', 'search-2', 'search-3', 'search-4']);
    expect(new Set(Object.values(each).map((one) => one.uuid)).size).toBe(1);
    expect(each['search-4']).toEqual({ uuid: each['search-0']?.uuid, right: undefined });
    expect((await story.json<UpDocument>('up')).apiCalls.writes).toBe(0);
  });

  it('gets a note back that somebody took away', async () => {
    story = await Story.standing();
    const before = await noted();
    const [id = ''] = await volumeIds();
    await story.behindTheBack(({ ec2 }) =>
      ec2.send(new DeleteTagsCommand({ Resources: [id], Tags: [{ Key: uuidTag }] })),
    );
    // The lock is taken for it, as the plan did not see it coming.
    expect((await story.json<UpDocument>('up')).apiCalls.writes).toBe(2);
    expect(await noted()).toEqual(before);
  });

  it('keeps its note over a destroy that keeps the data, and comes back as itself without the right', async () => {
    story = await Story.standing();
    const before = await noted();
    expect((await story.run('destroy', '--yes')).status).toBe(0);
    expect(await noted()).toEqual(before);
    await story.json('up');
    expect(await noted()).toEqual(before);
  });
});

describe('a run that does not wait', () => {
  it('leaves the right where it is, and the next one that waits withdraws it', async () => {
    story = await Story.standing(configText(), '--no-wait');
    const right = 'search-0:search-1:search-2';
    expect((await noted())['search-0']).toEqual({ uuid: undefined, right });
    // Only a run that has asked the cluster knows that there is something to write.
    expect((await story.json<PlanDocument>('plan')).changes.map((one) => one.address)).not.toContain(
      'service/formation',
    );
    await story.json('up');
    const after = await noted();
    expect(after['search-0']?.uuid).toMatch(/^[\w-]{22}$/);
    expect(Object.values(after).map((one) => one.right)).toEqual([undefined, undefined, undefined]);
    expect((await story.json<UpDocument>('up')).apiCalls.writes).toBe(0);
  });
});
