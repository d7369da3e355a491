import { createHash } from 'node:crypto';

import { gatewayServiceName } from '../../aws/partitions.ts';
import type { World } from '../core/world.ts';

/** The services that are reached through gateway endpoints. */
export function gatewayServices(world: World): string[] {
  return (['s3', 'dynamodb'] as const).map((service) => gatewayServiceName(world.region, service));
}

/** The list of a service's addresses, which a route to its endpoint has as its destination; the same in every account. */
export function prefixListOf(serviceName: string): string {
  return `pl-${createHash('sha256').update(serviceName).digest('hex').slice(0, 8)}`;
}
