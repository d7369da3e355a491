import type { Plan, PlanAction, PlanEntry } from '../../engine/plan.ts';
import { stepOf } from '../../engine/resource.ts';
import type { AnyResource, Change } from '../../engine/resource.ts';
import { forecastRoll } from '../../engine/timeline.ts';
import { aboutMinutes } from './duration.ts';
import { orphanDocuments } from './orphans.ts';
import { oneLine } from './printable.ts';
import { type Style, styleFor } from './style.ts';

/** How much of a plan is shown. */
export interface PlanLook {
  readonly hasColour: boolean;
  /** Every created resource on a line of its own, not only their number. */
  readonly verbose: boolean;
}

const marks: Readonly<Record<PlanAction, string>> = {
  create: '+',
  change: '~',
  replace: '±',
  refuse: '!',
  destroy: '-',
  'in-sync': '=',
  gate: ' ',
  'left-alone': ' ',
};

/** The plan, a line a step for what is created and a paragraph for each thing that changes; nothing for what is in sync. */
export function renderPlan(plan: Plan, look: PlanLook): string {
  const style = styleFor(look.hasColour);
  const created = plan.entries.filter((entry) => entry.action === 'create');
  const others = plan.entries.filter((entry) =>
    ['change', 'replace', 'refuse', 'destroy'].includes(entry.action),
  );
  const restarting = neededByRolls(plan);
  const lines = [
    ...renderCreated(created, look, style),
    ...others.flatMap((entry) =>
      renderEntry(entry, { style, leadsToRestarts: restarting.has(entry.resource) }),
    ),
    ...asideLines(plan).map((line) => style.yellow(line)),
  ];
  return lines.join('\n');
}

/** What a plan says beside its changes: what could not be looked at, and what stays otherwise than it should be. */
export function asideLines(plan: Plan): readonly string[] {
  return [...unseenLines(plan), ...keptLines(plan)];
}

/** The same of many things is one line. */
function keptLines(plan: Plan): readonly string[] {
  const byReason = new Map<string, string[]>();
  for (const { resource, kept } of plan.entries) {
    if (kept !== undefined) byReason.set(kept, [...(byReason.get(kept) ?? []), resource.address]);
  }
  return [...byReason].map(([why, [first = '', ...others]]) => {
    const more = others.length === 0 ? '' : ` and ${String(others.length)} more`;
    return `= ${first}${more}  ${why}`;
  });
}

/** What could not be compared, and why: whether it differs shows only once it can be. */
function unseenLines(plan: Plan): readonly string[] {
  return plan.entries.flatMap(({ resource, unseen }) =>
    unseen === undefined ? [] : [`? ${resource.address}  not looked at: ${unseen}`],
  );
}

/** `restarts 3 nodes one by one, about 5 minutes`; undefined where nothing restarts. */
export function restartWords(plan: Plan): string | undefined {
  const { addresses, ms } = forecastRoll(plan);
  if (addresses.length === 0) return undefined;
  const nodes = addresses.length === 1 ? '1 node' : `${String(addresses.length)} nodes one by one`;
  return `restarts ${nodes}, ${aboutMinutes(ms)}`;
}

/** What a person wants to know of every change to something that runs: whether nodes restart for it. */
export function restartLine(plan: Plan): string | undefined {
  const words = restartWords(plan);
  if (words !== undefined) return `${words}, and longer where much was written meanwhile`;
  return plan.summary.change > 0 ? 'nothing restarts' : undefined;
}

/** Everything that something which restarts stands on: a change there may be what it restarts for. */
function neededByRolls(plan: Plan): ReadonlySet<AnyResource> {
  const found = new Set<AnyResource>();
  const add = (resource: AnyResource): void => {
    if (found.has(resource)) return;
    found.add(resource);
    for (const needed of Object.values(resource.needs)) add(needed);
  };
  for (const { resource, impact } of plan.entries) if (impact === 'rolling') add(resource);
  return found;
}

function renderCreated(created: readonly PlanEntry[], look: PlanLook, style: Style): readonly string[] {
  if (look.verbose) return created.map((entry) => style.green(`+ ${entry.resource.address}`));
  const steps = new Map<string, number>();
  for (const entry of created) {
    const step = stepOf(entry.resource.address);
    steps.set(step, (steps.get(step) ?? 0) + 1);
  }
  return [...steps].map(
    ([step, count]) => `${style.green('+')} ${step.padEnd(10)} ${String(count).padStart(3)} to create`,
  );
}

function renderEntry(
  entry: PlanEntry,
  { style, leadsToRestarts }: { readonly style: Style; readonly leadsToRestarts: boolean },
): readonly string[] {
  const paint = entry.action === 'refuse' || entry.action === 'destroy' ? style.red : style.yellow;
  const impact = impactWords(entry, leadsToRestarts);
  const head = `${paint(marks[entry.action])} ${entry.resource.address}${impact === '' ? '' : `  ${impact}`}`;
  // Where it depends on what is yet to be made, its changes are only those that are foreseen.
  const isSaid = entry.changes.some(({ because }) => because === entry.because);
  const because = !isSaid && entry.because !== undefined ? [`    ${entry.because}`] : [];
  return [head, ...because, ...entry.changes.map((change) => `    ${renderChange(change)}`)];
}

function impactWords(entry: PlanEntry, leadsToRestarts: boolean): string {
  if (entry.action === 'destroy') return 'destroyed';
  if (entry.action === 'refuse') return 'refused';
  switch (entry.impact) {
    case 'rolling':
      return 'restarts the node';
    case 'replace':
      return 'replaced';
    case 'in-place':
      return leadsToRestarts ? 'in place' : 'in place, nothing restarts';
    case 'refuse':
    case undefined:
      return '';
  }
}

function renderChange(change: Change): string {
  const path = change.path.padEnd(14);
  const because = change.because === undefined ? '' : `   ${change.because}`;
  if (change.before === undefined) return oneLine(`${path} + ${change.after ?? ''}${because}`);
  if (change.after === undefined) return oneLine(`${path} - ${change.before}${because}`);
  return oneLine(`${path} ${change.before} → ${change.after}${because}`);
}

/** `68 to create, 2 to change`; empty when there is nothing to do. */
export function summaryWords(plan: Plan): string {
  const { summary } = plan;
  const parts: readonly (readonly [number, string])[] = [
    [summary.create, 'to create'],
    [summary.change, 'to change'],
    [summary.replace, 'to replace'],
    [summary.destroy, 'to destroy'],
    [summary.refuse, 'refused'],
  ];
  return parts
    .filter(([count]) => count > 0)
    .map(([count, words]) => `${count} ${words}`)
    .join(', ');
}

/** The plan as `--json` gives it. */
export function planDocument(plan: Plan): object {
  const roll = forecastRoll(plan);
  return {
    changes: plan.entries
      .filter((entry) => entry.action !== 'in-sync' && entry.action !== 'gate')
      .map((entry) => ({
        address: entry.resource.address,
        action: entry.action,
        impact: entry.impact ?? null,
        ...(entry.because === undefined ? {} : { because: entry.because }),
        fields: entry.changes.map(({ path, before, after, impact, because }) => ({
          path,
          before: before ?? null,
          after: after ?? null,
          impact,
          ...(because === undefined ? {} : { because }),
        })),
      })),
    unseen: plan.entries.flatMap(({ resource, unseen }) =>
      unseen === undefined ? [] : [{ address: resource.address, because: unseen }],
    ),
    kept: plan.entries.flatMap(({ resource, kept }) =>
      kept === undefined ? [] : [{ address: resource.address, because: kept }],
    ),
    restarts: { nodes: roll.addresses.length, aboutMs: roll.ms },
    summary: plan.summary,
    orphans: orphanDocuments(plan.orphans),
  };
}
