import type {
  BlockDeviceMapping,
  RequestLaunchTemplateData,
  RunInstancesCommandInput,
  TagSpecification,
} from '@aws-sdk/client-ec2';

import { SimulatedFailure } from '../core/failure.ts';
import { isOnFreePlan } from '../core/free-plan.ts';
import type { World } from '../core/world.ts';
import type { KeyUser } from '../kms/use.ts';
import { type ProfileReference, requireUsableProfile } from '../iam/instance-profiles.ts';
import { checkTagCount, checkTags, newRow, tagsFor } from './common.ts';
import { type PublicImage, requireImage, rootDevice } from './images.ts';
import { type LaunchPlace, occupy, placeFor } from './instance-places.ts';
import {
  checkMetadataTagKeys,
  groupTag,
  type InstanceRow,
  instances,
  type MetadataRow,
} from './instance-rows.ts';
import { die } from './instance-states.ts';
import { instanceType, isFreeTier, isOffered } from './instance-types.ts';
import { requireKeyPair } from './key-pairs.ts';
import { meetTroubles } from './launch-troubles.ts';
import { requireTemplate, requireVersion } from './launch-templates.ts';
import { checkUserData } from './user-data-limit.ts';
import { checkSpecification } from './volume-limits.ts';
import { addVolume, keyTrouble, type NewVolume, setAttachment, type VolumeRow } from './volumes.ts';

/** What RunInstances takes, whether it comes from the call, a launch template or both. */
export type LaunchRequest = Omit<RunInstancesCommandInput, 'MinCount' | 'MaxCount'>;

/** A request that was found to be good; nothing has been made yet. */
interface CheckedLaunch {
  readonly image: PublicImage;
  readonly type: string;
  readonly place: LaunchPlace;
  readonly profileArn: string | undefined;
  readonly metadata: MetadataRow;
  readonly tags: Record<string, string>;
  readonly request: LaunchRequest;
  readonly volumes: readonly PlannedVolume[];
}

interface PlannedVolume {
  readonly device: string;
  readonly isRoot: boolean;
  readonly deleteOnTermination: boolean;
  readonly fresh: NewVolume;
}

/** The request with what its launch template says beneath it: what the call itself says wins, field by field. */
export function withTemplate(world: World, request: LaunchRequest): LaunchRequest {
  const reference = request.LaunchTemplate;
  if (reference === undefined) return request;
  const data = requireVersion(requireTemplate(world, reference), reference.Version).data;
  const asked = Object.fromEntries(Object.entries(request).filter(([, value]) => value !== undefined));
  const under = data as Partial<LaunchRequest>; // The template's fields are RunInstances' own, but for markings.
  return {
    ...under,
    ...asked,
    TagSpecifications: [...templateTags(data), ...(request.TagSpecifications ?? [])],
  };
}

/** EC2 writes on an instance which template it came from. */
function templateMark(world: World, { LaunchTemplate: reference }: LaunchRequest): Record<string, string> {
  if (reference === undefined) return {};
  const template = requireTemplate(world, reference);
  return {
    'aws:ec2launchtemplate:id': template.id,
    'aws:ec2launchtemplate:version': String(requireVersion(template, reference.Version).number),
  };
}

function templateTags(data: RequestLaunchTemplateData): readonly TagSpecification[] {
  return data.TagSpecifications ?? [];
}

/**
 * Checks a launch without making anything: what a dry run does, and what Auto Scaling does when a group is made.
 *
 * @throws SimulatedFailure with the code that RunInstances would answer.
 */
export function checkLaunch(world: World, bare: LaunchRequest): CheckedLaunch {
  const request = withTemplate(world, bare);
  if (request.ImageId === undefined) {
    throw new SimulatedFailure('MissingParameter', 'The request must contain the parameter ImageId');
  }
  const image = requireImage(world, request.ImageId);
  const type = request.InstanceType ?? 'm1.small';
  checkType(type, image);
  const place = placeFor(world, request);
  if (!isOffered(world, type, place.zone)) {
    throw new SimulatedFailure(
      'Unsupported',
      `Your requested instance type (${type}) is not supported in your requested Availability Zone (${place.zone}). Please retry your request by not specifying an Availability Zone or choosing another one.`,
    );
  }
  if (request.KeyName !== undefined) requireKeyPair(world, request.KeyName);
  checkUserData(request.UserData);
  const profile: ProfileReference | undefined = request.IamInstanceProfile;
  const metadata = metadataOf(request);
  const tags = tagsFor(mergedTags(request, 'instance'), 'instance');
  const { [groupTag]: _group, ...asked } = tags;
  checkTags(Object.entries(asked).map(([Key, Value]) => ({ Key, Value })));
  checkTagCount(tags);
  if (metadata.instanceTags === 'enabled') checkMetadataTagKeys(Object.keys(tags));
  return {
    image,
    type,
    place,
    profileArn: profile === undefined ? undefined : requireUsableProfile(world, profile).arn,
    metadata,
    tags: { ...tags, ...templateMark(world, bare) },
    request,
    volumes: plannedVolumes(request, image, place.zone),
  };
}

/** Specifications of the same type one after the other, so that the later ones win. */
function mergedTags(request: LaunchRequest, type: string): readonly TagSpecification[] {
  return (request.TagSpecifications ?? []).filter((one) => one.ResourceType === type);
}

function checkType(type: string, image: PublicImage): void {
  const known = instanceType(type);
  if (known === undefined) {
    throw new SimulatedFailure('InvalidParameterValue', `Invalid value '${type}' for InstanceType.`);
  }
  if (known.architecture === image.architecture) return;
  throw new SimulatedFailure(
    'InvalidParameterValue',
    `The architecture '${known.architecture}' of the specified instance type does not match the architecture '${image.architecture}' of the specified AMI. Specify an instance type and an AMI that have matching architectures, and try again.`,
  );
}

/** Amazon Linux 2023 asks for version 2 of the metadata service and two hops where the request says nothing. */
function metadataOf({ MetadataOptions: asked }: LaunchRequest): MetadataRow {
  return {
    httpTokens: asked?.HttpTokens ?? 'required',
    hopLimit: asked?.HttpPutResponseHopLimit ?? 2,
    httpEndpoint: asked?.HttpEndpoint ?? 'enabled',
    instanceTags: asked?.InstanceMetadataTags ?? 'disabled',
  };
}

function plannedVolumes(request: LaunchRequest, image: PublicImage, zone: string): readonly PlannedVolume[] {
  const mappings = request.BlockDeviceMappings ?? [];
  const root = mappings.find((one) => one.DeviceName === rootDevice) ?? { DeviceName: rootDevice };
  const others = mappings.filter((one) => one !== root && one.Ebs !== undefined);
  const tags = tagsFor(mergedTags(request, 'volume'), 'volume');
  return [root, ...others].map((mapping) => plannedVolume(mapping, { image, zone, tags }));
}

function plannedVolume(
  mapping: BlockDeviceMapping,
  {
    image,
    zone,
    tags,
  }: { readonly image: PublicImage; readonly zone: string; readonly tags: Record<string, string> },
): PlannedVolume {
  const ebs = mapping.Ebs ?? {};
  const isRoot = mapping.DeviceName === rootDevice;
  const leastGiB = isRoot ? image.rootSizeGiB : 1;
  const sizeGiB = ebs.VolumeSize ?? leastGiB;
  if (sizeGiB < leastGiB) {
    throw new SimulatedFailure(
      'InvalidBlockDeviceMapping',
      `Volume of size ${sizeGiB}GB is smaller than snapshot '${image.snapshotId}', expect size >= ${leastGiB}GB`,
    );
  }
  const specification = checkSpecification({
    type: ebs.VolumeType ?? 'gp3',
    sizeGiB,
    iops: ebs.Iops,
    throughputMiBps: ebs.Throughput,
  });
  return {
    device: mapping.DeviceName ?? '',
    isRoot,
    deleteOnTermination: ebs.DeleteOnTermination ?? true,
    fresh: {
      zone,
      encrypted: ebs.Encrypted ?? false,
      keyNamed: ebs.KmsKeyId,
      specification,
      tags: { ...tags },
      ...(isRoot ? { snapshotId: image.snapshotId } : {}),
    },
  };
}

/**
 * Starts instances, all or none. With a key that whoever launches may not use they end while they start.
 *
 * @throws SimulatedFailure with the code that RunInstances would answer.
 */
export function launch(
  world: World,
  bare: LaunchRequest,
  { count, user }: { readonly count: number; readonly user: KeyUser },
): readonly InstanceRow[] {
  const checked = checkLaunch(world, bare);
  checkVcpus(world, checked.type, count);
  checkPlan(world, checked.type);
  const death =
    meetTroubles(world, { type: checked.type, zone: checked.place.zone }) ??
    checked.volumes.map(({ fresh }) => keyTrouble(world, fresh, user)).find((one) => one !== undefined);
  const reservationId = world.id('r');
  const started = Array.from({ length: count }, (_, index) =>
    start(world, checked, { reservationId, index }),
  );
  if (death !== undefined) for (const row of started) die(world, row, death);
  return started;
}

/** An account on the free plan starts what is free and nothing else. */
function checkPlan(world: World, type: string): void {
  if (!isOnFreePlan(world) || isFreeTier(type)) return;
  throw new SimulatedFailure(
    'InvalidParameterCombination',
    "The specified instance type is not eligible for Free Tier. For a list of Free Tier instance types, run 'describe-instance-types' with the filter 'free-tier-eligible=true'.",
  );
}

/** Counts what runs or is about to, of the families that share the quota ("Amazon EC2 instance type quotas"). */
function checkVcpus(world: World, type: string, count: number): void {
  const vcpus = (name: string): number =>
    /^[acdhimrtz]\d/.test(name) ? (instanceType(name)?.vcpus ?? 0) : 0;
  const counts = new Map([[type, count]]);
  for (const row of world.rows(instances).values()) {
    if (row.state !== 'pending' && row.state !== 'running') continue;
    counts.set(row.type, (counts.get(row.type) ?? 0) + 1);
  }
  let wanted = 0;
  for (const [name, running] of counts) wanted += vcpus(name) * running;
  if (wanted <= world.quotas.vcpus) return;
  throw new SimulatedFailure(
    'VcpuLimitExceeded',
    `You have requested more vCPU capacity than your current vCPU limit of ${world.quotas.vcpus} allows for the instance bucket that the specified instance type belongs to.`,
  );
}

function start(
  world: World,
  checked: CheckedLaunch,
  { reservationId, index }: { readonly reservationId: string; readonly index: number },
): InstanceRow {
  const { request } = checked;
  const base = newRow(world, 'i', checked.tags);
  const { id } = base;
  const row: InstanceRow = {
    ...base,
    reservationId,
    clientToken: request.ClientToken ?? '',
    launchIndex: index,
    imageId: checked.image.id,
    architecture: checked.image.architecture,
    zone: checked.place.zone,
    keyName: request.KeyName,
    profileArn: checked.profileArn,
    ebsOptimized: request.EbsOptimized ?? false,
    monitoring: request.Monitoring?.Enabled ?? false,
    type: checked.type,
    launchedAtMs: world.nowMs,
    state: 'pending',
    stateReason: undefined,
    place: occupy(world, id, {
      place: checked.place,
      tags: tagsFor(mergedTags(request, 'network-interface'), 'network-interface'),
    }),
    userData: request.UserData,
    metadata: { ...checked.metadata },
    sourceDestCheck: true,
    disableApiTermination: request.DisableApiTermination ?? false,
    shutdownBehavior: request.InstanceInitiatedShutdownBehavior ?? 'stop',
    console: [],
    boots: 0,
  };
  world.rows(instances).set(id, row);
  for (const planned of checked.volumes) attachFresh(world, id, planned);
  world.schedule('ec2/instance-running', world.vary(world.delays.instanceStart), id);
  return row;
}

function attachFresh(world: World, instanceId: string, planned: PlannedVolume): VolumeRow {
  const volume = addVolume(world, planned.fresh, 0);
  setAttachment(world, volume, {
    instanceId,
    device: planned.device,
    attachedAtMs: world.nowMs,
    isRoot: planned.isRoot,
    deleteOnTermination: planned.deleteOnTermination,
    isDetaching: false,
  });
  return volume;
}
