// Makes docs/high-availability.md and its picture: what a person reads who rehearses losses on the example config.
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { execute } from '../src/cli/main.ts';
import { createSimulation, type SimulationOptions } from '../src/cli/simulation.ts';
import { processTerminal } from '../src/cli/terminal.ts';
import { drawTimeline, type DrawnMoment } from './timeline-picture.ts';

/** The page and the picture in it. */
export interface RehearsalPage {
  readonly page: string;
  readonly picture: string;
}

interface WatchedDocument {
  readonly happened: readonly DrawnMoment[];
}

/** A loss, what is typed after it, and what is said of it before. */
interface Chapter {
  readonly title: string;
  readonly words: string;
  readonly commands: readonly string[];
}

/** After the machine image of the simulated account came out, and before it is called old. */
const replayedFromMs = Date.UTC(2026, 0, 1);

const zone = 'eu-west-1a';

const chapters: readonly Chapter[] = [
  {
    title: 'A host',
    words: `The group of a node starts another host in the same zone, which attaches the same volume. Shards wait ten minutes for their node, and it is back
before that: nothing is copied.`,
    commands: ['simulate lose host search-1', 'simulate wait 10m | tail -3'],
  },
  {
    title: 'A volume',
    words: `The one loss that takes data with it. Every shard has a copy in another zone; the node comes back with an empty disk once \`up\` has made one, and what it
held is copied to it or to others.`,
    commands: [
      'simulate lose volume search-1',
      'status --simulate | head -6',
      "up --simulate --yes 2>&1 | grep 'is green'",
    ],
  },
  {
    title: 'An agent',
    words: `Nobody notices, until the node has to be stopped or started: so \`status\` names it, and \`up\` replaces the host once the agent has been away for ten minutes.`,
    commands: [
      'simulate lose agent search-1',
      'status --simulate | head -1',
      "up --simulate --yes 2>&1 | grep 'is green'",
    ],
  },
  {
    title: 'The image',
    words: `Nodes that run go on, and restart where they are; a new host could not pull it. \`up\` builds and pushes it again, without a restart.`,
    commands: ['simulate lose image', "up --simulate --yes 2>&1 | grep 'is green'"],
  },
];

/** Rehearses all of it. */
export async function rehearsalPage(): Promise<RehearsalPage> {
  const directory = mkdtempSync(path.join(tmpdir(), 'es-ecs-rehearsal-'));
  try {
    const begun = path.join(directory, 'begun');
    await typed(begun, 'up --simulate --yes');
    const write = await shown(begun, ['simulate write books --gib 20']);
    await typed(begun, 'simulate wait 20m');
    const place = (name: string): string => {
      const copy = path.join(directory, name);
      cpSync(begun, copy, { recursive: true });
      return copy;
    };
    const lost = await shown(place('zone'), [
      `simulate lose zone ${zone}`,
      'simulate wait 30m',
      'status --simulate | head -6',
      `simulate regain zone ${zone}`,
      'simulate wait 10m',
      'status --simulate | head -1',
    ]);
    const told: string[] = [];
    for (const { title, words, commands } of chapters) {
      told.push(`## ${title}`, words, block(await shown(place(title), commands)));
    }
    const picture = await pictureOf(place('picture'));
    return { page: pageOf(write, lost, told), picture };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function pageOf(write: string, lost: string, told: readonly string[]): string {
  return [
    '# High availability, rehearsed',
    '<!-- Made by scripts/rehearsal-page.ts (npm run generate): every line below was really printed. -->',
    `What a cluster does when something of it is lost can be tried before it is needed, on the simulated account and at no cost. Here it is the example config, as
\`es-ecs init\` writes it: three nodes in three zones, each on a host and a data volume of its own. What is behind each loss is in
[simulated-account.md](simulated-account.md). Times are those of the account; each run differs by some per cent.`,
    block(`$ es-ecs up --simulate --yes\n${write}`),
    '## A zone',
    `The worst that high availability is for. The two other zones serve everything, and after ten minutes they make the copies that are missing. A node stays in the zone of
its data volume: it comes back with the zone, and its disk with it.`,
    '![The nodes and the cluster in the hour of a lost zone](zone-lost.svg)',
    block(lost),
    ...told,
    '',
  ]
    .join('\n\n')
    .replace(/\n+$/, '\n');
}

/** Indented would be shorter, but the output has empty lines and characters of its own. */
function block(text: string): string {
  return `\`\`\`text\n${text}\n\`\`\``;
}

/** Commands and what they print on stdout, each after its line. */
async function shown(place: string, commands: readonly string[]): Promise<string> {
  const texts: string[] = [];
  for (const line of commands) {
    const [command = '', filter = ''] = line.split(' | ');
    texts.push(`$ es-ecs ${line}\n${filtered(await typed(place, command.replace(' 2>&1', '')), filter)}`);
  }
  return named(texts.join('\n\n'));
}

function filtered(text: string, filter: string): string {
  const [, which, count] = /^(head|tail) -(\d+)$/.exec(filter) ?? [];
  const [, wanted] = /^grep '(.+)'$/.exec(filter) ?? [];
  const lines = text.split('\n');
  if (wanted !== undefined) return lines.filter((line) => line.includes(wanted)).join('\n');
  if (which === undefined) return text;
  return (which === 'head' ? lines.slice(0, Number(count)) : lines.slice(-Number(count))).join('\n');
}

async function typed(place: string, command: string): Promise<string> {
  const out: string[] = [];
  const err: string[] = [];
  const terminal = {
    ...processTerminal(),
    out: (text: string) => out.push(text),
    err: (text: string) => err.push(text),
    hasColour: false,
    isTerminal: false,
    canAsk: false,
    canDraw: false,
    openSimulation: (options: SimulationOptions) => createSimulation({ ...options, replayedFromMs }),
  };
  const config = path.join(place, 'es-ecs.yaml');
  const status = await execute(['node', 'es-ecs', ...command.split(' '), '--config', config], terminal);
  if (status !== 0) throw new Error(`es-ecs ${command} ended with ${String(status)}:\n${err.join('\n')}`);
  // The summary of `up` is on stderr with its progress, where it prints no document.
  return (out.length === 0 ? err : out).join('\n');
}

/** Ids are other ones in each account: here each has a short name. */
function named(text: string): string {
  const names = new Map<string, string>();
  return text.replace(/\b(i|vol)-[0-9a-f]{8,17}\b/g, (id, kind: string) => {
    const known = names.get(id) ?? `${kind}-0${'abcdefghij'[names.size % 10] ?? ''}${'0'.repeat(6)}`;
    names.set(id, known);
    return known;
  });
}

/** The hour of a lost zone, by what `simulate wait` says of it. */
async function pictureOf(place: string): Promise<string> {
  const watch = async (minutes: number): Promise<readonly DrawnMoment[]> => {
    const said = await typed(place, `simulate wait ${String(minutes)}m --json`);
    return (JSON.parse(said) as WatchedDocument).happened;
  };
  await typed(place, `simulate lose zone ${zone} --json`);
  const away = await watch(30);
  await typed(place, `simulate regain zone ${zone} --json`);
  const back = await watch(15);
  const later = back.map(({ afterMs, what }) => ({ afterMs: afterMs + 30 * 60_000, what }));
  return drawTimeline({
    title: `${zone} without power for 30 minutes`,
    nodes: ['search-0', 'search-1', 'search-2'],
    lostMinutes: [0, 30],
    minutes: 45,
    moments: [...away, ...later],
  });
}

/** Whether two pages tell the same: lengths of time and ages differ a little each time, and nothing else may. */
export function tellsTheSame(one: string, other: string): boolean {
  return withoutTimes(one) === withoutTimes(other);
}

/** A page as it is whenever it is made. */
export function withoutTimes(text: string): string {
  return text
    .replace(/ *\b(\d+h)?(\d+m)?\d+(\.\d+)?[sm]\b */g, ' T ')
    .replace(/ (x|width|x1|x2)="[\d.]+"/g, '');
}
