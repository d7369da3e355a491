import { describe, expect, it } from 'vitest';

import type { WorldSnapshot } from '../../src/simulator/core/world.ts';
import { type SimulatedClusterRow, simulatedClusters } from '../../src/simulator/elasticsearch/rows.ts';
import type { Explored } from './crash-points.ts';
import { exploreAloud, movedConfig, standing, upgradedConfig } from './scenes.ts';

const scene = { words: ['up'], atLooks: true } as const;

/** By the crash point: where the cluster was ever red, without a master, or had two nodes away at once. */
function accidents({ ends }: Explored): Readonly<Record<string, string>> {
  const told = Object.entries(ends).map(([name, { account }]) => {
    const { tables } = JSON.parse(account) as WorldSnapshot;
    const rows = (tables[simulatedClusters.name] ?? []).map(([, row]) => row as SimulatedClusterRow);
    const history = rows.flatMap((row) => row.history);
    const isBad = history.some(({ status, nodes }) => nodes < 2 || !['green', 'yellow'].includes(status));
    return [name, isBad ? history.map(({ status, nodes }) => `${status} ${nodes}`).join(', ') : ''] as const;
  });
  return Object.fromEntries(told.filter(([, history]) => history !== ''));
}

/** The steps of a node's restart at which the run was killed. */
function steps({ names }: Explored): ReadonlySet<string> {
  return new Set(names.map((name) => name.replace(/^\d+ /, '')));
}

describe('a roll that is killed at every step', () => {
  it('of an upgrade comes to the same end when it is run again, with nothing of it left in the cluster', async () => {
    const explored = await exploreAloud({ ...scene, config: upgradedConfig, before: await standing() });
    expect(explored.deviations).toEqual({});
    expect(accidents(explored)).toEqual({});
    expect([...steps(explored)]).toEqual(
      expect.arrayContaining([
        'before putSettings',
        'after putSettings',
        'before flush',
        'after flush',
        'before UpdateService',
        'after UpdateService',
        'before look at nodes',
        'before look at health',
      ]),
    );
  });

  it('of other hosts comes to the same end too', async () => {
    const explored = await exploreAloud({ ...scene, config: movedConfig, before: await standing() });
    expect(explored.deviations).toEqual({});
    expect(accidents(explored)).toEqual({});
    expect([...steps(explored)]).toEqual(
      expect.arrayContaining([
        'before TerminateInstanceInAutoScalingGroup',
        'after TerminateInstanceInAutoScalingGroup',
      ]),
    );
  });
});
