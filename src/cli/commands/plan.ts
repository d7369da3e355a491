import { isInSync, makePlan, type Plan } from '../../engine/plan.ts';
import type { ErrorCode, EsEcsError } from '../../errors.ts';
import { concernsOf, refusalsOf } from '../../steps/limits/examine.ts';
import type { Ending } from '../ending.ts';
import { inSession } from '../in-session.ts';
import type { PlanOptions } from '../options.ts';
import { costLines } from '../render/cost.ts';
import { headline } from '../render/headline.ts';
import { orphanLines } from '../render/orphans.ts';
import { refusalDocument, refusalLines } from '../render/refusals.ts';
import { asideLines, planDocument, renderPlan, restartLine, summaryWords } from '../render/plan.ts';
import type { Terminal } from '../terminal.ts';

const changesStatus = 3;

/** `es-ecs plan`: what `up` would change. Takes no lock and writes nothing. */
export async function plan(options: PlanOptions, terminal: Terminal, ending: Ending): Promise<void> {
  await inSession({ options, command: 'plan', terminal, locks: false }, async (session) => {
    const made = await makePlan(session.graph, session.state);
    const refusals = await refusalsOf(made, session.context);
    const { pins } = session.state;
    const { concerns } = await concernsOf(made, session.context, { refusals, pins });
    const inSync = isInSync(made);
    if (options.exitCode === true && !inSync) ending.status = changesStatus;
    if (options.json === true) {
      const document = {
        ...planDocument(made),
        refusals: refusals.map(refusalDocument),
        concerns: concerns.map(refusalDocument),
      };
      terminal.out(JSON.stringify({ ...document, apiCalls: session.meter.calls }, undefined, 2));
      return;
    }
    const { hasColour } = terminal;
    const { name } = session.config;
    const orphans = orphanLines(made.orphans, session.simulation === undefined ? '' : ' --simulate');
    const resources = made.entries.filter((entry) => entry.action !== 'gate').length;
    if (inSync) {
      terminal.out(`${name} is up to date: ${resources} resources, ${session.meter.calls.total} calls`);
      if (orphans.length > 0) terminal.out(orphans.join('\n'));
      for (const line of [...asideLines(made), ...refusalLines(concerns)]) terminal.out(line);
      return;
    }
    terminal.out(`${headline(session)}\n`);
    terminal.out(renderPlan(made, { hasColour, verbose: options.verbose === true }));
    const restarts = restartLine(made);
    if (restarts !== undefined) terminal.out(restarts);
    if (orphans.length > 0) terminal.out(`\n${orphans.join('\n')}`);
    const cost = costLines(session.config, session.context.facts);
    terminal.out(`\n${cost.total} in all\n${cost.parts}`);
    for (const line of refusalLines([...refusals, ...concerns])) terminal.out(line);
    terminal.out(`${summaryWords(made)}    es-ecs up  ${whatUpDoes(made, refusals)}`);
  });
}

function whatUpDoes({ summary }: Plan, refusals: readonly EsEcsError[]): string {
  if (summary.refuse > 0) return 'is refused until that is set back';
  const codes = new Set(refusals.map(({ code }) => code));
  if (codes.size === 0) return 'does it';
  const ways = [...codes].map((code) => untilWords.get(code) ?? 'what is said above is put right');
  return `is refused until ${[...new Set(ways)].join(', and ')}`;
}

/** When a plan that the account refuses goes through, by the code of the refusal. */
const untilWords: ReadonlyMap<ErrorCode, string> = new Map([
  ['QUOTA', 'there is room for it'],
  ['NOT_OWNED', 'the names are free'],
  ['KMS_KEY', 'the key can be used'],
  ['INSTANCE_TYPE_UNFIT', 'the account may start such instances'],
  ['REFUSED', 'the config is changed'],
]);
