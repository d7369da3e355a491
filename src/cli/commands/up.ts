import { applyPlan, type Outcome } from '../../engine/apply.ts';
import { isInSync, makePlan, type Plan } from '../../engine/plan.ts';
import { criticalPath, forecastMs } from '../../engine/timeline.ts';
import { realClock } from '../../engine/clock.ts';
import { EsEcsError } from '../../errors.ts';
import { confirm } from '../confirm.ts';
import { inSession } from '../in-session.ts';
import type { UpOptions } from '../options.ts';
import { costLines } from '../render/cost.ts';
import { aboutMinutes } from '../render/duration.ts';
import { headline } from '../render/headline.ts';
import { renderPlan, summaryWords } from '../render/plan.ts';
import { renderUp, upDocument } from '../render/up.ts';
import { reported } from '../reporters/reported.ts';
import type { Session } from '../session.ts';
import type { Terminal } from '../terminal.ts';

/** `es-ecs up`: makes the account what the config says. */
export async function up(options: UpOptions, terminal: Terminal): Promise<void> {
  const startedMs = realClock.now();
  await inSession({ options, command: 'up', terminal, locks: true }, async (session) => {
    const plan = await makePlan(session.graph, session.state);
    const changes = !isInSync(plan);
    if (changes) await agree(plan, session, { options, terminal });
    const outcome = await carryOut(plan, session, { options, terminal });
    const told = {
      plan,
      outcome,
      session,
      waited: options.wait,
      elapsedMs: realClock.now() - startedMs,
      path: criticalPath(outcome.spans),
      verbose: options.verbose === true,
    };
    if (options.json === true) terminal.out(JSON.stringify(upDocument(told), undefined, 2));
    else terminal.out(renderUp(told, terminal));
  });
}

interface Asked {
  readonly options: UpOptions;
  readonly terminal: Terminal;
}

/** Shows the plan and asks, where there is something to lose or to pay. */
async function agree(plan: Plan, session: Session, { options, terminal }: Asked): Promise<void> {
  const { hasColour } = terminal;
  const forecast = forecastMs(plan, options.wait);
  terminal.err(`${headline(session)}\n`);
  terminal.err(renderPlan(plan, { hasColour, verbose: options.verbose === true }));
  const cost = costLines(session.config, session.context.facts);
  terminal.err(`${summaryWords(plan)}, ${aboutMinutes(forecast)}, ${cost.total}`);
  terminal.err(`${cost.parts}\n`);
  if (plan.summary.refuse > 0 || options.yes === true || session.simulation !== undefined) return;
  const yes = (answer: string): boolean => /^y(es)?$/i.test(answer);
  await confirm({ question: `${warningFor(plan)}Go ahead? [y/N] `, expected: yes, flag: '--yes' }, terminal);
}

function warningFor(plan: Plan): string {
  const rolling = plan.entries.filter((entry) => entry.impact === 'rolling').length;
  const { replace, destroy } = plan.summary;
  const parts = [
    ...(rolling > 0 ? [`restarts ${rolling} nodes`] : []),
    ...(replace > 0 ? [`replaces ${replace}`] : []),
    ...(destroy > 0 ? [`destroys ${destroy}`] : []),
  ];
  return parts.length === 0 ? '' : `This ${parts.join(', ')}. `;
}

async function carryOut(plan: Plan, session: Session, { options, terminal }: Asked): Promise<Outcome> {
  try {
    return await reported({ session, options, terminal, awaitGates: options.wait }, (run) =>
      applyPlan(plan, run),
    );
  } catch (error) {
    if (error instanceof EsEcsError && error.hints.length === 0) {
      throw new EsEcsError(error.code, error.message, {
        cause: error,
        hint: 'es-ecs up  tries again; everything else is in place',
        ...(error.address === undefined ? {} : { address: error.address }),
      });
    }
    throw error;
  }
}
