import type { ClusterSettings } from '../../elasticsearch/cluster-settings.ts';
import { changesFor, differencesOf, refusedName } from '../../elasticsearch/noted-settings.ts';
import { type Settings, settingsByApi } from '../../elasticsearch/settings.ts';
import type { Node } from '../../elasticsearch/topology.ts';
import type { Change, Phase, Resource } from '../../engine/resource.ts';
import { EsEcsError } from '../../errors.ts';
import type { StepContext } from '../context.ts';
import { clusterName } from '../names.ts';
import type { ClusterAsker } from './ask-cluster.ts';
import { nodeState } from './cluster.ts';
import { primary } from './services.ts';

/** What the cluster has been told by API, or why that cannot be seen. */
export type ToldSettings =
  | { readonly there: ClusterSettings; readonly unseen?: undefined }
  | {
      readonly there?: undefined;
      readonly unseen: string;
      /** It may be seen later: the cluster is on its way. */
      readonly isComing: boolean;
    };

const minute = 60_000;

/** The address; as long as the state remembers it, the cluster may have settings that the config has no more. */
const address = 'service/settings';

/**
 * Whether the cluster is to be asked at all: the config has settings for it, or once had. Where the state was lost with the
 * last of them, what they left is found again as soon as the config has one.
 */
export function hasClusterSettings(context: StepContext): boolean {
  return Object.keys(settingsByApi(context.config)).length > 0 || context.present.has(address);
}

/**
 * The dynamic settings of the config, given to the cluster by API as soon as it answers: nothing restarts for them. Not only
 * once it is green, as a wrong one may be why it is not, and the right one what mends it. What a person has set beside them stays.
 * It exists as soon as a node has a service, and costs nothing.
 *
 * @param parts needs: the services of all nodes, by the node's name.
 */
export function clusterSettings(
  context: StepContext,
  nodes: readonly Node[],
  parts: { readonly needs: Readonly<Record<string, Resource>>; readonly asker: ClusterAsker },
): Resource<Settings, ToldSettings> {
  const { needs, asker } = parts;
  const wanted = settingsByApi(context.config);
  return {
    address,
    needs,
    waits: { for: 'Elasticsearch to answer', usualMs: 0, everyMs: 5_000, limitMs: 30 * minute },
    desired: () => wanted,
    find: async ({ fresh }) => {
      const seen = await Promise.all(nodes.map(({ name }) => nodeState(context, name, fresh)));
      if (seen.every(({ service }) => service === undefined)) return undefined;
      const gaveUp = seen.some(
        ({ service }) => service !== undefined && primary(service)?.rollout === 'FAILED',
      );
      if (!seen.some(({ task }) => task?.status === 'RUNNING'))
        return { unseen: 'no node runs', isComing: !gaveUp };
      return ask(asker, { insists: fresh, isComing: !gaveUp });
    },
    id: () => clusterName(context.config),
    phase: phaseOf,
    unseen: ({ unseen }) => unseen,
    diff: (desired, { there }) =>
      there === undefined ? [] : differences(context, asker, { desired, there }),
    // What there is to set depends on what is there: all of it is a difference.
    create: () => Promise.resolve({ id: clusterName(context.config) }),
    once: { by: 'name' },
    explain: (observed) => Promise.resolve(observed?.unseen),
  };
}

/** Where nobody can ask, or a node has been given up, the gate has the last word. */
function phaseOf({ unseen, ...told }: ToldSettings): Phase {
  return unseen !== undefined && 'isComing' in told && told.isComing ? 'pending' : 'ready';
}

async function ask(
  asker: ClusterAsker,
  how: { readonly insists: boolean; readonly isComing: boolean },
): Promise<ToldSettings> {
  const { isComing } = how;
  const reply = await asker.ask(how.insists, async (control, { uuid }) =>
    uuid === undefined ? undefined : control.settings(),
  );
  if (reply.kind === 'no way in') return { unseen: 'there is no way in from here', isComing: false };
  if (reply.kind === 'problem')
    return { unseen: `Elasticsearch does not answer: ${reply.problem}`, isComing };
  if (reply.answer === undefined)
    return { unseen: 'Elasticsearch answers, and has not formed a cluster', isComing };
  return { there: reply.answer };
}

function differences(
  context: StepContext,
  asker: ClusterAsker,
  compared: { readonly desired: Settings; readonly there: ClusterSettings },
): readonly Change[] {
  const { desired, there } = compared;
  const apply = (): Promise<void> => put(context, asker, compared);
  return differencesOf(desired, there).map(({ name, before, after, because }) => ({
    path: name,
    before,
    after,
    impact: 'in-place',
    ...(because === undefined ? {} : { because }),
    apply,
  }));
}

/** @throws EsEcsError CLUSTER_REFUSED with the line of the config */
async function put(
  { located }: StepContext,
  asker: ClusterAsker,
  { desired, there }: { readonly desired: Settings; readonly there: ClusterSettings },
): Promise<void> {
  try {
    await asker.tell((control) => control.putSettings(changesFor(desired, there)));
  } catch (error) {
    if (!(error instanceof EsEcsError) || error.code !== 'CLUSTER_REFUSED') throw error;
    const name = refusedName(error.message, desired);
    const place = located.at(['elasticsearch', 'settings', ...(name === undefined ? [] : [name])]);
    throw new EsEcsError('CLUSTER_REFUSED', `${name ?? 'elasticsearch.settings'}: ${error.message}`, {
      address,
      hint: [`${place}  change it or take it out; none of the settings was changed, and nothing restarts`],
      cause: error,
    });
  }
}
