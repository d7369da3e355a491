import { X509Certificate } from 'node:crypto';

import { describe, expect, it } from 'vitest';

import {
  type ProgramRow,
  programs,
  type SimulatedClusterRow,
  simulatedClusters,
} from '../../src/simulator/elasticsearch/rows.ts';
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

/** Whether the certificate that one side shows is good by what the other trusts (PEM, one after the other). */
function isTrusted(shown = '', trusted = ''): boolean {
  const authorities = trusted.split(/(?<=-----END CERTIFICATE-----)/).filter((one) => one.includes('BEGIN'));
  const certificate = new X509Certificate(shown);
  return authorities.some((one) => certificate.verify(new X509Certificate(one).publicKey));
}

/** Who would not talk to whom at that moment: two nodes, or es-ecs with what the secret holds and a node. */
function strangers(image: CrashImage): readonly string[] {
  const { tables } = snapshotOf(image);
  const rows = (tables[programs.name] ?? []).map(([, row]) => row as ProgramRow);
  const nodes = rows.flatMap(({ isUp, node }) => (isUp && node !== undefined ? [node] : []));
  const client = { name: 'es-ecs', tls: { trusted: values(image, 'certificates')['caCertificate'] } };
  return [...nodes, client].flatMap(({ name, tls: mine }) =>
    nodes
      .filter(({ tls }) => !isTrusted(tls?.shown, mine?.trusted))
      .map((other) => `${name} does not trust ${other.name}`),
  );
}

function values(image: CrashImage, name: string): Readonly<Record<string, string>> {
  const rows = (snapshotOf(image).tables[secrets.name] ?? []).map(([, row]) => row as SecretRow);
  const row = rows.find((one) => one.name.endsWith(`/${name}`));
  const current = row?.versions.find(({ stages }) => stages.includes('AWSCURRENT'));
  return JSON.parse(current?.text ?? '{}') as Readonly<Record<string, string>>;
}

/** What nodes trust and the secrets hold: the same authority, alone. */
function isUnderOne(image: CrashImage): boolean {
  const authority = values(image, 'authority');
  const trusted = values(image, 'certificates')['caCertificate'];
  const { tables } = snapshotOf(image);
  const rows = (tables[programs.name] ?? []).map(([, row]) => row as ProgramRow);
  const up = rows.flatMap(({ isUp, node }) => (isUp ? [node?.tls?.trusted] : []));
  return [...up, trusted].every((one) => one === authority['certificate']) && !('next' in authority);
}

describe('a rotation of the authority', () => {
  it('never has two nodes that do not trust each other, and goes on from wherever it was killed', async () => {
    const before = await standing();
    const scene = { words: ['rotate authority', '--yes'], config, before };
    const { points, after } = await runUndisturbed(scene);
    expect(points.filter((point) => strangers(point).length > 0).map((one) => one.name)).toEqual([]);
    expect([isUnderOne(before), isUnderOne(after)]).toEqual([true, true]);
    expect(values(after, 'authority')['certificate']).not.toBe(values(before, 'authority')['certificate']);
    // Around each write of a secret, and here and there in the rolls.
    const isNear = ({ name }: { readonly name: string }, index: number): boolean =>
      /PutSecretValue|TagResource/.test(name) || index % 40 === 7;
    const chosen = points.filter(isNear);
    console.log(`rotate authority: killed at ${chosen.length} of ${points.length} points`);
    for (const point of chosen) {
      const seen: string[] = [];
      const again = await runUndisturbed({ ...scene, before: point });
      for (const one of again.points) seen.push(...strangers(one).map((words) => `${one.name}: ${words}`));
      expect([point.name, seen, isUnderOne(again.after)]).toEqual([point.name, [], true]);
    }
  }, 900_000);
});
