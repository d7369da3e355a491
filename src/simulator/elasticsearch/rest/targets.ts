import type { IndexRow } from '../rows.ts';
import { matchesName } from '../wildcards.ts';

/**
 * The indices that an expression means ("Multi-target syntax"): names with commas between them, `*` for anything, and `-` in front of
 * what is taken out again. Wildcards reach hidden ones only where `expand_wildcards` says `all` or `hidden`, or where they begin with
 * a dot, as those do.
 */
export function indicesOf(
  indices: readonly IndexRow[],
  expression: string,
  query: URLSearchParams,
): readonly IndexRow[] {
  const expands = (query.get('expand_wildcards') ?? 'open').split(',');
  const isAll = expands.includes('all');
  const meant = new Set<IndexRow>();
  for (const word of (expression === '_all' ? '*' : expression).split(',')) {
    const isOut = word.startsWith('-');
    const pattern = isOut ? word.slice(1) : word;
    for (const index of indices.filter(({ name }) => matchesName(pattern, name))) {
      const isReached =
        !pattern.includes('*') ||
        ((isAll || expands.includes('hidden') || pattern.startsWith('.') || !index.name.startsWith('.')) &&
          (isAll || expands.includes(index.isClosed === true ? 'closed' : 'open')));
      if (isOut) meant.delete(index);
      else if (isReached) meant.add(index);
    }
  }
  return indices.filter((index) => meant.has(index));
}
