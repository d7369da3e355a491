/** As `simulate wait --json` tells it. */
export interface DrawnMoment {
  readonly afterMs: number;
  readonly what: string;
}

/** What is drawn. */
export interface Timeline {
  readonly title: string;
  readonly nodes: readonly string[];
  /** From when to when something was lost. */
  readonly lostMinutes: readonly [number, number];
  readonly minutes: number;
  readonly moments: readonly DrawnMoment[];
}

const left = 90;
const width = 640;
const rowHeight = 30;
const top = 44;
const colours = {
  in: '#2da44e',
  out: '#d0d7de',
  green: '#2da44e',
  yellow: '#d4a72c',
  red: '#cf222e',
} as const;

type Paint = keyof typeof colours;

interface Segment {
  readonly from: number;
  readonly to: number;
  readonly paint: Paint;
}

interface PaintChange {
  readonly atMinute: number;
  readonly paint: Paint;
}

/** One bar for each node, in the cluster or out of it, and one for the cluster, in its own colour. */
export function drawTimeline(timeline: Timeline): string {
  const { title, nodes, lostMinutes, minutes, moments } = timeline;
  const x = (minute: number): string => (left + (minute / minutes) * width).toFixed(1);
  const length = (from: number, to: number): string => (((to - from) / minutes) * width).toFixed(1);
  const rows = [
    ...nodes.map((node) => ({ label: node, segments: nodeSegments(node, moments, minutes) })),
    { label: 'cluster', segments: clusterSegments(moments, minutes) },
  ];
  const bottom = top + rows.length * rowHeight;
  const bars = rows.flatMap(({ label, segments }, place) => {
    const y = top + place * rowHeight;
    return [
      `<text x="8" y="${y + 15}">${label}</text>`,
      ...segments.map(
        ({ from, to, paint }) =>
          `<rect x="${x(from)}" y="${y}" width="${length(from, to)}" height="20" fill="${colours[paint]}"><title>${label} ${paint}</title></rect>`,
      ),
    ];
  });
  const ticks = Array.from({ length: Math.floor(minutes / 5) + 1 }, (_, place) => place * 5).map(
    (minute) => `<text x="${x(minute)}" y="${bottom + 18}" text-anchor="middle">${minute}m</text>`,
  );
  const [from, to] = lostMinutes;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${left + width + 20} ${bottom + 30}" font-family="monospace" font-size="12" role="img">`,
    `<title>${title}</title>`,
    `<rect x="0" y="0" width="100%" height="100%" fill="#ffffff"/>`,
    `<text x="8" y="18" font-weight="bold">${title}</text>`,
    `<rect x="${x(from)}" y="${top - 14}" width="${length(from, to)}" height="6" fill="${colours.red}"><title>lost</title></rect>`,
    ...bars,
    ...ticks,
    '</svg>',
    '',
  ].join('\n');
}

/** What a bar shows from the beginning, and each change of it. */
function segmentsOf(first: Paint, changes: readonly PaintChange[], minutes: number): readonly Segment[] {
  const segments: Segment[] = [];
  let now: { readonly from: number; readonly paint: Paint } = { from: 0, paint: first };
  for (const { atMinute, paint } of changes) {
    segments.push({ ...now, to: atMinute });
    now = { from: atMinute, paint };
  }
  return [...segments, { ...now, to: minutes }];
}

function nodeSegments(node: string, moments: readonly DrawnMoment[], minutes: number): readonly Segment[] {
  const changes = moments.flatMap(({ afterMs, what }): PaintChange[] => {
    const atMinute = afterMs / 60_000;
    if (what === `${node} is out of the cluster`) return [{ atMinute, paint: 'out' }];
    return what === `${node} is back in the cluster` ? [{ atMinute, paint: 'in' }] : [];
  });
  return segmentsOf('in', changes, minutes);
}

function clusterSegments(moments: readonly DrawnMoment[], minutes: number): readonly Segment[] {
  const changes = moments.flatMap(({ afterMs, what }): PaintChange[] => {
    const said = /^the cluster is (green|yellow|red)/.exec(what)?.[1];
    if (said !== 'green' && said !== 'yellow' && said !== 'red') return [];
    return [{ atMinute: afterMs / 60_000, paint: said }];
  });
  return segmentsOf('green', changes, minutes);
}
