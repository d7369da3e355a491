import type { AnyClient, ClientOptions } from './clients.ts';
import { isRead } from './meter.ts';

/** The only service to whose things the lock itself belongs; nothing else of es-ecs writes there. */
const lockClient = 'SSMClient';

/**
 * Lets no call leave a client before `beforeSend` and, for one that changes something, `beforeWrite` have allowed it. The lock's own
 * calls always go out: a run that ends must be able to let go of it.
 */
export function guardCalls(
  client: AnyClient,
  { beforeSend, beforeWrite }: Pick<ClientOptions, 'beforeSend' | 'beforeWrite'>,
): void {
  // The clients' stacks differ only in the types of what passes through; this middleware looks at none of it.
  const stack = client.middlewareStack as unknown as GuardedStack;
  stack.add(
    (next, context) => async (args) => {
      if (context.clientName === lockClient) return next(args);
      beforeSend?.();
      const operation = (context.commandName ?? '').replace(/Command$/, '');
      if (!isRead(operation)) await beforeWrite?.();
      return next(args);
    },
    { step: 'initialize', priority: 'low', name: 'esEcsGuard' },
  );
  // Asked again when its turn has come, and before each repetition.
  stack.add(
    (next, context) => (args) => {
      if (context.clientName !== lockClient) beforeSend?.();
      return next(args);
    },
    { step: 'deserialize', priority: 'low', name: 'esEcsSendGuard' },
  );
}

interface GuardedStack {
  add(
    middleware: (
      next: (args: unknown) => Promise<unknown>,
      context: { readonly clientName?: string; readonly commandName?: string },
    ) => (args: unknown) => Promise<unknown>,
    options: {
      readonly step: 'initialize' | 'deserialize';
      readonly priority: 'low';
      readonly name: string;
    },
  ): void;
}
