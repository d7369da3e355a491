import { describe, expect, it } from 'vitest';

import { agentConnection } from '../../src/simulator/ecs/container-instances.ts';
import { configText, Story, type UpDocument } from './story.ts';

/** Exit codes of a node's containers that have ended: 143 after SIGTERM and in time, 137 killed, none where nobody heard of it. */
function endsOf(story: Story, node: string): readonly unknown[] {
  const rows = Object.values(Object.fromEntries(story.account.tables['ecs/tasks'] ?? []));
  return (rows as readonly TaskLike[])
    .filter((task) => task.group === `service:${node}` && task.lastStatus === 'STOPPED')
    .map((task) => task.containers[0]?.exitCode);
}

interface TaskLike {
  readonly group: string;
  readonly lastStatus: string;
  readonly instanceId: string;
  readonly stoppingAtMs?: number;
  readonly stoppedAtMs?: number;
  readonly containers: readonly { readonly exitCode?: number }[];
}

describe('a host is ended', () => {
  it('only when its task has stopped, however long Elasticsearch takes for it', async () => {
    const story = await Story.standing();
    await story.json('replace', 'search-1', '--yes');
    expect(endsOf(story, 'search-1')).toEqual([143]);
    story.write(configText('instanceType: m7g.xlarge\n'));
    await story.json('up', '--yes');
    expect(['search-0', 'search-1', 'search-2'].map((node) => endsOf(story, node))).toEqual([
      [143],
      [143, 143],
      [143],
    ]);
  });

  it('although its task does not stop, where its agent has been away for longer than a stop takes', async () => {
    const story = await Story.standing();
    await story.behindTheBack(async (_clients, world) => {
      const task = [...world.tablesUnder('ecs/tasks')]
        .flatMap((rows) => [...rows.values()] as TaskLike[])
        .find(({ group }) => group === 'service:search-1');
      agentConnection(world, task?.instanceId ?? '', false);
      return Promise.resolve();
    });
    const { outcome } = await story.json<UpDocument>('replace', 'search-1', '--yes');
    expect(outcome).toBe('applied');
    expect((await story.json<{ readonly outcome: string }>('status')).outcome).toBe('healthy');
  });
});
