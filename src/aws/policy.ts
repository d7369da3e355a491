/** A JSON value, as a policy document is one. */
type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/**
 * A policy document in the one form in which two that mean the same are the same text: keys in order, single values as
 * lists, lists in order, `"Principal": "*"` spelt out. AWS returns documents otherwise than they were given.
 *
 * @param document JSON; IAM's answers are to be URL-decoded first.
 * @returns the document itself where it is not JSON, which is then a difference to any other.
 */
export function canonicalPolicy(document: string): string {
  try {
    const parsed = JSON.parse(document) as Json; // JSON.parse gives nothing else
    return JSON.stringify(canonical(parsed));
  } catch (error) {
    if (error instanceof SyntaxError) return document;
    throw error;
  }
}

/** Whether two policy documents mean the same. */
export function samePolicy(one: string, other: string): boolean {
  return canonicalPolicy(one) === canonicalPolicy(other);
}

/** Keys under which IAM takes one value for a list of one; the values of conditions and principals as well. */
const listKeys = new Set(['Statement', 'Action', 'NotAction', 'Resource', 'NotResource']);
const mapsOfLists = new Set(['Principal', 'NotPrincipal']);

function canonical(value: Json, key?: string): Json {
  if (mapsOfLists.has(key ?? '')) return listed(value === '*' ? { AWS: '*' } : value);
  if (key === 'Condition' && isMap(value)) {
    return sorted(value, (operator) => listed(operator));
  }
  if (listKeys.has(key ?? '')) return inOrder(isList(value) ? value : [value]);
  if (isList(value)) return inOrder(value);
  return isMap(value) ? sorted(value, canonical) : value;
}

/** A map whose values become lists. */
function listed(value: Json): Json {
  return isMap(value) ? sorted(value, (one) => inOrder(isList(one) ? one : [one])) : value;
}

function sorted(
  map: { readonly [key: string]: Json },
  each: (value: Json, key: string) => Json,
): { readonly [key: string]: Json } {
  const entries = Object.entries(map).sort(([a], [b]) => compare(a, b));
  return Object.fromEntries(entries.map(([key, value]) => [key, each(value, key)]));
}

/** The order of statements, actions and resources means nothing to IAM. */
function inOrder(values: readonly Json[]): readonly Json[] {
  return values
    .map((value) => canonical(value))
    .sort((a, b) => compare(JSON.stringify(a), JSON.stringify(b)));
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

function isMap(value: Json): value is { readonly [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
