import { matchesName } from '../wildcards.ts';

/**
 * What is left of a body by `filter_path` ("Common options", response filtering): patterns with commas between them, `*` for one
 * name and `**` for any depth. What is left empty goes.
 */
export function filtered(body: unknown, filterPath: string | null): unknown {
  if (filterPath === null || typeof body !== 'object' || body === null) return body;
  return keep(
    body,
    filterPath.split(',').map((pattern) => pattern.split('.')),
  );
}

function keep(value: unknown, patterns: readonly (readonly string[])[]): unknown {
  // The whole pattern is behind us: everything beneath is asked for.
  if (patterns.some((pattern) => pattern.length === 0)) return value;
  if (Array.isArray(value)) {
    const left = value.map((one) => keep(one, patterns)).filter((one) => one !== undefined);
    return left.length === 0 ? undefined : left;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const kept = Object.entries(value).flatMap(([key, inner]) => {
    const left = keep(
      inner,
      patterns.flatMap((pattern) => beneath(pattern, key)),
    );
    return left === undefined ? [] : [[key, left] as const];
  });
  return kept.length === 0 ? undefined : Object.fromEntries(kept);
}

/** What of a pattern is still to be matched beneath a name. */
function beneath(pattern: readonly string[], key: string): readonly (readonly string[])[] {
  const [first = '', ...rest] = pattern;
  if (first === '**') return [pattern, ...beneath(rest, key)];
  return matchesName(first, key) ? [rest] : [];
}
