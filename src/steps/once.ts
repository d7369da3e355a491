import type { Once } from '../engine/resource.ts';

/**
 * A call of EC2 that takes a client token: with the same parameters it is answered like the first, with others it is refused ("Ensuring
 * idempotency in Amazon EC2 API requests").
 */
export const onceByToken: Once = { by: 'token', refusals: ['IdempotentParameterMismatch'] };
