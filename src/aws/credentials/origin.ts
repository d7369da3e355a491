import type { AnyClient } from '../clients.ts';
import type { Source } from './source.ts';

/** Errors keep the names they came with; whose credentials they are about is remembered here. */
const sources = new WeakMap<object, Source>();

/** By what the credentials of a failed call were had; undefined: by nothing of ours. */
export function sourceOf(error: unknown): Source | undefined {
  return typeof error === 'object' && error !== null ? sources.get(error) : undefined;
}

/** Has the errors of a client's calls remember by what their credentials were had, for whoever tells that those have ended. */
export function noteSource(client: AnyClient, source: () => Source | undefined): void {
  // The clients' stacks differ only in the types of what passes through; this middleware looks at none of it.
  const stack = client.middlewareStack as unknown as NotingStack;
  stack.add(
    (next) => async (args) => {
      try {
        return await next(args);
      } catch (error) {
        const used = source();
        if (used !== undefined && typeof error === 'object' && error !== null) sources.set(error, used);
        throw error;
      }
    },
    { step: 'initialize', priority: 'high', name: 'esEcsCredentialSource' },
  );
}

interface NotingStack {
  add(
    middleware: (next: (args: unknown) => Promise<unknown>) => (args: unknown) => Promise<unknown>,
    options: { readonly step: 'initialize'; readonly priority: 'high'; readonly name: string },
  ): void;
}
