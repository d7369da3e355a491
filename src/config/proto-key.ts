import type { z } from 'zod';

import type { Path } from './position.ts';
import { type ConfigFile, tagValue } from './schema.ts';

/** The one key that zod leaves out of a record without a word, as an assignment to it would change the record's prototype. */
const protoKey = '__proto__';

/** What a file says under `__proto__`, where any key may stand. */
export interface UnderProto {
  /** The value of the tag; undefined without one. */
  readonly tag: string | undefined;
  readonly issues: readonly z.core.$ZodIssue[];
}

/** Reads what zod has left out: a tag may be called so, and a setting may not. */
export function readUnderProto(value: unknown): UnderProto {
  const tags = ['tags'];
  const settings = ['elasticsearch', 'settings'];
  const tag = own(value, [...tags, protoKey]);
  const parsed = tag === undefined ? undefined : tagValue.safeParse(tag.value);
  const ofTag = (parsed?.error?.issues ?? []).map((issue) => ({ ...issue, path: [...tags, protoKey] }));
  const ofSetting: z.core.$ZodIssue[] =
    own(value, [...settings, protoKey]) === undefined
      ? []
      : [{ code: 'unrecognized_keys', keys: [protoKey], path: settings, message: '' }];
  return { tag: parsed?.data, issues: [...ofTag, ...ofSetting] };
}

/** Puts the tag back into its place among the others: as a key of its own, and not as a prototype. */
export function withProto(file: ConfigFile, { tag }: UnderProto): ConfigFile {
  if (tag === undefined) return file;
  return { ...file, tags: Object.fromEntries([...Object.entries(file.tags), [protoKey, tag]]) };
}

/** What stands at a path, by keys of the file alone. */
function own(value: unknown, [key, ...rest]: Path): { readonly value: unknown } | undefined {
  if (key === undefined) return { value };
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
  return own(Object.entries(value).find(([name]) => name === key)?.[1], rest);
}
