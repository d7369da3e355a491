import type { Calls } from './calls.ts';
import { configOf, versions } from './config.ts';
import type { Usage } from './program.ts';
import type { Measured, Stage } from './stage.ts';

/** What is done to a cluster, in this order; `resume` begins a new one. */
export const stepNames = ['up', 'plan', 'tag', 'version', 'destroy', 'resume'] as const;

export type StepName = (typeof stepNames)[number];

/** One run of one step. */
export interface Sample {
  readonly build: string;
  readonly account: string;
  readonly nodes: number;
  readonly step: StepName;
  readonly usage?: Usage;
  readonly calls?: Calls;
  /** On the simulated account: how long it would have taken. */
  readonly virtualMs?: number;
  /** Why there are no figures. */
  readonly problem?: string;
}

/** What to play, and where. */
export interface Play {
  readonly account: string;
  readonly nodes: number;
  readonly steps: readonly StepName[];
  /** How often a plan in sync is measured; everything else leaves another account than it has found. */
  readonly repeat: number;
}

/** Plays the steps on every stage in turn, so that whatever else this machine does burdens all builds alike. */
export async function playStory(stages: readonly Stage[], play: Play): Promise<readonly Sample[]> {
  const samples: Sample[] = [];
  const broken = new Set<Stage>();
  const tagged = new Set<Stage>();
  const onEach = async (
    step: StepName | undefined,
    run: (stage: Stage) => Promise<Measured>,
  ): Promise<void> => {
    for (const stage of stages) {
      if (broken.has(stage)) continue;
      const measured = await run(stage);
      const sample = sampleOf(stage, step ?? 'up', { play, measured });
      if (step !== undefined && play.steps.includes(step)) samples.push(sample);
      // A change that an emulator cannot show is told as such; the next one has a cluster all the same.
      const isChange = step === 'tag' || step === 'version';
      if (step === 'tag' && sample.problem === undefined) tagged.add(stage);
      if (sample.problem !== undefined && !isChange) broken.add(stage);
    }
  };
  const has = (step: StepName): boolean => play.steps.includes(step);
  const { first, next } = versions;

  if (play.steps.some((step) => step !== 'resume')) {
    await onEach('up', (stage) => upWith(stage, play.nodes, { version: first }));
    for (let time = 0; has('plan') && time < play.repeat; time += 1)
      await onEach('plan', (stage) => stage.run(['plan', ...stage.words.always]));
    if (has('tag'))
      await onEach('tag', (stage) => upWith(stage, play.nodes, { version: first, tag: 'search' }));
    if (has('version'))
      await onEach('version', (stage) =>
        upWith(stage, play.nodes, { version: next, ...(tagged.has(stage) ? { tag: 'search' } : {}) }),
      );
    await onEach('destroy', destroyed);
  }
  if (has('resume')) {
    for (const stage of stages) {
      if (broken.has(stage)) continue;
      await configure(stage, play.nodes, { version: first });
      await stage.crash();
    }
    await onEach('resume', (stage) => stage.run([...stage.words.up, ...stage.words.always]));
    await onEach(undefined, destroyed);
  }
  return samples;
}

interface Change {
  readonly version: string;
  readonly tag?: string;
}

async function configure(stage: Stage, nodes: number, change: Change): Promise<void> {
  const image = stage.image(change.version);
  await stage.workplace.configure(configOf({ nodes, ...change, ...(image === undefined ? {} : { image }) }));
}

async function upWith(stage: Stage, nodes: number, change: Change): Promise<Measured> {
  await configure(stage, nodes, change);
  return stage.run([...stage.words.up, ...stage.words.always]);
}

function destroyed(stage: Stage): Promise<Measured> {
  return stage.run(['destroy', '--delete-data', '--yes', ...stage.words.always]);
}

function sampleOf(
  stage: Stage,
  step: StepName,
  { play, measured }: { readonly play: Play; readonly measured: Measured },
): Sample {
  const at = { build: stage.build.name, account: play.account, nodes: play.nodes, step };
  const { exitCode, usage, calls, said, stderr } = measured;
  if (exitCode !== 0) {
    const problem = stderr.split('\n').find((line) => line.startsWith('✖')) ?? stderr.slice(-300);
    return { ...at, problem: `ends with ${exitCode ?? 'a signal'}: ${problem}` };
  }
  const { simulated } = said as { readonly simulated?: { readonly elapsedMs: number } };
  return {
    ...at,
    ...(usage === undefined ? {} : { usage }),
    ...(calls === undefined ? {} : { calls }),
    ...(simulated === undefined ? {} : { virtualMs: simulated.elapsedMs }),
  };
}
