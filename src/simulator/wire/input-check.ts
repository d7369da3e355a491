import { NormalizedSchema } from '@smithy/core/schema';
import type { $SchemaRef } from '@smithy/types';

/** What an input lacks or has wrong. */
export interface InputComplaint {
  /** The member, as in `tags[].key`. */
  readonly path: string;
  readonly what: 'missing' | 'mistyped';
}

/**
 * The first thing in which an input is not of its operation's shape. The operations of the simulated account are written for what the
 * SDK sends; what comes over the wire may be anything.
 */
export function inputComplaint(schema: $SchemaRef, input: unknown): InputComplaint | undefined {
  return complaint(NormalizedSchema.of(schema), input, '');
}

function complaint(ns: NormalizedSchema, value: unknown, path: string): InputComplaint | undefined {
  if (ns.isUnitSchema() || ns.isDocumentSchema()) return undefined;
  if (!isOfType(ns, value)) return { path, what: 'mistyped' };
  if (Array.isArray(value)) {
    return first(value, (item) => complaint(ns.getValueSchema(), item, `${path}[]`));
  }
  if (ns.isMapSchema()) {
    return first(Object.values(Object(value) as object), (item) =>
      complaint(ns.getValueSchema(), item, `${path}{}`),
    );
  }
  return ns.isStructSchema()
    ? ofStruct(ns, Object(value) as Readonly<Record<string, unknown>>, path)
    : undefined;
}

function ofStruct(
  ns: NormalizedSchema,
  value: Readonly<Record<string, unknown>>,
  path: string,
): InputComplaint | undefined {
  const at = (name: string): string => (path === '' ? name : `${path}.${name}`);
  const missing = requiredOf(ns).find((name) => (value[name] ?? undefined) === undefined);
  if (missing !== undefined) return { path: at(missing), what: 'missing' };
  return first([...ns.structIterator()], ([name, member]) => {
    const item = Object.hasOwn(value, name) ? value[name] : undefined;
    return (item ?? undefined) === undefined ? undefined : complaint(member, item, at(name));
  });
}

/** The generator puts the members that are required first, and their number last. */
function requiredOf(ns: NormalizedSchema): readonly string[] {
  const schema = ns.getSchema();
  if (!Array.isArray(schema) || schema[0] !== 3) return [];
  const [, , , , names, , count = 0] = schema;
  return names.slice(0, count);
}

function first<Item>(
  items: readonly Item[],
  look: (item: Item) => InputComplaint | undefined,
): InputComplaint | undefined {
  for (const item of items) {
    const found = look(item);
    if (found !== undefined) return found;
  }
  return undefined;
}

function isOfType(ns: NormalizedSchema, value: unknown): boolean {
  if (ns.isListSchema()) return Array.isArray(value);
  if (ns.isMapSchema() || ns.isStructSchema())
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  if (ns.isBooleanSchema()) return typeof value === 'boolean';
  if (ns.isNumericSchema()) return typeof value === 'number' && Number.isFinite(value);
  if (ns.isTimestampSchema()) return value instanceof Date && !Number.isNaN(value.getTime());
  if (ns.isBlobSchema()) return value instanceof Uint8Array;
  return typeof value === 'string' || !ns.isStringSchema();
}
