import type { Model, Shape } from './model.ts';

/** Something in which a value is not what its service's model says. */
export interface Finding {
  /** Where, as in `Reservations[].Instances[].State.Name`. */
  readonly path: string;
  /** What is wrong, without the value: the same for each value that is wrong in this way. */
  readonly what: string;
  readonly value: unknown;
}

/** Holds a value, as the SDK has it, against a shape: members, types, enums, lengths, numbers, patterns. */
export function checkShape(model: Model, shape: string, value: unknown): Finding[] {
  const findings: Finding[] = [];
  check(shape, value, '');
  return findings;

  function check(name: string, seen: unknown, path: string): void {
    const known = model.shapes[name];
    if (known === undefined) throw new Error(`the model has no shape ${name}`);
    const tell = (what: string): void => {
      findings.push({ path, what, value: seen });
    };
    if (known.document === true) return;
    if (!isOfType(known, seen)) {
      tell(`is no ${known.type}`);
      return;
    }
    for (const what of broken(known, seen)) tell(what);
    if (Array.isArray(seen)) {
      for (const item of seen) check(known.member?.shape ?? '', item, `${path}[]`);
    } else if (known.type === 'map') {
      for (const [key, item] of entries(seen)) {
        check(known.key?.shape ?? '', key, `${path}{key}`);
        check(known.value?.shape ?? '', item, `${path}{}`);
      }
    } else if (known.type === 'structure') {
      checkMembers(known, seen, path);
    }
  }

  function checkMembers(known: Shape, seen: unknown, path: string): void {
    const given = entries(seen);
    const at = (name: string): string => (path === '' ? name : `${path}.${name}`);
    for (const [name, item] of given) {
      const member = known.members?.[name];
      if (member === undefined) findings.push({ path: at(name), what: 'is no member', value: item });
      else check(member.shape, item, at(name));
    }
    for (const name of known.required ?? []) {
      if (given.every(([one]) => one !== name))
        findings.push({ path: at(name), what: 'is missing', value: undefined });
    }
  }
}

/** The members that are there: the SDK takes undefined for absent. */
function entries(value: unknown): [string, unknown][] {
  return Object.entries(Object(value) as Record<string, unknown>).filter(([, item]) => item !== undefined);
}

function isOfType({ type }: Shape, value: unknown): boolean {
  switch (type) {
    case 'string':
      return typeof value === 'string';
    case 'boolean':
      return typeof value === 'boolean';
    case 'integer':
    case 'long':
      return Number.isSafeInteger(value);
    case 'float':
    case 'double':
      return typeof value === 'number' && Number.isFinite(value);
    case 'timestamp':
      return value instanceof Date && !Number.isNaN(value.getTime());
    case 'blob':
      return value instanceof Uint8Array;
    case 'list':
      return Array.isArray(value);
    case 'map':
    case 'structure':
      return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);
    default:
      throw new Error(`there is a type ${type} that is not known here`);
  }
}

function broken(shape: Shape, value: unknown): string[] {
  const found: string[] = [];
  const size = sizeOf(value);
  if (typeof value === 'string' && shape.enum !== undefined && !shape.enum.includes(value))
    found.push('is none of the words that it may be');
  if (size !== undefined && shape.min !== undefined && size < shape.min)
    found.push(`is below ${String(shape.min)}`);
  if (size !== undefined && shape.max !== undefined && size > shape.max)
    found.push(`is above ${String(shape.max)}`);
  if (typeof value === 'string' && shape.pattern !== undefined && !expression(shape.pattern).test(value))
    found.push(`does not match ${shape.pattern}`);
  return found;
}

function sizeOf(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  // Characters, and not halves of them.
  if (typeof value === 'string') return Array.from(value).length;
  if (Array.isArray(value)) return value.length;
  return value instanceof Uint8Array ? value.byteLength : undefined;
}

const expressions = new Map<string, RegExp>();

/** The models' patterns are Java's, and meant for the whole value. */
function expression(pattern: string): RegExp {
  const known = expressions.get(pattern);
  if (known !== undefined) return known;
  const made = compile(`^(?:${pattern})$`);
  expressions.set(pattern, made);
  return made;
}

function compile(text: string): RegExp {
  try {
    return new RegExp(text, 'su');
  } catch {
    // `\-` and the like outside of a class, which only the older reading takes.
    return new RegExp(text, 's');
  }
}
