import fc from 'fast-check';

import { runUndisturbed } from '../crash-points.ts';
import type { CrashImage } from '../site.ts';
import { Cluster } from './cluster.ts';
import { edit, regroup } from './edits.ts';
import { faultyUp } from './faults.ts';
import { behindTheBack } from './hands.ts';
import { countOf, type ModelGroup, plain } from './groups.ts';
import { loss, pause } from './losses.ts';
import { mustHold, type Past } from './move.ts';
import { mustEndWell, runs } from './runs.ts';
import { seedOfSources } from '../seed.ts';
import { configText, type Settings, smallest } from './settings.ts';
import { untidy, writeIndex } from './watch.ts';
import { writing } from './writing.ts';

const moves = [
  runs.up,
  runs.killedUp,
  runs.killedUp,
  runs.killedDestroy,
  runs.destroy,
  runs.race,
  faultyUp,
  edit,
  regroup,
  regroup,
  writing,
  behindTheBack,
  behindTheBack,
  loss,
  pause,
];

/**
 * Of all sequences; two files share them, so that two processors work on them, for some seven minutes. `npm run test:recovery:long`
 * runs ten times as many.
 */
const total = Number(process.env['ES_ECS_SEQUENCES'] ?? 2_000);

/** Masters and data, each in a group of its own. */
const apart: readonly ModelGroup[] = [
  { name: 'default', count: 3, purpose: 'master' },
  { name: 'hot', count: 2, purpose: 'data' },
];

/** Two groups of every role: where the larger one is given others, one master or one data node is left. */
const alike: readonly ModelGroup[] = [
  { name: 'default', count: 1, purpose: 'all' },
  { name: 'hot', count: 2, purpose: 'all' },
];

/**
 * Random sequences of what can happen to a cluster, each from nothing or from one that stands. What must hold is looked at after
 * each move; at the end, an undisturbed `up` puts everything right and the one after it writes nothing.
 *
 * @throws Error with the seed and the shortest sequence that fails.
 */
export async function checkSequences(share: number): Promise<void> {
  const seed = Number(process.env['ES_ECS_SEED'] ?? seedOfSources()) + share;
  const path = process.env['ES_ECS_PATH'];
  const grounds = {
    nothing: undefined,
    'one node': await standing(smallest),
    'three nodes': await standing({ ...smallest, groups: plain(3) }),
    'masters and data': await standing({ ...smallest, groups: apart }),
    'two groups': await standing({ ...smallest, groups: alike }),
  };
  const numRuns = Math.ceil(total / 2);
  console.log(`${numRuns} sequences of ES_ECS_SEED=${seed - share}; ES_ECS_PATH takes up one that failed`);
  const sum = { left: 0, held: 0 };
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom('nothing', 'one node', 'three nodes', 'three nodes', 'masters and data', 'two groups'),
      fc.nat({ max: 1_000_000 }),
      fc.commands(moves, { maxCommands: 8, size: 'max' }),
      async (ground, chance, sequence) => {
        const cluster = await play(grounds[ground], chance, sequence);
        sum.left += cluster.left;
        sum.held += cluster.log.filter((line) => line.startsWith('back to ')).length;
      },
    ),
    {
      numRuns,
      seed,
      ...(path === undefined ? {} : { path }),
      endOnFailure: process.env['ES_ECS_SHRINK'] === 'no',
    },
  );
  console.log(
    `${sum.left} nodes have left, and ${sum.held} times one could not, or could not give up a role`,
  );
}

/** A cluster that stands when a sequence begins. */
interface Ground {
  readonly settings: Settings;
  readonly image: CrashImage;
}

/** As an `up` leaves it, with data in it. */
async function standing(settings: Settings): Promise<Ground> {
  const { after } = await runUndisturbed({ words: ['up'], config: configText(settings) });
  const cluster = new Cluster(settings, after, 0);
  try {
    writeIndex(cluster.account.world);
    await cluster.wait(10 * 60_000);
    return { settings, image: { files: after.files, account: JSON.stringify(cluster.account.snapshot()) } };
  } finally {
    cluster.end();
  }
}

async function play(
  ground: Ground | undefined,
  chance: number,
  sequence: Iterable<fc.AsyncCommand<Past, Cluster>>,
): Promise<Cluster> {
  const cluster = new Cluster(ground?.settings ?? smallest, ground?.image, chance);
  const past: Past = { volumes: new Set() };
  try {
    mustHold(cluster, past);
    await fc.asyncModelRun(() => ({ model: past, real: cluster }), sequence);
    await mustConverge(cluster);
    mustHold(cluster, past);
    return cluster;
  } finally {
    cluster.end();
  }
}

interface StatusDocument {
  readonly outcome: string;
  readonly resources: readonly {
    readonly address: string;
    readonly id: string | null;
    readonly inSync: boolean;
  }[];
}

async function mustConverge(cluster: Cluster): Promise<void> {
  await mustSucceed(cluster, 'up');
  const again = await mustSucceed<{ apiCalls: { writes: number } }>(cluster, 'up');
  const status = await mustSucceed<StatusDocument>(cluster, 'status');
  const off = status.resources.filter(({ inSync }) => !inSync).map(({ address }) => address);
  const left = untidy(cluster.account.world, countOf(cluster.settings.groups));
  if (again.apiCalls.writes > 0 || status.outcome !== 'healthy' || off.length + left.length > 0) {
    const told = `the second up wrote ${String(again.apiCalls.writes)} times; ${status.outcome}; not in sync: ${off.join(', ')}; ${left.join(', ')}`;
    throw new Error([told, 'after', ...cluster.log].join('\n'));
  }
}

async function mustSucceed<Document>(cluster: Cluster, command: string): Promise<Document> {
  const { stdout } = await mustEndWell(cluster, command, '--json');
  // The caller says which command's document it is.
  return JSON.parse(stdout) as Document;
}
