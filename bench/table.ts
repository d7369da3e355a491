import type { Figure } from './figures.ts';
import type { Start } from './start-up.ts';

/** Figures as a person reads them, each build's below that of the other; `previous` stands beside where it has the same step. */
export function renderFigures(figures: readonly Figure[], previous: readonly Figure[]): string {
  const head = [
    'account',
    'nodes',
    'step',
    'build',
    'calls',
    'reads',
    'writes',
    'deep',
    'wall s',
    'CPU s',
    'MB',
    'virtual s',
  ];
  const rows = inOrder(figures).map((figure) => [
    figure.account,
    String(figure.nodes),
    figure.step,
    figure.build,
    ...(figure.problem === undefined ? valuesOf(figure) : [figure.problem]),
  ]);
  const older = inOrder(previous).map((figure) => [
    figure.account,
    String(figure.nodes),
    figure.step,
    `${figure.build} (kept)`,
    ...(figure.problem === undefined ? valuesOf(figure) : [figure.problem]),
  ]);
  const shown = new Set(rows.map((row) => row.slice(0, 3).join()));
  const all = [...rows, ...older.filter((row) => shown.has(row.slice(0, 3).join()))];
  return aligned([head, ...all.toSorted((a, b) => order(a, rows) - order(b, rows))]);
}

/** A kept figure stands below the measured ones of its step. */
function order(row: readonly string[], rows: readonly (readonly string[])[]): number {
  return rows.findIndex((other) => other.slice(0, 3).join() === row.slice(0, 3).join());
}

function inOrder(figures: readonly Figure[]): readonly Figure[] {
  const key = ({ account, nodes, step }: Figure): string => [account, nodes, step].join();
  const keys = [...new Set(figures.map(key))];
  return figures.toSorted((a, b) => keys.indexOf(key(a)) - keys.indexOf(key(b)));
}

function valuesOf({ calls, wallMs, cpuMs, peakMB, virtualMs }: Figure): readonly string[] {
  return [
    ...[calls?.total, calls?.reads, calls?.writes, calls?.deep, seconds(wallMs), seconds(cpuMs), peakMB].map(
      (value) => (value === undefined ? '–' : String(value)),
    ),
    virtualMs === undefined ? '–' : (seconds(virtualMs) ?? '–'),
  ];
}

function seconds(ms: number | undefined): string | undefined {
  return ms === undefined ? undefined : (ms / 1_000).toFixed(2);
}

/** How the first build does against the other, where both have the step; below 1 is better. */
export function renderRatios(figures: readonly Figure[], ours: string, against: string): string {
  const rows = figures
    .filter(({ build }) => build === ours)
    .flatMap((one) => {
      const other = figures.find(
        ({ build, account, nodes, step }) =>
          build === against && account === one.account && nodes === one.nodes && step === one.step,
      );
      if (other === undefined || one.problem !== undefined || other.problem !== undefined) return [];
      const pairs: readonly (readonly [number | undefined, number | undefined])[] = [
        [one.calls?.total, other.calls?.total],
        [one.calls?.deep, other.calls?.deep],
        [one.wallMs, other.wallMs],
        [one.cpuMs, other.cpuMs],
        [one.peakMB, other.peakMB],
        [one.virtualMs, other.virtualMs],
      ];
      return [[one.account, String(one.nodes), one.step, ...pairs.map(ratio)]];
    });
  return aligned([
    ['account', 'nodes', 'step', `calls, times ${against}`, 'deep', 'wall', 'CPU', 'MB', 'virtual'],
    ...rows,
  ]);
}

function ratio([one, other]: readonly [number | undefined, number | undefined]): string {
  return one === undefined || other === undefined || other === 0 ? '–' : (one / other).toFixed(2);
}

/** Starts as a person reads them. */
export function renderStarts(starts: readonly Start[]): string {
  return aligned([
    ['start-up', 'build', 'least ms', 'median ms', 'times node -e 0: least', 'median'],
    ...starts.map((start) => [
      start.command,
      start.build,
      start.leastMs.toFixed(0),
      start.medianMs.toFixed(0),
      start.leastRatio.toFixed(2),
      start.ratio.toFixed(2),
    ]),
  ]);
}

/** Columns as wide as what is in them; a row may end early. */
function aligned(rows: readonly (readonly string[])[]): string {
  const full = rows.filter((row) => row.length === rows[0]?.length);
  const widths = (rows[0] ?? []).map((_name, column) =>
    Math.max(...full.map((row) => row[column]?.length ?? 0)),
  );
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
