import { applyPlan, type Outcome, preflight } from '../engine/apply.ts';
import { realClock } from '../engine/clock.ts';
import { isInSync, type Plan } from '../engine/plan.ts';
import { criticalPath, forecastMs } from '../engine/timeline.ts';
import { EsEcsError } from '../errors.ts';
import { confirm } from './confirm.ts';
import type { UpOptions } from './options.ts';
import { costLines } from './render/cost.ts';
import { aboutMinutes } from './render/duration.ts';
import { headline } from './render/headline.ts';
import { renderPlan, restartLine, restartWords, summaryWords } from './render/plan.ts';
import { refusalLines, throwRefused } from './render/refusals.ts';
import { renderUp, upDocument } from './render/up.ts';
import { type Concerns, concernsOf, keysMade, refusalsOf } from '../steps/limits/examine.ts';
import { reported } from './reporters/reported.ts';
import type { Session } from './session.ts';
import type { Terminal } from './terminal.ts';

/** Where a plan is carried out, and how. */
export interface Bringing {
  readonly options: UpOptions;
  readonly terminal: Terminal;
  /** When the command began, on the wall. */
  readonly startedMs: number;
}

/**
 * Shows a plan, asks where there is something to lose or to pay, carries it out and tells how it went.
 *
 * @throws EsEcsError NOT_CONFIRMED, LOCKED, QUOTA and whatever stops the plan
 */
export async function bringAbout(plan: Plan, session: Session, bringing: Bringing): Promise<void> {
  const { options, terminal, startedMs } = bringing;
  const { state } = session;
  let looked: Concerns;
  if (!isInSync(plan)) {
    looked = await agree(plan, session, bringing);
    // With nothing to change nothing is written, and what a gate brings to light is guarded by its first write. Nor does a run that
    // ends before it has made anything leave a lock behind it.
    if (plan.summary.refuse === 0) {
      await preflight(plan);
      const { lock } = session;
      const isNew = !lock.exists;
      await lock.take();
      if (!isNew) await lock.retag(session.context.formerTags);
      await session.state.gives(Object.keys(session.config.tags));
    }
    await state.pin(session.pins);
  } else {
    looked = await concernsOf(plan, session.context, { refusals: [], pins: state.pins });
    warn(looked.concerns, terminal);
  }
  await state.pin(looked.pins);
  const outcome = await carryOut(plan, session, bringing);
  await state.pin(await keysMade(outcome.observed, session.context, state.pins));
  // What was left alone may still carry what has left the config.
  const isWhole = plan.entries.every(({ action }) => action !== 'left-alone');
  if (isWhole) await session.state.hasGiven(Object.keys(session.config.tags));
  const told = {
    plan,
    outcome,
    session,
    concerns: looked.concerns,
    waited: options.wait,
    elapsedMs: realClock.now() - startedMs,
    path: criticalPath(outcome.spans),
    verbose: options.verbose === true,
  };
  if (options.json === true) terminal.out(JSON.stringify(upDocument(told), undefined, 2));
  else terminal.out(renderUp(told, terminal));
}

function warn(concerns: readonly EsEcsError[], terminal: Terminal): void {
  for (const line of refusalLines(concerns)) terminal.err(line);
}

/** Shows the plan and asks, where there is something to lose or to pay. */
async function agree(plan: Plan, session: Session, { options, terminal }: Bringing): Promise<Concerns> {
  const { hasColour } = terminal;
  const forecast = forecastMs(plan, options.wait);
  terminal.err(`${headline(session)}\n`);
  terminal.err(renderPlan(plan, { hasColour, verbose: options.verbose === true }));
  const refusals = await refusalsOf(plan, session.context);
  const cost = costLines(session.config, session.context.facts);
  const restarts = restartLine(plan);
  if (restarts !== undefined) terminal.err(restarts);
  terminal.err(`${summaryWords(plan)}, ${aboutMinutes(forecast)}, ${cost.total}`);
  terminal.err(`${cost.parts}\n`);
  if (plan.summary.refuse === 0) throwRefused(refusals);
  const looked = await concernsOf(plan, session.context, { refusals, pins: session.state.pins });
  warn(looked.concerns, terminal);
  if (plan.summary.refuse > 0 || options.yes === true || session.simulation !== undefined) return looked;
  const yes = (answer: string): boolean => /^y(es)?$/i.test(answer);
  await confirm({ question: `${warningFor(plan)}Go ahead? [y/N] `, expected: yes, flag: '--yes' }, terminal);
  return looked;
}

function warningFor(plan: Plan): string {
  const restarts = restartWords(plan);
  const { replace, destroy } = plan.summary;
  const parts = [
    ...(restarts === undefined ? [] : [restarts]),
    ...(replace > 0 ? [`replaces ${replace}`] : []),
    ...(destroy > 0 ? [`destroys ${destroy}`] : []),
  ];
  return parts.length === 0 ? '' : `This ${parts.join(', ')}. `;
}

async function carryOut(plan: Plan, session: Session, { options, terminal }: Bringing): Promise<Outcome> {
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
