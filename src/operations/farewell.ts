import type { ClusterControl } from '../elasticsearch/client.ts';
import { endLeaving, isLeavingSet, setLeaving } from '../elasticsearch/departure-marks.ts';
import { departureRefusal, type RemainingNode } from '../elasticsearch/rules/departure.ts';
import { isSettled, lookAt, type Situation } from '../elasticsearch/rules/situation.ts';
import {
  absentVotes,
  needsVoteTaken,
  othersAway,
  type Stopping,
  stopRefusal,
} from '../elasticsearch/rules/stopping.ts';
import type { Turn } from '../engine/lane.ts';
import type { Waits } from '../engine/resource.ts';
import type { Run } from '../engine/run.ts';
import { throwIfInterrupted } from '../engine/wait.ts';
import { EsEcsError } from '../errors.ts';
import type { ClusterAccess } from '../steps/adapters.ts';
import { Conversation } from './conversation.ts';
import { drain, type DrainWords, nodeOf } from './draining.ts';

/** What a farewell is said with. */
export interface FarewellOptions {
  readonly cluster: ClusterAccess;
  readonly control: ClusterControl;
  readonly remaining: readonly RemainingNode[];
  readonly run: Run;
}

const minute = 60_000;
const everyMs = 5_000;

const leavingWords: DrainWords = {
  cannot: 'leave',
  hint: 'es-ecs up  goes on once that is mended; put the node back into the config to keep it',
};

const returning: Waits = { for: 'the nodes that stay', usualMs: 30_000, everyMs, limitMs: 15 * minute };
const stopping: Waits = { for: 'the cluster to let it go', usualMs: 0, everyMs, limitMs: 60 * minute };
const going: Waits = { for: 'the node to leave', usualMs: 5_000, everyMs, limitMs: 15 * minute };
const settling: Waits = { for: 'the cluster to be green', usualMs: 5_000, everyMs, limitMs: 120 * minute };

/**
 * One run's part in the departure of some nodes. All of them give up their shards together. Then those without a vote stop
 * together, and those with one stop one after the other, the elected master last, as the cluster must follow with its votes.
 *
 * What it sets in the cluster stays when it is cut off: the shards go on moving, and the next run goes on.
 */
export class Farewell {
  readonly #talk: Conversation;
  readonly #remaining: readonly RemainingNode[];
  readonly #run: Run;

  constructor({ cluster, control, remaining, run }: FarewellOptions) {
    this.#talk = new Conversation(cluster, control, run);
    this.#remaining = remaining;
    this.#run = run;
  }

  async all(turns: readonly Turn[]): Promise<void> {
    const names = turns.map(nodeOf);
    const situation = await this.#whenAllAreIn(turns);
    const refusal = departureRefusal(situation, { leaving: names, remaining: this.#remaining });
    if (refusal !== undefined) throw notSafe(turns, refusal.because);
    throwIfInterrupted(this.#run);
    const [last] = turns.slice(-1);
    if (last === undefined) return;
    if (!isLeavingSet(situation.settings, names))
      await this.#talk.insist(last.address, (control) => setLeaving(control, names));
    try {
      await drain({ talk: this.#talk, run: this.#run }, turns, leavingWords);
      await this.#takeAbsentVotes(last);
      await this.#stopAll(turns);
    } catch (error) {
      this.#sayWhatStays(names);
      throw error;
    }
    await this.#talk.insist(last.address, (control) => endLeaving(control, names));
    await this.#settle(last);
  }

  /** Those that stay: what they can take is known only of nodes that are there. */
  async #whenAllAreIn([first]: readonly Turn[]): Promise<Situation> {
    const remaining = this.#remaining.map(({ name }) => name);
    let situation = first === undefined ? await this.#talk.look() : await this.#lookInTime(first);
    const away = (): string | undefined => othersAway(situation, { remaining });
    if (first === undefined || away() === undefined) return situation;
    await this.#talk.until({
      address: first.address,
      waits: returning,
      because: away,
      isSo: async () => {
        situation = await this.#talk.look();
        return away() === undefined;
      },
    });
    return situation;
  }

  #lookInTime({ address }: Turn): Promise<Situation> {
    return this.#talk.insist(address, lookAt);
  }

  #sayWhatStays(names: readonly string[]): void {
    const { clock, emit } = this.#run;
    const text = `${names.join(', ')} ${names.length === 1 ? 'goes' : 'go'} on giving up shards; es-ecs up  goes on with it, and takes it back where the config has the node again`;
    emit({ type: 'notice', atMs: clock.now(), text });
  }

  /** Before anybody with a vote goes: those that are left must be able to elect a master without them. */
  async #takeAbsentVotes(turn: Turn): Promise<void> {
    const ids = absentVotes(
      await this.#lookInTime(turn),
      this.#remaining.map((one) => one.name),
    );
    if (ids.length > 0) await this.#talk.insist(turn.address, (control) => control.excludeAbsentVotes(ids));
  }

  async #stopAll(turns: readonly Turn[]): Promise<void> {
    const isMaster = ({ nodes }: Situation, turn: Turn): boolean =>
      nodes.some((node) => node.name === nodeOf(turn) && node.roles.includes('master'));
    const [first] = turns;
    if (first === undefined) return;
    const situation = await this.#lookInTime(first);
    const voteless = turns.filter((turn) => !isMaster(situation, turn));
    await Promise.all(voteless.map((turn) => this.#stop(turn)));
    let left = turns.filter((turn) => !voteless.includes(turn));
    while (left.length > 0) {
      throwIfInterrupted(this.#run);
      // Anew for each: the elected master may be another one by now.
      const { nodes } = await this.#lookInTime(first);
      const isElected = (turn: Turn): boolean =>
        nodes.some((node) => node.isMaster && node.name === nodeOf(turn));
      const next = left.find((turn) => !isElected(turn)) ?? left[0];
      if (next === undefined) return;
      await this.#stop(next);
      left = left.filter((turn) => turn !== next);
    }
  }

  async #stop(turn: Turn): Promise<void> {
    const name = nodeOf(turn);
    const node: Stopping = { name, remaining: this.#remaining.map((one) => one.name) };
    const { address } = turn;
    const takesVote = needsVoteTaken(await this.#lookInTime(turn), node);
    if (takesVote) await this.#talk.insist(address, (control) => control.excludeVotes([name]));
    let because: string | undefined;
    await this.#talk.until({
      address: turn.address,
      waits: stopping,
      because: () => because,
      isSo: async () => {
        because = stopRefusal(await this.#talk.look(), node);
        return because === undefined;
      },
    });
    await turn.work();
    await this.#talk.until({
      address: turn.address,
      waits: going,
      isSo: async () => {
        const nodes = await this.#talk.with((control) => control.nodes());
        return !nodes.some((one) => one.name === name);
      },
    });
    if (takesVote)
      await this.#talk.insist(address, (control) => control.clearVoteExclusions({ awaitRemoval: true }));
    await this.#settle(turn);
  }

  /** Before the next one with a vote goes, the votes must have followed. */
  async #settle(turn: Turn): Promise<void> {
    await this.#talk.until({
      address: turn.address,
      waits: settling,
      isSo: async () => isSettled(await this.#talk.look()),
    });
  }
}

function notSafe(turns: readonly Turn[], because: string): EsEcsError {
  const [first] = turns;
  const names = turns.map(nodeOf).join(', ');
  return new EsEcsError('NOT_SAFE', `${names} cannot leave: ${because}`, {
    ...(first === undefined ? {} : { address: first.address }),
    hint: leavingWords.hint,
  });
}
