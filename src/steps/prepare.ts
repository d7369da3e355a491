import { type Collection, type Inventory } from '../aws/inventory.ts';
import { resourceTag } from '../aws/tags.ts';
import { type Node, topology } from '../elasticsearch/topology.ts';
import type { Lane } from '../engine/lane.ts';
import type { Address } from '../engine/resource.ts';
import { bastionAddress, bastions } from './bastion/instances.ts';
import { keyPairs } from './bastion/key-pair.ts';
import { formerTags, type StepContext } from './context.ts';
import type { Departures } from './departures.ts';
import { type FactsQuestion, type Gathered, gatherFacts } from './gather-facts.ts';
import type { ImageUse } from './gather-images.ts';
import { formerNodes } from './hosts/former-nodes.ts';
import { groups } from './hosts/group.ts';
import { launchTemplates } from './hosts/launch-template.ts';
import { volumes } from './hosts/volume.ts';
import { elasticIps } from './network/elastic-ip.ts';
import { flowLogs } from './network/flow-log.ts';
import { natGateways } from './network/nat-gateway.ts';
import { routeTables } from './network/route-tables.ts';
import { subnets } from './network/subnet.ts';
import type { Pins } from './pins.ts';

/** What a context is made from. */
export interface Preparation
  extends FactsQuestion,
    Pick<StepContext, 'adapters' | 'clock' | 'asked' | 'rotation' | 'isImpatient'> {
  readonly nodeLane: (nodes: readonly Node[]) => Lane;
  readonly departures: (nodes: {
    readonly leaving: readonly string[];
    readonly remaining: readonly Node[];
  }) => Departures;
  /** Addresses that the state remembers. */
  readonly known: readonly Address[];
  /** Keys of the tags that the state remembers to have been given. */
  readonly givenTags: readonly string[];
  /** Told, before the account has been asked for more, what the cluster is by the state alone. */
  readonly foresee?: (context: StepContext) => void;
}

/**
 * Gathers everything that resources are made from. The lists that it reads are those that the plan reads anyway.
 *
 * @throws EsEcsError as `gatherFacts`
 */
export async function prepareContext(
  preparation: Preparation,
): Promise<{ readonly context: StepContext; readonly pins: Pins }> {
  const { inventory, known, foresee: tell } = preparation;
  if (tell !== undefined && known.length > 0) {
    // What goes wrong here comes up again, where it is waited for.
    await foresee(preparation).then(tell, () => undefined);
  }
  const [gathered, tagged] = await Promise.all([gatherFacts(preparation), presentByTag(inventory)]);
  const context = contextOf(preparation, gathered, {
    present: new Set([...known, ...tagged]),
    standingSubnets: await inventory.owned(subnets),
  });
  return { context, pins: gathered.pins };
}

/**
 * What the cluster is by the state alone: with every choice pinned nobody is asked.
 *
 * @throws EsEcsError as `gatherFacts`
 */
export async function foresee(preparation: Preparation): Promise<StepContext> {
  const { known } = preparation;
  const inUse = new Set<ImageUse>([
    ...(known.some((address) => address.startsWith('hosts/group/')) ? (['host'] as const) : []),
    ...(known.includes(bastionAddress) ? (['bastion'] as const) : []),
  ]);
  const facts = await gatherFacts({ ...preparation, inUse });
  // Where subnets stand matters to none that is only looked for.
  return contextOf(preparation, facts, { present: new Set(known), standingSubnets: [] });
}

function contextOf(
  preparation: Preparation,
  { facts }: Gathered,
  { present, standingSubnets }: Pick<StepContext, 'present' | 'standingSubnets'>,
): StepContext {
  const { config, located, clients, inventory, adapters, clock, asked, rotation, givenTags } = preparation;
  const nodes = topology(config, facts);
  const nodeLane = preparation.nodeLane(nodes);
  const leaving = formerNodes({ present }, nodes, 'hosts/group/').map((node) => node.name);
  const departures = preparation.departures({ leaving, remaining: nodes });
  const context = {
    config,
    located,
    facts,
    clients,
    inventory,
    adapters,
    clock,
    nodeLane,
    departures,
    present,
    standingSubnets,
    formerTags: formerTags(givenTags, config),
    isImpatient: preparation.isImpatient === true,
  };
  return {
    ...context,
    ...(asked === undefined ? {} : { asked }),
    ...(rotation === undefined ? {} : { rotation }),
  };
}

/** What there may be more of than the config asks for: one for each zone, node or node group, or switched off since. */
async function presentByTag(inventory: Inventory): Promise<readonly Address[]> {
  const lists = await Promise.all([
    addresses(inventory, subnets),
    addresses(inventory, elasticIps),
    addresses(inventory, natGateways),
    addresses(inventory, routeTables),
    addresses(inventory, flowLogs),
    addresses(inventory, bastions),
    addresses(inventory, keyPairs),
    addresses(inventory, groups),
    addresses(inventory, launchTemplates),
    addresses(inventory, volumes),
  ]);
  return lists.flat();
}

async function addresses<Item>(
  inventory: Inventory,
  collection: Collection<Item>,
): Promise<readonly Address[]> {
  const items = await inventory.owned(collection);
  return items.flatMap((item) => {
    const address = collection.tags(item)[resourceTag];
    return address === undefined ? [] : [address];
  });
}
