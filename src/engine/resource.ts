/**
 * What a resource is to the engine. One resource is one thing in the account; everything that concerns it is
 * in one file, and the engine knows neither AWS nor Elasticsearch.
 */

import type { Lane } from './lane.ts';

/** `step/kind` or `step/kind/name`: stable and unique; used in state, tags, plan and errors. */
export type Address = string;

/** From the service's own state word. `gone` things are treated as absent. */
export type Phase = 'pending' | 'ready' | 'failed' | 'gone';

/**
 * What a change does to what runs: nothing, a restart of nodes one by one, a new thing in place of the old one
 * (for things that hold nothing), or it is not done at all.
 */
export type Impact = 'in-place' | 'rolling' | 'replace' | 'refuse';

/** One difference between what is desired and what is observed; plan prints it, apply runs its `apply`. */
export interface Change {
  /** The field, in the service's own words: `tags.team`, `ingress`, `instanceType`. */
  readonly path: string;
  readonly before: string | undefined;
  readonly after: string | undefined;
  readonly impact: Impact;
  /**
   * The id of the part that it is a difference of, where at the next look another may have taken that part's place (a host's disk, a
   * service's task). Its `apply` may be called twice.
   */
  readonly of?: string;
  /** Why a person would be surprised; required in spirit for `refuse` and `replace`. */
  readonly because?: string;
  /**
   * Makes the difference go away. Changes that one call makes together share one function: the engine calls each
   * distinct function once, in the order of the list. Absent for `replace` and `refuse`.
   */
  readonly apply?: () => Promise<void>;
  /** What `apply` may be refused with for a while, beside the resource's `createRetries`. */
  readonly retries?: Retries | readonly Retries[];
  /**
   * What the thing is once `apply` has been answered, made from what it was before: the answer is believed, and looked at with all
   * others of its type when everything is done. Absent: it is looked at at once. It takes and gives what the resource's `find` gives; a
   * change does not say of which resource it is, and the engine hands each only what came out of it.
   */
  becomes?(before: unknown): unknown;
}

/** How long a thing usually takes, how often to look, and when to give up. */
export interface Waits {
  /** What is waited for, as a person reads it: "the NAT gateway", "the ECS agent". */
  readonly for: string;
  /** What it usually takes; shown beside the wait, and the first look comes near its end. 0: at once. */
  readonly usualMs: number;
  readonly everyMs: number;
  readonly limitMs: number;
}

/** Error names that eventual consistency explains or that pass by themselves, each retried up to `limitMs`. */
export interface Retries {
  readonly names: readonly string[];
  /** Only for a name that a service gives to everything it refuses: part of the message by which this one refusal is told from others. */
  readonly saying?: string;
  readonly limitMs: number;
  /** Until the second try, then ever longer; a second unless said. */
  readonly firstMs?: number;
}

/** The resources that a resource needs, by the name under which it reads what they are. */
export type Needs = Readonly<Record<string, Resource>>;

/** What each needed resource was observed to be. */
export type Inputs<N extends Needs> = {
  readonly [Name in keyof N]: N[Name] extends Resource<infer _D, infer Observed, infer _N> ? Observed : never;
};

/** How `find` is to look. */
export interface Sight<N extends Needs = Needs> {
  /** The id from state or from the create that has just been made; to be tried before tags, which may lag. */
  readonly id: string | undefined;
  /** True: read again from the account (batched with others that look at the same moment). False: the inventory of this run will do. */
  readonly fresh: boolean;
  /** What the needed resources are; those that do not exist (yet) are undefined. */
  readonly inputs: Partial<Inputs<N>>;
}

/** An id to remember. Ids and names only: never a secret, never a desired property. */
export interface Created<Observed = unknown> {
  readonly id: string;
  /**
   * What the create's answer says it is, and what the request said that AWS made in the same call, as far as `diff` reads it:
   * differences are then synced without a look first. Absent where the answer says less.
   */
  readonly observed?: Observed;
}

/** One thing of a resource's kind in the account. */
export interface Kin<Observed = unknown> {
  readonly observed: Observed;
  /** The address that its tag names, whether or not there is such a resource. */
  readonly address: Address | undefined;
}

/** Something that keeps a thing from being destroyed. */
export interface Blocker {
  /** What it is and whose, as a person reads it: "eni-0a of the instance i-0b, which es-ecs did not make". */
  readonly what: string;
  /** It goes by itself or in this very run. False: somebody has to do something, as es-ecs never touches what is not its own. */
  readonly passes: boolean;
  /** The command that shows it. */
  readonly look?: string;
}

/** Why a create that is repeated makes no second thing, whether or not the first can be seen. */
export interface Once {
  /**
   * `token`: AWS recognises the client token, which only the memory has that the first was made with. `name`: there can be one of its
   * name, or of what takes the place of a name, whoever makes it.
   */
  readonly by: 'token' | 'name';
  /** Error names that say so: it is there already. Absent: a repeated create is answered like the first. */
  readonly refusals?: readonly string[];
}

/** What is said of the end of a thing that the config no longer asks for. */
export interface Review {
  /** What happens, and what stays. */
  readonly because: string;
  /** Set where it must not end: the difference that is refused. */
  readonly refused?: Change;
  /** How long it takes until the end can begin, in milliseconds. */
  readonly takesMs?: number;
}

export interface Resource<Desired = unknown, Observed = unknown, N extends Needs = Needs> {
  readonly address: Address;
  /** The resource objects themselves: the order follows from them, and a misspelt output does not compile. */
  readonly needs: N;
  readonly waits: Waits;

  /**
   * A gate makes nothing: it waits until something is so (the agent connected, the cluster green). It has no
   * `create`; `plan` passes over it and `--no-wait` skips it. Its differences are what stands in the way of that: they are
   * mended, each once, while it is waited for.
   */
  readonly gate?: true;
  /** Kept by `destroy` unless data is to be deleted too. */
  readonly holdsData?: true;
  /** Of no use without that data, and the data of none without it: `destroy` keeps it for as long as it keeps any. */
  readonly keptWithData?: true;
  /**
   * Exists (or may) though the config no longer asks for it: absent is in sync, present is destroyed once everything
   * wanted has been applied.
   */
  readonly unwanted?: true;
  /**
   * For an unwanted thing: what its end means to people, and whether it may end at all. Asked while planning, of what exists
   * only; a destroy of everything does not ask. Reads only.
   */
  review?(observed: Observed): Promise<Review>;
  /** `find` reads its inputs; without this it is called at once, with none, so that all types are read in parallel. */
  readonly findsByInputs?: true;
  /** How long its rolling changes take; absent: as `waits`. */
  readonly rollingWaits?: Waits;
  /**
   * Resources of one lane make their rolling changes in the order and with the care that it knows, never side by side; unwanted
   * ones end so.
   */
  readonly lane?: Lane;
  /** Not es-ecs's own: found and changed, never made or destroyed (the VPC's default security group). */
  readonly borrowed?: true;

  /** Pure, given its inputs. */
  desired(inputs: Inputs<N>): Desired | Promise<Desired>;
  /** Reads only. Absent is undefined. Must not need all inputs: with some missing, tags or the name must do, else undefined. */
  find(sight: Sight<N>): Promise<Observed | undefined>;
  /**
   * What it will be once `diff`'s changes are applied, as far as others need to know it (a launch template's next
   * version number), so that the plan shows what follows for them. Absent: what is observed.
   */
  predict?(desired: Desired, observed: Observed): Observed;
  /** Why its properties cannot be seen now, where that is so: then no difference is known, and that is no word that there is none. */
  unseen?(observed: Observed): string | undefined;
  /** What people should know of it though there is nothing to do, each a sentence: said when it is done. */
  remarks?(observed: Observed): readonly string[];
  /** What stays as it is though it should be otherwise, as a sentence: nothing can change it, and nobody would want it made anew for that. */
  kept?(desired: Desired, observed: Observed): string | undefined;
  /** The id to remember. */
  id(observed: Observed): string;
  phase(observed: Observed): Phase;
  /**
   * What is refused whatever its needs turn out to be: a plan that changes one of them does not know yet what will differ, and nothing
   * may be made for what cannot be ended. Reads only.
   */
  refusals?(observed: Observed): Promise<readonly Change[]>;
  /**
   * The differences that are known though something that it needs is yet to be made: for the plan to name them, and never carried out as
   * they are. Pure.
   */
  foreseen?(observed: Observed): readonly Change[];
  /** Pure; [] is in sync. The functions in `apply` close over what they need. */
  diff(desired: Desired, observed: Observed): readonly Change[];

  /**
   * What creating (or replacing) it needs from outside, checked before the first write of the whole run.
   *
   * @throws EsEcsError when it is not there, so that nothing is half made.
   */
  preflight?(): Promise<void>;
  /** What is different about it may be why it is not ready, and can be mended before it is; else it is waited for first. */
  readonly mendsPending?: true;
  /**
   * A new one may be built upon while its service still calls it pending: it is waited for at the end, with all others. What cannot
   * be built upon it yet is refused under names that are retried.
   */
  readonly standsPending?: true;
  /**
   * What a new one's create and changes are answered with is the last word: it has a name of its own, so that it cannot be made twice
   * by somebody who does not see it yet, and its answers leave nothing open. Without this it is looked at when everything is done.
   */
  readonly provenByAnswers?: true;
  /**
   * A new one need not be looked at once something new stands on it: that could not be made before its service knew this one, and its answers
   * leave nothing open. Where nothing came to stand on it, it is looked at like all others.
   */
  readonly provenByWhatStandsOnIt?: true;
  /**
   * Makes the identity only, tagged, and returns its id before any waiting. Every further property may be left to
   * `diff`, which runs on what was made just as on what was found.
   *
   * @param token derived from cluster and address, the same when a crashed run is repeated; given to AWS as client token where AWS takes one.
   */
  create?(desired: Desired, token: string): Promise<Created<Observed>>;
  /**
   * Of one that has failed soon after its making: whether the reason passes by itself, so that another one may do better. It is
   * destroyed and made again, a few times.
   */
  failsForNow?(observed: Observed): boolean;
  /** Absent: a create that is repeated makes a second thing, and what an earlier run may have made is waited for. */
  readonly once?: Once;
  readonly createRetries?: Retries | readonly Retries[];

  /** Starts the end of it; already gone is success. The engine waits until `find` says gone. */
  destroy?(observed: Observed): Promise<void>;
  /** Its destroy is over when it is answered: nothing is left to wait for. The last look around sees it all the same. */
  readonly goneWhenAnswered?: true;
  readonly destroyWaits?: Waits;
  /** Of what is known only by a name: whether this is another thing than the one that was destroyed, which then is gone. */
  isAnother?(destroyed: Observed, seen: Observed): boolean;
  /** Error names that mean "something still uses it", retried up to the limit. */
  readonly destroyRetries?: Retries | readonly Retries[];

  /** What refuses the destroy under one of those names: asked while it is retried, and told. Reads only. */
  blockers?(observed: Observed): Promise<readonly Blocker[]>;

  /**
   * Every thing of this kind that carries the cluster's tag, claimed by a resource or not, from the list that `find` reads
   * anyway. All resources of a kind (the first two parts of the address) give the same answer. What none of them claims is an
   * orphan: listed by `plan`, destroyed by `destroy`, by this very resource's `find` (by id) and `destroy`.
   */
  all?(): Promise<readonly Kin<Observed>[]>;

  /** Why it failed or does not come: stopped-task reason, scaling activity, console output. */
  explain?(observed: Observed | undefined): Promise<string | undefined>;
}

/** Erases a resource's types for lists; methods are bivariant, and the engine hands each only what came out of itself. */
export type AnyResource = Resource;

/** The kind of an address: its first two parts, `network/subnet`, without the id that an orphan's address ends with. */
export function kindOf(address: Address): string {
  const [plain = ''] = address.split(' ');
  return plain.split('/').slice(0, 2).join('/');
}

/** The step of an address: its first part. */
export function stepOf(address: Address): string {
  const slash = address.indexOf('/');
  return slash < 0 ? address : address.slice(0, slash);
}
