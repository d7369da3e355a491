import type { SimulatedFailure } from '../core/failure.ts';
import { table, type World } from '../core/world.ts';

/** By service, from when the role that it has made for itself can be used. */
const serviceLinkedRoles = table<{ readonly usableAtMs: number }>('iam/service-linked-roles');

/**
 * Auto Scaling and ECS make a role for themselves when an account uses them first, and cannot use it before IAM has spread the word
 * ("Using service-linked roles"; RaJiska/terraform-aws-fck-nat issue 85).
 *
 * @throws what the service answers meanwhile
 */
export function requireServiceLinkedRole(
  world: World,
  service: string,
  notReady: () => SimulatedFailure,
): void {
  if (world.delays.serviceLinkedRole === 0) return;
  const rows = world.rows(serviceLinkedRoles);
  const known = rows.get(service) ?? { usableAtMs: world.nowMs + world.delays.serviceLinkedRole };
  rows.set(service, known);
  if (known.usableAtMs > world.nowMs) throw notReady();
}
