import { EsEcsError } from '../../errors.ts';
import { forecast } from '../../simulator/disasters/forecast.ts';
import { loseAgent, loseHost, loseImage, loseVolume, type Where } from '../../simulator/disasters/lose.ts';
import { loseZone, regainZone } from '../../simulator/disasters/zone.ts';
import { inSimulation } from '../in-simulation.ts';
import type { LoseOptions } from '../options.ts';
import { lossDocument, renderLoss } from '../render/simulate-lose.ts';
import type { Terminal } from '../terminal.ts';

type Lose = (where: Where, name: string) => readonly string[];

/** What can be lost, and what has to be named for it. */
const losses: Readonly<Record<string, { readonly lose: Lose; readonly named: string | undefined }>> = {
  host: { lose: loseHost, named: 'NODE' },
  zone: { lose: loseZone, named: 'ZONE' },
  agent: { lose: loseAgent, named: 'NODE' },
  volume: { lose: loseVolume, named: 'NODE' },
  image: { lose: loseImage, named: undefined },
};

/** What can be given back: all else is mended by AWS or by `up`. */
const gains: typeof losses = { zone: { lose: regainZone, named: 'ZONE' } };

/**
 * `es-ecs simulate lose WHAT [NAME]`, `es-ecs simulate regain zone ZONE`: makes a disaster happen in the simulated account, or end, and says
 * what becomes of it if nobody does anything.
 *
 * @throws EsEcsError USAGE, NOT_FOUND, and those of `inSimulation`
 */
export async function simulateLose(
  options: LoseOptions,
  verb: 'lose' | 'regain',
  terminal: Terminal,
): Promise<void> {
  const { what, name } = options;
  const lose = loseOf(verb, options);
  const command = ['simulate', verb, what, ...(name === undefined ? [] : [name])].join(' ');
  await inSimulation({ command, options, terminal }, async ({ account, clock, cluster }) => {
    const { world } = account;
    const lost = lose({ world, cluster }, name ?? '');
    const atMs = clock.now();
    const told = { lost, atMs, watched: await forecast(account, cluster) };
    terminal.out(options.json === true ? lossDocument(told) : renderLoss(told, terminal));
  });
}

/** @throws EsEcsError USAGE, before anything is opened */
function loseOf(verb: 'lose' | 'regain', { what, name }: LoseOptions): Lose {
  const all = verb === 'lose' ? losses : gains;
  const lines = Object.entries(all).map(([word, { named }]) =>
    [`es-ecs simulate ${verb} ${word}`, ...(named === undefined ? [] : [named])].join(' '),
  );
  const one = Object.hasOwn(all, what) ? all[what] : undefined;
  if (one === undefined) {
    throw new EsEcsError('USAGE', `${what === '' ? 'nothing' : what} is nothing that one can ${verb}`, {
      hint: lines,
    });
  }
  if ((one.named === undefined) === (name === undefined)) return one.lose;
  const why =
    one.named === undefined
      ? `of an image there is only one: ${name ?? ''} is too much`
      : `it is not said which ${what} to ${verb}`;
  throw new EsEcsError('USAGE', why, {
    hint: `es-ecs simulate ${verb} ${what}${one.named === undefined ? '' : ` ${one.named}`}`,
  });
}
