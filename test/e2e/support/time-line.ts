import type { RealTask } from './container-runtime.ts';
import type { Sample } from './sampler.ts';
import type { TrafficReport } from './traffic.ts';
import { seconds } from './words.ts';

/** A time for which a node was not there. */
export interface Absence {
  readonly node: string;
  readonly fromMs: number;
  readonly toMs: number;
  /** False: it has gone, and `toMs` is now. */
  readonly isOver: boolean;
}

/** From the word to stop until the next task of the node is healthy, in the order of their beginning. */
export function absences(sinceMs: number, tasks: readonly RealTask[]): readonly Absence[] {
  const found = tasks.flatMap((task, index) => {
    const { stopAskedMs, node } = task;
    if (stopAskedMs === undefined || stopAskedMs < sinceMs) return [];
    const next = tasks.slice(index + 1).find((one) => one.node === node && one.healthyAfterMs !== undefined);
    const toMs = next === undefined ? performance.now() : next.startedMs + (next.healthyAfterMs ?? 0);
    return [{ node, fromMs: stopAskedMs, toMs, isOver: next !== undefined }];
  });
  return found.sort((a, b) => a.fromMs - b.fromMs);
}

/** Pairs of nodes that were not there at once. */
export function overlaps(all: readonly Absence[]): readonly string[] {
  return all.flatMap((one, index) =>
    all
      .slice(index + 1)
      .filter((other) => other.node !== one.node && other.fromMs < one.toMs && one.fromMs < other.toMs)
      .map((other) => `${one.node} and ${other.node}`),
  );
}

/** What happened to nodes and cluster, in order, for a person to read. */
export function timeLine(
  sinceMs: number,
  seen: { readonly samples: readonly Sample[]; readonly tasks: readonly RealTask[] },
): readonly string[] {
  const events: { readonly atMs: number; readonly text: string }[] = [];
  for (const task of seen.tasks) {
    const { node, startedMs, stopAskedMs, stoppedAfterMs, healthyAfterMs } = task;
    if (stopAskedMs !== undefined) events.push({ atMs: stopAskedMs, text: `${node} is told to stop` });
    if (stopAskedMs !== undefined && stoppedAfterMs !== undefined)
      events.push({ atMs: stopAskedMs + stoppedAfterMs, text: `${node} has stopped` });
    events.push({ atMs: startedMs, text: `${node} starts on ${task.launch.host.instanceId}` });
    if (healthyAfterMs !== undefined)
      events.push({ atMs: startedMs + healthyAfterMs, text: `${node} is healthy` });
  }
  let last = '';
  for (const { atMs, status, nodes: count } of seen.samples) {
    const text = `cluster ${status}, ${count} nodes`;
    if (text !== last) events.push({ atMs, text });
    last = text;
  }
  return events
    .filter(({ atMs }) => atMs >= sinceMs)
    .sort((a, b) => a.atMs - b.atMs)
    .map(({ atMs, text }) => `${seconds(atMs - sinceMs).padStart(8)}  ${text}`);
}

/** What writer, reader and sampler saw, in one line. */
export function summary(report: TrafficReport, samples: readonly Sample[]): string {
  return [
    `${report.acknowledged.length} documents acknowledged`,
    `${report.reads} reads`,
    `${report.retried} tries made again`,
    `slowest write ${seconds(report.slowestWriteMs)}`,
    `slowest read ${seconds(report.slowestReadMs)}`,
    `${samples.length} samples`,
  ].join(', ');
}
