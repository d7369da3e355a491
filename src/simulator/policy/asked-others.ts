import type { World } from '../core/world.ts';
import { findKey } from '../kms/keys.ts';
import { findSecret } from '../secrets-manager/secrets.ts';
import { parameterTags } from '../ssm/parameters.ts';
import type { Asked } from './decide.ts';
import { type Input, tagKeysOf, tagsOf, textOf, textsOf } from './input.ts';
import { referenceOf } from './reference.ts';

function arn({ partition, region, accountId }: World, service: string, resource: string): string {
  return `arn:${partition}:${service}:${region}:${accountId}:${resource}`;
}

/** One action of a service whose things go by their names. */
function named(action: string, input: Input, resource: string): Asked {
  const requestTags = requestTagsOf(input);
  const [kind] = referenceOf(action).kinds;
  return {
    action,
    resource,
    ...(kind === undefined ? {} : { kind: kind.name }),
    ...(requestTags === undefined ? {} : { requestTags }),
  };
}

function requestTagsOf(input: Input): Readonly<Record<string, string>> | undefined {
  return (
    tagsOf(input, 'tags') ??
    tagsOf(input, 'Tags') ??
    tagKeysOf(input, 'tagKeys') ??
    tagKeysOf(input, 'TagKeys')
  );
}

/** Tags given at the making are tagging. */
function withTagging(asked: readonly Asked[], operation: string, tagging: string): readonly Asked[] {
  const made = operation.startsWith('Create') || operation.startsWith('Put');
  return made
    ? [
        ...asked,
        ...asked.filter((one) => one.requestTags !== undefined).map((one) => ({ ...one, action: tagging })),
      ]
    : asked;
}

/** What ECR looks at before it carries out a call. */
export function askedOfEcr(world: World, operation: string, input: Input): readonly Asked[] {
  const action = `ecr:${operation}`;
  if (referenceOf(action).kinds.length === 0) return [{ action, resource: '*' }];
  const names = [...textsOf(input, 'repositoryNames'), textOf(input, 'repositoryName')].filter(
    (one) => one !== undefined,
  );
  const byArn = textOf(input, 'resourceArn');
  const resources =
    byArn === undefined
      ? (names.length === 0 ? ['*'] : names).map((name) => arn(world, 'ecr', `repository/${name}`))
      : [byArn];
  return withTagging(
    resources.map((resource) => named(action, input, resource)),
    operation,
    'ecr:TagResource',
  );
}

/**
 * What CloudWatch Logs looks at before it carries out a call: tags are on the group's plain ARN, streams below it, and all else on the
 * group with an empty stream, as its refusals show.
 */
export function askedOfLogs(world: World, operation: string, input: Input): readonly Asked[] {
  const action = `logs:${operation}`;
  if (referenceOf(action).kinds.length === 0) return [{ action, resource: '*' }];
  const group = textOf(input, 'logGroupName') ?? textOf(input, 'logGroupIdentifier') ?? '*';
  const stream = textOf(input, 'logStreamName') ?? '';
  const resource =
    textOf(input, 'resourceArn') ?? arn(world, 'logs', `log-group:${group}:log-stream:${stream}`);
  return withTagging([ofLogs(action, input, resource)], operation, 'logs:TagResource');
}

/** Its reference knows nine kinds of things that can be tagged, and the group is not the first of them. */
function ofLogs(action: string, input: Input, resource: string): Asked {
  const { kind, ...rest } = named(action, input, resource);
  return { ...rest, ...(kind === undefined ? {} : { kind: 'log-group' }) };
}

/** What Secrets Manager looks at before it carries out a call. A secret that is not there goes by its name alone. */
export function askedOfSecrets(world: World, operation: string, input: Input): readonly Asked[] {
  const action = `secretsmanager:${operation}`;
  if (referenceOf(action).kinds.length === 0) return [{ action, resource: '*' }];
  const id = textOf(input, 'SecretId') ?? textOf(input, 'Name') ?? '*';
  const row = findSecret(world, id);
  const resource = row?.arn ?? (id.startsWith('arn:') ? id : arn(world, 'secretsmanager', `secret:${id}`));
  const asked = { ...named(action, input, resource), ...(row === undefined ? {} : { tags: row.tags }) };
  return withTagging([asked], operation === 'CreateSecret' ? operation : '', 'secretsmanager:TagResource');
}

/** What Systems Manager looks at before it carries out a call. AWS's own parameters are of no account. */
export function askedOfParameters(world: World, operation: string, input: Input): readonly Asked[] {
  const action = `ssm:${operation}`;
  if (referenceOf(action).kinds.length === 0) return [{ action, resource: '*' }];
  const names = [...textsOf(input, 'Names'), textOf(input, 'Name'), textOf(input, 'ResourceId')].filter(
    (one) => one !== undefined,
  );
  const asked = names.map((name): Asked => {
    const isPublic = name.startsWith('/aws/');
    const path = `parameter/${name.replace(/^\//, '')}`;
    const resource = isPublic
      ? `arn:${world.partition}:ssm:${world.region}::${path}`
      : arn(world, 'ssm', path);
    const tags = parameterTags(world, name);
    return { ...named(action, input, resource), kind: 'parameter', ...(tags === undefined ? {} : { tags }) };
  });
  return withTagging(asked, operation, 'ssm:AddTagsToResource');
}

/** What KMS looks at before it carries out a call: a key that goes by an alias is asked for by its own ARN. */
export function askedOfKeys(world: World, operation: string, input: Input): readonly Asked[] {
  const action = `kms:${operation}`;
  const keys = { 'kms:calleraccount': world.accountId };
  if (referenceOf(action).kinds.length === 0) return [{ action, resource: '*', keys }];
  const named = textOf(input, 'KeyId') ?? textOf(input, 'TargetKeyId') ?? '*';
  const key =
    findKey(world, named)?.arn ?? (named.startsWith('arn:') ? named : arn(world, 'kms', `key/${named}`));
  const alias = textOf(input, 'AliasName');
  return [
    { action, resource: key, kind: 'key', keys },
    ...(alias === undefined ? [] : [{ action, resource: arn(world, 'kms', alias), kind: 'alias', keys }]),
  ];
}

/** What Service Quotas looks at before it carries out a call. */
export function askedOfQuotas(world: World, operation: string, input: Input): readonly Asked[] {
  const action = `servicequotas:${operation}`;
  const service = textOf(input, 'ServiceCode');
  const code = textOf(input, 'QuotaCode');
  if (service === undefined || code === undefined) return [{ action, resource: '*' }];
  return [named(action, input, arn(world, 'servicequotas', `${service}/${code}`))];
}
