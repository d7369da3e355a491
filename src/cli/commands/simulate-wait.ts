import { watch } from '../../simulator/disasters/timeline.ts';
import { inSimulation, interrupted } from '../in-simulation.ts';
import type { WaitOptions } from '../options.ts';
import { renderWait, waitDocument } from '../render/simulate-wait.ts';
import type { Terminal } from '../terminal.ts';
import { parseDuration } from '../time-words.ts';

/**
 * `es-ecs simulate wait DURATION`: lets time go by in the simulated account, and says what happened in it.
 *
 * @throws EsEcsError USAGE, INTERRUPTED, and those of `inSimulation`
 */
export async function simulateWait(options: WaitOptions, terminal: Terminal): Promise<void> {
  const forMs = parseDuration(options.duration);
  const command = `simulate wait ${options.duration}`;
  await inSimulation({ command, options, terminal }, async ({ account, clock, cluster, signal }) => {
    const atMs = clock.now();
    const { world } = account;
    const watched = await watch({ world, clock, cluster, forMs, signal }).catch((error: unknown) => {
      throw signal.aborted ? interrupted() : error;
    });
    const told = { forMs, atMs, watched };
    terminal.out(options.json === true ? waitDocument(told) : renderWait(told, terminal));
  });
}
