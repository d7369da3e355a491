import path from 'node:path';
import { parseArgs } from 'node:util';

import type { Build } from './program.ts';
import { type StepName, stepNames } from './story.ts';

/** Where clusters are made. */
export const accountNames = ['simulated', 'moto', 'moto-slow'] as const;

export type AccountName = (typeof accountNames)[number];

/** What `npm run bench` is asked to do. */
export interface BenchOptions {
  readonly builds: readonly Build[];
  readonly isStartMeasured: boolean;
  readonly accounts: readonly AccountName[];
  readonly nodes: readonly number[];
  readonly steps: readonly StepName[];
  readonly callMs: number;
  readonly repeat: number;
  readonly saveAs: string | undefined;
  readonly json: boolean;
}

export const usage = `npm run bench -- [options]

  --against PATH    another checkout of es-ecs, built, to be measured in turn with this one
  --only LIST       of ${['start-up', ...accountNames].join(', ')}
  --nodes LIST      of numbers of nodes; the default is 3,12,60,300,1000 (on moto: up to 12; with slow NAT gateways: 3)
  --steps LIST      of ${stepNames.join(', ')}
  --latency MS      added to each call to moto; the default is 100
  --repeat N        how often a plan and a start are measured; the default is 5 and three times as many
  --save NAME       keeps the figures in bench/figures/NAME.json: the other checkout's, or without one this one's
  --json            prints them as JSON, too
`;

/** @throws Error with what is wrong with the words. */
export function parseOptions(words: readonly string[], root: string): BenchOptions | undefined {
  const { values } = parseArgs({
    args: [...words],
    options: {
      against: { type: 'string' },
      only: { type: 'string', default: ['start-up', ...accountNames].join() },
      nodes: { type: 'string', default: '3,12,60,300,1000' },
      steps: { type: 'string', default: stepNames.join() },
      latency: { type: 'string', default: '100' },
      repeat: { type: 'string', default: '5' },
      save: { type: 'string' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return undefined;
  const parts = listed(values.only, ['start-up', ...accountNames] as const, '--only');
  const { against } = values;
  return {
    builds: [
      { name: 'this', root },
      ...(against === undefined ? [] : [{ name: 'against', root: path.resolve(against) }]),
    ],
    isStartMeasured: parts.includes('start-up'),
    accounts: accountNames.filter((name) => parts.includes(name)),
    nodes: values.nodes.split(',').map((word) => whole(word, '--nodes')),
    steps: listed(values.steps, stepNames, '--steps'),
    callMs: whole(values.latency, '--latency'),
    repeat: whole(values.repeat, '--repeat'),
    saveAs: values.save,
    json: values.json,
  };
}

function listed<Name extends string>(text: string, names: readonly Name[], option: string): readonly Name[] {
  return text.split(',').map((word) => {
    const name = names.find((one) => one === word);
    if (name === undefined) throw new Error(`${option} knows ${names.join(', ')}, and not ${word}`);
    return name;
  });
}

function whole(text: string, option: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0) throw new Error(`${option}: ${text} is not a whole number`);
  return value;
}
