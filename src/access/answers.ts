import { z } from 'zod';

import { EsEcsError } from '../errors.ts';
import type { ClusterServer, ServerRequest } from './server.ts';

/** A number that `_cat` gives as a text, and not at all where a node did not say in time. */
export const catNumber = z
  .union([z.string(), z.number()])
  .nullish()
  .transform((value) => {
    if (value === null || value === undefined || value === '') return undefined;
    const number = Number(value);
    return Number.isFinite(number) ? number : undefined;
  });

/** A text of `_cat`, which may be empty or missing. */
export const catText = z
  .string()
  .nullish()
  .transform((value) => (value === null || value === '' ? undefined : value));

/**
 * Sends a request and reads what of its answer is needed.
 *
 * @throws EsEcsError CLUSTER_UNREACHABLE, when it is not what Elasticsearch says
 */
export async function askFor<Value>(
  server: ClusterServer,
  form: z.ZodType<Value>,
  request: ServerRequest,
): Promise<Value> {
  const { body } = await server.send(request);
  const parsed = form.safeParse(body);
  if (parsed.success) return parsed.data;
  const [first] = parsed.error.issues;
  throw new EsEcsError(
    'CLUSTER_UNREACHABLE',
    `the answer is not one of Elasticsearch: ${first?.path.join('.') ?? ''}: ${first?.message ?? ''}`,
  );
}

/** A path with its query. */
export function pathOf(path: string, query: Readonly<Record<string, string>>): string {
  const words = new URLSearchParams(query).toString();
  return words === '' ? path : `${path}?${words}`;
}
