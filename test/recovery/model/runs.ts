import fc from 'fast-check';

import type { Cluster } from './cluster.ts';
import type { Ended } from '../process.ts';
import { nodesText, swaps, takes } from './groups.ts';
import { Move } from './move.ts';

/**
 * Runs a command that must end well. Only nodes that are to leave or to give up roles, of a cluster that is not whole, may be held back, and
 * roles that no other node could have meanwhile: then the person does as the error says and takes them back into the config.
 *
 * @throws Error with what has happened so far
 */
export async function mustEndWell(cluster: Cluster, ...words: readonly string[]): Promise<Ended> {
  const ended = await cluster.run(...words);
  if (ended.status === 0) return ended;
  const { settings, asked } = cluster;
  if (words[0] === 'up' && mayBeHeldBack(cluster)) {
    cluster.log.push(`back to ${nodesText(asked)}`);
    cluster.edit({ ...settings, groups: asked });
    return mustEndWell(cluster, ...words);
  }
  throw new Error(
    [ended.stderr, `${words.join(' ')}: ${String(ended.status)}, after`, ...cluster.log].join('\n'),
  );
}

function mayBeHeldBack({ isWhole, settings: { groups }, asked }: Cluster): boolean {
  return (!isWhole && takes(asked, groups)) || swaps(asked, groups);
}

/** A run that nothing disturbs. */
class Run extends Move {
  readonly words: readonly string[];

  constructor(words: readonly string[]) {
    super();
    this.words = words;
  }

  toString(): string {
    return this.words.join(' ');
  }

  protected async happen(cluster: Cluster): Promise<void> {
    await mustEndWell(cluster, ...this.words);
  }
}

/** A run that is killed as it sends a call, or as the answer comes. */
class KilledRun extends Move {
  readonly words: readonly string[];
  readonly moment: number;

  constructor(words: readonly string[], moment: number) {
    super();
    this.words = words;
    this.moment = moment;
  }

  toString(): string {
    return `${this.words.join(' ')} killed at ${String(this.moment)}`;
  }

  protected happen(cluster: Cluster): Promise<void> {
    return cluster.runKilled(this.moment, ...this.words);
  }
}

/** Two people run `up` at nearly the same moment: one goes on, and the other is told so, or finds nothing to do. */
class Race extends Move {
  readonly lagMs: number;

  constructor(lagMs: number) {
    super();
    this.lagMs = lagMs;
  }

  toString(): string {
    return `two ups at once, ${String(this.lagMs)} ms apart`;
  }

  protected async happen(cluster: Cluster): Promise<void> {
    const ended = await cluster.race(this.lagMs, 'up');
    const statuses = ended.map((one) => one?.status).sort();
    cluster.log.push(`they ended with ${statuses.join(' and ')}`);
    if (!['0,0', '0,4', '4,4', ...(mayBeHeldBack(cluster) ? ['1,1', '1,4'] : [])].includes(statuses.join()))
      throw new Error(ended.map((one) => one?.stderr).join('\n'));
  }
}

/** Of a run that changes a few things, and of one that makes all. */
const moments = fc.oneof(fc.nat({ max: 20 }), fc.nat({ max: 90 }));

export const runs = {
  up: fc.constant(new Run(['up'])),
  destroy: fc.constant(new Run(['destroy'])),
  killedUp: moments.map((moment) => new KilledRun(['up'], moment)),
  killedDestroy: moments.map((moment) => new KilledRun(['destroy'], moment)),
  // Odd, and a call takes an even number.
  race: fc.oneof(fc.nat({ max: 50 }), fc.nat({ max: 2_000 })).map((half) => new Race(2 * half + 1)),
};
