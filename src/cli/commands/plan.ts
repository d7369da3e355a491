import { isInSync, makePlan } from '../../engine/plan.ts';
import type { Ending } from '../ending.ts';
import { inSession } from '../in-session.ts';
import type { PlanOptions } from '../options.ts';
import { costLines } from '../render/cost.ts';
import { headline } from '../render/headline.ts';
import { orphanLines } from '../render/orphans.ts';
import { planDocument, renderPlan, restartLine, summaryWords, unseenLines } from '../render/plan.ts';
import type { Terminal } from '../terminal.ts';

const changesStatus = 3;

/** `es-ecs plan`: what `up` would change. Takes no lock and writes nothing. */
export async function plan(options: PlanOptions, terminal: Terminal, ending: Ending): Promise<void> {
  await inSession({ options, command: 'plan', terminal, locks: false }, async (session) => {
    const made = await makePlan(session.graph, session.state);
    const inSync = isInSync(made);
    if (options.exitCode === true && !inSync) ending.status = changesStatus;
    if (options.json === true) {
      terminal.out(JSON.stringify({ ...planDocument(made), apiCalls: session.meter.calls }, undefined, 2));
      return;
    }
    const { hasColour } = terminal;
    const { name } = session.config;
    const orphans = orphanLines(made.orphans, session.simulation === undefined ? '' : ' --simulate');
    const resources = made.entries.filter((entry) => entry.action !== 'gate').length;
    if (inSync) {
      terminal.out(`${name} is up to date: ${resources} resources, ${session.meter.calls.total} calls`);
      if (orphans.length > 0) terminal.out(orphans.join('\n'));
      for (const line of unseenLines(made)) terminal.out(line);
      return;
    }
    terminal.out(`${headline(session)}\n`);
    terminal.out(renderPlan(made, { hasColour, verbose: options.verbose === true }));
    const restarts = restartLine(made);
    if (restarts !== undefined) terminal.out(restarts);
    if (orphans.length > 0) terminal.out(`\n${orphans.join('\n')}`);
    const cost = costLines(session.config, session.context.facts);
    terminal.out(`\n${cost.total} in all\n${cost.parts}`);
    terminal.out(
      `${summaryWords(made)}    es-ecs up  ${made.summary.refuse > 0 ? 'is refused until that is set back' : 'does it'}`,
    );
  });
}
