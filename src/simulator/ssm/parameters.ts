import type {
  AddTagsToResourceCommandInput,
  DeleteParameterCommandInput,
  GetParameterCommandInput,
  GetParameterCommandOutput,
  GetParameterHistoryCommandInput,
  GetParameterHistoryCommandOutput,
  GetParametersCommandInput,
  GetParametersCommandOutput,
  ListTagsForResourceCommandInput,
  ListTagsForResourceCommandOutput,
  Parameter,
  ParameterType,
  PutParameterCommandInput,
  PutParameterCommandOutput,
  RemoveTagsFromResourceCommandInput,
} from '@aws-sdk/client-ssm';

import { SimulatedFailure } from '../core/failure.ts';
import { holdName, isNameHeld } from '../core/freed-names.ts';
import { page } from '../core/operation.ts';
import { tagSigns, unfitTag } from '../core/tag-signs.ts';
import { table, type World } from '../core/world.ts';
import { publicImages } from '../ec2/images.ts';

type Answer<Output> = Omit<Output, '$metadata'>;

export interface ParameterRow {
  readonly name: string;
  readonly type: ParameterType;
  value: string;
  version: number;
  modifiedAtMs: number;
  description: string | undefined;
  tags: Record<string, string>;
  /** The versions before this one, oldest first; those of accounts saved by an earlier es-ecs have none. */
  history?: readonly { readonly value: string; readonly version: number; readonly modifiedAtMs: number }[];
}

/** "Parameter Store retains the 100 most recently created versions of a parameter." */
const keptVersions = 100;

/** The account's own parameters by name. AWS's public ones follow from the public images. */
const parameters = table<ParameterRow>('ssm/parameters');

/** The tags of one of the account's own parameters; undefined where there is none of that name. */
export function parameterTags(world: World, name: string): Readonly<Record<string, string>> | undefined {
  return world.rows(parameters).get(name)?.tags;
}

/** 4 KiB in the standard tier ("Parameter Store quotas"). */
const valueLimitBytes = 4096;

function publicParameter(world: World, name: string): Parameter | undefined {
  const image = publicImages(world).find((one) => one.parameters.includes(name));
  if (image === undefined) return undefined;
  return {
    Name: name,
    Type: 'String',
    Value: image.id,
    Version: 1,
    LastModifiedDate: new Date(image.createdAtMs),
    ARN: `arn:${world.partition}:ssm:${world.region}::parameter${name}`,
    DataType: 'aws:ec2:image',
  };
}

function toParameter(world: World, row: ParameterRow): Parameter {
  const slash = row.name.startsWith('/') ? '' : '/';
  return {
    Name: row.name,
    Type: row.type,
    Value: row.value,
    Version: row.version,
    LastModifiedDate: new Date(row.modifiedAtMs),
    ARN: `arn:${world.partition}:ssm:${world.region}:${world.accountId}:parameter${slash}${row.name}`,
    DataType: 'text',
  };
}

/** A parameter by its name, also `name:version` for the current version. */
function findParameter(world: World, asked: string): Parameter | undefined {
  const [, name = asked, version] = /^(.*?)(?::(\d+))?$/.exec(asked) ?? [];
  const row = world.rows(parameters).get(name);
  if (row === undefined) return publicParameter(world, name);
  if (version !== undefined && Number(version) !== row.version) {
    throw new SimulatedFailure(
      'ParameterVersionNotFound',
      `Systems Manager could not find version ${version} of ${name}. Verify the version and try again.`,
    );
  }
  return toParameter(world, row);
}

/**
 * For a while a deleted parameter's name is taken though nothing shows it. AWS says to wait and not what happens otherwise; this is what
 * others saw (binxio/cfn-secret-provider issue 10, hashicorp/terraform-provider-aws issue 13578).
 */
function heldName(name: string): string {
  return `ssm ${name}`;
}

function checkName(name: string): void {
  if (!/^[\w.\-/]+$/.test(name)) {
    throw new SimulatedFailure(
      'ValidationException',
      'Parameter name: can\'t be prefixed with "ssm" (case-insensitive). If formed as a path, it can consist of sub-paths divided by slash symbol; each sub-path can be formed as a mix of letters, numbers and the following 3 symbols .-_',
    );
  }
  if (/^\/?(aws|ssm)/i.test(name)) {
    throw new SimulatedFailure('AccessDeniedException', `No access to reserved parameter name: ${name}.`);
  }
}

/** Parameter Store, as the Systems Manager API reference describes it. */
export const parameterOperations = {
  GetParameter(world: World, input: GetParameterCommandInput): Answer<GetParameterCommandOutput> {
    const found = findParameter(world, input.Name ?? '');
    // The service gives this one no message.
    if (found === undefined) throw new SimulatedFailure('ParameterNotFound', 'UnknownError');
    return { Parameter: found };
  },

  /** At most ten names a call; those that are not there are told apart, and are no error. */
  GetParameters(world: World, input: GetParametersCommandInput): Answer<GetParametersCommandOutput> {
    const names = input.Names ?? [];
    if (names.length > 10) {
      throw new SimulatedFailure(
        'ValidationException',
        "1 validation error detected: Value at 'names' failed to satisfy constraint: Member must have length less than or equal to 10",
      );
    }
    const looked = [...new Set(names)].map((name) => ({ name, found: findParameter(world, name) }));
    return {
      Parameters: looked.flatMap(({ found }) => (found === undefined ? [] : [found])),
      InvalidParameters: looked.filter(({ found }) => found === undefined).map(({ name }) => name),
    };
  },

  /** Without `Overwrite` only one of many callers succeeds: a lock can rest on that. */
  PutParameter(world: World, input: PutParameterCommandInput): Answer<PutParameterCommandOutput> {
    const name = input.Name ?? '';
    checkName(name);
    const value = input.Value ?? '';
    if (Buffer.byteLength(value) > valueLimitBytes) {
      throw new SimulatedFailure(
        'ValidationException',
        `Standard tier parameters support a maximum parameter value of ${valueLimitBytes} characters. To create a larger parameter value, upgrade the parameter to use the advanced-parameter tier.`,
      );
    }
    const known = world.rows(parameters).get(name);
    const isTaken = known !== undefined || isNameHeld(world, heldName(name));
    if (isTaken && input.Overwrite !== true) {
      throw new SimulatedFailure(
        'ParameterAlreadyExists',
        'The parameter already exists. To overwrite this value, set the overwrite option in the request to true.',
      );
    }
    if (known === undefined && input.Type === undefined) {
      throw new SimulatedFailure(
        'ValidationException',
        'A parameter type is required when you create a parameter.',
      );
    }
    if (input.Tags !== undefined && input.Overwrite === true) {
      throw new SimulatedFailure(
        'ValidationException',
        "Invalid request: tags and overwrite can't be used together. To create a parameter with tags, please remove overwrite flag. To update tags for an existing parameter, please use AddTagsToResource or RemoveTagsFromResource.",
      );
    }
    const row: ParameterRow = {
      name,
      type: known?.type ?? input.Type ?? 'String',
      value,
      version: (known?.version ?? 0) + 1,
      modifiedAtMs: world.nowMs,
      description: input.Description ?? known?.description,
      tags: known?.tags ?? toRecord(input.Tags),
      history:
        known === undefined ? [] : [...(known.history ?? []), versionOf(known)].slice(1 - keptVersions),
    };
    world.rows(parameters).set(name, row);
    return { Version: row.version, Tier: 'Standard' };
  },

  /** Oldest first, at most fifty a page. */
  GetParameterHistory(
    world: World,
    input: GetParameterHistoryCommandInput,
  ): Answer<GetParameterHistoryCommandOutput> {
    const row = world.rows(parameters).get(input.Name ?? '');
    if (row === undefined) throw new SimulatedFailure('ParameterNotFound', 'UnknownError');
    const versions = [...(row.history ?? []), versionOf(row)];
    const { items, nextToken } = page(versions, input.NextToken, input.MaxResults);
    return {
      Parameters: items.map(({ value, version, modifiedAtMs }) => ({
        Name: row.name,
        Type: row.type,
        Value: value,
        Version: version,
        LastModifiedDate: new Date(modifiedAtMs),
        Labels: [],
        Tier: 'Standard',
      })),
      ...(nextToken === undefined ? {} : { NextToken: nextToken }),
    };
  },

  DeleteParameter(world: World, input: DeleteParameterCommandInput): object {
    const name = input.Name ?? '';
    if (!world.rows(parameters).delete(name)) throw new SimulatedFailure('ParameterNotFound', 'UnknownError');
    holdName(world, heldName(name), world.delays.parameterName);
    return {};
  },

  AddTagsToResource(world: World, input: AddTagsToResourceCommandInput): object {
    const row = requireTagged(world, input.ResourceId);
    row.tags = { ...row.tags, ...toRecord(input.Tags) };
    return {};
  },

  RemoveTagsFromResource(world: World, input: RemoveTagsFromResourceCommandInput): object {
    const row = requireTagged(world, input.ResourceId);
    const gone = new Set(input.TagKeys);
    row.tags = Object.fromEntries(Object.entries(row.tags).filter(([key]) => !gone.has(key)));
    return {};
  },

  ListTagsForResource(
    world: World,
    input: ListTagsForResourceCommandInput,
  ): Answer<ListTagsForResourceCommandOutput> {
    const { tags } = requireTagged(world, input.ResourceId);
    return { TagList: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })) };
  },
} as const;

function versionOf(row: ParameterRow): { value: string; version: number; modifiedAtMs: number } {
  const { value, version, modifiedAtMs } = row;
  return { value, version, modifiedAtMs };
}

/**
 * SSM API reference, Tag.
 *
 * @throws SimulatedFailure ValidationException
 */
function toRecord(
  tags: readonly { readonly Key: string | undefined; readonly Value: string | undefined }[] | undefined,
): Record<string, string> {
  const pairs = (tags ?? []).map((tag): [string, string] => [tag.Key ?? '', tag.Value ?? '']);
  const wrong = unfitTag(pairs);
  if (wrong === undefined) return Object.fromEntries(pairs);
  throw new SimulatedFailure(
    'ValidationException',
    `1 validation error detected: Value at 'tags' failed to satisfy constraint: Member must satisfy regular expression pattern: ^(${tagSigns}*)$ (${wrong.join(' = ')})`,
  );
}

function requireTagged(world: World, name: string | undefined): ParameterRow {
  const row = world.rows(parameters).get(name ?? '');
  if (row === undefined) {
    throw new SimulatedFailure(
      'InvalidResourceId',
      'The resource ID is not valid. Verify that you entered the correct ID and try again.',
    );
  }
  return row;
}
