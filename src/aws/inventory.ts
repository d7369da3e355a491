import DataLoader from 'dataloader';

import type { Address, Kin, Sight } from '../engine/resource.ts';
import { EsEcsError } from '../errors.ts';
import type { Clients } from './clients.ts';
import { taggedKinds } from './ec2.ts';
import { notOwned } from './not-owned.ts';
import { clusterTag, isOf, resourceTag, type Tags } from './tags.ts';

/**
 * How much is asked of each thing: `whole`, all that a difference can be seen by; `there`, that it is there and whose it is, which is all
 * that a destroy needs.
 */
export type Depth = 'whole' | 'there';

/**
 * A type of thing in the account, and how many of it are read at once. Defined in the resource's own file; resources of
 * one type share one collection object, which is what makes their reads one call.
 */
export interface Collection<Item> {
  /** In the plural, for errors: "NAT gateways". */
  readonly name: string;
  /**
   * All that carry the cluster's tag, paged to the end; whose each one is, the inventory looks at itself. Absent for things that have
   * no list by tag and a name that is known beforehand (roles, services): those are read by id, the name being the id.
   */
  readonly list?: (clients: Clients, cluster: string, depth: Depth) => Promise<readonly Item[]>;
  /** By id, at most `chunk` at a time; what does not exist is left out of the answer, never an error. */
  readonly byIds: (clients: Clients, ids: readonly string[], depth: Depth) => Promise<readonly Item[]>;
  /** Where all of them are among things that a run lists anyway: these, so that one list answers for both. What is looked for anew has its own. */
  readonly among?: (inventory: Pick<Inventory, 'owned'>) => Promise<readonly Item[]>;
  readonly chunk: number;
  /** Of EC2 things: what their ids begin with. Without any thing of that kind that carries the tag there is no list to read. */
  readonly prefix?: string;
  readonly id: (item: Item) => string;
  readonly tags: (item: Item) => Tags;
  /** Deleted, though AWS still shows it for a while. */
  readonly isGone?: (item: Item) => boolean;
}

type Loader = DataLoader<string, unknown>;

/** How something is looked for. */
export interface InventorySight<Item> extends Pick<Sight, 'id' | 'fresh'> {
  /** For things whose id is a name known beforehand. */
  readonly name?: string;
  /** Which of several that carry the address is meant, where that can be told and none is remembered. */
  readonly meant?: (several: readonly Item[]) => Promise<Item | undefined>;
}

export interface InventoryOptions {
  readonly depth?: Depth;
  /** What a fresh look waits for before it is sent, so that others that are about to be asked for go with it. Absent: those of the same instant do. */
  readonly gather?: () => Promise<void>;
}

/**
 * Answers every `find` of a run. The first question about a type reads all of the type; later ones cost nothing.
 * Fresh looks that happen at the same moment share calls; of a type that is being looked at, those that come meanwhile share the next.
 */
export class Inventory {
  readonly #clients: Clients;
  readonly #cluster: string;
  readonly #lists = new Map<Collection<unknown>, Promise<readonly unknown[]>>();
  readonly #cached = new Map<Collection<unknown>, Loader>();
  readonly #fresh = new Map<Collection<unknown>, Loader>();
  /** Fresh lists that have been asked for and not been sent yet. */
  readonly #due = new Map<Collection<unknown>, Promise<readonly unknown[]>>();
  /** Fresh looks that have been sent and not been answered yet. */
  readonly #underWay = new Map<Collection<unknown>, Set<Promise<unknown>>>();
  readonly #gather: () => Promise<void>;
  #kinds: Promise<ReadonlySet<string> | undefined> | undefined;

  readonly depth: Depth;

  constructor(clients: Clients, cluster: string, options: InventoryOptions = {}) {
    this.#clients = clients;
    this.#cluster = cluster;
    this.depth = options.depth ?? 'whole';
    this.#gather = options.gather ?? afterDueTimers;
  }

  /**
   * The thing at an address: by the remembered id first, then by its tags. `name` is for things whose id is a name
   * known beforehand.
   *
   * @throws EsEcsError DUPLICATE when several carry the address and none is the remembered one; NOT_OWNED when something of
   *   that name exists and is not the cluster's.
   */
  async find<Item>(
    collection: Collection<Item>,
    address: Address,
    sight: InventorySight<Item>,
  ): Promise<Item | undefined> {
    const { id, fresh, name } = sight;
    if (fresh || collection.list === undefined) {
      const known = id ?? name;
      if (known !== undefined)
        return this.#owned(collection, await this.#byId(collection, known, fresh), sight);
    }
    if (collection.list === undefined) return undefined;
    const all = fresh ? await this.#readAnew(collection) : await this.owned(collection);
    const here = all.filter((item) => collection.tags(item)[resourceTag] === address);
    const remembered = here.find((item) => collection.id(item) === id);
    if (remembered !== undefined) return remembered;
    if (here.length > 1) {
      const meant = await sight.meant?.(here);
      if (meant === undefined) throw duplicate(collection, address, here);
      return meant;
    }
    const [only] = here;
    if (only !== undefined) return only;
    if (id === undefined || fresh) return undefined;
    const byId = await this.#byId(collection, id, false);
    return this.#owned(collection, byId, sight);
  }

  /** Everything of a type that carries the cluster's tag and is not gone; read once a run. */
  owned<Item>(collection: Collection<Item>): Promise<readonly Item[]> {
    const known = this.#lists.get(collection as Collection<unknown>);
    // The map holds under each collection what that very collection returned.
    if (known !== undefined) return known as Promise<readonly Item[]>;
    const reading = this.#read(collection);
    this.#lists.set(collection as Collection<unknown>, reading);
    return reading;
  }

  /** The same with the address that each one's tag names, as a resource's `all` gives it. */
  async kin<Item>(collection: Collection<Item>): Promise<readonly Kin<Item>[]> {
    const items = await this.owned(collection);
    return items.map((observed) => ({ observed, address: collection.tags(observed)[resourceTag] }));
  }

  /**
   * The thing of an id that another thing names as its own part; undefined where it is gone, or does not carry the cluster's tag.
   */
  async own<Item>(collection: Collection<Item>, id: string, fresh: boolean): Promise<Item | undefined> {
    if (!fresh) return (await this.owned(collection)).find((item) => collection.id(item) === id);
    const item = await this.#byId(collection, id, true);
    return item !== undefined && isOf(this.#cluster, collection.tags(item)) ? item : undefined;
  }

  /** The things of some ids, whosever they are: what this run has read of them already is not asked for again. */
  async known<Item>(collection: Collection<Item>, ids: readonly string[]): Promise<readonly Item[]> {
    const found = await Promise.all(ids.map((id) => this.#byId(collection, id, false)));
    return found.filter((item) => item !== undefined);
  }

  /** The thing of an id as AWS shows it now, whosever it is; undefined where it is gone. Looks of the same instant share a call. */
  asItIs<Item>(collection: Collection<Item>, id: string): Promise<Item | undefined> {
    return this.#byId(collection, id, true);
  }

  /**
   * Asks once which kinds of EC2 things carry the cluster's tag, and lists no other: where there is nothing, or hardly anything left,
   * it is one call in place of a dozen. What is looked for anew is listed all the same.
   */
  narrow(): void {
    this.#kinds = taggedKinds(this.#clients, this.#cluster);
    this.#kinds.catch(() => undefined);
  }

  /** Forgets everything that was read, so that the next question reads again. */
  forget(): void {
    this.#kinds = undefined;
    this.#lists.clear();
    this.#cached.clear();
  }

  /** A list that is sent after the question; looks of the same instant share it. */
  #readAnew<Item>(collection: Collection<Item>): Promise<readonly Item[]> {
    const key = collection as Collection<unknown>;
    const due = this.#due.get(key);
    // As above: what the map holds under a collection is what that very collection returned.
    if (due !== undefined) return due as Promise<readonly Item[]>;
    const reading = this.#turn(key).then(() => {
      this.#due.delete(key);
      return this.#sent(key, this.#list(collection));
    });
    this.#due.set(key, reading);
    return reading;
  }

  /** The moment at which the next fresh look of a type is to be sent: its answer is then of a later time than every question that shares it. */
  async #turn(collection: Collection<unknown>): Promise<void> {
    const before = this.#underWay.get(collection);
    if (before === undefined || before.size === 0) return this.#gather();
    await Promise.allSettled(before);
    await afterDueTimers();
  }

  async #sent<Answer>(collection: Collection<unknown>, call: Promise<Answer>): Promise<Answer> {
    const underWay = this.#underWay.get(collection) ?? new Set();
    this.#underWay.set(collection, underWay.add(call));
    try {
      return await call;
    } finally {
      underWay.delete(call);
    }
  }

  async #read<Item>(collection: Collection<Item>): Promise<readonly Item[]> {
    if (collection.among !== undefined) return this.#ownOf(collection, await collection.among(this));
    const { prefix } = collection;
    if (prefix !== undefined && (await this.#kinds)?.has(prefix) === false) return [];
    return this.#list(collection);
  }

  async #list<Item>(collection: Collection<Item>): Promise<readonly Item[]> {
    return this.#ownOf(collection, (await collection.list?.(this.#clients, this.#cluster, this.depth)) ?? []);
  }

  #ownOf<Item>(collection: Collection<Item>, items: readonly Item[]): readonly Item[] {
    return items.filter(
      (item) => isOf(this.#cluster, collection.tags(item)) && collection.isGone?.(item) !== true,
    );
  }

  async #byId<Item>(collection: Collection<Item>, id: string, fresh: boolean): Promise<Item | undefined> {
    // As above: a collection's loader returns what the collection returned.
    const item = (await this.#loader(collection as Collection<unknown>, fresh).load(id)) as Item | undefined;
    return item !== undefined && collection.isGone?.(item) === true ? undefined : item;
  }

  /** A thing found by its name alone must be ours; one found by the remembered id is, whatever happened to its tags. */
  #owned<Item>(
    collection: Collection<Item>,
    item: Item | undefined,
    sight: { readonly id: string | undefined },
  ): Item | undefined {
    if (item === undefined) return undefined;
    const owner = collection.tags(item)[clusterTag];
    if (owner === this.#cluster) return item;
    if (owner === undefined && sight.id === collection.id(item)) return item;
    throw notOwned({ name: collection.id(item), kind: collection.name, tags: collection.tags(item) });
  }

  #loader(collection: Collection<unknown>, fresh: boolean): Loader {
    const loaders = fresh ? this.#fresh : this.#cached;
    const known = loaders.get(collection);
    if (known !== undefined) return known;
    const loader: Loader = new DataLoader(
      async (ids) => {
        // A table and its route look at the same id at the same moment, and what is not kept comes twice.
        const asking = collection.byIds(this.#clients, [...new Set(ids)], this.depth);
        const items = await (fresh ? this.#sent(collection, asking) : asking);
        const byId = new Map(items.map((item) => [collection.id(item), item]));
        return ids.map((id) => byId.get(id));
      },
      {
        cache: !fresh,
        maxBatchSize: collection.chunk,
        batchScheduleFn: (callback) => {
          if (fresh) void this.#turn(collection).then(callback);
          else setImmediate(callback);
        },
      },
    );
    loaders.set(collection, loader);
    return loader;
  }
}

/** After all timers that are due: looks of the same instant become one call. */
function afterDueTimers(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

function duplicate<Item>(collection: Collection<Item>, address: Address, items: readonly Item[]): EsEcsError {
  const ids = items.map((item) => collection.id(item)).join(', ');
  return new EsEcsError('DUPLICATE', `${ids} all carry the tag ${resourceTag}=${address}`, {
    address,
    hint: [
      `look at these ${collection.name}, delete what is not in use, and run again`,
      'the state file remembers which one is in use: put it back if you have it',
      'es-ecs destroy  takes all of them, data volumes with --delete-data only',
    ],
  });
}
