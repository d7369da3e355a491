import type { Calls } from './calls.ts';
import type { Sample, StepName } from './story.ts';

/** The medians of one step's samples. */
export interface Figure {
  readonly build: string;
  readonly account: string;
  readonly nodes: number;
  readonly step: StepName;
  readonly samples: number;
  readonly wallMs?: number;
  readonly cpuMs?: number;
  readonly peakMB?: number;
  readonly calls?: Calls;
  readonly virtualMs?: number;
  readonly problem?: string;
}

/** The middle one; of two in the middle, the greater. */
export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}

/** One figure for each step of each build on each account. */
export function figuresOf(samples: readonly Sample[]): readonly Figure[] {
  const groups = new Map<string, Sample[]>();
  for (const sample of samples) {
    const key = [sample.build, sample.account, sample.nodes, sample.step].join('\n');
    groups.set(key, [...(groups.get(key) ?? []), sample]);
  }
  return [...groups.values()].flatMap((group) => figureOf(group) ?? []);
}

function figureOf(group: readonly Sample[]): Figure | undefined {
  const [first] = group;
  if (first === undefined) return undefined;
  const { build, account, nodes, step } = first;
  const at = { build, account, nodes, step, samples: group.length };
  const problem = group.find((sample) => sample.problem !== undefined)?.problem;
  if (problem !== undefined) return { ...at, problem };
  const usages = group.flatMap(({ usage }) => usage ?? []);
  const virtual = group.flatMap(({ virtualMs }) => virtualMs ?? []);
  return {
    ...at,
    ...(usages.length === 0
      ? {}
      : {
          wallMs: Math.round(median(usages.map((usage) => usage.wallMs))),
          cpuMs: Math.round(median(usages.map((usage) => usage.cpuMs))),
          peakMB: Math.round(median(usages.map((usage) => usage.peakMB))),
        }),
    ...(virtual.length === 0 ? {} : { virtualMs: Math.round(median(virtual)) }),
    // The calls of one run that is in the middle, so that its parts add up.
    ...callsOf(group),
  };
}

function callsOf(group: readonly Sample[]): { readonly calls?: Calls } {
  const counted = group.flatMap(({ calls }) => calls ?? []);
  const middle = [...counted].sort((a, b) => a.total - b.total)[Math.floor(counted.length / 2)];
  return middle === undefined ? {} : { calls: middle };
}
