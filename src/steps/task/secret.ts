import {
  CreateSecretCommand,
  DeleteResourcePolicyCommand,
  DeleteSecretCommand,
  DescribeSecretCommand,
  type DescribeSecretCommandOutput,
  GetResourcePolicyCommand,
  paginateListSecrets,
  RestoreSecretCommand,
  type SecretListEntry,
  type SecretsManagerClient,
  UntagResourceCommand,
  UpdateSecretCommand,
} from '@aws-sdk/client-secrets-manager';

import type { Clients } from '../../aws/clients.ts';
import { collectPages } from '../../aws/ec2.ts';
import type { Collection } from '../../aws/inventory.ts';
import { canonicalPolicy } from '../../aws/policy.ts';
import { diffTags, fromCapitalTags, type Tags, type TagWriter, toCapitalTags } from '../../aws/tags.ts';
import { unless } from '../../aws/unless.ts';
import type { Change, Inputs, Needs, Resource } from '../../engine/resource.ts';
import { invariant } from '../../errors.ts';
import { ownTags, type StepContext } from '../context.ts';
import { isKey } from '../encryption/key.ts';
import { secretName } from '../names.ts';
import { brief } from '../waits.ts';
import { putSecret, tagSecret } from './secret-value.ts';

/** The value is no part of it: it is made once, and never read back to be compared. */
export interface SecretDesired<N extends Needs = Needs> {
  readonly name: string;
  readonly description: string;
  /** Of the customer key; undefined: whichever it has. */
  readonly keyArn: string | undefined;
  readonly tags: Tags;
  readonly inputs: Inputs<N>;
}

export interface Secret {
  readonly name: string;
  readonly secretArn: string;
  /** Scheduled to be deleted, by hand; nothing can read it then. */
  readonly isDoomed: boolean;
  /** Its resource policy, by which others can read it; undefined: none, as it should be; `denied` where these credentials may not look. */
  readonly policy: string | { readonly isDenied: true } | undefined;
  /** As it was given: an ARN, an id or an alias; undefined: Secrets Manager's own key. */
  readonly keyId: string | undefined;
  /** Of the value that is current; undefined where it has none. */
  readonly versionId: string | undefined;
  readonly tags: Tags;
}

/** What lists and descriptions say of a secret. */
export type Described = Omit<Secret, 'policy'>;

const missing = ['ResourceNotFoundException'];

/** By name. */
export const secrets: Collection<Described> = {
  name: 'secrets',
  list: async ({ secretsManager }, cluster) => {
    const found = await collectPages(
      paginateListSecrets(
        { client: secretsManager },
        { Filters: [{ Key: 'name', Values: [`es-ecs/${cluster}/`] }], IncludePlannedDeletion: true },
      ),
      (page) => page.SecretList,
    );
    // The filter also takes names that only begin alike; their tags tell them apart.
    return found.map(toSecret);
  },
  byIds: async (clients, names) => {
    const found = await Promise.all(names.map((name) => read(clients, name)));
    return found.filter((secret) => secret !== undefined);
  },
  chunk: 20,
  id: (secret) => secret.name,
  tags: (secret) => secret.tags,
};

interface ResourcePolicy {
  readonly name: string;
  readonly policy: Secret['policy'];
  readonly tags: Tags;
}

/** By the names of secrets that are there. */
const resourcePolicies: Collection<ResourcePolicy> = {
  name: 'resource policies',
  byIds: ({ secretsManager }, names) =>
    Promise.all(
      names.map(async (name) => ({ name, policy: await readPolicy(secretsManager, name), tags: {} })),
    ),
  chunk: 20,
  id: ({ name }) => name,
  tags: ({ tags }) => tags,
};

/** What tells one secret from another. */
export interface SecretOptions<N extends Needs> {
  readonly secret: 'authority' | 'certificates' | 'password';
  readonly description: string;
  readonly needs: N;
  /**
   * Called when there is no such secret yet, or when its value nears its end, with what it is then. What it makes goes to AWS and nowhere
   * else.
   */
  readonly make: (inputs: Inputs<N>, observed?: Secret) => Promise<SecretValue>;
  /** Told what a new secret holds, once AWS has it: this run need not read back what it has just written. */
  readonly made?: (value: SecretValue) => void;
}

/** What a secret holds. */
export interface SecretValue {
  /** By the key under which a container takes each. */
  readonly values: Readonly<Record<string, string>>;
  /** When it is of no use any more, in milliseconds since 1970; absent: never. */
  readonly notAfterMs?: number;
}

/** Says until when a secret's value is good, so that nobody has to read the value to know: `2029-01-31`. */
export const untilTag = 'es-ecs-until';

/** A value is renewed once it has less than this left: two months of runs, any of which does it. */
const renewedDays = 60;
const dayMs = 86_400_000;

/**
 * A secret in Secrets Manager, of several keys. Its value is made once: nodes of a cluster trust each other by it. Only one that
 * ends (a certificate) is made anew, in time, by the same authority.
 * Costs by the secret and month.
 */
export function secret<N extends Needs>(
  context: StepContext,
  options: SecretOptions<N>,
): Resource<SecretDesired<N>, Secret, N> {
  const address = `task/secret/${options.secret}`;
  const name = secretName(context.config, options.secret);
  const { secretsManager } = context.clients;
  return {
    address,
    needs: options.needs,
    waits: { ...brief, for: 'the secret' },
    provenByAnswers: true,
    // The data has been written under this password, by nodes that trust this authority.
    keptWithData: true,
    desired: (inputs) => ({
      name,
      description: options.description,
      keyArn: context.facts.key?.arn,
      tags: ownTags(context, address),
      inputs,
    }),
    find: async (sight) => {
      const found = await context.inventory.find(secrets, address, { ...sight, name });
      return found && withPolicy(context, found, sight.fresh);
    },
    all: async () => {
      const kin = await context.inventory.kin(secrets);
      return kin.map(({ observed, ...rest }) => ({ ...rest, observed: { ...observed, policy: undefined } }));
    },
    id: (observed) => observed.name,
    phase: () => 'ready',
    unseen: ({ policy }) =>
      typeof policy === 'object'
        ? 'secretsmanager:GetResourcePolicy is denied, and a policy by which others read it would not be seen'
        : undefined,
    predict: (desired, observed) =>
      renewal(context, options, { desired, observed }).length === 0
        ? observed
        : { ...observed, tags: { ...observed.tags, [untilTag]: 'renewed' } },
    diff: (desired, observed) => [
      ...restoration(secretsManager, observed),
      ...policyRemoval(secretsManager, observed),
      ...keyChange(secretsManager, desired, observed),
      ...renewal(context, options, { desired, observed }),
      ...diffTags(desired.tags, observed.tags, {
        ...secretTags(secretsManager, name),
        former: context.formerTags,
      }),
    ],
    create: async (desired, token) => {
      const value = await options.make(desired.inputs);
      const made = await secretsManager.send(
        new CreateSecretCommand({
          Name: desired.name,
          Description: desired.description,
          SecretString: JSON.stringify(value.values),
          ...(desired.keyArn === undefined ? {} : { KmsKeyId: desired.keyArn }),
          Tags: toCapitalTags({ ...desired.tags, ...untilTags(value) }),
          ClientRequestToken: token,
        }),
      );
      invariant(made.Name, 'CreateSecret answers with a name');
      options.made?.(value);
      const tags = { ...desired.tags, ...untilTags(value) };
      return {
        id: made.Name,
        observed: {
          name: made.Name,
          secretArn: made.ARN ?? '',
          isDoomed: false,
          policy: undefined,
          keyId: desired.keyArn,
          versionId: made.VersionId,
          tags,
        },
      };
    },
    once: { by: 'name', refusals: ['ResourceExistsException'] },
    // A secret of that name that is just being deleted; and the authority, made a moment ago, that cannot be read yet.
    createRetries: { names: ['InvalidRequestException', ...missing], limitMs: 2 * 60_000 },
    goneWhenAnswered: true,
    destroy: async (observed) => {
      await unless(
        missing,
        secretsManager.send(
          new DeleteSecretCommand({
            SecretId: observed.name,
            // The usual way keeps the name taken for at least a week, and the next `up` would stumble over it.
            ForceDeleteWithoutRecovery: true,
          }),
        ),
      );
    },
  };
}

/** The tag for a value that ends. */
export function untilTags({ notAfterMs }: Pick<SecretValue, 'notAfterMs'>): Tags {
  return notAfterMs === undefined ? {} : { [untilTag]: new Date(notAfterMs).toISOString().slice(0, 10) };
}

/** A new value in place of one that nears its end. Nodes get it as they restart, which shows on the task definition. */
function renewal<N extends Needs>(
  context: StepContext,
  options: SecretOptions<N>,
  seen: { readonly desired: SecretDesired<N>; readonly observed: Secret },
): readonly Change[] {
  const { observed, desired } = seen;
  const until = observed.tags[untilTag];
  if (until === undefined) return [];
  const days = Math.floor((Date.parse(until) - context.clock.now()) / dayMs);
  if (days >= renewedDays) return [];
  const { secretsManager } = context.clients;
  return [
    {
      path: 'until',
      before: until,
      after: 'renewed',
      impact: 'in-place',
      because: days < 0 ? `it ended ${-days} days ago` : `it ends in ${days} days`,
      apply: async () => {
        const value = await options.make(desired.inputs, observed);
        await putSecret(secretsManager, observed.name, value.values);
        // After the value: a run that dies in between renews it once more.
        await tagSecret(secretsManager, observed.name, untilTags(value));
      },
    },
  ];
}

function restoration(secretsManager: SecretsManagerClient, observed: Secret): readonly Change[] {
  if (!observed.isDoomed) return [];
  return [
    {
      path: 'deletion',
      before: 'scheduled',
      after: undefined,
      impact: 'in-place',
      because: 'the nodes cannot start without it',
      apply: async () => {
        await secretsManager.send(new RestoreSecretCommand({ SecretId: observed.name }));
      },
    },
  ];
}

/** Secrets Manager encrypts the value anew under the new key, and reads it with the old one for that ("UpdateSecret", KmsKeyId). */
function keyChange(
  secretsManager: SecretsManagerClient,
  { keyArn }: Pick<SecretDesired, 'keyArn'>,
  { name, keyId }: Pick<Secret, 'name' | 'keyId'>,
): readonly Change[] {
  if (keyArn === undefined || isKey({ arn: keyArn }, keyId)) return [];
  return [
    {
      path: 'kmsKeyId',
      before: keyId,
      after: keyArn,
      impact: 'in-place',
      apply: async () => {
        await secretsManager.send(new UpdateSecretCommand({ SecretId: name, KmsKeyId: keyArn }));
      },
      becomes: (before: Secret): Secret => ({ ...before, keyId: keyArn }),
    },
  ];
}

/** Whoever a secret's own policy names reads it, from another account too; es-ecs gives it none. */
function policyRemoval(
  secretsManager: SecretsManagerClient,
  { name, policy }: Pick<Secret, 'name' | 'policy'>,
): readonly Change[] {
  if (typeof policy !== 'string') return [];
  return [
    {
      path: 'resourcePolicy',
      before: canonicalPolicy(policy),
      after: undefined,
      impact: 'in-place',
      because: 'not declared here: whom it names can read the secret',
      apply: async () => {
        await secretsManager.send(new DeleteResourcePolicyCommand({ SecretId: name }));
      },
      becomes: (before: Secret): Secret => ({ ...before, policy: undefined }),
    },
  ];
}

/** Of a secret that is to be deleted nobody can read a policy; it is looked at once it is restored. */
async function withPolicy(context: StepContext, found: Described, fresh: boolean): Promise<Secret> {
  if (found.isDoomed || context.inventory.depth === 'there') return { ...found, policy: undefined };
  const { name } = found;
  // The policy is nobody's but the secret's, which was seen to be the cluster's.
  const sight = { id: name, fresh, name };
  const seen = await context.inventory.find(resourcePolicies, name, sight);
  return { ...found, policy: seen?.policy };
}

async function readPolicy(secretsManager: SecretsManagerClient, name: string): Promise<Secret['policy']> {
  try {
    const { ResourcePolicy } = await secretsManager.send(new GetResourcePolicyCommand({ SecretId: name }));
    return ResourcePolicy;
  } catch (error) {
    if (error instanceof Error && error.name === 'AccessDeniedException') return { isDenied: true };
    // Gone, or about to be, since it was listed.
    if (error instanceof Error && [...missing, 'InvalidRequestException'].includes(error.name))
      return undefined;
    throw error;
  }
}

function secretTags(secretsManager: SecretsManagerClient, SecretId: string): TagWriter {
  return {
    set: (tags) => tagSecret(secretsManager, SecretId, tags),
    unset: async (keys) => {
      await secretsManager.send(new UntagResourceCommand({ SecretId, TagKeys: [...keys] }));
    },
  };
}

async function read({ secretsManager }: Clients, name: string): Promise<Described | undefined> {
  const found = await unless(missing, secretsManager.send(new DescribeSecretCommand({ SecretId: name })));
  return found === undefined ? undefined : toSecret(found);
}

/** Lists say which version is current under one name, descriptions under another. */
type Found = Pick<
  SecretListEntry,
  'Name' | 'ARN' | 'DeletedDate' | 'KmsKeyId' | 'Tags' | 'SecretVersionsToStages'
> &
  Pick<DescribeSecretCommandOutput, 'VersionIdsToStages'>;

function toSecret(found: Found): Described {
  const versions = found.SecretVersionsToStages ?? found.VersionIdsToStages ?? {};
  return {
    versionId: Object.keys(versions).find((id) => versions[id]?.includes('AWSCURRENT') === true),
    name: found.Name ?? '',
    secretArn: found.ARN ?? '',
    isDoomed: found.DeletedDate !== undefined,
    keyId: found.KmsKeyId,
    tags: fromCapitalTags(found.Tags),
  };
}
