import { createHash } from 'node:crypto';

import { DeleteKeyPairCommand, DescribeKeyPairsCommand, ImportKeyPairCommand } from '@aws-sdk/client-ec2';
import type { DescribeKeyPairsCommandInput } from '@aws-sdk/client-ec2';

import type { Clients } from '../../../src/aws/clients.ts';
import { given, isId, outcome, tagsOf } from '../case.ts';
import type { ContractCase } from '../case.ts';
import { publicKey, unknown } from '../fixtures.ts';

function importKey({ ec2 }: Clients, KeyName: string, material = publicKey(1)) {
  return ec2.send(
    new ImportKeyPairCommand({
      KeyName,
      PublicKeyMaterial: new TextEncoder().encode(material),
      TagSpecifications: [{ ResourceType: 'key-pair', Tags: [{ Key: 'es-ecs-cluster', Value: 'search' }] }],
    }),
  );
}

export const keyPairCases: readonly ContractCase[] = [
  {
    name: 'key pair: import, look at it, delete it',
    calls: ['EC2:ImportKeyPair', 'EC2:DescribeKeyPairs', 'EC2:DeleteKeyPair'],
    expected: {
      'has an id': true,
      tags: { 'es-ecs-cluster': 'search' },
      'by its name': 1,
      'by its tag': 1,
      'another of its name': 'InvalidKeyPair.Duplicate',
      deleting: 'done',
      'looking at it': 'InvalidKeyPair.NotFound',
      'looking at it by name': 'InvalidKeyPair.NotFound',
      'of an unknown id': 'InvalidKeyPair.NotFound',
    },
    run: async (clients, scratch) => {
      const { ec2 } = clients;
      const name = scratch.name('key');
      const made = await importKey(clients, name);
      const KeyPairId = given(made.KeyPairId);
      await scratch.settle();
      const describe = (input: DescribeKeyPairsCommandInput) => ec2.send(new DescribeKeyPairsCommand(input));
      const { KeyPairs: byId } = await describe({ KeyPairIds: [KeyPairId] });
      const { KeyPairs: byName } = await describe({ KeyNames: [name] });
      const { KeyPairs: byTag } = await describe({
        Filters: [
          { Name: 'tag:es-ecs-cluster', Values: ['search'] },
          { Name: 'key-name', Values: [name] },
        ],
      });
      const again = await outcome(importKey(clients, name, publicKey(2)));
      return {
        'has an id': isId('key', KeyPairId),
        tags: tagsOf(byId?.find((one) => one.KeyPairId === KeyPairId)?.Tags),
        'by its name': byName?.length,
        'by its tag': byTag?.length,
        'another of its name': again,
        deleting: await outcome(ec2.send(new DeleteKeyPairCommand({ KeyPairId }))),
        'looking at it': await outcome(describe({ KeyPairIds: [KeyPairId] })),
        'looking at it by name': await outcome(describe({ KeyNames: [name] })),
        'of an unknown id': await outcome(describe({ KeyPairIds: [unknown.keyPair] })),
      };
    },
  },
  {
    name: 'key pair: the fingerprint of an ed25519 key, and the key itself',
    calls: ['EC2:ImportKeyPair', 'EC2:DescribeKeyPairs'],
    // KeyPairInfo: for imported ED25519 keys the fingerprint is the base64-encoded SHA-256 digest, "which is
    // the default for OpenSSH"; IncludePublicKey: "If true, the public key material is included in the
    // response."
    expected: { 'is that of OpenSSH': true, 'the public key': true },
    run: async (clients, scratch) => {
      const name = scratch.name('key');
      const { KeyPairId } = await importKey(clients, name);
      const answer = await clients.ec2.send(
        new DescribeKeyPairsCommand({ KeyPairIds: [given(KeyPairId)], IncludePublicKey: true }),
      );
      const pair = answer.KeyPairs?.find((one) => one.KeyPairId === KeyPairId);
      const body = publicKey(1).split(' ')[1] ?? '';
      const fingerprint = createHash('sha256').update(Buffer.from(body, 'base64')).digest('base64');
      return {
        'is that of OpenSSH': pair?.KeyFingerprint?.replace(/=+$/, '') === fingerprint.replace(/=+$/, ''),
        'the public key': pair?.PublicKey?.includes(body) === true,
      };
    },
  },
  {
    name: 'key pair: what is no key',
    calls: ['EC2:ImportKeyPair'],
    expected: { nonsense: 'InvalidKey.Format' },
    run: async (clients, scratch) => ({
      nonsense: await outcome(importKey(clients, scratch.name('key'), 'this is no key')),
    }),
  },
];
