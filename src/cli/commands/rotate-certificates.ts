import { realClock } from '../../engine/clock.ts';
import { makePlan, type Plan } from '../../engine/plan.ts';
import { EsEcsError } from '../../errors.ts';
import { observedOf } from '../../steps/index.ts';
import { settleIssue } from '../../steps/task/certificate-rotation.ts';
import { type Issue, issueOf, nextIssue, type Rotation } from '../../steps/task/issue.ts';
import { bringAbout } from '../bring-about.ts';
import { inSession } from '../in-session.ts';
import type { ApplyOptions, RotateAuthorityOptions } from '../options.ts';
import type { Session } from '../session.ts';
import type { Terminal } from '../terminal.ts';

/**
 * `es-ecs rotate certificates`: another key and certificate for the nodes, by the same authority. They restart with it one by one, as in any roll.
 *
 * @throws EsEcsError NOT_FOUND, NOT_SAFE, REFUSED
 */
export async function rotateTheCertificates(options: ApplyOptions, terminal: Terminal): Promise<void> {
  await step({ options, terminal, command: 'rotate certificates' }, 'certificates');
}

/**
 * `es-ecs rotate authority`: another authority, in three rolls. Nodes trust it beside the old one; then they get certificates by it; then they
 * trust the old one no more. Cut off anywhere, it goes on where it was.
 *
 * @throws EsEcsError NOT_FOUND, NOT_SAFE
 */
export async function rotateTheAuthority(options: RotateAuthorityOptions, terminal: Terminal): Promise<void> {
  const documents: unknown[] = [];
  // Each roll has a document; the command has one.
  const out = (text: string): void => {
    if (options.json === true) documents.push(JSON.parse(text));
    else terminal.out(text);
  };
  const given: Given = { options, terminal: { ...terminal, out }, command: 'rotate authority' };
  const before = await cutOffRoll(given);
  let { phase } = before;
  const isEnded = (): boolean => phase === 'settled' || options.prepare === true;
  if (before.wasCutOff && isEnded()) tellEnd(phase, given);
  else {
    do {
      ({ phase } = await step(given, 'authority'));
      tellNext(phase, given);
    } while (!isEnded());
  }
  if (options.json !== true) return;
  const outcome = phase === 'settled' ? 'rotated' : 'prepared';
  terminal.out(JSON.stringify({ outcome, steps: documents }, undefined, 2));
}

interface Given {
  readonly options: ApplyOptions;
  readonly terminal: Terminal;
  readonly command: string;
}

/** A step is only taken when every node is where the one before has it: what a dead run has begun is brought to its end first. */
async function cutOffRoll(given: Given): Promise<Issue & { readonly wasCutOff: boolean }> {
  return inSession({ ...given, locks: true }, async (session) => {
    const plan = await makePlan(session.graph, session.state);
    const issue = issueIn(plan, session);
    const wasCutOff = issue.phase !== 'settled';
    if (wasCutOff) await carryOut(plan, session, given);
    return { ...(await settled(issue, session)), wasCutOff };
  });
}

/** The last step has no other after it: once every node has it, the rotation is over. */
async function settled(issue: Issue, { context, lock }: Session): Promise<Issue> {
  if (issue.phase !== 'new alone') return issue;
  await lock.take();
  await settleIssue(context, issue);
  return { ...issue, phase: 'settled' };
}

/** Takes one step, which every node has when it returns. */
async function step(given: Given, rotation: Rotation): Promise<Issue> {
  return inSession({ ...given, locks: true, rotation }, async (session) => {
    const plan = await makePlan(session.graph, session.state);
    const next = nextIssue(issueIn(plan, session), rotation);
    await carryOut(plan, session, given);
    return settled(next, session);
  });
}

async function carryOut(plan: Plan, session: Session, { options, terminal }: Given): Promise<void> {
  await bringAbout(plan, session, {
    options: { ...options, wait: true },
    terminal,
    startedMs: realClock.now(),
  });
}

/** @throws EsEcsError NOT_FOUND where there is no cluster yet */
function issueIn(plan: Plan, { config, steps }: Session): Issue {
  const observed = new Map(plan.entries.map((entry) => [entry.resource.address, entry.observed]));
  const secret = observedOf(observed, steps.certificates);
  if (secret !== undefined) return issueOf(secret.tags);
  throw new EsEcsError('NOT_FOUND', `${config.name} has no certificates yet`, {
    hint: 'es-ecs up  makes the cluster, and them with it',
  });
}

function tellEnd(phase: Issue['phase'], given: Given): void {
  if (phase === 'settled') given.terminal.err('a rotation of the authority that was cut off is at its end');
  else tellNext(phase, given);
}

function tellNext(phase: Issue['phase'], { options, terminal }: Given): void {
  if (phase !== 'both trusted') return;
  const flag = options.simulate === true ? ' --simulate' : '';
  terminal.err(
    [
      'every node trusts the new authority beside the old one; from the next step on clients need it too:',
      `  es-ecs credentials${flag} --ca ca.crt  writes both into one file`,
    ].join('\n'),
  );
}
