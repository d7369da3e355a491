import type { ElasticsearchAnswer, ElasticsearchRequest } from '../../elasticsearch/client.ts';
import { table, type World } from '../core/world.ts';

/** What a cluster says to some requests instead of its own answer. */
export interface Interjection {
  readonly clusterName: string;
  readonly method: ElasticsearchRequest['method'];
  /** With which the path begins. */
  readonly path: string;
  readonly answer: ElasticsearchAnswer;
  /** Whether the request is carried out all the same, as when only its answer came too late. */
  readonly isDone: boolean;
  /** To so many requests. */
  times: number;
}

/** By their order. */
const interjections = table<Interjection>('elasticsearch/interjections');

/** For tests and rehearsals: the next requests of a kind get this answer, as a busy node or one that has just come back gives it. */
export function interject(world: World, interjection: Interjection): void {
  const rows = world.rows(interjections);
  rows.set(String(rows.size), interjection);
}

/** The interjection that a request meets, which is used up by it. */
export function interjectionTo(
  world: World,
  clusterName: string,
  request: Pick<ElasticsearchRequest, 'method' | 'path'>,
): Interjection | undefined {
  for (const row of world.rows(interjections).values()) {
    const isMeant =
      row.times > 0 &&
      row.clusterName === clusterName &&
      row.method === request.method &&
      request.path.startsWith(row.path);
    if (!isMeant) continue;
    row.times -= 1;
    return row;
  }
  return undefined;
}
