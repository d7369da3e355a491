import { UntagResourceCommand } from '@aws-sdk/client-ecs';
import { afterEach, describe, expect, it } from 'vitest';

import { findCritical, seedIndex } from '../../src/simulator/elasticsearch/seeds.ts';
import type { World } from '../../src/simulator/core/world.ts';
import { configText, type PlanDocument, Story } from './story.ts';

let story: Story;
afterEach(() => {
  story.end();
});

const of = (version: string): string => configText().replace('9.4.6', version);

const behind = (work: (world: World) => void): Promise<void> =>
  story.behindTheBack((_clients, world) => {
    work(world);
    return Promise.resolve();
  });

/** What the plan refuses, and that `up` makes nothing of it. */
async function refusal(version: string): Promise<string> {
  story.write(of(version));
  const plan = await story.json<PlanDocument>('plan');
  const refused = plan.changes.filter(({ action }) => action === 'refuse');
  const told = await story.run('up', '--yes');
  expect(told.status, told.stderr).toBe(1);
  const still = await story.json<PlanDocument>('plan');
  expect(still.changes.find(({ address }) => address === 'image/image')?.action).toBe('create');
  return refused.map(({ address, because }) => `${address}: ${because ?? ''}`).join('\n');
}

describe('a version is judged in the plan, before an image of it is built', () => {
  it.each([
    ['8.18.8', '9.4.3', 'service/service/search-0: 8.18.8 to 9.4.3 is legal only by way of 8.19'],
    ['8.19.13', '9.0.8', '9.0 is reached from 8.18 only'],
    ['8.19.13', '9.3.1', '9.3.1 came out on 2026-02-26, before 8.19.13 (2026-03-19)'],
    ['9.4.3', '9.4.2', 'Elasticsearch cannot go back from 9.4.3 to 9.4.2'],
  ])('from %s to %s', async (from, to, words) => {
    story = await Story.standing(of(from));
    expect(await refusal(to)).toContain(words);
  });

  it('by what the nodes run, where nobody noted it', async () => {
    story = await Story.standing(of('8.19.13'));
    await story.behindTheBack(async ({ ecs }) => {
      for (const name of ['search-0', 'search-1', 'search-2'])
        await ecs.send(
          new UntagResourceCommand({
            resourceArn: `arn:aws:ecs:eu-west-1:123456789012:service/es-ecs-search/${name}`,
            tagKeys: ['es-ecs-version'],
          }),
        );
    });
    expect(await refusal('9.0.8')).toContain('8.19.13 to 9.0.8 is no path');
  });

  it('by indices that the next major would not open, once for all nodes', async () => {
    story = await Story.standing(of('8.19.13'));
    await behind((world) => {
      seedIndex(world, 'search', { name: 'old', createdVersion: '7.17.29' });
    });
    const refused = await refusal('9.4.3');
    expect(refused).toContain('9.x does not start with old (7.x)');
    expect(refused.split('\n')).toHaveLength(1);
  });

  it('by what Elasticsearch itself calls critical', async () => {
    story = await Story.standing(of('8.19.13'));
    await behind((world) => {
      findCritical(world, 'search', 'Setting [x.y] is removed');
    });
    expect(await refusal('9.4.3')).toContain(
      'Setting [x.y] is removed; es-ecs es GET /_migration/deprecations',
    );
  });

  it('and rolls where nothing is in the way, with what runs in the status', async () => {
    story = await Story.standing(of('8.19.13'));
    await behind((world) => {
      seedIndex(world, 'search', { name: 'old', createdVersion: '7.17.29', isReadOnly: true });
    });
    story.write(of('9.4.3'));
    story.later(60_000);
    expect((await story.run('status')).stdout).toContain('8.19.13 (the config asks for 9.4.3)');
    const told = await story.run('up', '--yes');
    expect(told.status, told.stderr).toBe(0);
    expect((await story.run('status')).stdout).toContain('Elasticsearch 9.4.3  green');
  });
});
