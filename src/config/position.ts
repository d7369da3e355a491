import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  visit,
  type Document,
  type Node,
  type Pair,
  type YAMLMap,
  type YAMLError,
} from 'yaml';
import { EsEcsError } from '../errors.ts';

/** Where a value stands in the file: `['nodes', 0, 'storage', 'sizeGiB']`. */
export type Path = readonly (string | number)[];

/** A config file that is valid YAML, and where each of its values stands. */
export interface Source {
  /** The plain value; undefined when the file is empty. */
  readonly value: unknown;
  /** `es-ecs.yaml:7:11` of the value, or of the nearest thing above it that the file has. */
  at(path: Path): string;
  /** `es-ecs.yaml:7:3` of a key, for keys that should not be there. */
  atKey(path: Path): string;
  /**
   * The text of a scalar as it stands in the file: `9.10` and not the number 9.1. Undefined for anything
   * else.
   */
  scalarText(path: Path): string | undefined;
  /** Whether the file says something there, if only `null`. */
  has(path: Path): boolean;
  /** Where in the text, for sorting. */
  offset(path: Path): number;
}

/** A thing found in the document, and where a person looks for it. */
interface Found {
  readonly node: Node | null;
  /** The key it stands under; the thing itself where it is in a list. */
  readonly keyOffset: number;
}

/**
 * Reads YAML and remembers positions.
 *
 * @throws EsEcsError CONFIG_SYNTAX with file, line and column
 */
export function openSource(text: string, file: string): Source {
  const lineCounter = new LineCounter();
  const position = (offset: number): string => {
    const { line, col } = lineCounter.linePos(offset);
    return `${file}:${Math.max(line, 1)}:${Math.max(col, 1)}`;
  };
  const document = parse({ text, file, lineCounter, position });
  const aliases = resolveAliases(document, file, position);
  const value = toValue(document, file);
  const find = (path: Path): Found | undefined => findIn({ document, aliases, keys: keysOf }, path);
  const keys = new Map<YAMLMap, ReadonlyMap<unknown, Pair>>();
  function keysOf(map: YAMLMap): ReadonlyMap<unknown, Pair> {
    const known = keys.get(map) ?? firstPairs(map);
    keys.set(map, known);
    return known;
  }

  const at = (path: Path): number => {
    for (let length = path.length; length >= 0; length--) {
      const found = find(path.slice(0, length));
      if (found !== undefined) return offsetOf(found);
    }
    return 0;
  };
  return {
    value,
    at: (path) => position(at(path)),
    atKey: (path) => position(find(path)?.keyOffset ?? at(path)),
    scalarText: (path) => scalarText(resolved(aliases, find(path)?.node)),
    has: (path) => find(path) !== undefined,
    offset: at,
  };
}

/** Writes a path as people read it: `nodes[0].storage.sizeGiB`. */
export function formatPath(path: Path): string {
  return path
    .map((part, index) => (typeof part === 'number' ? `[${part}]` : index === 0 ? part : `.${part}`))
    .join('');
}

interface ParseInput {
  readonly text: string;
  readonly file: string;
  readonly lineCounter: LineCounter;
  readonly position: (offset: number) => string;
}

function parse({ text, file, lineCounter, position }: ParseInput): Document {
  let document: Document;
  let doubles: readonly Fault[];
  try {
    // The library holds each key against all others of its map.
    document = parseDocument(text, { lineCounter, prettyErrors: false, stringKeys: true, uniqueKeys: false });
    doubles = doubleKeys(document, text);
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new EsEcsError('CONFIG_SYNTAX', `${file}: nested too deeply to be read`, { cause });
  }
  const faultOf = (error: YAMLError): Fault => ({
    offset: error.pos[0],
    text: syntaxText(error),
    isDouble: false,
    cause: error,
  });
  const faults = [...document.errors.map(faultOf), ...doubles].sort((a, b) => a.offset - b.offset);
  const [first, ...rest] = [...faults, ...document.warnings.map(faultOf)];
  if (first === undefined) return document;
  const say = (fault: Fault): string => `${position(fault.offset)}: ${fault.text}`;
  // What comes after the first fault mostly follows from it; keys that stand twice each stand for themselves.
  const others = rest.filter(({ isDouble }) => isDouble);
  throw new EsEcsError('CONFIG_SYNTAX', say(first), {
    hint: others.map(say),
    ...(first.cause === undefined ? {} : { cause: first.cause }),
  });
}

/** Something that makes a file no valid YAML, or none that is meant. */
interface Fault {
  readonly offset: number;
  readonly text: string;
  readonly isDouble: boolean;
  readonly cause?: YAMLError;
}

/** Keys that stand in their map already. */
function doubleKeys(document: Document, text: string): readonly Fault[] {
  const doubles: Fault[] = [];
  visit(document, {
    Map: (_, map) => {
      const keys = new Set<unknown>();
      for (const { key } of map.items) {
        if (!isScalar(key)) continue;
        if (keys.has(key.value)) {
          const offset = startOf(key);
          const say = `${keyText(text.slice(offset, offset + 1_024))}: stands here a second time in the same map; keep one`;
          doubles.push({ offset, text: say, isDouble: true });
        }
        keys.add(key.value);
      }
    },
  });
  return doubles;
}

/** The faults that people make, in plain words; the library's own for the rest. */
function syntaxText(error: YAMLError): string {
  switch (error.code) {
    case 'TAB_AS_INDENT':
      return 'a tab stands where YAML wants spaces';
    case 'BLOCK_AS_IMPLICIT_KEY':
      return "a second ':' stands in one value; check the indentation, or quote the text";
    case 'NON_STRING_KEY':
      return 'a key is not text';
    case 'MULTIPLE_DOCS':
      return 'a second document begins here; the file holds one cluster';
    case 'RESOURCE_EXHAUSTION':
      return 'nested too deeply to be read';
    default:
      return lowerFirst(error.message.replace(/\.$/, '').replaceAll('\n', ' '));
  }
}

function keyText(rest: string): string {
  return /^[^\s:]*/.exec(rest)?.[0] ?? 'a key';
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}

/** More than people write by hand, and each costs a look at all anchors. */
const mostAliases = 1_000;

const tooManyAliases =
  'aliases (*name) repeat so often, or so deep, that the file is not read; write the values out';

/** What each alias stands for, found in one walk: the library walks through the whole file for each of them. */
function resolveAliases(document: Document, file: string, position: ParseInput['position']): Aliases {
  const anchored = new Map<string, Node>();
  const aliases = new Map<Node, Node>();
  visit(document, {
    Value: (_, node) => {
      if (node.anchor !== undefined) anchored.set(node.anchor, node);
    },
    Alias: (_, alias) => {
      const node = anchored.get(alias.source);
      if (node === undefined) {
        const message = `*${alias.source}: no anchor &${alias.source} stands before it; quote text that begins with *`;
        throw new EsEcsError('CONFIG_SYNTAX', `${position(startOf(alias))}: ${message}`);
      }
      aliases.set(alias, node);
      if (aliases.size > mostAliases) throw new EsEcsError('CONFIG_SYNTAX', `${file}: ${tooManyAliases}`);
    },
  });
  return aliases;
}

function toValue(document: Document, file: string): unknown {
  try {
    const value: unknown = document.toJS({ maxAliasCount: 100 });
    return value ?? undefined;
  } catch (cause) {
    if (!(cause instanceof ReferenceError || cause instanceof RangeError)) throw cause;
    throw new EsEcsError('CONFIG_SYNTAX', `${file}: ${tooManyAliases}`, { cause });
  }
}

type Aliases = ReadonlyMap<Node, Node>;

/** A document in which things are found without walking through it. */
interface Indexed {
  readonly document: Document;
  readonly aliases: Aliases;
  readonly keys: (map: YAMLMap) => ReadonlyMap<unknown, Pair>;
}

/** The pairs of a map by their keys, each key where it stands first. */
function firstPairs(map: YAMLMap): ReadonlyMap<unknown, Pair> {
  const pairs = new Map<unknown, Pair>();
  for (const pair of map.items) {
    if (isScalar(pair.key) && !pairs.has(pair.key.value)) pairs.set(pair.key.value, pair);
  }
  return pairs;
}

function findIn(indexed: Indexed, path: Path): Found | undefined {
  const { contents } = indexed.document;
  let found: Found | undefined =
    contents === null ? undefined : { node: contents, keyOffset: startOf(contents) };
  for (const part of path) {
    if (found === undefined) return undefined;
    found = child(indexed, found, part);
  }
  return found;
}

function child({ aliases, keys }: Indexed, parent: Found, part: string | number): Found | undefined {
  const node = resolved(aliases, parent.node);
  if (isMap(node)) {
    const pair = keys(node).get(part);
    if (pair === undefined) return undefined;
    const value = isNode(pair.value) ? pair.value : null;
    return { node: value, keyOffset: isNode(pair.key) ? startOf(pair.key) : parent.keyOffset };
  }
  if (isSeq(node) && typeof part === 'number') {
    const item = node.items[part];
    if (item === undefined) return undefined;
    return isNode(item)
      ? { node: item, keyOffset: startOf(item) }
      : { node: null, keyOffset: parent.keyOffset };
  }
  return undefined;
}

function resolved(aliases: Aliases, node: Node | null | undefined): Node | null | undefined {
  return isAlias(node) ? aliases.get(node) : node;
}

function isNode(value: unknown): value is Node {
  return isAlias(value) || isScalar(value) || isMap(value) || isSeq(value);
}

function startOf(node: Node): number {
  return node.range?.[0] ?? 0;
}

/** A scalar is pointed at itself; maps, lists and nothing at all by their key. */
function offsetOf({ node, keyOffset }: Found): number {
  return isAlias(node) || (isScalar(node) && node.value !== null) ? startOf(node) : keyOffset;
}

function scalarText(node: Node | null | undefined): string | undefined {
  if (!isScalar(node)) return undefined;
  return typeof node.value === 'string' ? node.value : node.source;
}
