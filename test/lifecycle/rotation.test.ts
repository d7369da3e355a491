import { X509Certificate } from 'node:crypto';

import { GetSecretValueCommand } from '@aws-sdk/client-secrets-manager';
import { afterEach, describe, expect, it } from 'vitest';

import { programs } from '../../src/simulator/elasticsearch/rows.ts';
import { configText, type PlanDocument, Story, type UpDocument } from './story.ts';

let story: Story;
afterEach(() => {
  story.end();
});

type Values = Readonly<Record<string, string>>;

function secret(name: 'certificates' | 'authority'): Promise<Values> {
  return story.behindTheBack(async ({ secretsManager }) => {
    const { SecretString = '{}' } = await secretsManager.send(
      new GetSecretValueCommand({ SecretId: `es-ecs/search/${name}` }),
    );
    return JSON.parse(SecretString) as Values;
  });
}

/** What the running nodes trust and show. */
function shown(): Promise<readonly { readonly trusted: string; readonly shown: string }[]> {
  return story.behindTheBack((_, world) =>
    Promise.resolve(
      [...world.rows(programs).values()]
        .filter(({ isUp }) => isUp)
        .map(({ node }) => ({ trusted: node?.tls?.trusted ?? '', shown: node?.tls?.shown ?? '' })),
    ),
  );
}

const certificatesIn = (pem = ''): number => pem.split('BEGIN CERTIFICATE').length - 1;

function isSignedBy(certificate: string, authority: string): boolean {
  return new X509Certificate(certificate).verify(new X509Certificate(authority).publicKey);
}

async function insync(): Promise<void> {
  expect((await story.json<PlanDocument>('plan')).changes).toEqual([]);
  expect((await story.json<UpDocument>('up')).apiCalls.writes).toBe(0);
}

describe('es-ecs rotate certificates', () => {
  it('gives every node another key and certificate by the same authority, one by one', async () => {
    story = await Story.standing();
    const before = await secret('certificates');
    const told = await story.run('rotate certificates', '--yes');
    expect(told.status, told.stderr).toBe(0);
    expect(told.stderr).toMatch(/task\/secret\/certificates[\s\S]*issue +1 → 2 +asked for: another key/);
    expect(told.stderr).toContain('restarts 3 nodes');
    const after = await secret('certificates');
    expect(after['caCertificate']).toBe(before['caCertificate']);
    expect(after['nodeKey']).not.toBe(before['nodeKey']);
    expect((await shown()).map((one) => one.shown.trim())).toEqual(
      Array.from({ length: 3 }, () => after['nodeCertificate']?.trim()),
    );
    expect(isSignedBy(after['nodeCertificate'] ?? '', after['caCertificate'] ?? '')).toBe(true);
    await insync();
    expect((await story.run('rotate certificates', '--yes')).stderr).toMatch(/issue +2 → 3/);
  });

  it('is told that there is no cluster yet', async () => {
    story = new Story(configText());
    const told = await story.run('rotate certificates', '--yes');
    expect(told.status).toBe(1);
    expect(told.stderr).toContain('search has no certificates yet');
  });
});

describe('es-ecs rotate authority', () => {
  it('ends with every node under another authority, and the old one trusted nowhere', async () => {
    story = await Story.standing();
    const before = await secret('authority');
    const document = await story.json<{
      readonly outcome: string;
      readonly steps: readonly { readonly outcome: string }[];
    }>('rotate authority', '--yes');
    expect(document.outcome).toBe('rotated');
    expect(document.steps.map(({ outcome }) => outcome)).toEqual(['applied', 'applied', 'applied']);
    const after = await secret('authority');
    expect(Object.keys(after).toSorted()).toEqual(['certificate', 'privateKey']);
    expect(after['certificate']).not.toBe(before['certificate']);
    for (const node of await shown()) {
      expect(node.trusted).toBe(after['certificate']);
      expect(isSignedBy(node.shown, after['certificate'] ?? '')).toBe(true);
    }
    await insync();
  });

  it('with --prepare stops where both are trusted, plan says so, up leaves it, and it goes on later', async () => {
    story = await Story.standing();
    const before = await secret('authority');
    const told = await story.run('rotate authority', '--prepare', '--yes');
    expect(told.status, told.stderr).toBe(0);
    expect(told.stderr).toContain('es-ecs credentials --simulate --ca ca.crt  writes both into one file');
    const both = await secret('certificates');
    expect(certificatesIn(both['caCertificate'])).toBe(2);
    expect(isSignedBy(both['nodeCertificate'] ?? '', before['certificate'] ?? '')).toBe(true);
    expect(certificatesIn((await story.run('credentials', '--ca')).stdout)).toBe(2);
    expect((await story.run('plan')).stdout).toContain(
      'the authority is being rotated, and nodes trust the old one and the new one: es-ecs rotate authority  goes on with it',
    );
    await insync();
    const refused = await story.run('rotate certificates', '--yes');
    expect(refused.status).toBe(1);
    expect(refused.stderr).toContain('es-ecs rotate authority  ends that, with new certificates');
    expect((await story.run('rotate authority', '--yes')).status).toBe(0);
    expect(certificatesIn((await secret('certificates'))['caCertificate'])).toBe(1);
    await insync();
  });
});
