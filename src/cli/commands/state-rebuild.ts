import { makePlan } from '../../engine/plan.ts';
import type { Memory } from '../../engine/memory.ts';
import type { Address } from '../../engine/resource.ts';
import { inSession } from '../in-session.ts';
import type { RebuildOptions } from '../options.ts';
import { rebuildDocument, renderRebuild, type Rebuilt } from '../render/state-rebuild.ts';
import type { Session } from '../session.ts';
import type { Terminal } from '../terminal.ts';

/** `es-ecs state rebuild`: finds everything by its tags alone, shows it, and remembers exactly that. */
export async function stateRebuild(options: RebuildOptions, terminal: Terminal): Promise<void> {
  await inSession({ options, command: 'state rebuild', terminal, locks: true }, async (session) => {
    const rebuilt = await lookAgain(session);
    const writes = options.dryRun !== true;
    if (writes) await session.state.rebuild(rebuilt.found);
    const told = { rebuilt, file: session.files.state, cluster: session.config.name, isWritten: writes };
    if (options.json === true) terminal.out(JSON.stringify(rebuildDocument(told), undefined, 2));
    else terminal.out(renderRebuild(told));
  });
}

/** A memory that remembers nothing, so that only tags and names count. */
const blank: Pick<Memory, 'id'> = { id: () => undefined };

async function lookAgain(session: Session): Promise<Rebuilt> {
  const { state, graph } = session;
  const before = new Map<Address, string>();
  for (const address of state.addresses) {
    const id = state.id(address);
    // What a gate waits for is no thing of its own.
    if (id !== undefined && graph.get(address)?.gate !== true) before.set(address, id);
  }
  const plan = await makePlan(graph, blank);
  const found = new Map<Address, string>();
  for (const { resource, id } of plan.entries) {
    if (id !== undefined) found.set(resource.address, id);
  }
  const wanted = plan.entries.filter(
    ({ action, resource }) => action !== 'gate' && resource.unwanted !== true,
  );
  const more = [...found.keys()].filter((address) => graph.get(address)?.unwanted === true);
  return { before, found, expected: wanted.length + more.length };
}
