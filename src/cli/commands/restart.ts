import type { Config } from '../../config/config.ts';
import { namesOfGroup } from '../../elasticsearch/topology.ts';
import { realClock } from '../../engine/clock.ts';
import { makePlan, only, type Plan } from '../../engine/plan.ts';
import { EsEcsError } from '../../errors.ts';
import type { AskedRestart } from '../../steps/context.ts';
import { hostsOf } from '../../steps/index.ts';
import { bringAbout } from '../bring-about.ts';
import { configFor } from '../config-file.ts';
import { inSession } from '../in-session.ts';
import type { RestartOptions } from '../options.ts';
import type { Session } from '../session.ts';
import type { Terminal } from '../terminal.ts';
import { refuseUnableToStart } from '../unable-to-start.ts';

/**
 * `es-ecs restart [NODE…]` and `es-ecs replace NODE`: restarts nodes one by one as any roll does, on new hosts where they are to be
 * replaced. Whatever else differs from the config stays as it is.
 *
 * @throws EsEcsError NOT_FOUND, NOT_SAFE
 */
export async function restart(
  options: RestartOptions,
  kind: AskedRestart['kind'],
  terminal: Terminal,
): Promise<void> {
  const startedMs = realClock.now();
  const { located } = await configFor(options);
  const nodes = new Set(options.nodes.length === 0 ? allNodes(located.config) : options.nodes);
  const asked = { nodes, kind };
  await inSession({ options, command: kind, terminal, locks: true, asked }, async (session) => {
    const plan = narrowed(await makePlan(session.graph, session.state), { nodes, kind }, session);
    await bringAbout(plan, session, { options: { ...options, wait: true }, terminal, startedMs });
  });
}

function allNodes({ name, nodeGroups }: Config): readonly string[] {
  return nodeGroups.flatMap((group) => namesOfGroup(name, group));
}

/** The services of just these nodes, and the gate that waits for the cluster. */
function narrowed(plan: Plan, { nodes, kind }: AskedRestart, session: Session): Plan {
  const running = plan.entries.filter(
    ({ resource, observed }) => resource.address.startsWith(servicePrefix) && observed !== undefined,
  );
  const names = running.map(({ resource }) => resource.address.slice(servicePrefix.length));
  const unknown = [...nodes].find((node) => !names.includes(node));
  if (unknown !== undefined) {
    throw new EsEcsError('NOT_FOUND', `${unknown} is no node of ${session.config.name} that runs`, {
      hint: names.length === 0 ? 'es-ecs up' : `nodes: ${names.join(', ')}`,
    });
  }
  const flag = session.simulation === undefined ? '' : ' --simulate';
  for (const entry of running) {
    const node = entry.resource.address.slice(servicePrefix.length);
    if (!nodes.has(node)) continue;
    refuseUnableToStart({ node, entry, hosts: hostsOf(entry), plan, kind, flag });
  }
  const wanted = [...nodes].map((node) => `${servicePrefix}${node}`);
  return only(plan, new Set([...wanted, session.steps.cluster.address]));
}

const servicePrefix = 'service/service/';
