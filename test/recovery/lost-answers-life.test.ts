import { afterAll, describe, expect, it } from 'vitest';

import { isRead } from '../../src/aws/meter.ts';
import { createSimulation } from '../../src/cli/simulation.ts';
import type { SimulatedAccount } from '../../src/simulator/account.ts';
import { services } from '../../src/simulator/services.ts';
import { lifeConfig, longLife, type Scene } from '../lifecycle/life.ts';
import { Permitted } from '../lifecycle/permitted.ts';
import { Story, type TerminalTrait, type Told } from '../lifecycle/story.ts';

/** Every write that the account knows loses the answer to its first call, in each command anew. */
const faults = Object.entries(services)
  .flatMap(([service, operations]) => Object.keys(operations).map((name) => [service, name] as const))
  .filter(([, name]) => !isRead(name))
  .flatMap(([service, name]) => ['--simulate-fault', `${service}:${name}:ECONNRESET:1`]);

/** The command line whose writes all lose their first answers. */
class Unlucky extends Permitted {
  readonly #accounts: SimulatedAccount[] = [];

  override run(command: string, ...options: readonly (string | TerminalTrait)[]): Promise<Told> {
    const watched: TerminalTrait = {
      openSimulation: async (given) => {
        const simulation = await createSimulation({ ...given, delays: this.delays });
        this.#accounts.push(simulation.account);
        return simulation;
      },
      ...(command === 'tunnel' ? { out: () => process.emit('SIGINT') } : {}),
    };
    return this.story.run(command, ...faults, ...options, watched);
  }

  /** The operations that it has written with. */
  get written(): readonly string[] {
    const calls = this.#accounts.flatMap((account) => account.calls);
    const writes = calls.filter(({ operation }) => !isRead(operation));
    return [...new Set(writes.map(({ service, operation }) => `${service}:${operation}`))].sort();
  }
}

describe('a whole life in which every write loses the answer to its first call', () => {
  const unlucky = new Unlucky(new Story(lifeConfig), []);
  afterAll(() => {
    unlucky.story.end();
  });

  const scenes = longLife.filter(({ fails }) => fails !== true);
  it.each(scenes.map((scene): [string, Scene] => [scene.what, scene]))('%s', async (_what, scene) => {
    const told = await unlucky.play(scene);
    expect(told.status, told.stderr).toBe(0);
  });

  it('has met nearly every operation that es-ecs writes with', () => {
    console.log(
      `${scenes.length} scenes of a life: all go on by themselves, of ${unlucky.written.length} operations`,
    );
    expect(unlucky.written.length).toBeGreaterThan(100);
  });
});
