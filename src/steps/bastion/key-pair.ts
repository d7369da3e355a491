import { createHash } from 'node:crypto';

import {
  DeleteKeyPairCommand,
  DescribeKeyPairsCommand,
  type DescribeKeyPairsCommandInput,
  ImportKeyPairCommand,
} from '@aws-sdk/client-ec2';

import type { Clients } from '../../aws/clients.ts';
import { ec2Collection, ec2Tags, tagSpecifications } from '../../aws/ec2.ts';
import { clusterTag, diffTags, fromCapitalTags, type Tags } from '../../aws/tags.ts';
import { unless } from '../../aws/unless.ts';
import type { Resource } from '../../engine/resource.ts';
import { EsEcsError, invariant } from '../../errors.ts';
import { ownTags, type StepContext } from '../context.ts';
import { clusterName } from '../names.ts';
import { brief, retries } from '../waits.ts';

export interface KeyPairDesired {
  readonly name: string;
  /** Of the key on this machine; undefined as long as there is none. */
  readonly fingerprint: string | undefined;
  readonly tags: Tags;
}

export interface KeyPair {
  readonly keyPairId: string;
  readonly name: string;
  /** SHA-256 in base64, as EC2 shows it for ed25519 keys. */
  readonly fingerprint: string;
  readonly tags: Tags;
}

export type KeyPairResource = Resource<KeyPairDesired, KeyPair>;

/** DescribeKeyPairs has no pages. */
export const keyPairs = ec2Collection<KeyPair>({
  name: 'key pairs',
  prefix: 'key',
  notFound: 'InvalidKeyPair.NotFound',
  read: (clients, { filters, ids }) => read(clients, { Filters: filters, KeyPairIds: ids }),
  id: (pair) => pair.keyPairId,
});

/**
 * The key that opens the bastion and the hosts. Its private half never leaves this machine; AWS gets the public one, and
 * cannot change it: when this machine's key is another, the key pair is replaced. Free. Its name is unique in the region, so a
 * repeated import makes no second one.
 */
export function keyPair(context: StepContext): KeyPairResource {
  const address = 'bastion/key-pair';
  const { clients, adapters, clock, config } = context;
  return {
    address,
    needs: {},
    waits: { ...brief, for: 'the key pair' },
    provenByAnswers: true,
    desired: async () => ({
      name: clusterName(config),
      fingerprint: await localFingerprint(context),
      tags: ownTags(context, address),
    }),
    find: (sight) => context.inventory.find(keyPairs, address, sight),
    all: () => context.inventory.kin(keyPairs),
    id: (observed) => observed.keyPairId,
    phase: () => 'ready',
    diff: (desired, observed) => [
      ...(desired.fingerprint === observed.fingerprint
        ? []
        : [
            {
              path: 'publicKey',
              before: observed.fingerprint,
              after: desired.fingerprint ?? 'a new key',
              impact: 'replace' as const,
              because:
                desired.fingerprint === undefined
                  ? 'its private half is not on this machine'
                  : "this machine's key is another one",
            },
          ]),
      ...diffTags(desired.tags, observed.tags, {
        ...ec2Tags(clients.ec2, observed.keyPairId),
        former: context.formerTags,
      }),
    ],
    create: async (desired) => {
      const { publicKey } = await clock.hold(adapters.keys.ensure());
      const made = await unless(
        ['InvalidKeyPair.Duplicate'],
        clients.ec2.send(
          new ImportKeyPairCommand({
            KeyName: desired.name,
            PublicKeyMaterial: new TextEncoder().encode(publicKey),
            TagSpecifications: tagSpecifications('key-pair', desired.tags),
          }),
        ),
      );
      if (made === undefined) return { id: await idOfOurs(context, desired.name) };
      invariant(made.KeyPairId, 'ImportKeyPair answers with an id');
      const fingerprint = fingerprintOf(publicKey);
      const { name, tags } = desired;
      return { id: made.KeyPairId, observed: { keyPairId: made.KeyPairId, name, fingerprint, tags } };
    },
    once: { by: 'name' },
    createRetries: retries.notYetVisible,
    goneWhenAnswered: true,
    destroy: async ({ keyPairId }) => {
      await unless(
        ['InvalidKeyPair.NotFound'],
        clients.ec2.send(new DeleteKeyPairCommand({ KeyPairId: keyPairId })),
      );
    },
  };
}

/** The fingerprint of the key on this machine, in EC2's form; undefined as long as there is none. */
export async function localFingerprint(context: StepContext): Promise<string | undefined> {
  const pair = await context.clock.hold(context.adapters.keys.read());
  return pair === undefined ? undefined : fingerprintOf(pair.publicKey);
}

/**
 * The fingerprint of an OpenSSH public key as EC2 shows it for ed25519 keys: SHA-256 of the key itself, in base64
 * without padding, as `ssh-keygen -l` has it too.
 */
export function fingerprintOf(publicKey: string): string {
  const [, body = ''] = publicKey.trim().split(/\s+/);
  return unpadded(createHash('sha256').update(Buffer.from(body, 'base64')).digest('base64'));
}

/**
 * A name can be taken twice over: by a run that died between AWS's yes and the saving of the id, or by a stranger.
 *
 * @throws EsEcsError NOT_OWNED
 */
async function idOfOurs({ clients, config }: StepContext, name: string): Promise<string> {
  const [found] = await read(clients, { KeyNames: [name] });
  if (found?.tags[clusterTag] === config.name) return found.keyPairId;
  throw new EsEcsError(
    'NOT_OWNED',
    `a key pair ${name} exists and does not carry ${clusterTag}=${config.name}`,
    {
      address: 'bastion/key-pair',
      hint: [`aws ec2 delete-key-pair --key-name ${name}`, 'or give the cluster another name'],
    },
  );
}

async function read(clients: Clients, request: DescribeKeyPairsCommandInput): Promise<readonly KeyPair[]> {
  // With the public key, where it can be had: a fingerprint alone comes in several forms.
  const command = new DescribeKeyPairsCommand({ ...request, IncludePublicKey: true });
  const { KeyPairs: found = [] } = await clients.ec2.send(command);
  return found.map((one) => ({
    keyPairId: one.KeyPairId ?? '',
    name: one.KeyName ?? '',
    fingerprint:
      one.PublicKey === undefined ? unpadded(one.KeyFingerprint ?? '') : fingerprintOf(one.PublicKey),
    tags: fromCapitalTags(one.Tags),
  }));
}

function unpadded(base64: string): string {
  return base64.replace(/=+$/, '');
}
