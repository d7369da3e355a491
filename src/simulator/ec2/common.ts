import type { Filter, Tag, TagSpecification } from '@aws-sdk/client-ec2';

import { SimulatedFailure } from '../core/failure.ts';
import type { World } from '../core/world.ts';

/** What every EC2 row carries. */
export interface Ec2Row {
  readonly id: string;
  tags: Record<string, string>;
  /** From when describes by filter show it. */
  readonly visibleAtMs: number;
}

/** The tags of a `TagSpecifications` for one resource type. */
export function tagsFor(
  specifications: readonly TagSpecification[] | undefined,
  type: string,
): Record<string, string> {
  const own = (specifications ?? []).filter((specification) => specification.ResourceType === type);
  return Object.fromEntries(
    own.flatMap((one) => one.Tags ?? []).map((tag) => [tag.Key ?? '', tag.Value ?? '']),
  );
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
 * What a Describe answers: rows by id must exist (else `notFound` names them), rows by filter must be visible. Values of a
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
  const byId = asked.ids !== undefined && asked.ids.length > 0;
  const candidates = byId
    ? (asked.ids ?? []).map((id) => {
        const row = rows.get(id);
        if (row === undefined) throw asked.notFound(id);
        return row;
      })
    : [...rows.values()].filter((row) => row.visibleAtMs <= world.nowMs);
  return candidates.filter((row) =>
    (asked.filters ?? []).every((filter) => matches(row, filter, asked.fields)),
  );
}

function matches<Row extends Ec2Row>(row: Row, filter: Filter, fields: FilterFields<Row>): boolean {
  const name = filter.Name ?? '';
  const wanted = (filter.Values ?? []).map(toPattern);
  return valuesOf(row, name, fields).some(
    (value) => value !== undefined && wanted.some((one) => one.test(value)),
  );
}

function valuesOf<Row extends Ec2Row>(
  row: Row,
  name: string,
  fields: FilterFields<Row>,
): readonly (string | undefined)[] {
  if (name.startsWith('tag:')) return [row.tags[name.slice('tag:'.length)]];
  if (name === 'tag-key') return Object.keys(row.tags);
  const field = fields[name];
  if (field === undefined) {
    throw new SimulatedFailure('InvalidParameterValue', `The filter '${name}' is invalid`);
  }
  return field(row);
}

function toPattern(value: string): RegExp {
  const escaped = value.replace(/[.+^${}()|[\]\\]/g, String.raw`\$&`);
  return new RegExp(`^${escaped.replaceAll('*', '.*').replaceAll('?', '.')}$`);
}
