import { afterEach, expect, it } from 'vitest';

import { volumes } from '../../src/simulator/ec2/volumes.ts';
import { instances } from '../../src/simulator/ec2/instance-rows.ts';
import { simulatedClusterView } from '../../src/simulator/elasticsearch/cluster-view.ts';
import { configText, type PlanDocument, Story, type UpDocument } from './story.ts';

let story: Story;
afterEach(() => {
  story.end();
});

const gib = 1024 ** 3;
const sized = (sizeGiB: number): string => configText(`storage: { sizeGiB: ${String(sizeGiB)} }\n`);

interface Seen {
  readonly disks: readonly number[];
  readonly starts: readonly string[];
}

function seen(): Promise<Seen> {
  return story.behindTheBack(async (_, world) => {
    const nodes = await simulatedClusterView(world, 'search').nodes();
    return {
      disks: nodes.map((node) => (node.diskTotalBytes ?? 0) / gib),
      starts: nodes.map((node) => node.ephemeralId),
    };
  });
}

it('grows volumes and file systems while the nodes run, and waits until Elasticsearch sees it', async () => {
  story = await Story.standing(sized(100));
  const before = await seen();
  expect(before.disks).toEqual([100, 100, 100]);
  story.write(sized(150));
  const plan = await story.run('plan');
  expect(plan.stdout).toContain(
    '~ hosts/volume/search-0  in place, nothing restarts\n    sizeGiB        100 → 150   its file system grows while the node runs\n',
  );
  expect(plan.stdout).toContain('\nnothing restarts\n');
  const up = await story.json<UpDocument>('up');
  expect(up.simulated.elapsedMs).toBeLessThan(3 * 60_000);
  const after = await seen();
  expect(after).toEqual({ disks: [150, 150, 150], starts: before.starts });
  expect((await story.json<PlanDocument>('plan')).changes).toEqual([]);
});

it('says which file system has not grown, where the host was made before it could', async () => {
  story = await Story.standing(sized(100));
  await story.behindTheBack((_, world) => {
    for (const row of world.rows(instances).values()) {
      if (row.tags['es-ecs-node'] !== 'search-1' || row.userData === undefined) continue;
      const text = Buffer.from(row.userData, 'base64').toString('utf8');
      row.userData = Buffer.from(text.replaceAll('es-ecs-grow', 'other')).toString('base64');
    }
    return Promise.resolve();
  });
  story.write(sized(150));
  const told = await story.run('up');
  expect(told.status).toBe(1);
  expect(told.stderr).toContain('search-1 sees 100 of 150 GiB: its file system has not grown');
  expect((await seen()).disks).toEqual([150, 100, 150]);
});

it('says it in a sentence when AWS takes no change of the volume now', async () => {
  story = await Story.standing(sized(100));
  story.write(sized(110));
  await story.json('up');
  story.write(sized(120));
  const early = await story.run('up');
  expect(early.status).toBe(1);
  expect(early.stderr).toMatch(
    /hosts\/volume\/search-0: vol-\w+ is not through with its last change \(optimizing, \d+ %\), and AWS takes the next one only then/,
  );
  // Somebody uses up what a day allows.
  await story.behindTheBack((_, world) => {
    for (const row of world.rows(volumes).values()) {
      const startedAtMs = world.nowMs - 3_600_000;
      const { specification: before } = row;
      row.modifications.splice(0);
      for (let count = 0; count < 4; count++)
        row.modifications.push({
          startedAtMs,
          modifiedAtMs: startedAtMs,
          completedAtMs: startedAtMs,
          before,
          after: before,
        });
    }
    return Promise.resolve();
  });
  const often = await story.run('up');
  expect(often.stderr).toMatch(
    /hosts\/volume\/search-0: vol-\w+ was changed as often as AWS allows: four times within 24 hours/,
  );
});

it('refuses to shrink', async () => {
  story = await Story.standing(sized(100));
  story.write(sized(90));
  const plan = await story.run('plan');
  expect(plan.stdout).toContain(
    '! hosts/volume/search-0  refused\n    sizeGiB        100 → 90   a data volume cannot shrink',
  );
  expect((await story.run('up')).stderr).toContain('a data volume cannot shrink');
});
