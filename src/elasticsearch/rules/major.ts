import type { Deprecation, IndexOrigin } from '../client.ts';

/** What a cluster says before it goes to another major version. */
export interface BeforeMajor {
  readonly origins: readonly IndexOrigin[];
  /** Undefined where it cannot be asked. */
  readonly deprecations: readonly Deprecation[] | undefined;
}

/** So many are named; the others are counted. */
const named = 3;

/**
 * Why a cluster must not go to a major version yet: an index that this would not open, which keeps every node that holds a shard of it
 * from starting, or what Elasticsearch itself calls critical. Undefined: it may.
 *
 * A major opens indices of the one before; since 9 those of the one before that too, where nothing can be written to them ("Upgrade",
 * "Reindex, or mark as read-only").
 */
export function majorRefusal({ origins, deprecations }: BeforeMajor, major: number): string | undefined {
  const unopenable = origins.filter(
    ({ createdMajor, isReadOnly }) =>
      createdMajor < major - 1 && !(major >= 9 && isReadOnly && createdMajor === major - 2),
  );
  if (unopenable.length > 0) {
    const words = unopenable.map(({ name, createdMajor }) => `${name} (${createdMajor}.x)`);
    return `${major}.x does not start with ${listOf(words, 'indices')}: reindex or delete ${unopenable.length === 1 ? 'it' : 'them'}, or mark ${unopenable.length === 1 ? 'it' : 'them'} as read-only where Elastic's Upgrade Assistant offers that`;
  }
  const critical = (deprecations ?? []).filter(({ level }) => level === 'critical');
  if (critical.length === 0) return undefined;
  const words = critical.map(({ about, message }) =>
    about === undefined ? message : `${about}: ${message}`,
  );
  return `Elasticsearch itself finds what has to be mended before ${major}.x: ${listOf(words, 'things')}; es-ecs es GET /_migration/deprecations  tells all of it`;
}

function listOf(words: readonly string[], what: string): string {
  const rest = words.length - named;
  return `${words.slice(0, named).join(', ')}${rest > 0 ? ` and ${rest} other ${what}` : ''}`;
}
