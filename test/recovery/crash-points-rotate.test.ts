import { describe, expect, it } from 'vitest';

import { type SimulatedClusterRow, simulatedClusters } from '../../src/simulator/elasticsearch/rows.ts';
import { type SecretRow, secrets } from '../../src/simulator/secrets-manager/secrets.ts';
import { runAgain, runUndisturbed } from './crash-points.ts';
import { config, exploreAloud, standing } from './scenes.ts';
import { type CrashImage, snapshotOf } from './site.ts';

/** What the secret holds, and which password the cluster takes. */
function passwords(image: CrashImage): {
  readonly secret: Readonly<Record<string, string>>;
  readonly inForce: string | undefined;
} {
  const { tables } = snapshotOf(image);
  const rows = (tables[secrets.name] ?? []).map(([, row]) => row as SecretRow);
  const current = rows
    .find(({ name }) => name.endsWith('/password'))
    ?.versions.find(({ stages }) => stages.includes('AWSCURRENT'));
  const [cluster] = (tables[simulatedClusters.name] ?? []).map(([, row]) => row as SimulatedClusterRow);
  return {
    secret: JSON.parse(current?.text ?? '{}') as Readonly<Record<string, string>>,
    inForce: cluster?.nativePassword,
  };
}

describe('a rotation of the password that is killed at every step', () => {
  it('never leaves a cluster that nobody can get in to, and comes to the same end when it is run again', async () => {
    const before = await standing();
    const scene = { words: ['rotate password', '--yes'], config, before };
    const { points } = await runUndisturbed(scene);
    expect(points.map(({ name }) => name.replace(/^\d+ /, ''))).toEqual(
      expect.arrayContaining([
        'after PutSecretValue',
        'before setPassword',
        'after setPassword',
        'before TagResource',
      ]),
    );
    for (const point of points) {
      const { secret, inForce } = passwords(point);
      expect(Object.values(secret), point.name).toContain(inForce);
    }
    const explored = await exploreAloud(scene);
    expect(explored.deviations).toEqual({});
    for (const [name, end] of Object.entries(explored.ends)) {
      const { secret, inForce } = passwords(end);
      expect([name, secret]).toEqual([name, { password: inForce }]);
      expect(inForce, name).not.toBe(passwords(before).inForce);
    }
  });

  it('is brought to its end by up as well', async () => {
    const { points } = await runUndisturbed({
      words: ['rotate password', '--yes'],
      config,
      before: await standing(),
    });
    const cutOff = points.filter((point) => 'next' in passwords(point).secret);
    expect(cutOff.length).toBeGreaterThan(2);
    for (const point of cutOff) {
      const { secret } = passwords(point);
      const end = passwords(await runAgain({ words: ['up'], config }, point));
      expect([point.name, end]).toEqual([
        point.name,
        { secret: { password: secret['next'] }, inForce: secret['next'] },
      ]);
    }
  });
});
