import { rmSync } from 'node:fs';

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

it('a zone without capacity is left behind as long as no cluster has formed, by the way that the plan names', async () => {
  story = new Story(inEast('[us-east-1a, us-east-1c, us-east-1d]'));
  const full = ['--simulate-fault', 'RunInstances:InsufficientInstanceCapacity:always'];
  expect((await story.run('up', ...full)).status).toBe(1);
  story.write(inEast('[us-east-1a, us-east-1c, us-east-1e]'));
  const refused = await story.run('plan');
  expect(refused.stdout).toContain(
    'us-east-1d → us-east-1e   a volume cannot leave its zone; as no cluster has',
  );
  expect((await story.run('destroy', '--yes', '--delete-data')).status).toBe(0);
  expect(await story.json<UpDocument>('up')).toMatchObject({ outcome: 'applied' });
  // From now on there is data.
  story.write(inEast('[us-east-1a, us-east-1c, us-east-1d]'));
  expect((await story.run('plan')).stdout).toContain('a volume cannot leave its zone, and it holds data');
});
