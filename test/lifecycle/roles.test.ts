import { afterEach, expect, it } from 'vitest';

import { seedIndex } from '../../src/simulator/elasticsearch/seeds.ts';
import { configText, Story } from './story.ts';

let story: Story;
afterEach(() => {
  story.end();
});

const all = '[master, data, ingest]';
const of = (first: string): string =>
  configText().replace(
    'nodes: 3',
    `nodes: [{ name: first, count: 3, roles: ${first} }, { name: more, count: 2, roles: ${all} }]`,
  );

it('refuses to take the role for data from nodes that hold shards, before one is touched, and takes it once they are drained', async () => {
  story = await Story.standing(of(all));
  await story.behindTheBack((_clients, world) => {
    seedIndex(world, 'search', { name: 'logs', shards: 5, replicas: 1 });
    return Promise.resolve();
  });
  story.later(60_000);
  story.write(of('[master, ingest]'));
  const told = await story.run('up', '--yes');
  expect(told.status).toBe(1);
  expect(told.stderr).toMatch(
    /search-first-\d is not restarted: search-first-\d holds \d+ shards? and is to lose its roles/,
  );
  expect((await story.run('es GET /_cat/health?h=status,node.total')).stdout).toContain('green 5');

  // As the message says.
  const drain = {
    persistent: {
      'cluster.routing.allocation.exclude._name': 'search-first-0,search-first-1,search-first-2',
    },
  };
  expect((await story.run('es PUT /_cluster/settings', '--data', JSON.stringify(drain))).status).toBe(0);
  story.later(600_000);
  const again = await story.run('up', '--yes');
  expect(again.status, again.stderr).toBe(0);
  const nodes = await story.run('es GET /_cat/nodes?h=name,node.role&format=json');
  const roles = (JSON.parse(nodes.stdout) as { name: string; 'node.role': string }[]).map(
    (one) => one['node.role'],
  );
  expect(roles.filter((role) => role.includes('d'))).toHaveLength(2);
});
