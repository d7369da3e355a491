import type { Plan, PlanEntry } from '../engine/plan.ts';
import type { AnyResource } from '../engine/resource.ts';
import { EsEcsError } from '../errors.ts';
import type { AskedRestart } from '../steps/context.ts';
import type { NodeService } from '../steps/service/node-service.ts';

/** A node that a person wants restarted, and all that was planned. */
export interface AskedNode {
  readonly node: string;
  /** Its service. */
  readonly entry: PlanEntry;
  readonly hosts: NodeService['hosts'];
  readonly plan: Plan;
  readonly kind: AskedRestart['kind'];
  /** What a command line says for the same account. */
  readonly flag: string;
}

/**
 * Refuses to stop a node that could not start again, before anything is stopped: it has no host, a host that can start nothing, or lacks
 * something that its task is made from.
 *
 * @throws EsEcsError NOT_SAFE
 */
export function refuseUnableToStart(asked: AskedNode): void {
  const { node, kind, flag } = asked;
  const missing = missingNeeds(asked);
  if (missing.length > 0) {
    const are = missing.length === 1 ? 'is' : 'are';
    throw refusal(`${missing.join(', ')} ${are} not there`, asked, `es-ecs up${flag}  makes what is missing`);
  }
  const [host] = asked.hosts;
  if (host === undefined) {
    throw refusal('it has no host at this moment', asked, [
      `es-ecs status${flag}  shows when it has one again`,
      `es-ecs up${flag}  waits for it, and says what keeps it away`,
    ]);
  }
  const { trouble } = host;
  if (trouble === undefined) return;
  if (trouble.patienceMs === undefined) {
    throw refusal(`its host ${trouble.what}`, asked, `es-ecs up${flag}  goes on once the reason is gone`);
  }
  // What a new host does not have is no reason against one.
  if (kind === 'replace') return;
  throw refusal(`its host ${trouble.what}`, asked, [
    `es-ecs replace ${node}${flag}  gives it a new host`,
    `es-ecs up${flag}  does the same, and waits first for what may pass`,
  ]);
}

function refusal(why: string, { node }: AskedNode, hint: string | readonly string[]): EsEcsError {
  return new EsEcsError('NOT_SAFE', `${node} could not start again: ${why}; nothing was stopped`, { hint });
}

/** What the node stands on, directly or not, and the account does not have. Gates make nothing. */
function missingNeeds({ entry, plan }: AskedNode): readonly string[] {
  const byAddress = new Map(plan.entries.map((one) => [one.resource.address, one]));
  const seen = new Set<string>();
  const missing: string[] = [];
  const look = (resource: AnyResource): void => {
    if (seen.has(resource.address)) return;
    seen.add(resource.address);
    if (byAddress.get(resource.address)?.action === 'create') missing.push(resource.address);
    Object.values(resource.needs).forEach(look);
  };
  look(entry.resource);
  return missing;
}
