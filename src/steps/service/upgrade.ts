import { majorRefusal } from '../../elasticsearch/rules/major.ts';
import { parseVersion, upgradePath, type Version } from '../../elasticsearch/versions.ts';
import type { Change } from '../../engine/resource.ts';
import type { StepContext } from '../context.ts';
import type { ClusterAsker } from './ask-cluster.ts';
import { type NodeService, versionTag } from './node-service.ts';

/**
 * Judges the version that the config asks for while planning, before an image of it is built: by what each service was last started
 * with, and by what the nodes and their indices say themselves, where there is a way to ask them.
 */
export class UpgradeJudge {
  readonly #context: StepContext;
  readonly #asker: ClusterAsker;
  #cluster: Promise<readonly Change[]> | undefined;

  constructor(context: StepContext, asker: ClusterAsker) {
    this.#context = context;
    this.#asker = asker;
  }

  /** What the cluster as a whole says is said once, at the first node that asks. */
  async refusals({ tags }: NodeService): Promise<readonly Change[]> {
    const after = this.#context.config.elasticsearch.version;
    const before = tags[versionTag];
    const to = parseVersion(after);
    if (to === undefined || before === after) return [];
    const own = before === undefined ? [] : pathRefusal(before, to, after);
    if (own.length > 0) return own;
    if (this.#cluster !== undefined) {
      await this.#cluster;
      return [];
    }
    this.#cluster = this.#byCluster(to, after);
    return this.#cluster;
  }

  async #byCluster(to: Version, after: string): Promise<readonly Change[]> {
    const reply = await this.#asker.ask(false, async (control): Promise<readonly Change[]> => {
      const versions = [...new Set((await control.nodes()).map(({ version }) => version))].filter(
        (version) => version !== '',
      );
      const illegal = versions.flatMap((version) => pathRefusal(version, to, after));
      const [first] = illegal;
      if (first !== undefined) return [first];
      // Where an upgrade was cut off there is no way but on, and a node of the new version would tell what is in the way of its next.
      const [older] = versions;
      if (older === undefined || versions.some((version) => (parseVersion(version)?.major ?? 0) >= to.major))
        return [];
      const [origins, deprecations] = await Promise.all([control.indexOrigins(), control.deprecations()]);
      const because = majorRefusal({ origins, deprecations }, to.major);
      return because === undefined
        ? []
        : [{ path: 'version', before: older, after, impact: 'refuse', because }];
    });
    return reply.kind === 'answer' ? reply.answer : [];
  }
}

function pathRefusal(before: string, to: Version, after: string): readonly Change[] {
  const from = parseVersion(before);
  const path = from === undefined ? undefined : upgradePath(from, to);
  if (path?.kind !== 'refused') return [];
  const first = path.first === undefined ? '' : `; first go to the newest ${path.first}`;
  return [{ path: 'version', before, after, impact: 'refuse', because: `${path.because}${first}` }];
}
