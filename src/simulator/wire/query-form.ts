import { NormalizedSchema } from '@smithy/core/schema';
import { fromBase64 } from '@smithy/core/serde';
import type { $SchemaRef } from '@smithy/types';

import { wireTraits } from './wire-traits.ts';

/** A form's keys as the tree that they spell: `Filter.1.Value.2` is four deep. */
interface Node {
  value: string | undefined;
  readonly children: Map<string, Node>;
  /** Whether it was asked for. */
  isRead: boolean;
}

/** A value that is not what its place asks for. */
export class MalformedValue extends Error {}

/** What was read, and what nobody asked for. */
export interface ReadForm {
  readonly input: unknown;
  /** Keys that the operation does not know, as they were sent. */
  readonly unknown: readonly string[];
}

/** Keys deeper than any model goes are no request. */
const deepest = 16;

/** What of the protocol every request has, and no operation asks for. */
const common = new Set(['Action', 'Version']);

/**
 * Reads the form of a query request into the operation's input: the counterpart of the SDK's `QueryShapeSerializer`, by the same schema
 * ("AWS query protocol" and "AWS EC2 query protocol" of the Smithy specification).
 *
 * @throws MalformedValue
 */
export function readForm(schema: $SchemaRef, form: URLSearchParams, isEc2: boolean): ReadForm {
  const root = toTree(form);
  const input = new FormReader(isEc2).read(NormalizedSchema.of(schema), root) ?? {};
  return { input, unknown: unread(root, '') };
}

function newNode(): Node {
  return { value: undefined, children: new Map(), isRead: false };
}

function toTree(form: URLSearchParams): Node {
  const root = newNode();
  root.isRead = true;
  for (const [key, value] of form) {
    if (common.has(key)) continue;
    const words = key.split('.');
    if (words.length > deepest) throw new MalformedValue(`${key.slice(0, 100)} is no parameter`);
    let node = root;
    for (const word of words) {
      const next = node.children.get(word) ?? newNode();
      node.children.set(word, next);
      node = next;
    }
    node.value = value;
  }
  return root;
}

function unread(node: Node, path: string): string[] {
  if (!node.isRead) return [path];
  return [...node.children].flatMap(([word, child]) => unread(child, path === '' ? word : `${path}.${word}`));
}

class FormReader {
  readonly #isEc2: boolean;

  constructor(isEc2: boolean) {
    this.#isEc2 = isEc2;
  }

  read(ns: NormalizedSchema, node: Node): unknown {
    node.isRead = true;
    if (ns.isUnitSchema()) return undefined;
    if (ns.isStructSchema()) return this.#struct(ns, node);
    if (ns.isListSchema()) return this.#list(ns, node);
    if (ns.isMapSchema()) return this.#map(ns, node);
    return simple(ns, node.value ?? '');
  }

  #struct(ns: NormalizedSchema, node: Node): object {
    const read: Record<string, unknown> = {};
    for (const [name, member] of ns.structIterator()) {
      const child = node.children.get(this.#key(name, member));
      if (child !== undefined) read[name] = this.read(member, child);
    }
    return read;
  }

  /** The name of a member in a form: EC2 has its own for some, and begins them all with a capital. */
  #key(name: string, member: NormalizedSchema): string {
    const { ec2QueryName, xmlName } = wireTraits(member);
    if (!this.#isEc2) return xmlName ?? name;
    const key = ec2QueryName ?? xmlName ?? name;
    return ec2QueryName === undefined ? `${key.charAt(0).toUpperCase()}${key.slice(1)}` : key;
  }

  #list(ns: NormalizedSchema, node: Node): unknown[] {
    const member = ns.getValueSchema();
    return this.#items(ns, node, wireTraits(member).xmlName ?? 'member').map((item) =>
      this.read(member, item),
    );
  }

  #map(ns: NormalizedSchema, node: Node): object {
    const keys = ns.getKeySchema();
    const values = ns.getValueSchema();
    const entries = this.#items(ns, node, 'entry').map((entry): [string, unknown] => {
      entry.isRead = true;
      const key = entry.children.get(wireTraits(keys).xmlName ?? 'key');
      const value = entry.children.get(wireTraits(values).xmlName ?? 'value');
      if (key !== undefined) key.isRead = true;
      return [key?.value ?? '', value === undefined ? undefined : this.read(values, value)];
    });
    return Object.fromEntries(entries);
  }

  /** In the order of their numbers, which need not be that of the form, nor without gaps. */
  #items(ns: NormalizedSchema, node: Node, word: string): Node[] {
    const isFlat = this.#isEc2 || wireTraits(ns).xmlFlattened !== undefined;
    const holder = isFlat ? node : node.children.get(word);
    if (holder === undefined) return [];
    holder.isRead = true;
    return [...holder.children]
      .map(([number, child]): [number, Node] => [Number(number), child])
      .filter(([number]) => Number.isInteger(number))
      .sort(([one], [other]) => one - other)
      .map(([, child]) => child);
  }
}

function simple(ns: NormalizedSchema, text: string): unknown {
  if (ns.isBooleanSchema()) return boolean(text);
  if (ns.isNumericSchema()) return number(text);
  if (ns.isTimestampSchema()) return date(text);
  if (ns.isBlobSchema()) return fromBase64(text);
  return text;
}

function boolean(text: string): boolean {
  if (/^true$/i.test(text)) return true;
  if (/^false$/i.test(text)) return false;
  throw new MalformedValue(`${text} is neither true nor false`);
}

function number(text: string): number {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (!Number.isFinite(value)) throw new MalformedValue(`${text} is no number`);
  return value;
}

function date(text: string): Date {
  const value = new Date(/^\d+(\.\d+)?$/.test(text) ? Number(text) * 1000 : text);
  if (Number.isNaN(value.getTime())) throw new MalformedValue(`${text} is no time`);
  return value;
}
