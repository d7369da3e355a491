// `npm run bench`: what es-ecs costs, in calls, trips, time, CPU and memory. No test is made of it: counts are asserted elsewhere, and times are not.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { type Figure, figuresOf } from './figures.ts';
import { type AccountName, type BenchOptions, parseOptions, usage } from './options.ts';
import type { Build } from './program.ts';
import { floorMs, slowNat } from './slow-parts.ts';
import { motoStage, simulatedStage, type Stage } from './stage.ts';
import { measureStarts, type Start } from './start-up.ts';
import { playStory, type Sample } from './story.ts';
import { renderFigures, renderRatios, renderStarts } from './table.ts';

const root = path.join(import.meta.dirname, '..');
const kept = path.join(import.meta.dirname, 'figures');

/** The largest cluster that an account of its kind is measured with: moto answers ever more slowly, and slow parts are slow. */
const mostNodes: Readonly<Record<AccountName, number>> = { simulated: Infinity, moto: 12, 'moto-slow': 3 };

/** Everything that one session measured. */
interface Session {
  readonly node: string;
  readonly platform: string;
  readonly callMs: number;
  readonly starts: readonly Start[];
  readonly figures: readonly Figure[];
}

const options = parseOptions(process.argv.slice(2), root);
if (options === undefined) console.log(usage);
else await bench(options);

async function bench(asked: BenchOptions): Promise<void> {
  const starts = asked.isStartMeasured ? measureStarts(asked.builds, asked.repeat * 3) : [];
  if (starts.length > 0) console.log(`${renderStarts(starts)}\n`);
  const samples: Sample[] = [];
  for (const account of asked.accounts) {
    for (const nodes of asked.nodes.filter((count) => count <= mostNodes[account])) {
      console.error(`${account}, ${nodes} nodes …`);
      samples.push(...(await measure(asked, account, nodes)));
    }
  }
  const figures = figuresOf(samples);
  const session: Session = {
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    callMs: asked.callMs,
    starts,
    figures,
  };
  if (figures.length > 0) console.log(`${renderFigures(figures, previousFigures())}\n`);
  if (asked.builds.length > 1) console.log(`${renderRatios(figures, 'this', 'against')}\n`);
  console.log(renderFloors(figures, asked.callMs));
  if (asked.json) console.log(JSON.stringify(session, undefined, 2));
  if (asked.saveAs !== undefined) {
    const build = asked.builds.at(-1)?.name;
    mkdirSync(kept, { recursive: true });
    const ofOne = {
      ...session,
      starts: starts.filter((start) => start.build === '' || start.build === build),
      figures: figures.filter((figure) => figure.build === build),
    };
    writeFileSync(path.join(kept, `${asked.saveAs}.json`), `${JSON.stringify(ofOne, undefined, 2)}\n`);
  }
}

/** Plays the story on an account for each build. */
async function measure(asked: BenchOptions, account: AccountName, nodes: number): Promise<readonly Sample[]> {
  const stages: Stage[] = [];
  try {
    for (const build of asked.builds) stages.push(await open(account, build, asked.callMs));
    return await playStory(stages, { account, nodes, steps: asked.steps, repeat: asked.repeat });
  } finally {
    await Promise.all(stages.map((stage) => stage.close()));
  }
}

function open(account: AccountName, build: Build, callMs: number): Promise<Stage> {
  if (account === 'simulated') return simulatedStage(build);
  return motoStage(build, { callMs, ...(account === 'moto-slow' ? { slow: slowNat } : {}) });
}

/** What earlier versions took, as it was measured then: on another day, so counts compare and times hardly. */
function previousFigures(): readonly Figure[] {
  if (!existsSync(kept)) return [];
  return readdirSync(kept)
    .filter((file) => file.endsWith('.json'))
    .flatMap((file) => {
      const session = JSON.parse(readFileSync(path.join(kept, file), 'utf8')) as Session;
      return session.figures.map((figure) => ({ ...figure, build: path.basename(file, '.json') }));
    });
}

/** How far from the least that AWS's own waits allow. */
function renderFloors(figures: readonly Figure[], callMs: number): string {
  const floors = floorMs(slowNat, callMs);
  return figures
    .flatMap(({ account, step, build, nodes, wallMs }) => {
      if (account !== 'moto-slow' || wallMs === undefined || (step !== 'up' && step !== 'destroy')) return [];
      const floor = floors[step];
      return `${step} of ${nodes} nodes with slow NAT gateways, ${build}: ${(wallMs / 1_000).toFixed(1)} s, ${(wallMs / floor).toFixed(2)} times the floor of ${(floor / 1_000).toFixed(1)} s (computed: the NAT gateways, and the calls of the chain around them)`;
    })
    .join('\n');
}
