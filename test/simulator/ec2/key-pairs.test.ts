import { DeleteKeyPairCommand, DescribeKeyPairsCommand, ImportKeyPairCommand } from '@aws-sdk/client-ec2';
import { beforeEach, expect, it } from 'vitest';

import { refusal, type Stage, stage } from '../stage.ts';

const publicKey = `ssh-ed25519 ${Buffer.concat([
  Buffer.from([0, 0, 0, 11]),
  Buffer.from('ssh-ed25519'),
  Buffer.from([0, 0, 0, 32]),
  Buffer.alloc(32, 7),
]).toString('base64')} es-ecs`;

let ec2: Stage['clients']['ec2'];

beforeEach(() => {
  ({ ec2 } = stage().clients);
});

const load = (text: string): Promise<unknown> =>
  ec2.send(
    new ImportKeyPairCommand({ KeyName: 'es-ecs-search', PublicKeyMaterial: new TextEncoder().encode(text) }),
  );

it('is imported once, shown with its public half, and goes', async () => {
  await load(publicKey);
  expect(await refusal(load(publicKey))).toBe('InvalidKeyPair.Duplicate');
  const look = new DescribeKeyPairsCommand({ KeyNames: ['es-ecs-search'], IncludePublicKey: true });
  expect((await ec2.send(look)).KeyPairs).toMatchObject([{ KeyType: 'ed25519', PublicKey: publicKey }]);
  const end = new DeleteKeyPairCommand({ KeyName: 'es-ecs-search' });
  await ec2.send(end);
  expect(await refusal(ec2.send(look))).toBe('InvalidKeyPair.NotFound');
  expect(await refusal(ec2.send(end))).toBeUndefined();
});

it('must be a public key', async () => {
  expect(await refusal(load('-----BEGIN PRIVATE KEY-----'))).toBe('InvalidKey.Format');
});
