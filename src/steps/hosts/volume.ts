import {
  CreateVolumeCommand,
  DeleteVolumeCommand,
  type DescribeVolumesCommandInput,
  paginateDescribeVolumes,
  type Volume as SdkVolume,
} from '@aws-sdk/client-ec2';

import type { Clients } from '../../aws/clients.ts';
import { collectPages, ec2Filters, ec2Tags, existing, longestPage } from '../../aws/ec2.ts';
import type { Collection } from '../../aws/inventory.ts';
import {
  clusterTag,
  diffTags,
  fromCapitalTags,
  nodeTag,
  resourceTag,
  type Tags,
  toCapitalTags,
} from '../../aws/tags.ts';
import { unless } from '../../aws/unless.ts';
import type { NodeGroup } from '../../config/config.ts';
import { bootstrapTagKey, bootstrapTagValue, clusterUuidTagKey } from '../../elasticsearch/bootstrap.ts';
import type { Node } from '../../elasticsearch/topology.ts';
import type { Change, Phase, Resource, Retries } from '../../engine/resource.ts';
import { EsEcsError, invariant } from '../../errors.ts';
import { ownTags, type StepContext } from '../context.ts';
import { whyDiskVanishes } from '../encryption/explain.ts';
import { keptKey } from '../encryption/key.ts';
import { volumeHolders } from '../network/blockers.ts';
import { onceByToken } from '../once.ts';
import { brief, retries } from '../waits.ts';
import { nodeInstances, nodeKey } from './instances.ts';
import { volumeAddressPrefix } from './launch-template-data.ts';
import { modifications } from './volume-modification.ts';
import { whyUsed } from './volume-use.ts';

export interface VolumeDesired {
  readonly zone: string;
  readonly sizeGiB: number;
  readonly iops: number;
  readonly throughputMiBps: number;
  /** Of the customer key; undefined: the account's default. As seen, the key that it has. */
  readonly keyArn: string | undefined;
  readonly tags: Tags;
}

export interface Volume extends VolumeDesired {
  readonly volumeId: string;
  /** Instances that hold it. */
  readonly holders: readonly string[];
  readonly state: string;
  readonly type: string;
  readonly encrypted: boolean;
  readonly madeMs: number;
  /** Whether it was made from a snapshot. */
  readonly isCopy: boolean;
  /** Asked only of one that stands in another zone than its node should: why something may be on it, or that nothing can be. */
  readonly use?: { readonly why: string | undefined };
}

/** What a data volume is made from. */
export interface VolumeOptions {
  readonly node: Node;
  readonly storage: NodeGroup['storage'];
  /** The initial masters, for the volume of one of them; undefined for all others. */
  readonly initialMasters: readonly string[] | undefined;
  /** Made before this one, so that of a first formation cut short at least the right to bootstrap is there. */
  readonly first: Resource | undefined;
  /** The names of nodes whose volumes this run has made larger. */
  readonly grown: Set<string>;
  /** Ids of volumes that another takes the place of in this run, as nothing has ever been on them; filled as they are seen. */
  readonly moving: Set<string>;
}

const notFound = 'InvalidVolume.NotFound';

/** An ended instance lets go of its disks within minutes. */
const whileAttached: Retries = { names: ['VolumeInUse'], limitMs: 10 * 60_000 };

/** All of the cluster's; the root disks of its hosts among them, which carry no address. */
export const volumes: Collection<Volume> = {
  name: 'volumes',
  prefix: 'vol',
  list: (clients, cluster) => read(clients, { Filters: ec2Filters(cluster), MaxResults: longestPage }),
  byIds: (clients, ids) => existing(ids, notFound, (VolumeIds) => read(clients, { VolumeIds })),
  chunk: 200,
  id: (volume) => volume.volumeId,
  tags: (volume) => volume.tags,
  isGone: (volume) => volume.state === 'deleted',
};

/**
 * A node's data. It outlives hosts, and `destroy` unless told otherwise. It grows without a restart and never shrinks;
 * AWS can neither move it to another zone nor encrypt it later. A gp3 volume costs by the GiB, and what goes beyond 3000
 * IOPS and 125 MiB/s.
 */
export function volume(context: StepContext, options: VolumeOptions): Resource<VolumeDesired, Volume> {
  const { node, storage, first } = options;
  const address = `${volumeAddressPrefix}${node.name}`;
  const { ec2 } = context.clients;
  return {
    address,
    needs: first === undefined ? {} : { first },
    waits: { ...brief, for: 'the data volume', usualMs: 5_000, everyMs: 5_000 },
    standsPending: true,
    holdsData: true,
    desired: () => ({
      zone: node.zone,
      sizeGiB: storage.sizeGiB,
      iops: storage.iops,
      throughputMiBps: storage.throughputMiBps,
      keyArn: context.facts.key?.arn,
      tags: { ...ownTags(context, address), [nodeTag]: node.name },
    }),
    find: async (sight) => {
      const look = (id: string | undefined): Promise<Volume | undefined> =>
        context.inventory.find(volumes, address, {
          ...sight,
          id,
          meant: (several) => meantAmong(context, node, several),
        });
      const remembered = await look(sight.id);
      // While the one that is remembered goes, what somebody has restored in its place is there already.
      const isGoing = remembered !== undefined && !isThere(remembered) && !sight.fresh;
      const found = isGoing ? await look(undefined) : remembered;
      const isAstray = found !== undefined && found.zone !== node.zone && node.zone !== '';
      if (!isAstray || context.inventory.depth !== 'whole' || phaseOf(found.state) === 'gone') return found;
      const why = await whyUsed(context, node, found);
      if (why === undefined) options.moving.add(found.volumeId);
      return { ...found, use: { why } };
    },
    // Data volumes alone: a volume that does not say whose data it holds is left to the person who knows.
    // Nor is one of several of an address an orphan that a destroy takes along: it may be somebody's backup.
    all: async () => {
      const kin = await context.inventory.kin(volumes);
      const sharing = new Map<string | undefined, number>();
      for (const { address: one } of kin.filter(({ observed }) => isThere(observed)))
        sharing.set(one, (sharing.get(one) ?? 0) + 1);
      return kin.filter((one) => isDataAddress(one.address) && (sharing.get(one.address) ?? 0) < 2);
    },
    id: (observed) => observed.volumeId,
    phase: (observed) => phaseOf(observed.state),
    diff: (desired, observed) => [
      ...refusals(desired, observed),
      ...modifications(ec2, {
        address,
        desired,
        observed,
        hasGrown: () => options.grown.add(node.name),
      }),
      ...diffTags(desired.tags, observed.tags, {
        ...ec2Tags(ec2, observed.volumeId),
        former: context.formerTags,
      }),
    ],
    kept: (_desired, { keyArn }) =>
      keptKey(context.facts.key, keyArn, 'EBS cannot give a volume another; those of new nodes get it'),
    create: async (desired, token) => {
      const right = await bootstrapRight(context, options);
      const made = await ec2.send(
        new CreateVolumeCommand({
          AvailabilityZone: desired.zone,
          VolumeType: 'gp3',
          Size: desired.sizeGiB,
          Iops: desired.iops,
          Throughput: desired.throughputMiBps,
          Encrypted: true,
          ...(desired.keyArn === undefined ? {} : { KmsKeyId: desired.keyArn }),
          TagSpecifications: [{ ResourceType: 'volume', Tags: toCapitalTags({ ...desired.tags, ...right }) }],
          ClientToken: token,
        }),
      );
      invariant(made.VolumeId, 'CreateVolume answers with an id');
      return { id: made.VolumeId, observed: { ...toVolume(made), tags: { ...desired.tags, ...right } } };
    },
    once: onceByToken,
    createRetries: retries.notYetVisible,
    goneWhenAnswered: true,
    destroy: async (observed) => {
      await assertStillOurs(context, observed);
      if (observed.use !== undefined) await assertStillUnused(context, node, observed);
      await unless([notFound], ec2.send(new DeleteVolumeCommand({ VolumeId: observed.volumeId })));
    },
    destroyRetries: whileAttached,
    blockers: ({ volumeId }) => volumeHolders(context, volumeId),
    explain: async (observed) =>
      observed === undefined ? whyDiskVanishes(context) : `${observed.volumeId} is ${observed.state}`,
  };
}

/**
 * Volumes that carry the cluster's tag and do not say whose data they hold: a host's root disk that outlived it, or a data volume
 * whose tag somebody took away. es-ecs deletes none of them, and names them.
 */
export async function volumesWithoutAddress(context: StepContext): Promise<readonly Volume[]> {
  const all = await context.inventory.kin(volumes);
  return all
    .filter(({ address, observed }) => !isDataAddress(address) && isThere(observed))
    .map(({ observed }) => observed);
}

/** Whether there is a volume that may hold data of the cluster: also one that no resource claims, and that no destroy takes. */
export async function isDataThere(context: StepContext): Promise<boolean> {
  const all = (await context.inventory.kin(volumes)).filter(({ observed }) => isThere(observed));
  // Root disks carry neither tag.
  return all.some(
    ({ address, observed: { tags } }) =>
      isDataAddress(address) || tags[nodeTag] !== undefined || tags[clusterUuidTagKey] !== undefined,
  );
}

/**
 * Volumes that share their address with another: AWS Backup and whoever restores a snapshot give copies the tags of what they are
 * copies of. No destroy takes them, and they are named.
 *
 * @param ids of the cluster's `own`, which are not meant by this, and of those that are `known` for copies though they share with none
 *   any more
 */
export async function copiesOfVolumes(
  context: StepContext,
  { own, known }: Readonly<Record<'own' | 'known', ReadonlySet<string>>>,
): Promise<readonly Volume[]> {
  const data = (await context.inventory.kin(volumes)).filter(
    (one) => isDataAddress(one.address) && isThere(one.observed),
  );
  return data
    .filter(
      ({ address, observed: { volumeId } }) =>
        known.has(volumeId) || data.filter((one) => one.address === address).length > 1,
    )
    .map(({ observed }) => observed)
    .filter(({ volumeId }) => !own.has(volumeId));
}

/** Whether it has not been deleted, and is not being. */
export function isThere({ state }: Volume): boolean {
  return phaseOf(state) !== 'gone';
}

/** Whose data it holds, by its own word; undefined: no node's. */
export function dataNodeOf({ tags }: Volume): string | undefined {
  const address = tags[resourceTag];
  return isDataAddress(address) ? address?.slice(volumeAddressPrefix.length) : undefined;
}

/**
 * Of several volumes of one node, the one that can be meant: what the node's host holds; else the only one in the node's zone; else
 * the only one there that says that a cluster has formed on it. Undefined where that is not one. User data goes by the same
 * (templates/user-data.sh).
 */
async function meantAmong(
  context: StepContext,
  node: Node,
  several: readonly Volume[],
): Promise<Volume | undefined> {
  const key = nodeKey(context.config.name, node.name);
  const hosts = await context.inventory.find(nodeInstances, key, { id: undefined, fresh: true, name: key });
  const there = several.filter(isThere);
  const held = there.filter((one) => one.holders.some((holder) => hosts?.instanceIds.includes(holder)));
  const here = held.length > 0 ? held : there.filter(({ zone }) => zone === node.zone);
  const formed = here.filter(({ tags }) => tags[clusterUuidTagKey] !== undefined);
  const left = formed.length > 0 ? formed : here;
  return left.length === 1 ? left[0] : undefined;
}

function isDataAddress(address: string | undefined): boolean {
  return address?.startsWith(volumeAddressPrefix) === true;
}

/** The volume of a node that the config no longer has: nothing changes it, and only `destroy --delete-data` ends it. */
export function formerVolume(context: StepContext, node: Node): Resource<VolumeDesired, Volume> {
  const storage = { sizeGiB: 0, iops: 0, throughputMiBps: 0 };
  const former = {
    ...volume(context, {
      node,
      storage,
      initialMasters: undefined,
      first: undefined,
      grown: new Set(),
      moving: new Set(),
    }),
  };
  delete former.create;
  return { ...former, unwanted: true, diff: () => [] };
}

/**
 * The right to bootstrap goes with the initial masters' volumes when the run begins with no data volume of the cluster in the
 * account, and never again: only then can nothing have been formed that a second bootstrap would split. Volumes on which nothing has ever been
 * and which go in this run count as none, unless one that stays has the right, or a cluster on it.
 */
async function bootstrapRight(
  context: StepContext,
  { initialMasters, moving }: Pick<VolumeOptions, 'initialMasters' | 'moving'>,
): Promise<Tags> {
  if (initialMasters === undefined) return {};
  // As this run saw it before it made any: the list is read once.
  const there = (await context.inventory.owned(volumes)).filter(({ tags }) =>
    isDataAddress(tags[resourceTag]),
  );
  const staying = there.filter(({ volumeId }) => !moving.has(volumeId));
  const goes = there.some(({ volumeId, tags }) => moving.has(volumeId) && hasRight(tags));
  const isUp = staying.some(({ tags }) => hasRight(tags) || tags[clusterUuidTagKey] !== undefined);
  const isGiven = staying.length === 0 || (goes && !isUp);
  return isGiven ? { [bootstrapTagKey]: bootstrapTagValue(initialMasters) } : {};
}

function hasRight(tags: Tags): boolean {
  return (tags[bootstrapTagKey] ?? '') !== '';
}

function phaseOf(state: string): Phase {
  if (state === 'deleting' || state === 'deleted') return 'gone';
  // What failed would be replaced, and a data volume never is: `error` is refused as a difference instead.
  return state === 'creating' ? 'pending' : 'ready';
}

/** Data is sacred: what AWS could do only with another volume is not done. */
function refusals(desired: VolumeDesired, observed: Volume): readonly Change[] {
  const refused = (path: string, values: readonly [string, string], because: string): Change => {
    const [before, after] = values;
    return { path, before, after, impact: 'refuse', because };
  };
  return [
    ...(observed.state === 'error'
      ? [
          refused(
            'state',
            ['error', 'in-use'],
            'AWS has lost this volume; delete it yourself once you are sure',
          ),
        ]
      : []),
    ...(desired.zone === observed.zone ? [] : [moved(desired, observed)]),
    ...(desired.sizeGiB >= observed.sizeGiB
      ? []
      : [
          refused(
            'sizeGiB',
            [String(observed.sizeGiB), String(desired.sizeGiB)],
            'a data volume cannot shrink',
          ),
        ]),
    ...(observed.encrypted
      ? []
      : [
          refused(
            'encrypted',
            ['false', 'true'],
            'AWS cannot encrypt a volume that exists, and it holds data',
          ),
        ]),
  ];
}

/**
 * Another zone is another volume. That of a node that has never had a host is made anew there; any other stays where it is, and as long as no
 * cluster is known to have formed, beginning anew is the way.
 */
function moved(desired: VolumeDesired, observed: Volume): Change {
  const between = { path: 'zone', before: observed.zone, after: desired.zone };
  const { use, tags } = observed;
  if (use !== undefined && use.why === undefined) {
    const because =
      'a volume cannot leave its zone; nothing has ever been on this one, and an empty one takes its place';
    return { ...between, impact: 'replace', because };
  }
  const why = use?.why ?? 'it may hold data';
  const isNew = hasRight(tags) && tags[clusterUuidTagKey] === undefined;
  const way = isNew
    ? 'no cluster is known to have formed yet: es-ecs destroy --delete-data and then up begin anew in other zones'
    : `${observed.zone} keeps its place under network.zones`;
  return { ...between, impact: 'refuse', because: `a volume cannot leave its zone, and ${why}; ${way}` };
}

/**
 * A host may have come since the plan, by a group that goes on trying.
 *
 * @throws EsEcsError NOT_SAFE
 */
async function assertStillUnused(
  context: StepContext,
  node: Node,
  { volumeId, tags }: Volume,
): Promise<void> {
  const found = await context.inventory.asItIs(volumes, volumeId);
  const why = found === undefined ? undefined : await whyUsed(context, node, found);
  if (why === undefined) return;
  throw new EsEcsError('NOT_SAFE', `${volumeId} is not replaced: ${why}`, {
    address: tags[resourceTag] ?? '',
    hint: 'es-ecs plan  shows what is there now',
  });
}

/**
 * The last look before data goes: the tags, read anew from AWS, must still say that it is the cluster's, and the same node's.
 *
 * @throws EsEcsError NOT_OWNED
 */
async function assertStillOurs(context: StepContext, { volumeId, tags: seen }: Volume): Promise<void> {
  const found = await context.inventory.asItIs(volumes, volumeId);
  if (found === undefined) return;
  const { tags } = found;
  const address = tags[resourceTag];
  const isOurs = tags[clusterTag] === context.config.name;
  if (isOurs && isDataAddress(address) && address === seen[resourceTag]) return;
  throw new EsEcsError(
    'NOT_OWNED',
    `${volumeId} no longer carries the tags of a data volume of ${context.config.name}, and is not deleted`,
    {
      hint: [
        `aws ec2 describe-volumes --volume-ids ${volumeId}`,
        'delete it yourself once you are sure, or give it its tags back',
      ],
    },
  );
}

async function read(clients: Clients, request: DescribeVolumesCommandInput): Promise<Volume[]> {
  const found = await collectPages(
    paginateDescribeVolumes({ client: clients.ec2 }, request),
    (page) => page.Volumes,
  );
  return found.map(toVolume);
}

function toVolume(found: SdkVolume): Volume {
  return {
    volumeId: found.VolumeId ?? '',
    holders: (found.Attachments ?? []).flatMap(({ InstanceId }) => InstanceId ?? []),
    state: found.State ?? 'creating',
    type: found.VolumeType ?? '',
    zone: found.AvailabilityZone ?? '',
    sizeGiB: found.Size ?? 0,
    iops: found.Iops ?? 0,
    throughputMiBps: found.Throughput ?? 0,
    encrypted: found.Encrypted ?? false,
    keyArn: found.KmsKeyId,
    madeMs: found.CreateTime?.getTime() ?? 0,
    isCopy: (found.SnapshotId ?? '') !== '',
    tags: fromCapitalTags(found.Tags),
  };
}
