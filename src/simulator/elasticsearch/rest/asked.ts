import type { ElasticsearchAnswer, ElasticsearchRequest } from '../../../elasticsearch/client.ts';
import type { World } from '../../core/world.ts';
import type { Board } from '../deciders.ts';
import type { NodeIdentity, SimulatedClusterRow } from '../rows.ts';

/** A request, taken apart, and the cluster that it is put to. */
export interface Asked {
  readonly world: World;
  readonly cluster: SimulatedClusterRow;
  /** The nodes in it. */
  readonly nodes: readonly NodeIdentity[];
  readonly board: Board;
  readonly method: ElasticsearchRequest['method'];
  /** The path's parts. */
  readonly words: readonly string[];
  readonly query: URLSearchParams;
  readonly body: unknown;
}

/** Answers one path; undefined where the path is another's. */
export type Route = (asked: Asked) => ElasticsearchAnswer | undefined;

/** Under which status something that took too long is refused (RestStatus of ElasticsearchTimeoutException: 429 since 9.0). */
export function timeoutStatus({ nodes }: Pick<Asked, 'nodes'>): number {
  return nodes.some(({ version }) => Number(version.split('.')[0]) < 9) ? 500 : 429;
}

/** A success. */
export function ok(body: unknown): ElasticsearchAnswer {
  return { status: 200, body };
}

/** A refusal in Elasticsearch's form. */
export function refused(status: number, type: string, reason: string): ElasticsearchAnswer {
  return { status, body: { error: { root_cause: [{ type, reason }], type, reason }, status } };
}

/** A path or a text taken for a record, as JSON bodies are. */
export function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value))
    : {};
}

/** Nested settings as flat ones: `{ a: { b: 1 } }` is `{ 'a.b': 1 }`. */
export function flattened(value: unknown, prefix = ''): Readonly<Record<string, unknown>> {
  const flat: Record<string, unknown> = {};
  for (const [key, inner] of Object.entries(recordOf(value))) {
    const name = prefix === '' ? key : `${prefix}.${key}`;
    const isNested = typeof inner === 'object' && inner !== null && !Array.isArray(inner);
    if (isNested) Object.assign(flat, flattened(inner, name));
    else flat[name] = inner;
  }
  return flat;
}

/**
 * Flat settings as nested ones, as Elasticsearch gives them unless it is asked for `flat_settings`. Where a name has a value of
 * its own, what is beneath it keeps its dots: `{ low: '85%', 'low.max_headroom': '200GB' }`.
 */
export function nested(flat: Readonly<Record<string, unknown>>): object {
  const whole: Record<string, unknown> = {};
  for (const key of Object.keys(flat).toSorted()) {
    const parts = key.split('.');
    let place = whole;
    while (parts.length > 1) {
      const [part = ''] = parts;
      const inner = place[part] ?? {};
      if (typeof inner !== 'object') break;
      place[part] = inner;
      place = inner as Record<string, unknown>;
      parts.shift();
    }
    place[parts.join('.')] = flat[key];
  }
  return whole;
}
