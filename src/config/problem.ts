import { z } from 'zod';

import { editDistance } from './edit-distance.ts';
import { formatPath, type Path, type Source } from './position.ts';
import { configSchema, wording } from './schema.ts';

/** One thing in the file that is wrong or unwise. */
export interface Problem {
  readonly path: Path;
  /** A sentence without its end: lower case, with the offending value. */
  readonly message: string;
  /** `es-ecs.yaml:7:11`. */
  readonly at: string;
}

/** `es-ecs.yaml:7:11: nodes: 0 is not a number of nodes (1 to 1000)`. */
export function formatProblem({ at, path, message }: Problem): string {
  const line = [at, formatPath(path), message].filter((part) => part !== '').join(': ');
  // A value, or a key, may be of several lines.
  return line.replaceAll(/[\n\r\t]/g, (sign) => JSON.stringify(sign).slice(1, -1));
}

type Schema = z.core.$ZodType;
type Issue = z.core.$ZodIssue;

/** What zod found, in our words and with positions, in the order of the file. */
export function describeIssues(issues: readonly Issue[], source: Source): readonly Problem[] {
  const found = issues.flatMap((issue) => describeIssue(issue, { schema: configSchema, base: [], source }));
  const misspelt = new Set(found.map(({ meant }) => meant));
  return found
    .filter(({ path }) => source.has(path) || !misspelt.has(formatPath(path)))
    .map(({ path, message, at }) => ({ path, message, at }))
    .sort((a, b) => source.offset(a.path) - source.offset(b.path));
}

/**
 * A problem, and the path that a misspelt key was meant to be: that one is then not called missing as well.
 */
interface Described extends Problem {
  readonly meant?: string;
}

interface Where {
  /** The schema that the issue's path starts from. */
  readonly schema: Schema;
  /** Where that schema stands in the file. */
  readonly base: Path;
  readonly source: Source;
}

function describeIssue(issue: Issue, where: Where): readonly Described[] {
  const { source, base } = where;
  const path = [...base, ...issue.path.map(pathPart)];
  const schema = schemaAt(where.schema, issue.path.map(pathPart));
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => describeUnknownKey([...path, key], knownKeys(schema), source));
  }
  if (issue.code === 'invalid_union') {
    const branch = chosenBranch(issue.errors);
    const option = schema instanceof z.core.$ZodUnion ? schema._zod.def.options[branch] : undefined;
    const errors = issue.errors[branch];
    if (option !== undefined && errors !== undefined) {
      return errors.flatMap((inner) => describeIssue(inner, { schema: option, base: path, source }));
    }
  }
  if (issue.code === 'too_big' && issue.origin === 'array') {
    const list = valueAt(source.value, path);
    const count = Array.isArray(list) ? list.length : 0;
    const message = `a list of ${String(count)} is longer than ${String(issue.maximum)}, which is the most`;
    return [{ path, message, at: source.at(path) }];
  }
  return [
    {
      path,
      message: wrongValue(
        path,
        what(meantForm(schema, path, source)) ?? what(schema) ?? 'allowed here',
        source,
      ),
      at: source.at(path),
    },
  ];
}

/**
 * Which form of a union the writer meant: the one whose own type fits, so that a mistake inside a list of
 * groups is told as such. -1 when the value is none of them.
 */
function chosenBranch(branches: readonly (readonly Issue[])[]): number {
  return branches.findIndex(
    (issues) => !issues.some((issue) => issue.path.length === 0 && isTypeIssue(issue)),
  );
}

/** 2.5 is a number all the same, and only not a whole one. */
function isTypeIssue(issue: Issue): boolean {
  if (issue.code === 'invalid_type') return issue.expected !== 'int';
  return issue.code === 'invalid_union' || issue.code === 'invalid_value';
}

function wrongValue(path: Path, wanted: string, source: Source): string {
  if (!source.has(path)) return `missing; it must be ${wanted}`;
  const value = valueAt(source.value, path);
  if (value === null || value === undefined) return `empty; it must be ${wanted}`;
  return `${show(value, source.scalarText(path))} is not ${wanted}`;
}

function show(value: unknown, text: string | undefined): string {
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (text === undefined) return 'a map';
  return shorten(text);
}

function shorten(text: string): string {
  const shown = text.replaceAll(/[\s\p{Cc}]+/gu, ' ');
  if (shown === '') return '""';
  return shown.length > 60 ? `${shown.slice(0, 57)}…` : shown;
}

function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>((inner, part) => {
    if (typeof inner !== 'object' || inner === null) return undefined;
    // Of its own, whatever the key is called.
    const own: unknown = Object.getOwnPropertyDescriptor(inner, part)?.value;
    return own;
  }, value);
}

function pathPart(part: PropertyKey): string | number {
  return typeof part === 'symbol' ? String(part) : part;
}

function what(schema: Schema | undefined): string | undefined {
  return schema === undefined ? undefined : wording.get(schema)?.what;
}

/**
 * Of a union, the form that the value at least has the type of: 0 is a wrong number of nodes, not a wrong
 * list.
 */
function meantForm(schema: Schema | undefined, path: Path, source: Source): Schema | undefined {
  if (!(schema instanceof z.core.$ZodUnion)) return undefined;
  const { options } = schema._zod.def;
  const value = valueAt(source.value, path);
  return options[chosenBranch(options.map((option) => z.safeParse(option, value).error?.issues ?? []))];
}

/** Takes off defaults and optionality, which carry no words of their own. */
function bare(schema: Schema): Schema {
  if (
    schema instanceof z.core.$ZodDefault ||
    schema instanceof z.core.$ZodPrefault ||
    schema instanceof z.core.$ZodOptional
  ) {
    return bare(schema._zod.def.innerType);
  }
  return schema;
}

/** The schema of what stands at a path; of a union, the first form that has such a path. */
function schemaAt(schema: Schema, path: Path): Schema | undefined {
  const here = bare(schema);
  const [part, ...rest] = path;
  if (part === undefined) return here;
  if (here instanceof z.core.$ZodUnion) {
    return here._zod.def.options.map((option) => schemaAt(option, path)).find((found) => found !== undefined);
  }
  const next = childSchema(here, part);
  return next === undefined ? undefined : schemaAt(next, rest);
}

function childSchema(schema: Schema, part: string | number): Schema | undefined {
  if (schema instanceof z.core.$ZodObject) return schema._zod.def.shape[String(part)];
  if (schema instanceof z.core.$ZodArray) return schema._zod.def.element;
  if (schema instanceof z.core.$ZodRecord) return schema._zod.def.valueType;
  return undefined;
}

function knownKeys(schema: Schema | undefined): readonly string[] {
  if (schema instanceof z.core.$ZodObject) return Object.keys(schema._zod.def.shape);
  if (schema instanceof z.core.$ZodUnion)
    return schema._zod.def.options.flatMap((option) => knownKeys(bare(option)));
  return [];
}

function describeUnknownKey(path: Path, known: readonly string[], source: Source): Described {
  const key = String(path.at(-1));
  const at = source.atKey(path);
  const near = nearest(key, known);
  if (near === undefined) return { path, message: unknownKey(key, known), at };
  const meant = formatPath([...path.slice(0, -1), near]);
  return { path, message: `not a known key; did you mean ${near}?`, at, meant };
}

function unknownKey(key: string, known: readonly string[]): string {
  const elsewhere = pathsOfKey(configSchema, key);
  if (elsewhere[0] !== undefined) return `not a known key here; it belongs at ${elsewhere[0]}`;
  return `not a known key (known here: ${known.join(', ')})`;
}

/** Where else in the file a key of this name belongs. */
function pathsOfKey(schema: Schema, key: string, base = ''): readonly string[] {
  const here = bare(schema);
  if (here instanceof z.core.$ZodUnion) {
    return here._zod.def.options.flatMap((option) => pathsOfKey(option, key, base));
  }
  if (here instanceof z.core.$ZodArray) return pathsOfKey(here._zod.def.element, key, `${base}[]`);
  if (!(here instanceof z.core.$ZodObject)) return [];
  return Object.entries(here._zod.def.shape).flatMap(([name, inner]) => {
    const path = base === '' ? name : `${base}.${name}`;
    return name === key ? [path] : pathsOfKey(inner, key, path);
  });
}

/** The known key that was most likely meant; undefined when none is near. */
function nearest(key: string, known: readonly string[]): string | undefined {
  const plain = simplify(key);
  const limit = Math.max(1, Math.floor(plain.length / 3));
  const [best] = known
    .map((candidate) => ({ candidate, distance: editDistance(plain, simplify(candidate), limit) }))
    .sort((a, b) => a.distance - b.distance);
  if (best !== undefined && best.distance <= limit) return best.candidate;
  return known.find((candidate) => plain.length >= 3 && simplify(candidate).startsWith(plain));
}

function simplify(key: string): string {
  return key.toLowerCase().replaceAll(/[-_\s]/g, '');
}
