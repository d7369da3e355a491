import {
  DeregisterContainerInstanceCommand,
  UpdateContainerInstancesStateCommand,
} from '@aws-sdk/client-ecs';
import { DetachVolumeCommand } from '@aws-sdk/client-ec2';
import { afterEach, describe, expect, it } from 'vitest';

import type { Clients } from '../../src/aws/clients.ts';
import { createSimulation, type OpenSimulation } from '../../src/cli/simulation.ts';
import type { World } from '../../src/simulator/core/world.ts';
import { instances } from '../../src/simulator/ec2/instance-rows.ts';
import { agentConnection, containerInstances } from '../../src/simulator/ecs/container-instances.ts';
import { fileSystems } from '../../src/simulator/hosts/boot.ts';
import { volumes } from '../../src/simulator/ec2/volumes.ts';
import { configText, type PlanDocument, Story, type UpDocument } from './story.ts';

let story: Story;
afterEach(() => {
  story.end();
});

const cluster = 'es-ecs-search';
const minute = 60_000;

interface StatusDocument {
  readonly outcome: string;
  readonly problems: readonly string[];
  readonly nodes: readonly { readonly name: string; readonly instanceId: string | null }[];
}

function hostOf(world: World, node: string): string {
  const own = [...world.rows(instances).values()].filter(
    (row) => row.tags['es-ecs-node'] === node && row.state === 'running',
  );
  expect(own).toHaveLength(1);
  return own[0]?.id ?? '';
}

function containerOf(world: World, node: string): string {
  const id = hostOf(world, node);
  return [...world.rows(containerInstances).values()].find((row) => row.instanceId === id)?.arn ?? '';
}

function volumeOf(world: World, node: string): string {
  const address = `hosts/volume/${node}`;
  return [...world.rows(volumes).values()].find((row) => row.tags['es-ecs-resource'] === address)?.id ?? '';
}

async function hosts(): Promise<ReadonlyMap<string, string | null>> {
  const { nodes } = await story.json<StatusDocument>('status');
  return new Map(nodes.map(({ name, instanceId }) => [name, instanceId]));
}

/** When a node's tasks ended and the next of them began. */
function absenceOf(node: string): readonly [number, number] {
  const rows = Object.values(Object.fromEntries(story.account.tables['ecs/tasks'] ?? []));
  const own = (rows as readonly TaskLike[]).filter(({ group }) => group === `service:${node}`);
  const ends = own.flatMap(({ stoppedAtMs }) => stoppedAtMs ?? []);
  const starts = own.map(({ startedAtMs }) => startedAtMs ?? 0);
  return [Math.max(...ends), Math.max(...starts)];
}

interface TaskLike {
  readonly group: string;
  readonly stoppedAtMs?: number;
  readonly startedAtMs?: number;
}

interface Trouble {
  readonly what: string;
  /** By `simulate lose`; or what a person does with the console. */
  readonly lose?: string;
  readonly make?: (clients: Clients, world: World) => unknown;
  /** As status and plan name it. */
  readonly cause: RegExp;
  readonly cure: string;
  /** Of the account's time, until all is well. */
  readonly minutes: readonly [number, number];
}

const troubles: readonly Trouble[] = [
  {
    what: 'a machine without power, before its group has noticed',
    lose: 'host search-1',
    cause: /has an ECS agent that is not connected/,
    cure: 'a new host, unless that passes within 10 minutes',
    // Its group ends it three minutes later.
    minutes: [4, 8],
  },
  {
    what: 'an agent that has ended',
    lose: 'agent search-1',
    cause: /has an ECS agent that is not connected/,
    cure: 'a new host, unless that passes within 10 minutes',
    minutes: [12, 18],
  },
  {
    what: 'a host that somebody has drained',
    make: ({ ecs }, world) =>
      ecs.send(
        new UpdateContainerInstancesStateCommand({
          cluster,
          containerInstances: [containerOf(world, 'search-1')],
          status: 'DRAINING',
        }),
      ),
    cause: /is draining: somebody has told ECS to stop what runs there/,
    cure: 'a new host',
    minutes: [2, 4],
  },
  {
    what: 'a host that somebody has deregistered',
    make: ({ ecs }, world) =>
      ecs.send(
        new DeregisterContainerInstanceCommand({
          cluster,
          containerInstance: containerOf(world, 'search-1'),
          force: true,
        }),
      ),
    cause: /is not registered with ECS, and was launched \d+m\d\ds ago/,
    cure: 'a new host, unless that passes within 3 minutes',
    minutes: [5, 8],
  },
  {
    what: 'a host whose name somebody has taken away',
    make: (_clients, world) => {
      const row = world.rows(containerInstances).get(containerOf(world, 'search-1'));
      if (row !== undefined) row.attributes = { ...row.attributes, 'es-ecs-node': 'search-7' };
    },
    cause: /is registered as the node search-7, not search-1/,
    cure: 'a new host',
    minutes: [2, 4],
  },
  {
    what: 'a data volume that somebody has detached',
    make: ({ ec2 }, world) =>
      ec2.send(new DetachVolumeCommand({ VolumeId: volumeOf(world, 'search-1'), Force: true })),
    cause: /does not have its data volume: vol-\w+ is not attached to it/,
    cure: 'a new host',
    minutes: [2, 5],
  },
  {
    what: 'a data volume that is lost',
    lose: 'volume search-1',
    cause: /has lost its data volume, which is gone/,
    cure: 'a new host',
    // Its replicas wait ten minutes, of which two are over, for the disk that never comes back.
    minutes: [7, 11],
  },
];

describe('what is wrong with a host', () => {
  it.each(troubles)('is named by status, shown by plan and mended by up: $what', async (trouble) => {
    const { lose, make, cause, cure, minutes } = trouble;
    story = await Story.standing(configText());
    await story.rehearse('wait 20m');
    const before = await hosts();
    if (lose !== undefined) await story.rehearse(`lose ${lose}`);
    await story.behindTheBack(async (clients, world) => {
      await make?.(clients, world);
    });
    await story.rehearse('wait 2m');

    const status = await story.json<StatusDocument>('status');
    expect(status.outcome).toBe('degraded');
    expect(status.problems[0]).toMatch(/^search-1: its host /);
    expect(status.problems[0]).toMatch(cause);
    expect(status.problems[0]).toContain(`; es-ecs up gives it ${cure}`);

    const plan = await story.json<PlanDocument>('plan');
    const rolling = plan.changes.filter(({ impact }) => impact === 'rolling');
    expect(rolling.map(({ address }) => address)).toEqual(['service/service/search-1']);
    expect(rolling[0]?.fields).toMatchObject([
      { path: 'host', before: expect.stringMatching(cause), after: cure },
    ]);

    const { simulated } = await story.json<UpDocument>('up', '--yes');
    expect(simulated.elapsedMs).toBeGreaterThan(minutes[0] * minute);
    expect(simulated.elapsedMs).toBeLessThan(minutes[1] * minute);
    expect((await story.json<StatusDocument>('status')).outcome).toBe('healthy');
    const after = await hosts();
    expect([...after].filter(([node, id]) => before.get(node) !== id).map(([node]) => node)).toEqual([
      'search-1',
    ]);
    expect((await story.json<PlanDocument>('plan')).changes).toEqual([]);
  });

  it('is mended one node at a time', async () => {
    story = await Story.standing(configText());
    for (const node of ['search-0', 'search-2']) await story.rehearse(`lose agent ${node}`);
    await story.json('up', '--yes');
    expect((await story.json<StatusDocument>('status')).outcome).toBe('healthy');
    const [first, second] = [absenceOf('search-0'), absenceOf('search-2')].toSorted((a, b) => a[0] - b[0]);
    expect(first?.[1]).toBeLessThan(second?.[0] ?? 0);
  });

  it('is left alone where it passes in time, waited for or not', async () => {
    for (const flags of [[], ['--no-wait']]) {
      story = await Story.standing(configText());
      const before = await hosts();
      const id = before.get('search-1') ?? '';
      await story.behindTheBack((_clients, world) => {
        agentConnection(world, id, false);
        return Promise.resolve();
      });
      const plan = await story.json<PlanDocument>('plan');
      expect(plan.summary.change).toBe(1);
      const openSimulation: OpenSimulation = async (how) => {
        const simulation = await createSimulation(how);
        const { clock, account } = simulation;
        void clock.sleep(4 * minute).then(() => {
          agentConnection(account.world, id, true);
        });
        return simulation;
      };
      const told = await story.run('up', '--yes', ...flags, { openSimulation });
      expect(told.status, told.stderr).toBe(0);
      expect(await hosts()).toEqual(before);
    }
  });

  it('is no matter of a new host where only a person can mend it, and that is said within minutes', async () => {
    story = await Story.standing(configText());
    story.later(20 * minute);
    await story.behindTheBack((_clients, world) => {
      const id = volumeOf(world, 'search-1');
      const owned = world.rows(fileSystems).get(id);
      world.rows(fileSystems).set(id, { ...owned, owner: 'other/search-1' });
      return Promise.resolve();
    });
    const failed = await story.run('replace search-1', '--yes');
    expect(failed.status).not.toBe(0);
    story.later(20 * minute);
    const status = await story.json<StatusDocument>('status');
    const because =
      /its host waits for a person: vol-\w+ belongs to other\/search-1, not to search\/search-1$/;
    expect(status.problems[0]).toMatch(because);
    const before = await hosts();
    const { stderr, status: exit } = await story.run('up', '--yes');
    expect(exit).toBe(1);
    expect(stderr).toMatch(
      /host\/search-1: failed: its host waits for a person; .* the host says: for a person: vol-\w+ belongs to other/,
    );
    expect(stderr).toContain('es-ecs up  looks again, and goes on once the reason is gone');
    expect(await hosts()).toEqual(before);
    await story.behindTheBack((_clients, world) => {
      const id = volumeOf(world, 'search-1');
      world.rows(fileSystems).set(id, { owner: 'search/search-1' });
      return Promise.resolve();
    });
    await story.json('up', '--yes');
    expect((await story.json<StatusDocument>('status')).outcome).toBe('healthy');
    expect(await hosts()).toEqual(before);
  });
});
