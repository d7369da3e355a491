import { clusterUuidTagKey } from '../../elasticsearch/bootstrap.ts';
import { rolesIn } from '../../elasticsearch/container.ts';
import { lostTiers, roleRefusal } from '../../elasticsearch/rules/roles.ts';
import { lookAt } from '../../elasticsearch/rules/situation.ts';
import type { Node } from '../../elasticsearch/topology.ts';
import type { Change } from '../../engine/resource.ts';
import type { StepContext } from '../context.ts';
import { volumes } from '../hosts/volume.ts';
import { addressOfGroup, definitionAddress, nameOfGroup } from '../names.ts';
import { type Definition, definitions } from '../task/definition.ts';
import { container } from '../task/container.ts';
import type { ClusterAsker } from './ask-cluster.ts';
import type { NodeService } from './node-service.ts';

/** What the cluster says to it; without members it has said nothing. */
interface Opinion {
  readonly refusal: string | undefined;
  readonly members: ReadonlySet<string> | undefined;
}

/**
 * Judges while planning whether nodes may lose the roles that the config takes from them: their shards must have another place and their
 * votes another bearer, and that the cluster alone can say.
 */
export class RoleJudge {
  readonly #context: StepContext;
  readonly #asker: ClusterAsker;
  readonly #nodes: readonly Node[];
  #cluster: Promise<Opinion> | undefined;
  /** A refusal is one of all of them together, and is said once. */
  #isSaid = false;

  constructor(context: StepContext, asker: ClusterAsker, nodes: readonly Node[]) {
    this.#context = context;
    this.#asker = asker;
    this.#nodes = nodes;
  }

  async refusals(node: Node, service: NodeService): Promise<readonly Change[]> {
    const before = await this.#rolesBefore(node, service);
    if (before !== undefined && !losesAny(before, node.roles)) return [];
    this.#cluster ??= this.#byCluster();
    const opinion = await this.#cluster;
    const because = opinion.refusal ?? absentRefusal(node, before, opinion);
    if (because === undefined || this.#isSaid) return [];
    // Where a roll was cut off, what it was about was judged then.
    if (before === undefined && opinion.members === undefined) return [];
    this.#isSaid = true;
    const [from, to] = [before?.join(','), node.roles.join(',')];
    return [{ path: 'roles', before: from, after: to, impact: 'refuse', because }];
  }

  /** What the service's task definition gives; undefined where that is not the one that is known. */
  async #rolesBefore(
    { group }: Node,
    { taskDefinitionArn }: NodeService,
  ): Promise<readonly string[] | undefined> {
    const { config, inventory } = this.#context;
    const known = await inventory.find(definitions, addressOfGroup(definitionAddress, group), {
      id: undefined,
      fresh: false,
      name: nameOfGroup(config, group),
    });
    return known?.taskDefinitionArn === taskDefinitionArn ? rolesOf(known) : undefined;
  }

  async #byCluster(): Promise<Opinion> {
    const reply = await this.#asker.ask(false, async (control): Promise<Opinion> => {
      const situation = await lookAt(control);
      const members = new Set(situation.nodes.map(({ name }) => name));
      return { refusal: roleRefusal(situation, this.#nodes), members };
    });
    if (reply.kind === 'answer') return reply.answer;
    // Before it has formed nobody holds anything, and roles may be what keeps it from forming.
    const own = await this.#context.inventory.owned(volumes);
    if (!own.some(({ tags }) => tags[clusterUuidTagKey] !== undefined))
      return { refusal: undefined, members: undefined };
    const refusal =
      reply.kind === 'problem'
        ? `Elasticsearch does not say whether its shards and votes have another place: ${reply.problem}`
        : 'Elasticsearch cannot be asked from here whether its shards and votes have another place';
    return { refusal, members: undefined };
  }
}

/** One that is away cannot give up shards first, and with some on its disk it does not start without a role for data. */
function absentRefusal(
  { name, roles }: Node,
  before: readonly string[] | undefined,
  { members }: Opinion,
): string | undefined {
  if (before === undefined || members === undefined || members.has(name)) return undefined;
  if (lostTiers(before, roles).length === 0) return undefined;
  return `${name} is not in the cluster, and shards that may be on its disk cannot move first; es-ecs status  says why it is away`;
}

function losesAny(before: readonly string[], after: readonly string[]): boolean {
  return lostTiers(before, after).length > 0 || (before.includes('master') && !after.includes('master'));
}

function rolesOf({ contents }: Definition): readonly string[] | undefined {
  const own = contents.containerDefinitions?.find(({ name }) => name === container.name);
  return own === undefined ? undefined : rolesIn(own.environment ?? []);
}
