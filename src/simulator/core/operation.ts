import { SimulatedFailure } from './failure.ts';
import type { World } from './world.ts';

/**
 * One API operation: takes the SDK's input, changes the world, returns the SDK's output without its metadata, or throws a
 * `SimulatedFailure`. Synchronous: an operation is atomic. Operations get a copy of the input and may keep it.
 */
export type Operation = (world: World, input: never) => object;

/** A service's operations by name, as in `CreateVpc`. */
export type Operations = Readonly<Record<string, Operation>>;

/** EC2's pages, made small so that paging is always exercised. */
const pageSize = 20;

export interface Page<Item> {
  readonly items: Item[];
  readonly nextToken: string | undefined;
}

/**
 * One page of a list. The token is the position: good enough here, and opaque to callers.
 *
 * @param limits how many the caller asked for, and how many the service gives at most (`pageSize` unless said).
 * @throws SimulatedFailure InvalidNextToken
 */
export function page<Item>(
  all: readonly Item[],
  token: string | undefined,
  ...limits: readonly [maxResults?: number | undefined, most?: number]
): Page<Item> {
  const [maxResults, most = pageSize] = limits;
  const from = token === undefined ? 0 : Number(token.replace(/^page-/, ''));
  if (!Number.isInteger(from)) {
    throw new SimulatedFailure('InvalidNextToken', `the token ${token ?? ''} is not valid`);
  }
  const size = Math.min(maxResults ?? most, most);
  const items = all.slice(from, from + size);
  const next = from + size;
  return { items, nextToken: next < all.length ? `page-${next}` : undefined };
}
