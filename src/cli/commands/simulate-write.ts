import { EsEcsError } from '../../errors.ts';
import { writeDocuments } from '../../simulator/elasticsearch/bulk-write.ts';
import { inSimulation } from '../in-simulation.ts';
import type { WriteOptions } from '../options.ts';
import { renderWrite, writeDocument } from '../render/simulate-write.ts';
import type { Terminal } from '../terminal.ts';

/**
 * `es-ecs simulate write INDEX --gib N`: writes documents to an index of the simulated cluster, which is made if it is not there.
 *
 * @throws EsEcsError USAGE, CLUSTER_UNREACHABLE, CLUSTER_NO_MASTER, CLUSTER_REFUSED, and those of `inSimulation`
 */
export async function simulateWrite(options: WriteOptions, terminal: Terminal): Promise<void> {
  const { index, gib: sizeGiB } = options;
  if (sizeGiB === undefined) {
    throw new EsEcsError('USAGE', 'it is not said how much to write', {
      hint: `es-ecs simulate write ${index} --gib 10`,
    });
  }
  const command = `simulate write ${index}`;
  await inSimulation({ command, options, terminal }, async ({ account, clock, cluster }) => {
    const { world } = account;
    const beganMs = clock.now();
    const written = await writeDocuments({ world, clock, cluster, index, sizeGiB });
    const told = { index, writtenGiB: sizeGiB, tookMs: clock.now() - beganMs, written };
    terminal.out(options.json === true ? writeDocument(told) : renderWrite(told));
  });
}
