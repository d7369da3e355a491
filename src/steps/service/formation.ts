import { type EC2Client, CreateTagsCommand, DeleteTagsCommand } from '@aws-sdk/client-ec2';

import { inChunks } from '../chunks.ts';
import { resourceTag, type Tags } from '../../aws/tags.ts';
import { unless } from '../../aws/unless.ts';
import { bootstrapTagKey, clusterUuidTagKey } from '../../elasticsearch/bootstrap.ts';
import type { Change, Inputs, Resource } from '../../engine/resource.ts';
import type { StepContext } from '../context.ts';
import { volumeAddressPrefix } from '../hosts/launch-template-data.ts';
import { type Volume, volumes } from '../hosts/volume.ts';
import { clusterName, secretName } from '../names.ts';
import { type MarkedPassword, passwordMark, setInTag } from '../task/password-mark.ts';
import { bringIntoForce } from '../task/password-value.ts';
import { type Secret, secrets } from '../task/secret.ts';
import { brief } from '../waits.ts';
import type { ClusterAsker } from './ask-cluster.ts';
import type { ClusterState } from './cluster.ts';

/** What is noted on one data volume. */
export interface NotedVolume {
  readonly volumeId: string;
  readonly clusterUuid: string | undefined;
  readonly hasBootstrapRight: boolean;
}

export interface FormationDesired {
  /** Undefined where nobody has asked the cluster: then nothing is noted. */
  readonly clusterUuid: string | undefined;
  /** The volumes of this run, those among them that it made. */
  readonly volumes: readonly NotedVolume[];
}

export interface Formation {
  readonly volumes: readonly NotedVolume[];
  /** The version that is current, and in which cluster which one was set by API; undefined where there is no such secret. */
  readonly password: MarkedPassword | undefined;
}

/** CreateTags and DeleteTags take up to 1000 resources at once. */
const taggedAtOnce = 500;

const address = 'service/formation';

/** The cluster, and each node's data volume by its address. */
export interface FormationNeeds {
  readonly cluster: Resource<unknown, ClusterState>;
  readonly volumes: readonly Resource<unknown, Volume>[];
  readonly password: Resource<unknown, Secret>;
  readonly asker: ClusterAsker;
}

/**
 * What is done once the cluster has formed: its UUID is noted on every data volume, so that a loss of the state loses nothing and
 * another cluster is never taken for this one; the right to bootstrap is withdrawn, so that a node with an
 * empty disk can join and never found a second cluster; and the password is set by API, as until then each node has its own, the one that
 * the secret held when it started, and a secret that changes would split them. It exists with the first data volume, and costs nothing.
 *
 * Only a run that has waited for the cluster knows the UUID. To all others it is as it should be.
 */
export function formation(
  context: StepContext,
  needs: FormationNeeds,
): Resource<FormationDesired, Formation> {
  const { password, asker } = needs;
  /** Lists may not show it yet. */
  let setByThisRun: MarkedPassword | undefined;
  const byAddress = Object.fromEntries(needs.volumes.map((volume) => [volume.address, volume]));
  return {
    address,
    needs: { ...byAddress, cluster: needs.cluster, password },
    waits: { ...brief, for: 'the record of the cluster' },
    desired: (inputs) => ({
      clusterUuid: clusterOf(inputs)?.uuid,
      volumes: needs.volumes.map((volume) => toNoted(inputs[volume.address] as Volume)),
    }),
    find: async ({ fresh, inputs }) => {
      const found = fresh
        ? await freshVolumes(context, needs.volumes, inputs)
        : (await context.inventory.owned(volumes)).filter(isDataVolume);
      if (found.length === 0) return undefined;
      const marked = setByThisRun ?? (await markedPassword(context, inputs));
      return { volumes: found.map(toNoted), password: marked };
    },
    id: ({ volumes: noted }) =>
      noted.find((volume) => volume.clusterUuid !== undefined)?.clusterUuid ?? clusterName(context.config),
    phase: () => 'ready',
    diff: (desired, observed) =>
      differences(context, { desired, observed }, async (clusterUuid) => {
        setByThisRun = await bringIntoForce(context, clusterUuid, (work) => asker.tell(work));
      }),
    // What there is to write depends on what is already there: all of it is a difference.
    create: ({ clusterUuid }) => Promise.resolve({ id: clusterUuid ?? clusterName(context.config) }),
    once: { by: 'name' },
  };
}

/** A gate is no input of a plan, and none of a run that does not wait for it. */
function clusterOf(inputs: Partial<Inputs<Record<string, Resource>>>): ClusterState | undefined {
  // Under this name stands the gate, whose type the list of volumes beside it hides.
  return inputs['cluster'] as ClusterState | undefined;
}

/** As its own resource sees it; while planning, by the list that this one reads too. */
async function markedPassword(
  context: StepContext,
  inputs: Partial<Inputs<Record<string, Resource>>>,
): Promise<MarkedPassword | undefined> {
  const name = secretName(context.config, 'password');
  // As above.
  const known = inputs['password'] as Secret | undefined;
  const found =
    known ??
    (await context.inventory.find(secrets, 'task/secret/password', { id: name, fresh: false, name }));
  if (found?.versionId === undefined) return undefined;
  return { versionId: found.versionId, setIn: found.tags[setInTag] };
}

async function freshVolumes(
  context: StepContext,
  needed: FormationNeeds['volumes'],
  inputs: Partial<Inputs<Record<string, Resource>>>,
): Promise<readonly Volume[]> {
  const found = await Promise.all(
    needed.map((volume) => {
      // As above.
      const known = inputs[volume.address] as Volume | undefined;
      return context.inventory.find(volumes, volume.address, { id: known?.volumeId, fresh: true });
    }),
  );
  return found.filter((volume) => volume !== undefined);
}

/** Root disks of hosts carry the cluster's tag as well. */
function isDataVolume(volume: Volume): boolean {
  return volume.tags[resourceTag]?.startsWith(volumeAddressPrefix) === true;
}

function toNoted({ volumeId, tags }: { readonly volumeId: string; readonly tags: Tags }): NotedVolume {
  return {
    volumeId,
    clusterUuid: tags[clusterUuidTagKey],
    hasBootstrapRight: (tags[bootstrapTagKey] ?? '') !== '',
  };
}

/** First the UUID, then the right: a run that is cut short between the two leaves one that the next run withdraws. */
function differences(
  { clients: { ec2 } }: StepContext,
  { desired, observed }: { readonly desired: FormationDesired; readonly observed: Formation },
  setPassword: (clusterUuid: string) => Promise<void>,
): readonly Change[] {
  const { clusterUuid } = desired;
  const { password } = observed;
  if (clusterUuid === undefined) return [];
  const seen = new Map(observed.volumes.map((volume) => [volume.volumeId, volume]));
  const now = desired.volumes.map((volume) => seen.get(volume.volumeId) ?? volume);
  const unnoted = now.filter((volume) => volume.clusterUuid === undefined).map((volume) => volume.volumeId);
  const entitled = now.filter((volume) => volume.hasBootstrapRight).map((volume) => volume.volumeId);
  return [
    ...(unnoted.length === 0 ? [] : [noting(ec2, unnoted, clusterUuid)]),
    ...(entitled.length === 0 ? [] : [withdrawing(ec2, entitled)]),
    ...(password === undefined || password.setIn === passwordMark(clusterUuid, password.versionId)
      ? []
      : [settingPassword(() => setPassword(clusterUuid))]),
  ];
}

/** Also where a rotation was cut off, and where somebody has written the secret by hand. */
function settingPassword(apply: () => Promise<void>): Change {
  return {
    path: 'password',
    before: undefined,
    after: 'set by API',
    impact: 'in-place',
    because: 'until then each node has the one that it was started with',
    apply,
  };
}

function noting(ec2: EC2Client, volumeIds: readonly string[], clusterUuid: string): Change {
  return {
    path: 'clusterUuid',
    before: undefined,
    after: clusterUuid,
    impact: 'in-place',
    apply: async () => {
      for (const Resources of inChunks(volumeIds, taggedAtOnce)) {
        const Tags = [{ Key: clusterUuidTagKey, Value: clusterUuid }];
        await ec2.send(new CreateTagsCommand({ Resources, Tags }));
      }
    },
  };
}

function withdrawing(ec2: EC2Client, volumeIds: readonly string[]): Change {
  return {
    path: 'bootstrapRight',
    before: 'given',
    after: undefined,
    impact: 'in-place',
    because: 'the cluster has formed, and must never form a second time',
    apply: async () => {
      for (const Resources of inChunks(volumeIds, taggedAtOnce)) await withdraw(ec2, Resources);
    },
  };
}

/**
 * Where nobody may take a tag off (companies forbid ec2:DeleteTags, so that their own stay), it is emptied: without a name in it no node
 * founds a cluster, whichever version its host's user data is of.
 */
async function withdraw(ec2: EC2Client, Resources: string[]): Promise<void> {
  const taken = ec2.send(new DeleteTagsCommand({ Resources, Tags: [{ Key: bootstrapTagKey }] }));
  if ((await unless(['UnauthorizedOperation'], taken)) !== undefined) return;
  await ec2.send(new CreateTagsCommand({ Resources, Tags: [{ Key: bootstrapTagKey, Value: '' }] }));
}
