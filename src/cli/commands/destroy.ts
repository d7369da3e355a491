import { realClock } from '../../engine/clock.ts';
import { applyDestroy, type DestroyPlan, type Doomed, planDestroy } from '../../engine/destroy.ts';
import { criticalPath } from '../../engine/timeline.ts';
import { EsEcsError } from '../../errors.ts';
import { confirm } from '../confirm.ts';
import { inSession } from '../in-session.ts';
import type { DestroyOptions } from '../options.ts';
import { destroyDocument, renderDestroyed, renderDestroyPlan } from '../render/destroy.ts';
import { reported } from '../reporters/reported.ts';
import type { Session } from '../session.ts';
import type { Terminal } from '../terminal.ts';

/** `es-ecs destroy`: everything but the data, in reverse; with `--delete-data` that too. */
export async function destroy(options: DestroyOptions, terminal: Terminal): Promise<void> {
  const startedMs = realClock.now();
  await inSession({ options, command: 'destroy', terminal, locks: true }, async (session) => {
    const plan = await planFor(session, options);
    if (plan.doomed.length > 0) await agree(plan, session, { options, terminal });
    const outcome = await reported({ session, options, terminal, awaitGates: true }, (run) =>
      applyDestroy(plan, session.graph, run),
    );
    await audit(session, plan.kept);
    await forgetAll(session, plan);
    const elapsedMs = realClock.now() - startedMs;
    const told = { plan, outcome, session, elapsedMs, path: criticalPath(outcome.spans) };
    if (options.json === true) terminal.out(JSON.stringify(destroyDocument(told), undefined, 2));
    else terminal.out(renderDestroyed(told, terminal));
  });
}

interface Asked {
  readonly options: DestroyOptions;
  readonly terminal: Terminal;
}

function planFor(session: Session, options: Pick<DestroyOptions, 'deleteData'>): Promise<DestroyPlan> {
  const { graph, state } = session;
  return planDestroy(graph, { id: (address) => state.id(address), deleteData: options.deleteData === true });
}

async function agree(plan: DestroyPlan, session: Session, { options, terminal }: Asked): Promise<void> {
  const { name } = session.config;
  terminal.err(renderDestroyPlan(plan, session));
  if (options.yes === true || session.simulation !== undefined) return;
  const question = `Type the cluster's name to go on: `;
  await confirm({ question, expected: (answer) => answer === name, flag: '--yes' }, terminal);
}

/** @throws EsEcsError LEFTOVERS, with the exact list of what is still found by the cluster's tags */
async function audit(session: Session, kept: readonly Doomed[]): Promise<void> {
  session.context.inventory.forget();
  const { doomed } = await planFor(session, { deleteData: true });
  const stays = new Set(kept.map((one) => one.id));
  const left = doomed.filter((one) => !stays.has(one.id));
  if (left.length === 0) return;
  const list = left.map((one) => `${one.resource.address} ${one.id}`).join(', ');
  throw new EsEcsError('LEFTOVERS', `still there after everything was deleted: ${list}`, {
    hint: 'es-ecs destroy  tries again',
  });
}

/** Nothing to remember but the volumes that were kept. */
async function forgetAll(session: Session, plan: DestroyPlan): Promise<void> {
  await session.context.adapters.keys.remove();
  if (plan.kept.length === 0) {
    await session.state.remove();
    return;
  }
  const kept = new Set(plan.kept.map((one) => one.resource.address));
  await Promise.all(
    session.state.addresses
      .filter((address) => !kept.has(address))
      .map((address) => session.state.forget(address)),
  );
}
