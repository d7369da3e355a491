import { realClock } from '../../engine/clock.ts';
import { makePlan } from '../../engine/plan.ts';
import { bringAbout } from '../bring-about.ts';
import { inSession } from '../in-session.ts';
import type { UpOptions } from '../options.ts';
import { orphanLines } from '../render/orphans.ts';
import type { Terminal } from '../terminal.ts';

/** `es-ecs up`: makes the account what the config says. */
export async function up(options: UpOptions, terminal: Terminal): Promise<void> {
  const startedMs = realClock.now();
  const refreshesImages = options.refreshAmi === true;
  const how = { command: 'up', locks: true, refreshesImages, isImpatient: !options.wait };
  await inSession({ options, terminal, ...how }, async (session) => {
    const plan = await makePlan(session.graph, session.state);
    const orphans = orphanLines(plan.orphans, session.simulation === undefined ? '' : ' --simulate');
    if (orphans.length > 0) terminal.err(orphans.join('\n'));
    await bringAbout(plan, session, { options, terminal, startedMs });
  });
}
