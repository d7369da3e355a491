import type { Clients } from '../aws/clients.ts';
import type { Inventory } from '../aws/inventory.ts';
import { clusterTag, resourceTag, type Tags } from '../aws/tags.ts';
import type { Config } from '../config/config.ts';
import type { Clock } from '../engine/clock.ts';
import type { Address } from '../engine/resource.ts';
import type { Adapters } from './adapters.ts';
import type { Facts } from './facts.ts';

/** What every resource is made from: what the user wants, what AWS says of itself, and the ways to reach both. */
export interface StepContext {
  readonly config: Config;
  readonly facts: Facts;
  readonly clients: Clients;
  readonly inventory: Inventory;
  readonly adapters: Adapters;
  readonly clock: Clock;
  /** Addresses that exist in the account by their tags, wanted or not: what the config no longer asks for is found here. */
  readonly present: ReadonlySet<Address>;
}

/** The ownership tags of a resource, a name for the console, and the user's own. */
export function ownTags(context: StepContext, address: Address): Tags {
  const { name, tags } = context.config;
  return {
    ...tags,
    [clusterTag]: name,
    [resourceTag]: address,
    Name: consoleName(name, address),
  };
}

/** `search network nat-gateway eu-west-1a`, without the step: what a person reads in the console. */
function consoleName(cluster: string, address: Address): string {
  return [cluster, ...address.split('/').slice(1)].join('-');
}
