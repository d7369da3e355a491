import type { Filter, Tag, TagSpecification } from '@aws-sdk/client-ec2';

import { SimulatedFailure } from '../core/failure.ts';
import { page } from '../core/operation.ts';
import type { Table, World } from '../core/world.ts';

/** What an operation answers: the SDK's output without what the transport adds. */
export type Answer<Output> = Omit<Output, '$metadata'>;

/** What every EC2 row carries. */
export interface Ec2Row {
  readonly id: string;
  tags: Record<string, string>;
  /** From when describes by filter show it. */
  readonly visibleAtMs: number;
  /** From when it can be named by its id; at once where there is none. */
  readonly knownAtMs?: number;
}

/** What every new row begins with: a fresh id and the instants of its coming into sight. */
export function newRow(
  world: World,
  prefix: string,
  tags: Readonly<Record<string, string>> = {},
): Ec2Row & { readonly knownAtMs: number } {
  return {
    id: world.id(prefix),
    tags: { ...tags },
    visibleAtMs: world.nowMs + world.vary(world.delays.visible),
    knownAtMs: world.nowMs + world.delays.visibleById,
  };
}

/** A kind of EC2 thing: where its rows are, and what EC2 says when one is not there. */
export interface Kind<Row extends Ec2Row> {
  readonly table: Table<Row>;
  readonly notFound: (id: string) => SimulatedFailure;
}

/**
 * The row of an id that somebody named.
 *
 * @throws SimulatedFailure MissingParameter without an id, the kind's `notFound` for one that is not there or not yet known
 */
export function requireRow<Row extends Ec2Row>(world: World, kind: Kind<Row>, id: string | undefined): Row {
  if (id === undefined || id === '') {
    throw new SimulatedFailure('MissingParameter', 'The request must contain the id of a resource');
  }
  const row = world.rows(kind.table).get(id);
  if (row === undefined || !isKnown(world, row)) throw kind.notFound(id);
  return row;
}

function isKnown(world: World, row: Ec2Row): boolean {
  return (row.knownAtMs ?? 0) <= world.nowMs;
}

/** The failure of a wrong value, in EC2's usual words. */
export function invalidValue(value: unknown, parameter: string, because = ''): SimulatedFailure {
  const sentence = `Value (${String(value)}) for parameter ${parameter} is invalid.`;
  return new SimulatedFailure('InvalidParameterValue', because === '' ? sentence : `${sentence} ${because}`);
}

export function dependencyViolation(message: string): SimulatedFailure {
  return new SimulatedFailure('DependencyViolation', message);
}

/** @throws SimulatedFailure MissingParameter */
export function requireParameter<Value>(value: Value | undefined, name: string): Value {
  if (value !== undefined && value !== '') return value;
  throw new SimulatedFailure('MissingParameter', `The request must contain the parameter ${name}`);
}

/** EC2 refuses to give fewer at once. */
const fewestResults = 5;
/** It gives up to 1000 where so many are asked for. */
const mostResults = 1_000;

/**
 * One page of what was found.
 *
 * @throws SimulatedFailure InvalidParameterValue for a MaxResults below 5, InvalidNextToken
 */
export function ec2Page<Item>(
  found: readonly Item[],
  input: { readonly NextToken?: string | undefined; readonly MaxResults?: number | undefined },
): { readonly items: Item[]; readonly nextToken: string | undefined } {
  const { NextToken, MaxResults } = input;
  if (MaxResults !== undefined && MaxResults < fewestResults) {
    throw invalidValue(
      MaxResults,
      'maxResults',
      `Expecting a value greater than or equal to ${fewestResults}.`,
    );
  }
  return page(found, NextToken, MaxResults, MaxResults === undefined ? undefined : mostResults);
}

/**
 * The tags of a `TagSpecifications` in a call that makes things of several types. Calls that make one type use
 * `tagsForOnly`.
 */
export function tagsFor(
  specifications: readonly TagSpecification[] | undefined,
  type: string,
): Record<string, string> {
  const own = (specifications ?? []).filter((specification) => specification.ResourceType === type);
  return Object.fromEntries(
    own.flatMap((one) => one.Tags ?? []).map((tag) => [tag.Key ?? '', tag.Value ?? '']),
  );
}

/** EC2's rules for tags ("Tag your Amazon EC2 resources", restrictions). */
const tagLimits = { keyLength: 128, valueLength: 256, tags: 50 } as const;

/**
 * The tags of a `TagSpecifications` in a call that makes things of this one type.
 *
 * @throws SimulatedFailure InvalidParameterValue for another type and for bad tags, TagLimitExceeded
 */
export function tagsForOnly(
  specifications: readonly TagSpecification[] | undefined,
  type: string,
): Record<string, string> {
  for (const { ResourceType } of specifications ?? []) {
    if (ResourceType !== type) {
      const message = `'${ResourceType ?? ''}' is not a valid taggable resource type for this operation.`;
      throw new SimulatedFailure('InvalidParameterValue', message);
    }
  }
  const given = (specifications ?? []).flatMap((one) => one.Tags ?? []);
  checkTags(given);
  const tags = tagsFor(specifications, type);
  checkTagCount(tags);
  return tags;
}

/** @throws SimulatedFailure InvalidParameterValue for keys that are reserved, too long, or given twice */
export function checkTags(tags: readonly Tag[]): void {
  const seen = new Set<string>();
  for (const { Key = '', Value = '' } of tags) {
    const because = tagComplaint(Key, Value, seen);
    if (because !== undefined) throw new SimulatedFailure('InvalidParameterValue', because);
    seen.add(Key);
  }
}

function tagComplaint(key: string, value: string, seen: ReadonlySet<string>): string | undefined {
  if (key === '') return 'Tag key cannot be empty';
  if (/^aws:/i.test(key)) return `Tag keys starting with 'aws:' are reserved for internal use`;
  if (seen.has(key)) return `Duplicate tag key '${key}' specified.`;
  if (key.length > tagLimits.keyLength) {
    return `Tag key exceeds the maximum length of ${tagLimits.keyLength} characters`;
  }
  if (value.length > tagLimits.valueLength) {
    return `Tag value exceeds the maximum length of ${tagLimits.valueLength} characters`;
  }
  return undefined;
}

/** @throws SimulatedFailure TagLimitExceeded */
export function checkTagCount(tags: Readonly<Record<string, string>>): void {
  const counted = Object.keys(tags).filter((key) => !key.startsWith('aws:'));
  if (counted.length > tagLimits.tags) {
    const message = 'The maximum number of Tags for a resource has been reached.';
    throw new SimulatedFailure('TagLimitExceeded', message);
  }
}

export function toTags(tags: Readonly<Record<string, string>>): Tag[] {
  return Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
}

/** How a filter other than `tag:` reads a row. */
export type FilterFields<Row> = Readonly<Record<string, (row: Row) => readonly (string | undefined)[]>>;

export interface DescribeRequest {
  readonly ids: readonly string[] | undefined;
  readonly filters: readonly Filter[] | undefined;
}

/**
 * What a Describe answers: rows by id must be known (else `notFound` names them), rows by filter must be visible. Values of a
 * filter are alternatives, filters must all hold; `*` and `?` are wildcards (EC2 API reference, "Filtering").
 */
export function describeRows<Row extends Ec2Row>(
  world: World,
  rows: ReadonlyMap<string, Row>,
  asked: DescribeRequest & {
    readonly fields: FilterFields<Row>;
    readonly notFound: (id: string) => SimulatedFailure;
  },
): Row[] {
  const { ids = [] } = asked;
  checkFilterValues(asked.filters);
  for (const { Name = '' } of asked.filters ?? []) checkFilter(Name, asked.fields);
  const candidates =
    ids.length > 0
      ? ids.map((id) => {
          const row = rows.get(id);
          if (row === undefined || !isKnown(world, row)) throw asked.notFound(id);
          return row;
        })
      : [...rows.values()].filter((row) => row.visibleAtMs <= world.nowMs);
  const filters = (asked.filters ?? []).map(({ Name = '', Values = [] }) => ({
    name: Name,
    isWanted: testOf(Values),
  }));
  return candidates.filter((row) =>
    filters.every(({ name, isWanted }) => valuesOf(row, name, asked.fields).some(isWanted)),
  );
}

/** Tells whether a value is one of those wanted. There may be hundreds, and a thousand rows: only what has a wildcard is a pattern. */
function testOf(wanted: readonly string[]): (value: string | undefined) => boolean {
  const exact = new Set(wanted);
  const patterns = wanted.filter((value) => /[*?]/.test(value)).map(toPattern);
  return (value) =>
    value !== undefined && (exact.has(value) || patterns.some((pattern) => pattern.test(value)));
}

/** Of all filters of a call together; said by EC2 alone, in its refusal. */
const mostFilterValues = 200;

/** @throws SimulatedFailure FilterLimitExceeded, whatever the values would have found */
export function checkFilterValues(filters: readonly Filter[] | undefined): void {
  const count = (filters ?? []).reduce((sum, { Values = [] }) => sum + Values.length, 0);
  if (count <= mostFilterValues) return;
  throw new SimulatedFailure(
    'FilterLimitExceeded',
    `The maximum number of filter values specified on a single call is ${mostFilterValues}`,
  );
}

/** EC2 refuses a filter it does not know, whether there is anything to filter or not. */
function checkFilter(name: string, fields: Readonly<Record<string, unknown>>): void {
  if (name.startsWith('tag:') || name === 'tag-key' || name in fields) return;
  throw new SimulatedFailure('InvalidParameterValue', `The filter '${name}' is invalid`);
}

function valuesOf<Row extends Ec2Row>(
  row: Row,
  name: string,
  fields: FilterFields<Row>,
): readonly (string | undefined)[] {
  if (name.startsWith('tag:')) return [row.tags[name.slice('tag:'.length)]];
  if (name === 'tag-key') return Object.keys(row.tags);
  return fields[name]?.(row) ?? [];
}

function toPattern(value: string): RegExp {
  const escaped = value.replace(/[.+^${}()|[\]\\]/g, String.raw`\$&`);
  return new RegExp(`^${escaped.replaceAll('*', '.*').replaceAll('?', '.')}$`);
}
