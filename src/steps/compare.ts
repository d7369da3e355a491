/** One field that differs, by its path in the service's own words. */
export interface Difference {
  readonly path: string;
  readonly before: string | undefined;
  readonly after: string | undefined;
}

/** Fields that name an item of a list: lists of such items are compared by name, whatever their order. */
const namingFields = [
  'name',
  'Name',
  'DeviceName',
  'sourceVolume',
  'containerPort',
  'Key',
  'key',
  'ResourceType',
];

/**
 * What differs between what a service was to be told and what it says, field by field. Absent, empty, zero and false are
 * the same: services fill them in or leave them out as they like.
 *
 * @param defaults values that a service fills in by itself, by path; observed but not desired they are no difference.
 */
export function differences(
  desired: unknown,
  observed: unknown,
  defaults: Readonly<Record<string, string>> = {},
): readonly Difference[] {
  const wanted = flatten(desired);
  const found = flatten(observed);
  const paths = [...new Set([...wanted.keys(), ...found.keys()])].sort();
  return paths
    .map((path) => ({ path, before: found.get(path), after: wanted.get(path) }))
    .filter(
      ({ path, before, after }) => before !== after && !(after === undefined && before === defaults[path]),
    );
}

/** Every leaf of a value, by its path. */
function flatten(value: unknown): ReadonlyMap<string, string> {
  const leaves = new Map<string, string>();
  collect(value, [], leaves);
  return leaves;
}

function collect(value: unknown, path: readonly string[], leaves: Map<string, string>): void {
  if (Array.isArray(value)) {
    const items: readonly unknown[] = value;
    items.forEach((item, index) => {
      collect(item, [...path, nameOf(item) ?? String(index)], leaves);
    });
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, inner] of Object.entries(value)) collect(inner, [...path, key], leaves);
  } else if (typeof value === 'string' || typeof value === 'number' || value === true) {
    if (value !== '' && value !== 0) leaves.set(path.join('.'), String(value));
  }
}

function nameOf(item: unknown): string | undefined {
  if (typeof item !== 'object' || item === null) return undefined;
  const fields = new Map<string, unknown>(Object.entries(item));
  for (const field of namingFields) {
    const name = fields.get(field);
    if (typeof name === 'string' || typeof name === 'number') return String(name);
  }
  return undefined;
}
