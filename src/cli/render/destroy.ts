import type { Outcome } from '../../engine/apply.ts';
import type { DestroyPlan } from '../../engine/destroy.ts';
import type { CriticalPath } from '../../engine/timeline.ts';
import type { Volume } from '../../steps/hosts/volume.ts';
import { dataVolumesAmong } from '../../steps/index.ts';
import { secretMonthlyDollars, volumeMonthlyDollars } from '../../costs/prices.ts';
import type { Session } from '../session.ts';
import { duration } from './duration.ts';
import { styleFor } from './style.ts';
import { simulatedDocument } from './up.ts';

/** What will go and what will stay, before the question. */
export function renderDestroyPlan(plan: DestroyPlan, session: Session): string {
  const { config, context, simulation } = session;
  const account = `${simulation === undefined ? 'account' : 'the simulated account'} ${context.facts.accountId}`;
  const lines = [
    `This deletes ${plan.doomed.length} resources of ${config.name} in ${account}, ${config.region}.`,
  ];
  const orphans = plan.doomed.filter((one) => one.isOrphan === true);
  if (orphans.length > 0) {
    lines.push(`${orphans.length} of them nothing in the config asks for:`);
    lines.push(...orphans.map((one) => `  ? ${one.resource.address}`));
  }
  if (plan.kept.length > 0) lines.push(`It keeps ${keptWords(plan)}; --delete-data deletes them too.`);
  const dying = dataVolumesAmong(plan.doomed).length;
  if (dying > 0) lines.push(`${dying} data volumes go with it: the data is gone for good.`);
  return lines.join('\n');
}

function keptWords(plan: DestroyPlan): string {
  const volumes = dataVolumesAmong(plan.kept);
  const sizeGiB = volumes.reduce((sum, volume) => sum + volume.sizeGiB, 0);
  const dollars = volumes.reduce((sum, volume) => sum + volumeMonthlyDollars(volume), 0);
  const secrets = plan.kept.length - volumes.length;
  return [
    ...(volumes.length === 0
      ? []
      : [
          `${counted(volumes.length, 'data volume')} (${sizeGiB} GiB, about $${Math.round(dollars)} a month)`,
        ]),
    ...(secrets === 0
      ? []
      : [
          `${counted(secrets, 'secret')} without which the data is of no use (about $${(secrets * secretMonthlyDollars).toFixed(2)} a month)`,
        ]),
  ].join(' and ');
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** What a `destroy` has to tell. */
export interface DestroyTold {
  readonly plan: DestroyPlan;
  readonly outcome: Outcome;
  readonly session: Session;
  /** Volumes that do not say whose data they hold, and that es-ecs leaves to the person who knows. */
  readonly unclear: readonly Volume[];
  readonly elapsedMs: number;
  readonly path: CriticalPath;
}

/** The end of a `destroy`, as a person reads it. */
export function renderDestroyed(told: DestroyTold, look: { readonly hasColour: boolean }): string {
  const { plan, outcome, session, elapsedMs } = told;
  const { name } = session.config;
  const style = styleFor(look.hasColour);
  const kept = `${plan.kept.length === 0 ? '' : `, ${keptWords(plan)} kept`}${unclearWords(told.unclear)}`;
  if (outcome.destroyed === 0) return style.green(`${name} is gone already: nothing carries its tag${kept}`);
  const took =
    session.simulation === undefined ? duration(elapsedMs) : `simulated: ${duration(outcome.elapsedMs)}`;
  const head = `${name} is gone: ${outcome.destroyed} deleted${kept}, nothing else carries its tag`;
  return `${style.green(head)}    ${took}`;
}

function unclearWords(unclear: readonly Volume[]): string {
  if (unclear.length === 0) return '';
  const ids = unclear.map((volume) => volume.volumeId).join(', ');
  return `, ${ids} kept as well, which carries the cluster's tag and no node's`;
}

/** The end of a `destroy`, as `--json` gives it. */
export function destroyDocument(told: DestroyTold): object {
  const { plan, outcome, session, elapsedMs, path } = told;
  return {
    outcome: outcome.destroyed === 0 ? 'nothing-to-destroy' : 'destroyed',
    summary: { destroyed: outcome.destroyed, kept: plan.kept.length },
    kept: plan.kept.map((one) => ({ address: one.resource.address, id: one.id })),
    unclear: told.unclear.map((volume) => volume.volumeId),
    apiCalls: session.meter.calls,
    elapsedMs,
    ...(session.simulation === undefined ? {} : { simulated: simulatedDocument(outcome, path) }),
  };
}
