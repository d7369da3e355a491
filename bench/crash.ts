// Run by itself, in the folder of a cluster: `node --import …/scripts/typescript.js crash.ts CHECKOUT WRITE`. Begins an `up` of that checkout on
// the simulated account beside the config, keeps the account as it is at the given write, and dies as by kill -9, with status 137. A real kill would
// leave nothing, as the simulated account lives in the process and is kept at its end.
import path from 'node:path';
import { pathToFileURL } from 'node:url';

import type * as Main from '../src/cli/main.ts';
import type * as Simulation from '../src/cli/simulation.ts';
import type * as Terminal from '../src/cli/terminal.ts';
import { guard, Life } from '../test/recovery/life.ts';

const [, , root = '', killedAt = '3'] = process.argv;

/** A module of the checkout: the one that is measured, which need not be this one. */
async function ofCheckout(file: string): Promise<unknown> {
  return import(pathToFileURL(path.join(root, 'src', 'cli', file)).href);
}

// The shapes are those of this checkout; another one's may have become different, and then this says so by failing.
const { execute } = (await ofCheckout('main.ts')) as typeof Main;
const { createSimulation } = (await ofCheckout('simulation.ts')) as typeof Simulation;
const { processTerminal } = (await ofCheckout('terminal.ts')) as typeof Terminal;

let writes = 0;
const status = await execute(['node', 'es-ecs', 'up', '--simulate', '--yes', '--json'], {
  ...processTerminal(),
  openSimulation: async (options) => {
    const simulation = await createSimulation(options);
    const life = new Life();
    return {
      ...simulation,
      attach: (client) => {
        guard(client, life, ({ when }) => {
          if (when === 'after') writes += 1;
          if (writes !== Number(killedAt) || life.isOver) return;
          life.kill();
          void simulation.save().then(() => process.exit(137));
        });
        simulation.attach(client);
      },
    };
  },
});
process.exitCode = status;
