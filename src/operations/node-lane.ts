import type { ClusterControl } from '../elasticsearch/client.ts';
import {
  beginDemotion,
  endDemotion,
  endLeaving,
  isLeavingSet,
  leavingNodes,
  setLeaving,
} from '../elasticsearch/departure-marks.ts';
import { holdAllocation, restoreAllocation } from '../elasticsearch/roll-marks.ts';
import type { RemainingNode } from '../elasticsearch/rules/departure.ts';
import { restartOrder } from '../elasticsearch/rules/order.ts';
import { type Candidate, type Refusal, refusalOf } from '../elasticsearch/rules/restart.ts';
import { type RoleLoss, roleLosses, roleRefusal } from '../elasticsearch/rules/roles.ts';
import { isIn, isSettled, lookAt, type Situation } from '../elasticsearch/rules/situation.ts';
import { othersAway } from '../elasticsearch/rules/stopping.ts';
import type { Lane, Turn } from '../engine/lane.ts';
import type { Waits } from '../engine/resource.ts';
import type { Run } from '../engine/run.ts';
import { throwIfInterrupted, waitUntil } from '../engine/wait.ts';
import { EsEcsError } from '../errors.ts';
import type { ClusterAccess } from '../steps/adapters.ts';
import { answering, Conversation, isSilence } from './conversation.ts';
import { drain, nodeOf } from './draining.ts';

/** What a roll is driven with. */
export interface NodeLaneOptions {
  readonly cluster: ClusterAccess;
  /** Every node that the config asks for, with the roles that it gives. */
  readonly nodes: readonly RemainingNode[];
  /** The version that nodes come back with. */
  readonly version: string;
  /** Those of the nodes that ECS is restarting already, or is about to. */
  readonly underWay: (names: readonly string[]) => Promise<readonly string[]>;
  /** Those of the nodes that do not serve, as ECS knows it. */
  readonly away: (names: readonly string[]) => Promise<readonly string[]>;
}

const minute = 60_000;

const safety: Omit<Waits, 'limitMs'> = { for: 'the cluster to allow it', usualMs: 0, everyMs: 5_000 };
const returning: Waits = { for: 'the other nodes', usualMs: 0, everyMs: 5_000, limitMs: 15 * minute };
const joining: Waits = { for: 'the node to join', usualMs: 30_000, everyMs: 5_000, limitMs: 15 * minute };
/** Copies that were away have to be brought up to date; terabytes, at worst. */
const settling: Waits = {
  for: 'the cluster to be green again',
  usualMs: 30_000,
  everyMs: 5_000,
  limitMs: 6 * 60 * minute,
};

/**
 * Restarts nodes as Elastic's guide to rolling upgrades does: one at a time, masters last, only while every rule allows it; shards
 * stay where they are meanwhile, and the next begins when everything is assigned again. What was set for it is taken back
 * whatever happens; what a killed run has left is taken back by the next.
 *
 * Nodes that come back with fewer roles come after all others: their shards move first, as those of nodes that leave, and each that is no
 * master to be any more has its vote taken before it goes.
 */
export function nodeLane(options: NodeLaneOptions): Lane {
  return {
    name: 'nodes',
    roll: async (turns, run) => {
      const control = await controlOf(options, turns, run);
      if (control === undefined) await rollBlindly(options, turns, run);
      else await new Roll(options, control, run).all(turns);
    },
  };
}

/**
 * The way in, if there is one and the cluster answers. Else no node can be asked, or none has a say, and there is nothing that a restart
 * could lose: what ECS knows of tasks then decides (`othersHold`).
 */
async function controlOf(
  { cluster }: NodeLaneOptions,
  turns: readonly Turn[],
  run: Run,
): Promise<ClusterControl | undefined> {
  const { clock } = run;
  const control = await clock.hold(cluster.connect());
  if (control === undefined) return undefined;
  try {
    await clock.hold(control.health());
    return control;
  } catch (error) {
    // One that has too much to do has a say.
    if (error instanceof EsEcsError && error.code === 'CLUSTER_BUSY') return control;
    if (!isSilence(error)) throw error;
    const names = turns.map(nodeOf).join(', ');
    const text = `Elasticsearch has no say in the restart of ${names}: ${error.message}`;
    run.emit({ type: 'notice', atMs: clock.now(), text });
    return undefined;
  }
}

/** Nodes that do not serve first: others wait for them, and the change may be just what lets them start. */
async function rollBlindly(options: NodeLaneOptions, turns: readonly Turn[], run: Run): Promise<void> {
  let left = [...turns];
  while (left.length > 0) {
    throwIfInterrupted(run);
    const away = await options.away(left.map(nodeOf));
    const turn = left.find((one) => away.includes(nodeOf(one))) ?? left[0];
    await turn?.work();
    left = left.filter((one) => one !== turn);
  }
}

/** One roll over a cluster that answers. */
class Roll {
  readonly #options: NodeLaneOptions;
  readonly #talk: Conversation;
  readonly #run: Run;
  /** What nodes are about to lose, by their names. */
  #losses: ReadonlyMap<string, RoleLoss> = new Map();

  constructor(options: NodeLaneOptions, control: ClusterControl, run: Run) {
    this.#options = options;
    this.#talk = new Conversation(options.cluster, control, run);
    this.#run = run;
  }

  async all(turns: readonly Turn[]): Promise<void> {
    await this.#options.cluster.allowWrites?.();
    const [begins] = turns;
    if (begins === undefined) return;
    await this.#talk.insist(begins.address, takeBack);
    const names = new Set(turns.map(nodeOf));
    const losses = roleLosses(await this.#lookInTime(begins), this.#options.nodes);
    this.#losses = new Map(losses.flatMap((loss) => (names.has(loss.name) ? [[loss.name, loss]] : [])));
    await this.#postponeDepartures(begins);
    const losing = turns.filter((turn) => this.#losses.has(nodeOf(turn)));
    const keeping = turns.filter((turn) => !losing.includes(turn));
    const situation = await this.#lookInTime(begins);
    this.#refuseHopeless(keeping, situation);
    this.#refuseLosses(losing, situation);
    await this.#each(keeping);
    await this.#eachLosing(losing);
  }

  async #each(turns: readonly Turn[]): Promise<void> {
    let left = [...turns];
    for (let [first] = left; first !== undefined; [first] = left) {
      throwIfInterrupted(this.#run);
      // Anew for each: the elected master may be another one by now.
      const { nodes } = await this.#lookInTime(first);
      const names = left.map(nodeOf);
      // One that a killed run has stopped waits for nothing but its own turn, and the others for it.
      const [begun] = await this.#options.underWay(names);
      const next = begun ?? restartOrder(names, nodes)[0];
      const turn = left.find((one) => nodeOf(one) === next);
      if (turn === undefined) return;
      await this.#one(turn);
      left = left.filter((one) => one !== turn);
    }
  }

  /** Their shards move together, so that none comes to a node that is to give it up as well. */
  async #eachLosing(losing: readonly Turn[]): Promise<void> {
    const drained = losing.filter((turn) => (this.#losses.get(nodeOf(turn))?.data.length ?? 0) > 0);
    const names = drained.map(nodeOf);
    const [first] = losing;
    if (first === undefined) return;
    const situation = await this.#whenAllAreIn(first);
    this.#refuseLosses(losing, situation);
    throwIfInterrupted(this.#run);
    if (names.length > 0 && !isLeavingSet(situation.settings, names))
      await this.#talk.insist(first.address, (control) => setLeaving(control, names));
    try {
      await drain({ talk: this.#talk, run: this.#run }, drained, {
        cannot: 'lose its roles',
        hint: 'es-ecs up  goes on once that is mended; put the roles back into the config to keep them',
      });
      await this.#each(losing);
    } catch (error) {
      if (names.length > 0) this.#sayWhatStays(names);
      throw error;
    }
    if (names.length > 0) await this.#talk.insist(first.address, (control) => endLeaving(control, names));
  }

  #sayWhatStays(names: readonly string[]): void {
    const { clock, emit } = this.#run;
    const text = `${names.join(', ')} ${names.length === 1 ? 'goes' : 'go'} on giving up shards; es-ecs up  goes on with it, and takes it back where the config has the roles again`;
    emit({ type: 'notice', atMs: clock.now(), text });
  }

  /** New nodes come side by side with all else: those that lose roles hand over to them. */
  async #whenAllAreIn({ address }: Turn): Promise<Situation> {
    const remaining = this.#options.nodes.map(({ name }) => name);
    let situation = await this.#talk.insist(address, lookAt);
    const away = (): string | undefined => othersAway(situation, { remaining });
    await this.#talk.until({
      address,
      waits: returning,
      because: away,
      isSo: async () => {
        situation = await this.#talk.look();
        return away() === undefined;
      },
    });
    return situation;
  }

  #refuseLosses([first]: readonly Turn[], situation: Situation): void {
    const because = first === undefined ? undefined : roleRefusal(situation, this.#options.nodes);
    if (first !== undefined && because !== undefined) throw notSafe(first, because);
  }

  /**
   * Nodes that a run which was cut off has told to give up their shards hold them again until the roll is over: without them there may
   * be no second copy to rest on. Those that still leave are told so again afterwards.
   */
  async #postponeDepartures({ address }: Turn): Promise<void> {
    const told = leavingNodes(await this.#talk.insist(address, (control) => control.settings()));
    // Those that are to lose their roles go on with it.
    const leaving = told.filter((name) => (this.#losses.get(name)?.data.length ?? 0) === 0);
    if (leaving.length === 0) return;
    await this.#talk.insist(address, (control) => endLeaving(control, leaving));
    const text = `${leaving.join(', ')} may hold shards again until the roll is over`;
    this.#run.emit({ type: 'notice', atMs: this.#run.clock.now(), text });
  }

  /** Looks at a cluster that may be without a master for a while. */
  #lookInTime({ address }: Turn): Promise<Situation> {
    return this.#talk.insist(address, lookAt);
  }

  #candidate(turn: Turn): Candidate {
    const name = nodeOf(turn);
    const { nodes, version } = this.#options;
    const roles = nodes.find((node) => node.name === name)?.roles;
    const others = nodes.map((node) => node.name).filter((other) => other !== name);
    return { name, others, version, ...(roles === undefined ? {} : { roles }) };
  }

  /** What no waiting mends is said before the first node is touched. */
  #refuseHopeless(turns: readonly Turn[], situation: Situation): void {
    for (const turn of turns) {
      const refusal = refusalOf(situation, this.#candidate(turn));
      if (refusal?.patienceMs === 0) throw notSafe(turn, refusal.because);
    }
  }

  async #one(turn: Turn): Promise<void> {
    await this.#untilSafe(turn);
    const name = nodeOf(turn);
    const before = (await this.#lookInTime(turn)).nodes.find((node) => node.name === name)?.ephemeralId;
    try {
      if (this.#losses.get(name)?.isDemoted === true)
        await this.#talk.insist(turn.address, (control) => beginDemotion(control, name));
      // Within: where nobody knows whether it was done, it is taken back as well.
      await this.#talk.insist(turn.address, (control) => holdAllocation(control, name));
      await this.#talk.insist(turn.address, (control) => control.flush());
      await turn.work();
      await this.#untilJoined(turn, before);
    } finally {
      await this.#restore(turn);
    }
    await this.#untilSettled(turn);
  }

  /** Also after Ctrl-C and after a failure; where the cluster does not answer, the next run does it. */
  async #restore({ address }: Turn): Promise<void> {
    const { clock, emit } = this.#run;
    try {
      // At once, as a run that was told to stop waits for nothing any more.
      await this.#talk.with(takeBack).catch((error: unknown) => {
        if (!this.#talk.passes(error)) throw error;
        return this.#talk.insist(address, takeBack);
      });
    } catch (error) {
      if (!(error instanceof EsEcsError)) throw error;
      const text = `shards are still not assigned to nodes that come back: ${error.message}; es-ecs up  takes that back`;
      emit({ type: 'notice', atMs: clock.now(), text });
    }
  }

  /** What Elasticsearch's own word does not tell comes first: a node that is about to go is still there. */
  async #refusal(turn: Turn): Promise<Refusal | undefined> {
    const candidate = this.#candidate(turn);
    const going = await this.#options.underWay(candidate.others);
    const situation = await this.#talk.look();
    if (going.length === 0 || !isIn(situation, candidate.name)) return refusalOf(situation, candidate);
    const because = `${going.join(', ')} ${going.length === 1 ? 'is' : 'are'} being restarted already, and no two nodes may be away at once`;
    return { rule: 'no_other_restart_is_under_way', because, patienceMs: 15 * minute };
  }

  /** Nodes that somebody else has stopped may leave the cluster without a master; they come back in this very run. */
  async #refusalOrSilence(turn: Turn): Promise<Refusal | undefined> {
    try {
      return await this.#refusal(turn);
    } catch (error) {
      if (!this.#talk.passes(error)) throw error;
      await this.#talk.reconnect();
      return { rule: 'cluster_answers', because: error.message, patienceMs: answering.limitMs };
    }
  }

  async #untilSafe(turn: Turn): Promise<void> {
    const { clock, emit } = this.#run;
    let last: { readonly rule: string; readonly sinceMs: number } | undefined;
    await waitUntil(this.#run, {
      address: turn.address,
      // Each rule has its own patience.
      waits: { ...safety, limitMs: Number.POSITIVE_INFINITY },
      look: async () => {
        const refusal = await this.#refusalOrSilence(turn);
        if (refusal === undefined) return { value: true };
        if (last?.rule !== refusal.rule) {
          last = { rule: refusal.rule, sinceMs: clock.now() };
          emit({ type: 'notice', atMs: clock.now(), text: `${nodeOf(turn)} waits: ${refusal.because}` });
        }
        if (clock.now() - last.sinceMs >= refusal.patienceMs) throw notSafe(turn, refusal.because);
        return undefined;
      },
    });
  }

  async #untilJoined(turn: Turn, before: string | undefined): Promise<void> {
    const name = nodeOf(turn);
    await this.#talk.until({
      address: turn.address,
      waits: joining,
      isSo: async () => {
        const nodes = await this.#talk.with((control) => control.nodes());
        const node = nodes.find((one) => one.name === name);
        return node !== undefined && node.ephemeralId !== before;
      },
    });
  }

  async #untilSettled({ address }: Turn): Promise<void> {
    await this.#talk.until({
      address,
      waits: settling,
      isSo: async () => isSettled(await this.#talk.look()),
    });
  }
}

/** All that the restart of a node has set. */
async function takeBack(control: ClusterControl): Promise<void> {
  await restoreAllocation(control);
  await endDemotion(control);
}

function notSafe(turn: Turn, because: string): EsEcsError {
  return new EsEcsError('NOT_SAFE', `${nodeOf(turn)} is not restarted: ${because}`, {
    address: turn.address,
    hint: 'es-ecs up  goes on with this node once that is mended; nothing else was touched',
  });
}
