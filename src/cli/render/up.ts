import type { Outcome } from '../../engine/apply.ts';
import { isInSync, type Plan } from '../../engine/plan.ts';
import type { CriticalPath } from '../../engine/timeline.ts';
import { observedOf } from '../../steps/index.ts';
import type { Session } from '../session.ts';
import type { EsEcsError } from '../../errors.ts';
import { duration } from './duration.ts';
import { refusalDocument } from './refusals.ts';
import { styleFor } from './style.ts';

/** What an `up` has to tell. */
export interface UpTold {
  readonly plan: Plan;
  readonly outcome: Outcome;
  readonly session: Session;
  /** What is wrong beside what was changed. */
  readonly concerns: readonly EsEcsError[];
  /** Whether it waited for hosts, tasks and Elasticsearch. */
  readonly waited: boolean;
  /** Wall time. */
  readonly elapsedMs: number;
  readonly path: CriticalPath;
  readonly verbose: boolean;
}

const shownWaits = 3;

/** The end of an `up`, as a person reads it. */
export function renderUp(told: UpTold, look: { readonly hasColour: boolean }): string {
  const { plan, outcome, session, elapsedMs } = told;
  const { config, meter, simulation } = session;
  const style = styleFor(look.hasColour);
  const resources = plan.entries.filter((entry) => entry.action !== 'gate').length;
  const word = clusterWords(told);
  if (isInSync(plan)) {
    const calls = `${resources} resources, ${meter.calls.total} calls, ${duration(elapsedMs)}`;
    return `${style.green(`${config.name} is up to date${word === undefined ? '' : ` and ${word}`}`)}: ${calls}`;
  }
  const head = style.green(`${config.name} is ${word ?? 'made; what runs on it was not waited for'}`);
  const took = simulation === undefined ? duration(elapsedMs) : `simulated: ${duration(outcome.elapsedMs)}`;
  const longest = [...outcome.spans].sort((a, b) => b.waitedMs - a.waitedMs).slice(0, shownWaits);
  const waits = longest
    .filter((span) => span.waitedMs > 1_000)
    .map((span) => `${span.address} ${duration(span.waitedMs)}`);
  return [
    `${head}    ${took}`,
    ...(waits.length === 0 ? [] : [`  longest waits   ${waits.join(', ')}`]),
    ...(simulation === undefined ? [] : simulatedWords(told)),
    ...nextWords(session),
  ].join('\n');
}

/** What there is to do with a cluster that is there. */
function nextWords({ config, simulation }: Session): readonly string[] {
  const flag = simulation === undefined ? '' : ' --simulate';
  const hasWayIn = config.bastion.enabled || config.access.endpoint !== undefined;
  return [
    `  password        es-ecs credentials${flag}`,
    ...(hasWayIn ? [`  reach it        es-ecs tunnel${flag}`] : []),
    `  next            es-ecs status${flag}`,
  ];
}

function clusterWords(told: UpTold): string | undefined {
  if (!told.waited) return undefined;
  const { config, context, steps } = told.session;
  const cluster = observedOf(told.outcome.observed, steps.cluster);
  const nodes = config.nodeGroups.reduce((sum, group) => sum + group.count, 0);
  const where = `${nodes} nodes in ${Math.min(nodes, context.facts.zones.length)} zones`;
  if (cluster === undefined) return undefined;
  return cluster.health === undefined
    ? `running: ${where}, every task healthy`
    : `${cluster.health.status}: ${where}`;
}

function simulatedWords(told: UpTold): readonly string[] {
  const { path, outcome } = told;
  return [
    `  for real        about ${duration(outcome.elapsedMs)}, of which AWS decides ${duration(path.ms)}:`,
    `                  ${path.addresses.join(' → ')}`,
  ];
}

/** The end of an `up`, as `--json` gives it. */
export function upDocument(told: UpTold): object {
  const { plan, outcome, session, elapsedMs, path } = told;
  const { created, changed, replaced, destroyed } = outcome;
  const cluster = observedOf(outcome.observed, session.steps.cluster);
  return {
    outcome: isInSync(plan) ? 'up-to-date' : 'applied',
    summary: { created, changed, replaced, destroyed, inSync: plan.summary.inSync },
    elasticsearch:
      cluster === undefined
        ? null
        : {
            status: cluster.health?.status ?? null,
            // Those that have left in this run were there when it was asked.
            nodes: cluster.members.filter(({ name }) => cluster.nodes.some((one) => one.node === name))
              .length,
            uuid: cluster.uuid ?? null,
          },
    concerns: told.concerns.map(refusalDocument),
    apiCalls: { ...session.meter.calls, ...(told.verbose ? { byOperation: session.meter.byOperation } : {}) },
    elapsedMs,
    ...(session.simulation === undefined ? {} : { simulated: simulatedDocument(outcome, path) }),
  };
}

/** What a rehearsal says of the real thing. */
export function simulatedDocument(outcome: Outcome, path: CriticalPath): object {
  return { elapsedMs: outcome.elapsedMs, criticalPathMs: path.ms, criticalPath: path.addresses };
}
