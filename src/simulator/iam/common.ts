import type { Tag } from '@aws-sdk/client-iam';

import { SimulatedFailure } from '../core/failure.ts';
import type { World } from '../core/world.ts';

/**
 * Tags of one IAM thing. Of a role and a user keys are unique without regard to case, of an instance profile with regard to it ("Rules
 * for tagging in IAM and AWS STS", IAM user guide).
 */
export type IamTags = Record<string, string>;

const tagsLimit = 50;

/** @throws SimulatedFailure NoSuchEntityException, always. */
export function noSuchEntity(message: string): SimulatedFailure {
  return new SimulatedFailure('NoSuchEntityException', message, 404);
}

export function alreadyExists(message: string): SimulatedFailure {
  return new SimulatedFailure('EntityAlreadyExistsException', message, 409);
}

export function deleteConflict(message: string): SimulatedFailure {
  return new SimulatedFailure('DeleteConflictException', message, 409);
}

export function limitExceeded(message: string): SimulatedFailure {
  return new SimulatedFailure('LimitExceededException', message, 409);
}

/**
 * A name as IAM takes it: letters, digits and `+=,.@-_`, up to so many of them.
 *
 * @throws SimulatedFailure ValidationError
 */
export function checkedName(name: string | undefined, field: string, most: number): string {
  const value = name ?? '';
  if (!/^[\w+=,.@-]+$/.test(value) || value.length > most) {
    throw new SimulatedFailure(
      'ValidationError',
      `The specified value for ${field} is invalid. It must contain only alphanumeric characters and/or the following: +=,.@_- (at most ${most} characters)`,
    );
  }
  return value;
}

/**
 * A path as IAM takes it, `/` where none is said ("CreateRole", Path).
 *
 * @throws SimulatedFailure ValidationError
 */
export function checkedPath(path = '/'): string {
  if (!/^\/([!-~]+\/)?$/.test(path) || path.length > 512) {
    throw new SimulatedFailure(
      'ValidationError',
      'The specified value for path is invalid. It must begin and end with / and contain only alphanumeric characters and/or / characters.',
    );
  }
  return path;
}

/** How keys are told from each other: by what this makes of them. */
export type KeyCase = (key: string) => string;

export const ignoringCase: KeyCase = (key) => key.toLowerCase();
export const mindingCase: KeyCase = (key) => key;

/**
 * A tag takes the place of the one whose key is the same, and brings its own spelling: "it replaces the first tag".
 *
 * @throws SimulatedFailure InvalidInputException, LimitExceededException
 */
export function withTags(
  before: Readonly<IamTags>,
  added: readonly Tag[] | undefined,
  keyCase: KeyCase,
): IamTags {
  const after = new Map(Object.entries(before));
  const seen = new Set<string>();
  for (const { Key: key = '', Value: value = '' } of added ?? []) {
    checkTagKey(key);
    checkTagValue(value);
    if (seen.has(keyCase(key))) {
      throw new SimulatedFailure(
        'InvalidInputException',
        'Duplicate tag keys found. Please note that Tag keys are case insensitive.',
      );
    }
    seen.add(keyCase(key));
    for (const one of after.keys()) if (one !== key && keyCase(one) === keyCase(key)) after.delete(one);
    after.set(key, value);
  }
  if (after.size > tagsLimit) {
    throw limitExceeded(`Cannot exceed quota for TagsPerResource: ${tagsLimit}`);
  }
  return Object.fromEntries(after);
}

function checkTagKey(key: string): void {
  if (key === '' || key.length > 128 || !/^[\p{L}\p{Z}\p{N}_.:/=+\-@]+$/u.test(key)) {
    throw new SimulatedFailure(
      'ValidationError',
      `The tag key '${key}' must match [\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]+`,
    );
  }
  if (key.toLowerCase().startsWith('aws:')) {
    throw new SimulatedFailure('InvalidInputException', 'The tag key prefix aws: is reserved');
  }
}

/** IAM API reference, Tag, Value. */
function checkTagValue(value: string): void {
  if (value.length <= 256 && /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u.test(value)) return;
  throw new SimulatedFailure(
    'ValidationError',
    `The tag value '${value}' must match [\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]* and have at most 256 characters`,
  );
}

/** Keys that are not there are no error. */
export function withoutTags(
  before: Readonly<IamTags>,
  keys: readonly string[] | undefined,
  keyCase: KeyCase,
): IamTags {
  const gone = new Set((keys ?? []).map(keyCase));
  return Object.fromEntries(Object.entries(before).filter(([key]) => !gone.has(keyCase(key))));
}

export function toIamTags(tags: Readonly<IamTags>): Tag[] {
  return Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
}

/** IAM's own ids: four letters for the kind and 17 more. */
export function iamId(world: World, kind: 'AROA' | 'AIPA'): string {
  return `${kind}${world.next().toString(36).toUpperCase().padStart(17, '0')}`;
}

/** IAM lists in pages with a marker. */
export interface IamPage<Item> {
  readonly items: Item[];
  readonly IsTruncated: boolean;
  readonly Marker?: string;
}

/**
 * @param limits how many the caller asked for, and how many IAM gives at most (few unless said, so that paging is always exercised).
 * @throws SimulatedFailure ValidationError for a marker that IAM did not give.
 */
export function iamPage<Item>(
  all: readonly Item[],
  marker: string | undefined,
  ...limits: readonly [maxItems?: number | undefined, most?: number]
): IamPage<Item> {
  const [maxItems, most = 20] = limits;
  const from = marker === undefined ? 0 : Number(marker.replace(/^marker-/, ''));
  if (Number.isNaN(from)) {
    throw new SimulatedFailure('ValidationError', `Invalid Marker: ${String(marker)}`);
  }
  const next = from + Math.min(maxItems ?? most, most);
  return {
    items: all.slice(from, next),
    IsTruncated: next < all.length,
    ...(next < all.length ? { Marker: `marker-${next}` } : {}),
  };
}
