import type { Clients } from '../aws/clients.ts';
import type { Inventory } from '../aws/inventory.ts';
import { clusterTag, resourceTag, type Tags } from '../aws/tags.ts';
import type { Config } from '../config/config.ts';
import type { StandingSubnet } from '../config/subnets.ts';
import type { Clock } from '../engine/clock.ts';
import type { Lane } from '../engine/lane.ts';
import type { Address } from '../engine/resource.ts';
import type { Adapters } from './adapters.ts';
import type { Departures } from './departures.ts';
import type { Facts } from './facts.ts';
import type { Rotation } from './task/issue.ts';

/** What a person has asked to be restarted. */
export interface AskedRestart {
  readonly nodes: ReadonlySet<string>;
  readonly kind: 'restart' | 'replace';
}

/** What every resource is made from: what the user wants, what AWS says of itself, and the ways to reach both. */
export interface StepContext {
  readonly config: Config;
  readonly facts: Facts;
  /** Where a value of the config stands in its file: for errors. */
  readonly located: { at(path: readonly (string | number)[]): string };
  readonly clients: Clients;
  readonly inventory: Inventory;
  readonly adapters: Adapters;
  readonly clock: Clock;
  /** In which nodes restart. */
  readonly nodeLane: Lane;
  /** Nodes that are to restart though nothing of them has changed, and whether on a new host. */
  readonly asked?: AskedRestart;
  /** What a person has asked to be rotated, by one step. */
  readonly rotation?: Rotation;
  /** Set where hosts are not waited for: then what may be wrong with one for moments only is no difference. */
  readonly isImpatient?: boolean;
  /** By which nodes that the config no longer has leave. */
  readonly departures: Departures;
  /** Addresses that exist in the account by their tags, wanted or not: what the config no longer asks for is found here. */
  readonly present: ReadonlySet<Address>;
  /** The cluster's subnets as they stand: a zone keeps the addresses that it has. */
  readonly standingSubnets: readonly StandingSubnet[];
  /** Keys of tags that es-ecs has given and that the config does not name any more: these, and no others, are taken away. */
  readonly formerTags: ReadonlySet<string>;
}

/** Of the keys of tags that were ever given, those that the config has left out since. */
export function formerTags(given: readonly string[], { tags }: Pick<Config, 'tags'>): ReadonlySet<string> {
  return new Set(given.filter((key) => !Object.hasOwn(tags, key)));
}

/**
 * Whether the config gives tags of its own, or takes some away: they are what is looked for on things that are no resources (interfaces,
 * tasks). What tags those carry beside, AWS itself gave them as they began, and nothing goes by them.
 */
export function givesTags({
  config,
  formerTags: former,
}: Pick<StepContext, 'config' | 'formerTags'>): boolean {
  return Object.keys(config.tags).length > 0 || former.size > 0;
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
