import { resourceTag } from '../../aws/tags.ts';
import { copiesOfVolumes, isDataThere, type Volume } from '../../steps/hosts/volume.ts';
import { realClock } from '../../engine/clock.ts';
import { applyDestroy, type DestroyPlan, type Doomed, planDestroy } from '../../engine/destroy.ts';
import { createGraph, type Graph } from '../../engine/graph.ts';
import { criticalPath } from '../../engine/timeline.ts';
import { audit } from '../audit.ts';
import { confirm } from '../confirm.ts';
import { inSession } from '../in-session.ts';
import type { DestroyOptions } from '../options.ts';
import { destroyDocument, renderDestroyed, renderDestroyPlan } from '../render/destroy.ts';
import { reported } from '../reporters/reported.ts';
import type { Session } from '../session.ts';
import type { Terminal } from '../terminal.ts';

/** `es-ecs destroy`: everything but the data and the secrets that open it, in reverse; with `--delete-data` those too. */
export async function destroy(options: DestroyOptions, terminal: Terminal): Promise<void> {
  const startedMs = realClock.now();
  // What a dead run has made and nobody sees yet would be left behind.
  const command = { options, command: 'destroy', terminal, locks: true, takesDown: true };
  await inSession(command, async (session) => {
    const deleteData = options.deleteData === true;
    // Also what only a search finds: no other command asks for it.
    const graph = createGraph([...session.steps.resources, ...session.steps.searched]);
    const { plan, spared } = sparing(await planFor(session, graph, deleteData), session);
    if (plan.doomed.length > 0) {
      await agree(plan, session, { options, terminal });
      await session.lock.take();
    }
    // Before anything goes: afterwards a copy is the only one with those tags.
    const own = new Set([...plan.doomed, ...plan.kept].map(({ id }) => id));
    const copies = await copiesOfVolumes(session.context, { own, known: spared });
    if (deleteData) await session.state.pin(copyPins(copies));
    const work = { session, options, terminal, awaitGates: true };
    const { outcome, unclear } = await reported(work, async (run) => {
      const done = await applyDestroy(plan, graph, run);
      const found = await audit({ session, graph, run }, { kept: plan.kept, deleteData, copies });
      return { outcome: done, unclear: found };
    });
    await forgetAll(session, plan);
    const elapsedMs = realClock.now() - startedMs;
    const told = { plan, outcome, session, unclear, elapsedMs, path: criticalPath(outcome.spans) };
    if (options.json === true) terminal.out(JSON.stringify(destroyDocument(told), undefined, 2));
    else terminal.out(renderDestroyed(told, terminal));
  });
}

/** A copy is the only one with its tags once the volume that it is a copy of has gone: the next destroy must still know it for one. */
const copyPin = 'copy/';

function copyPins(copies: readonly Volume[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    copies.map(({ volumeId, tags }) => [copyPin + volumeId, tags[resourceTag] ?? '']),
  );
}

/** A plan without the copies that an earlier destroy has named; one that a node was given since is its own. */
function sparing(
  plan: DestroyPlan,
  { state }: Session,
): { readonly plan: DestroyPlan; readonly spared: ReadonlySet<string> } {
  const isCopy = ({ id, resource }: Doomed): boolean =>
    state.pins[copyPin + id] !== undefined && state.id(resource.address) !== id;
  const doomed = plan.doomed.filter((one) => !isCopy(one));
  return { plan: { ...plan, doomed }, spared: new Set(plan.doomed.filter(isCopy).map(({ id }) => id)) };
}

interface Asked {
  readonly options: DestroyOptions;
  readonly terminal: Terminal;
}

function planFor(session: Session, graph: Graph, deleteData: boolean): Promise<DestroyPlan> {
  const id = (address: string): string | undefined => session.state.id(address);
  return planDestroy(graph, { id, deleteData, dataStays: () => isDataThere(session.context) });
}

async function agree(plan: DestroyPlan, session: Session, { options, terminal }: Asked): Promise<void> {
  const { name } = session.config;
  terminal.err(renderDestroyPlan(plan, session));
  if (options.yes === true || session.simulation !== undefined) return;
  const question = `Type the cluster's name to go on: `;
  await confirm({ question, expected: (answer) => answer === name, flag: '--yes' }, terminal);
}

/** Nothing to remember but what was kept; the lock goes last. */
async function forgetAll(session: Session, plan: DestroyPlan): Promise<void> {
  await session.lock.remove();
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
