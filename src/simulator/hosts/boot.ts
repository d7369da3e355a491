import { SimulatedFailure } from '../core/failure.ts';
import { type EventRule, table, type World } from '../core/world.ts';
import { requireImage } from '../ec2/images.ts';
import { interfaceOf } from '../ec2/instance-places.ts';
import { type InstanceRow, instances } from '../ec2/instance-rows.ts';
import { stop } from '../ec2/instance-states.ts';
import { instanceType } from '../ec2/instance-types.ts';
import { attachVolume, tagKey, type VolumeRow, volumes, volumesByTag, volumeState } from '../ec2/volumes.ts';
import { registerHost } from '../ecs/container-instances.ts';
import { type KeyUser, theRole } from '../kms/use.ts';
import { instanceProfiles } from '../iam/instance-profiles.ts';
import { type Attempt, roleAllows, trustsEc2 } from '../iam/roles.ts';
import { outboundProblem } from './outbound.ts';
import { type HostScript, parseUserData } from './user-data.ts';

/**
 * What a host has found out about itself by the time that its agent starts: what the user data writes to
 * `/etc/es-ecs/node.env`. A task runtime that starts real containers takes their environment from here.
 */
export interface HostRow {
  readonly instanceId: string;
  readonly node: string | undefined;
  readonly zone: string;
  readonly privateIp: string;
  readonly volumeId: string | undefined;
  /** The right to bootstrap that the volume carried when the host started. */
  readonly initialMasters: string;
  readonly readyAtMs: number;
}

/** Hosts whose user data has run to its end, by instance id. */
export const hosts = table<HostRow>('hosts/ready');

interface BootRow {
  /** Which start of the instance this is. */
  readonly boot: number;
  readonly beganAtMs: number;
  /** What the host is waiting for, so that the console says it once. */
  waitingFor: string;
  /** When it last waited for a person. */
  forPersonAtMs?: number;
  /** The boot has gone on without it. */
  isInBackground?: boolean;
}

const boots = table<BootRow>('hosts/boots');

/** A volume's file system; a blank volume has none. */
interface FileSystemRow {
  /** Whose it says it is. */
  readonly owner: string;
  /** As large as its volume was when it last looked; undefined in accounts that were saved before this was kept. */
  sizeGiB?: number;
}

/** By volume id. */
export const fileSystems = table<FileSystemRow>('hosts/volume-owners');

/**
 * As templates/user-data.sh has it: a pause between attempts, after how long it says in its tag what it waits for, how long the boot waits,
 * the pause in the background from then on, and how often it looks again at what only a person can put right.
 */
const pauseMs = 5_000;
const saysAfterMs = 60_000;
const patienceMs = 5 * 60_000;
const backgroundPauseMs = 15_000;
const failedPauseMs = 60_000;
/** From when on a host that is not ready powers off, and what its reason begins with where that would help nobody. */
const longestMs = 3_900_000;
const personMark = 'for a person: ';

const device = '/dev/sdf';

/** The tags between the tool and its hosts. */
const tagNames = {
  cluster: 'es-ecs-cluster',
  resource: 'es-ecs-resource',
  node: 'es-ecs-node',
  problem: 'es-ecs-problem',
  bootstrap: 'es-ecs-bootstrap',
  clusterUuid: 'es-ecs-cluster-uuid',
} as const;

/** Where a boot stands after a look: done, to be looked at again, or over. */
type Step<Value = undefined> =
  | { readonly kind: 'done'; readonly value: Value }
  | { readonly kind: 'wait'; readonly for: string; readonly forPerson?: true }
  | { readonly kind: 'fail'; readonly because: string };

type Held = Exclude<Step, { readonly kind: 'done' }>;

const wait = (reason: string): { readonly kind: 'wait'; readonly for: string } => ({
  kind: 'wait',
  for: reason,
});
const fail = (because: string): { readonly kind: 'fail'; readonly because: string } => ({
  kind: 'fail',
  because,
});

function say(row: InstanceRow, line: string): void {
  row.console.push(`cloud-init: es-ecs: ${line}`);
}

/** What happens on hosts by itself. */
export const hostRules: Readonly<Record<string, EventRule>> = {
  /** Of an instance or a volume that is no more. */
  'hosts/forget': (world, id) => {
    world.rows(hosts).delete(id);
    world.rows(boots).delete(id);
    world.rows(fileSystems).delete(id);
  },
  /** A host's timer looks at the device of its data volume. */
  'hosts/grow': (world, volumeId) => {
    const volume = world.rows(volumes).get(volumeId);
    const host = world.rows(instances).get(volume?.attachment?.instanceId ?? '');
    const fileSystem = world.rows(fileSystems).get(volumeId);
    if (volume === undefined || host?.state !== 'running' || fileSystem === undefined) return;
    // A host that is still booting grows it as it mounts it.
    if (!world.rows(hosts).has(host.id) || parseUserData(host.userData)?.watchesGrowth !== true) return;
    fileSystem.sizeGiB = volume.specification.sizeGiB;
  },
  'hosts/boot': (world, instanceId) => {
    const row = world.rows(instances).get(instanceId);
    if (row?.state !== 'running') return;
    const boot = currentBoot(world, row);
    const step = look(world, row);
    if (step.kind === 'done') {
      world.rows(boots).delete(instanceId);
      return;
    }
    const afterMs = goOnLater(world, row, { boot, step });
    if (makesRoom(world, row, { boot, step })) stop(world, row);
    else world.schedule('hosts/boot', afterMs, instanceId);
  },
};

/** Whether a host powers off, so that its group starts another: not where that would find the same. */
function makesRoom(
  world: World,
  row: InstanceRow,
  { boot, step }: { readonly boot: BootRow; readonly step: Held },
): boolean {
  if (step.kind === 'fail' || step.forPerson === true) boot.forPersonAtMs = world.nowMs;
  const forMs = world.nowMs - (boot.forPersonAtMs ?? boot.beganAtMs);
  if (boot.isInBackground !== true || forMs < longestMs) return false;
  if (parseUserData(row.userData)?.makesRoom !== true) return false;
  say(row, 'not ready after more than an hour: powering off, so that the group starts another host');
  return true;
}

/** Says what holds a host up, and when it looks again: it never gives up. */
function goOnLater(
  world: World,
  row: InstanceRow,
  { boot, step }: { readonly boot: BootRow; readonly step: Held },
): number {
  const reason = step.kind === 'wait' ? step.for : step.because;
  const forMs = world.nowMs - boot.beganAtMs;
  const isNews = boot.waitingFor !== reason;
  boot.waitingFor = reason;
  if (step.kind === 'fail') {
    if (isNews) say(row, `FAILED: ${reason}`);
    noteProblem(world, row, `${personMark}${reason}`);
    return failedPauseMs;
  }
  if (isNews) say(row, `${reason}, waiting`);
  if (step.forPerson === true) noteProblem(world, row, `${personMark}${reason}`);
  else if (forMs >= saysAfterMs) noteProblem(world, row, reason);
  if (forMs < patienceMs) return pauseMs;
  if (boot.isInBackground !== true) say(row, 'going on in the background: journalctl -u es-ecs-host');
  boot.isInBackground = true;
  return backgroundPauseMs;
}

function currentBoot(world: World, row: InstanceRow): BootRow {
  const known = world.rows(boots).get(row.id);
  if (known?.boot === row.boots) return known;
  const fresh: BootRow = { boot: row.boots, beganAtMs: world.nowMs, waitingFor: '' };
  world.rows(boots).set(row.id, fresh);
  world.rows(hosts).delete(row.id);
  row.console.push(`[    0.000000] Linux version 6.1 (${row.architecture})`, `${row.id} login:`);
  return fresh;
}

/** The reason goes to a tag if the host can write one. */
function noteProblem(world: World, row: InstanceRow, reason: string): void {
  const value = reason.slice(0, 250);
  if (row.tags[tagNames.problem] === value) return;
  if (outboundProblem(world, row) !== undefined) return;
  if (!mayCall(world, row, { action: 'ec2:CreateTags', tags: row.tags })) return;
  row.tags = { ...row.tags, [tagNames.problem]: value };
}

/** One look at how far a host can come; safe to repeat. */
function look(world: World, row: InstanceRow): Step {
  const script = parseUserData(row.userData);
  if (script === undefined || !requireImage(world, row.imageId).hasEcsAgent) {
    return { kind: 'done', value: undefined };
  }
  const node = row.metadata.instanceTags === 'enabled' ? row.tags[tagNames.node] : undefined;
  if (script.volume !== undefined && node === undefined) {
    return wait(`the instance has no tag ${tagNames.node} in its metadata`);
  }
  const problem = outboundProblem(world, row);
  if (problem !== undefined) return wait(`no AWS endpoint can be reached: ${problem}`);
  const volume = takeVolume(world, row, { script, node: node ?? '' });
  if (volume.kind !== 'done') return volume;
  return join(world, row, { script, node, volume: volume.value });
}

function takeVolume(
  world: World,
  row: InstanceRow,
  { script, node }: { readonly script: HostScript; readonly node: string },
): Step<VolumeRow | undefined> {
  if (script.volume === undefined) return { kind: 'done', value: undefined };
  if (!mayCall(world, row, { action: 'ec2:DescribeVolumes' })) {
    return wait("the instance's role does not allow ec2:DescribeVolumes");
  }
  const { cluster, addressPrefix } = script.volume;
  const address = `${addressPrefix}${node}`;
  const found = world
    .rowsBy(volumesByTag, tagKey(tagNames.resource, address))
    .filter((one) => one.tags[tagNames.cluster] === cluster && volumeState(world, one) !== 'deleting');
  if (found.length === 0)
    return wait(`the volume of ${node} cannot be had: no volume carries the address ${address}`);
  const [volume, ...others] = meantAmong(row, found);
  if (volume === undefined || others.length > 0) return waitForPerson(address, found);
  const held = hold(world, row, volume);
  return held.kind === 'done' ? claim(world, volume, `${cluster}/${node}`) : held;
}

/** Those of several volumes of an address that the script would take one for: held, in this zone, of a cluster that has formed. */
function meantAmong(row: InstanceRow, found: readonly VolumeRow[]): readonly VolumeRow[] {
  if (found.length < 2) return found;
  const or = (some: readonly VolumeRow[], all: readonly VolumeRow[]): readonly VolumeRow[] =>
    some.length > 0 ? some : all;
  const held = found.filter((one) => one.attachment?.instanceId === row.id);
  const zoned = found.filter((one) => one.zone === row.zone);
  const here = or(held, or(zoned, found));
  return or(
    here.filter((one) => one.tags[tagNames.clusterUuid] !== undefined),
    here,
  );
}

/** A wait whose reason is in the host's tag at once. */
function waitForPerson(address: string, found: readonly VolumeRow[]): Step<VolumeRow | undefined> {
  const ids = found.map((one) => one.id).join(' ');
  return {
    ...wait(`${ids} carry the same address ${address}, and nothing tells which is meant`),
    forPerson: true,
  };
}

/** Attaches the volume when it is free, and waits while another host has it. */
function hold(world: World, row: InstanceRow, volume: VolumeRow): Step {
  const holder = volume.attachment?.instanceId;
  if (holder === row.id && volume.attachment?.isDetaching === false) {
    return volume.attachment.attachedAtMs <= world.nowMs
      ? { kind: 'done', value: undefined }
      : wait(`${volume.id} is attaching`);
  }
  if (holder !== undefined) return wait(`${volume.id} is in-use at ${holder}`);
  // AWS asks for both ends of an attachment.
  const refused = [row, volume].find(
    ({ tags }) => !mayCall(world, row, { action: 'ec2:AttachVolume', tags }),
  );
  if (refused !== undefined)
    return wait(`the instance's role does not allow ec2:AttachVolume on ${refused.id}`);
  try {
    attachVolume(world, volume, { instanceId: row.id, device, user: roleOf(world, row) });
    return wait(`${volume.id} is attaching`);
  } catch (error) {
    if (error instanceof SimulatedFailure) return wait(`${volume.id}: ${error.code}: ${error.message}`);
    throw error;
  }
}

/** A blank volume gets a file system that says whose it is; another's is not touched. */
function claim(world: World, volume: VolumeRow, owner: string): Step<VolumeRow> {
  const known = world.rows(fileSystems).get(volume.id)?.owner;
  if (known !== undefined && known !== owner)
    return fail(`${volume.id} belongs to ${known}, not to ${owner}`);
  world.rows(fileSystems).set(volume.id, { owner, sizeGiB: volume.specification.sizeGiB });
  return { kind: 'done', value: volume };
}

/** Hands over to the agent, which registers with ECS; it tries again while the cluster is not there. */
function join(
  world: World,
  row: InstanceRow,
  found: {
    readonly script: HostScript;
    readonly node: string | undefined;
    readonly volume: VolumeRow | undefined;
  },
): Step {
  const { script, node, volume } = found;
  if (!mayCall(world, row, { action: 'ecs:RegisterContainerInstance' })) {
    return wait("the instance's role does not allow ecs:RegisterContainerInstance");
  }
  const type = instanceType(row.type);
  const registered = registerHost(world, {
    cluster: script.ecsCluster,
    instanceId: row.id,
    attributes: {
      'ecs.ami-id': row.imageId,
      'ecs.availability-zone': row.zone,
      'ecs.cpu-architecture': row.architecture,
      'ecs.instance-type': row.type,
      'ecs.subnet-id': row.place?.subnetId ?? '',
      'ecs.vpc-id': row.place?.vpcId ?? '',
      ...(node === undefined ? {} : { [tagNames.node]: node }),
    },
    memoryMiB: type?.memoryMiB ?? 0,
    cpuUnits: (type?.vcpus ?? 0) * 1024,
  });
  if (registered === undefined) return wait(`the ECS cluster ${script.ecsCluster} is not there`);
  const { [tagNames.problem]: _solved, ...tags } = row.tags;
  row.tags = tags;
  say(row, `${node ?? row.id} is ready${volume === undefined ? '' : `: ${volume.id} at /var/lib/es-ecs`}`);
  world.rows(hosts).set(row.id, {
    instanceId: row.id,
    node,
    zone: row.zone,
    privateIp: interfaceOf(world, row.place)?.privateIp ?? '',
    volumeId: volume?.id,
    initialMasters: volume?.tags[tagNames.bootstrap] ?? '',
    readyAtMs: world.nowMs,
  });
  return { kind: 'done', value: undefined };
}

/** The role that the host's calls are made with. */
function roleOf(world: World, row: InstanceRow): KeyUser {
  const profile = [...world.rows(instanceProfiles).values()].find((one) => one.arn === row.profileArn);
  return theRole(world, profile?.roleName ?? '');
}

/** Whether the role behind the instance's profile allows an attempt. */
function mayCall(world: World, row: InstanceRow, attempt: Attempt): boolean {
  const profile = [...world.rows(instanceProfiles).values()].find((one) => one.arn === row.profileArn);
  const role = profile?.roleName;
  return role !== undefined && trustsEc2(world, role) && roleAllows(world, role, attempt);
}
