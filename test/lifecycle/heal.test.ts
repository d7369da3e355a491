import { DeregisterContainerInstanceCommand, UpdateContainerInstancesStateCommand } from '@aws-sdk/client-ecs';
import { afterEach, describe, expect, it } from 'vitest';

import type { Clients } from '../../src/aws/clients.ts';
import type { World } from '../../src/simulator/core/world.ts';
import { instances } from '../../src/simulator/ec2/instance-rows.ts';
import { agentConnection, containerInstances } from '../../src/simulator/ecs/container-instances.ts';
import { configText, type PlanDocument, Story, type UpDocument } from './story.ts';

let story: Story;
afterEach(() => {
  story.end();
});
const cluster = 'es-ecs-search';
const hostOf = (world: World, node: string): string =>
  [...world.rows(instances).values()].find((row) => row.tags['es-ecs-node'] === node && row.state === 'running')?.id ?? '';
const containerOf = (world: World, node: string): string =>
  [...world.rows(containerInstances).values()].find((row) => row.instanceId === hostOf(world, node))?.arn ?? '';

const troubles: readonly [string, (clients: Clients, world: World) => Promise<unknown>][] = [
  ['agent', (_c, world) => Promise.resolve(agentConnection(world, hostOf(world, 'search-1'), false))],
  ['drained', ({ ecs }, world) => ecs.send(new UpdateContainerInstancesStateCommand({ cluster, containerInstances: [containerOf(world, 'search-1')], status: 'DRAINING' }))],
  ['deregistered', ({ ecs }, world) => ecs.send(new DeregisterContainerInstanceCommand({ cluster, containerInstance: containerOf(world, 'search-1'), force: true }))],
];
describe('trouble', () => {
  it.each(troubles)('%s', async (_what, make) => {
    story = await Story.standing(configText());
    story.later(20 * 60_000);
    await story.behindTheBack(make);
    story.later(60_000);
    console.log((await story.run('status')).stdout);
    console.log((await story.run('plan')).stdout);
    const up = await story.run('up', '--yes');
    console.log(up.stdout, up.stderr);
    console.log((await story.run('status')).stdout);
  });
});
