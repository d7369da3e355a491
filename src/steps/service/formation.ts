import { type EC2Client, CreateTagsCommand, DeleteTagsCommand } from '@aws-sdk/client-ec2';

import { inChunks } from '../chunks.ts';
import { resourceTag, type Tags } from '../../aws/tags.ts';
import { unless } from '../../aws/unless.ts';
import { bootstrapTagKey, clusterUuidTagKey } from '../../elasticsearch/bootstrap.ts';
import type { Change, Inputs, Resource } from '../../engine/resource.ts';
import type { StepContext } from '../context.ts';
import { volumeAddressPrefix } from '../hosts/launch-template-data.ts';
import { type Volume, volumes } from '../hosts/volume.ts';
import { clusterName } from '../names.ts';
import { brief } from '../waits.ts';
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
}

/** CreateTags and DeleteTags take up to 1000 resources at once. */
const taggedAtOnce = 500;

const address = 'service/formation';

/** The cluster, and each node's data volume by its address. */
export interface FormationNeeds {
  readonly cluster: Resource<unknown, ClusterState>;
  readonly volumes: readonly Resource<unknown, Volume>[];
}

/**
 * What is written down once the cluster has formed: its UUID on every data volume, so that a loss of the state loses nothing and
 * another cluster is never taken for this one; and the right to bootstrap, which is withdrawn, so that a node with an
 * empty disk can join and never found a second cluster. It exists with the first data volume, and costs nothing.
 *
 * Only a run that has waited for the cluster knows the UUID. To all others it is as it should be.
 */
export function formation(
  context: StepContext,
  needs: FormationNeeds,
): Resource<FormationDesired, Formation> {
  const { ec2 } = context.clients;
  const byAddress = Object.fromEntries(needs.volumes.map((volume) => [volume.address, volume]));
  return {
    address,
    needs: { ...byAddress, cluster: needs.cluster },
    waits: { ...brief, for: 'the record of the cluster' },
    desired: (inputs) => ({
      clusterUuid: clusterOf(inputs)?.uuid,
      volumes: needs.volumes.map((volume) => toNoted(inputs[volume.address] as Volume)),
    }),
    find: async ({ fresh, inputs }) => {
      const found = fresh
        ? await freshVolumes(context, needs.volumes, inputs)
        : (await context.inventory.owned(volumes)).filter(isDataVolume);
      return found.length === 0 ? undefined : { volumes: found.map(toNoted) };
    },
    id: ({ volumes: noted }) =>
      noted.find((volume) => volume.clusterUuid !== undefined)?.clusterUuid ?? clusterName(context.config),
    phase: () => 'ready',
    diff: (desired, observed) => differences(ec2, desired, observed),
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
function differences(ec2: EC2Client, desired: FormationDesired, observed: Formation): readonly Change[] {
  const { clusterUuid } = desired;
  if (clusterUuid === undefined) return [];
  const seen = new Map(observed.volumes.map((volume) => [volume.volumeId, volume]));
  const now = desired.volumes.map((volume) => seen.get(volume.volumeId) ?? volume);
  const unnoted = now.filter((volume) => volume.clusterUuid === undefined).map((volume) => volume.volumeId);
  const entitled = now.filter((volume) => volume.hasBootstrapRight).map((volume) => volume.volumeId);
  return [
    ...(unnoted.length === 0 ? [] : [noting(ec2, unnoted, clusterUuid)]),
    ...(entitled.length === 0 ? [] : [withdrawing(ec2, entitled)]),
  ];
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
