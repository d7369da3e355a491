import { createHash } from 'node:crypto';

import type {
  DeleteKeyPairCommandInput,
  DeleteKeyPairCommandOutput,
  DescribeKeyPairsCommandInput,
  DescribeKeyPairsCommandOutput,
  ImportKeyPairCommandInput,
  ImportKeyPairCommandOutput,
} from '@aws-sdk/client-ec2';

import { SimulatedFailure } from '../core/failure.ts';
import { table, type World } from '../core/world.ts';
import { type Answer, describeRows, type Ec2Row, newRow, tagsForOnly, toTags } from './common.ts';

export interface KeyPairRow extends Ec2Row {
  readonly name: string;
  readonly type: 'ed25519' | 'rsa';
  /** As in `~/.ssh/id_ed25519.pub`. */
  readonly publicKey: string;
  readonly fingerprint: string;
  readonly createdAtMs: number;
}

/** Key pairs by id. */
export const keyPairs = table<KeyPairRow>('ec2/key-pairs');

function keyPairNotFound(what: string): SimulatedFailure {
  return new SimulatedFailure('InvalidKeyPair.NotFound', `The key pair '${what}' does not exist`);
}

/** @throws SimulatedFailure InvalidKeyPair.NotFound */
export function requireKeyPair(world: World, name: string): KeyPairRow {
  const row = [...world.rows(keyPairs).values()].find((one) => one.name === name);
  if (row === undefined) throw keyPairNotFound(name);
  return row;
}

/** The kind of a public key in OpenSSH's format, and its fingerprint as EC2 shows it for imported keys. */
function parsePublicKey(text: string): Pick<KeyPairRow, 'type' | 'fingerprint'> {
  const [kind, body] = text.trim().split(/\s+/);
  const blob = Buffer.from(body ?? '', 'base64');
  const type = kind === 'ssh-ed25519' ? 'ed25519' : kind === 'ssh-rsa' ? 'rsa' : undefined;
  if (
    type === undefined ||
    !blob
      .subarray(4)
      .toString('latin1')
      .startsWith(kind ?? '')
  ) {
    throw new SimulatedFailure('InvalidKey.Format', 'Key is not in valid OpenSSH public key format');
  }
  const fingerprint =
    type === 'ed25519'
      ? createHash('sha256').update(blob).digest('base64')
      : (createHash('md5').update(blob).digest('hex').match(/../g) ?? []).join(':');
  return { type, fingerprint };
}

/** Key pairs, as the EC2 API reference describes them. There is no client token: the name does its work. */
export const keyPairOperations = {
  ImportKeyPair(world: World, input: ImportKeyPairCommandInput): Answer<ImportKeyPairCommandOutput> {
    const name = input.KeyName ?? '';
    if ([...world.rows(keyPairs).values()].some((row) => row.name === name)) {
      throw new SimulatedFailure('InvalidKeyPair.Duplicate', `The keypair already exists`);
    }
    const publicKey = Buffer.from(input.PublicKeyMaterial ?? []).toString('utf8');
    const row: KeyPairRow = {
      ...newRow(world, 'key', tagsForOnly(input.TagSpecifications, 'key-pair')),
      name,
      publicKey,
      ...parsePublicKey(publicKey),
      createdAtMs: world.nowMs,
    };
    world.rows(keyPairs).set(row.id, row);
    return {
      KeyPairId: row.id,
      KeyName: name,
      KeyFingerprint: row.fingerprint,
      Tags: toTags(row.tags),
    };
  },

  DescribeKeyPairs(world: World, input: DescribeKeyPairsCommandInput): Answer<DescribeKeyPairsCommandOutput> {
    const ids = [
      ...(input.KeyPairIds ?? []),
      ...(input.KeyNames ?? []).map((name) => requireKeyPair(world, name).id),
    ];
    const found = describeRows(world, world.rows(keyPairs), {
      ids,
      filters: input.Filters,
      fields: {
        'key-name': (row) => [row.name],
        'key-pair-id': (row) => [row.id],
        fingerprint: (row) => [row.fingerprint],
      },
      notFound: keyPairNotFound,
    });
    return {
      KeyPairs: found.map((row) => ({
        KeyPairId: row.id,
        KeyName: row.name,
        KeyType: row.type,
        KeyFingerprint: row.fingerprint,
        CreateTime: new Date(row.createdAtMs),
        Tags: toTags(row.tags),
        ...(input.IncludePublicKey === true ? { PublicKey: row.publicKey } : {}),
      })),
    };
  },

  /** Success also when there is none such. */
  DeleteKeyPair(world: World, input: DeleteKeyPairCommandInput): Answer<DeleteKeyPairCommandOutput> {
    const row = [...world.rows(keyPairs).values()].find(
      (one) => one.id === input.KeyPairId || one.name === input.KeyName,
    );
    if (row === undefined) return { Return: true };
    world.rows(keyPairs).delete(row.id);
    return { Return: true, KeyPairId: row.id };
  },
} as const;
