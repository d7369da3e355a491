import { describe, expect, it } from 'vitest';

import { loadConfig } from '../../src/config/load.ts';
import { EsEcsError } from '../../src/errors.ts';

const id = '0a1b2c3d-0000-4000-8000-000000000001';
const replica = `mrk-${'0'.repeat(31)}1`;

function load(kmsKeyId: string): string | undefined {
  const text = `name: search\nregion: eu-west-1\nelasticsearch: { version: 9.4.6 }\nnodes: 3\nencryption: { kmsKeyId: ${JSON.stringify(kmsKeyId)} }\n`;
  return loadConfig(text, 'es-ecs.yaml').config.encryption.kmsKeyId;
}

function refusal(kmsKeyId: string): string {
  try {
    load(kmsKeyId);
  } catch (error) {
    if (error instanceof EsEcsError) return [error.message, ...error.hints].join('\n');
    throw error;
  }
  throw new Error(`${kmsKeyId} was taken`);
}

describe('encryption.kmsKeyId', () => {
  it.each([
    id,
    replica,
    'alias/search',
    'alias/team/search_1-2',
    `arn:aws:kms:eu-west-1:123456789012:key/${id}`,
    `arn:aws:kms:eu-west-1:123456789012:key/${replica}`,
    'arn:aws:kms:eu-west-1:123456789012:alias/search',
  ])('takes %s', (named) => {
    expect(load(named)).toBe(named);
  });

  it.each([
    '',
    'search',
    'alias/',
    'alias/with space',
    `key/${id}`,
    id.toUpperCase(),
    id.slice(1),
    `mrk-${id}`,
    `arn:aws:kms:eu-west-1:123456789012:${id}`,
    `arn:aws:kms:eu-west-1:12345678901:key/${id}`,
    `arn:aws:kms::123456789012:key/${id}`,
    'arn:aws:s3:::bucket',
    `${id}\n`,
  ])('refuses what cannot be a key, at its line and column: %j', (named) => {
    expect(refusal(named)).toMatch(/es-ecs\.yaml:5:25: encryption\.kmsKeyId: .* is not a KMS key/s);
  });

  it.each(['alias/aws/ebs', 'arn:aws:kms:eu-west-1:123456789012:alias/aws/secretsmanager'])(
    "refuses a key of AWS's own: %s",
    (named) => {
      expect(refusal(named)).toContain('es-ecs.yaml:5:25');
      expect(refusal(named)).toContain("is a key of AWS's own, which one service alone can use");
    },
  );

  it('refuses a key of another region, also one that has a replica there', () => {
    const named = `arn:aws:kms:us-east-1:123456789012:key/${replica}`;
    expect(refusal(named)).toContain(
      'is a key of us-east-1, and the cluster is in eu-west-1; a multi-Region key has a replica',
    );
  });
});
