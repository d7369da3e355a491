import type {
  AttachVolumeCommandInput,
  AttachVolumeCommandOutput,
  CreateVolumeCommandInput,
  CreateVolumeCommandOutput,
  DeleteVolumeCommandInput,
  DescribeVolumesCommandInput,
  DescribeVolumesCommandOutput,
  DescribeVolumesModificationsCommandInput,
  DescribeVolumesModificationsCommandOutput,
  DetachVolumeCommandInput,
  DetachVolumeCommandOutput,
  ModifyVolumeCommandInput,
  ModifyVolumeCommandOutput,
  Volume,
  VolumeAttachment,
  VolumeModification,
  VolumeType,
} from '@aws-sdk/client-ec2';

import { once } from '../core/client-tokens.ts';
import { ebsKey, findKey, type KeyRow } from '../kms/keys.ts';
import { diskAttaching, diskMaking, type KeyUser, mayUse, theCaller } from '../kms/use.ts';
import { SimulatedFailure } from '../core/failure.ts';
import { type EventRule, indexBy, table, type World } from '../core/world.ts';
import {
  type Answer,
  checkFilterValues,
  describeRows,
  type Ec2Row,
  ec2Page,
  newRow,
  requireRow,
  tagsForOnly,
  toTags,
} from './common.ts';
import { instances, requireInstance } from './instance-rows.ts';
import { checkSpecification, type VolumeSpecification } from './volume-limits.ts';
import { requireZone } from './zones.ts';

export interface AttachmentRow {
  readonly instanceId: string;
  readonly device: string;
  readonly attachedAtMs: number;
  readonly isRoot: boolean;
  deleteOnTermination: boolean;
  isDetaching: boolean;
}

/** A change of size or performance, and how far it has come. */
export interface ModificationRow {
  readonly startedAtMs: number;
  /** From then on the volume has its new size and is optimised behind the scenes. */
  readonly modifiedAtMs: number;
  readonly completedAtMs: number;
  readonly before: VolumeSpecification;
  readonly after: VolumeSpecification;
}

export interface VolumeRow extends Ec2Row {
  readonly zone: string;
  readonly encrypted: boolean;
  /** The ARN of its key; of rows that an earlier es-ecs has saved EBS's own. */
  readonly keyArn?: string | undefined;
  readonly snapshotId: string | undefined;
  readonly createdAtMs: number;
  readonly availableAtMs: number;
  specification: VolumeSpecification;
  attachment: AttachmentRow | undefined;
  isDeleting: boolean;
  modifications: ModificationRow[];
}

/** EBS volumes by id. */
export const volumes = table<VolumeRow>('ec2/volumes');

/** Those that were lost, by id: hosts that had mounted them find nothing but errors there. */
const destroyedVolumes = table<{ readonly atMs: number }>('ec2/destroyed-volumes');

const byHolder = indexBy(volumes, ({ attachment }) =>
  attachment === undefined ? [] : [attachment.instanceId],
);

/** Volumes by a tag and its value; see `tagKey`. */
export const volumesByTag = indexBy(volumes, (row) =>
  Object.entries(row.tags).map(([key, value]) => tagKey(key, value)),
);

/** The key of `volumesByTag`. */
export function tagKey(key: string, value: string): string {
  return JSON.stringify([key, value]);
}

/** Who holds a volume is changed here alone. */
export function setAttachment(world: World, row: VolumeRow, attachment: AttachmentRow | undefined): void {
  row.attachment = attachment;
  world.rows(volumes).set(row.id, row);
}

/** "You can modify a volume up to four times within a rolling 24-hour period" (ModifyVolume, EC2 API reference, 2026). */
const modificationsADay = 4;
const dayMs = 24 * 3600 * 1000;

function volumeNotFound(id: string): SimulatedFailure {
  return new SimulatedFailure('InvalidVolume.NotFound', `The volume '${id}' does not exist.`);
}

/** @throws SimulatedFailure InvalidVolume.NotFound */
function requireVolume(world: World, id: string | undefined): VolumeRow {
  return requireRow(world, { table: volumes, notFound: volumeNotFound }, id);
}

/** The volume's state in EC2's words. */
export function volumeState(world: World, row: VolumeRow): 'creating' | 'available' | 'in-use' | 'deleting' {
  if (row.isDeleting) return 'deleting';
  if (row.attachment !== undefined) return 'in-use';
  return world.nowMs < row.availableAtMs ? 'creating' : 'available';
}

function attachmentState(world: World, attachment: AttachmentRow): 'attaching' | 'attached' | 'detaching' {
  if (attachment.isDetaching) return 'detaching';
  return world.nowMs < attachment.attachedAtMs ? 'attaching' : 'attached';
}

function toAttachment(world: World, row: VolumeRow, attachment: AttachmentRow): VolumeAttachment {
  return {
    VolumeId: row.id,
    InstanceId: attachment.instanceId,
    Device: attachment.device,
    State: attachmentState(world, attachment),
    AttachTime: new Date(attachment.attachedAtMs),
    DeleteOnTermination: attachment.deleteOnTermination,
  };
}

function toVolume(world: World, row: VolumeRow): Volume {
  const { attachment, specification } = row;
  return {
    VolumeId: row.id,
    AvailabilityZone: row.zone,
    State: volumeState(world, row),
    Size: specification.sizeGiB,
    VolumeType: specification.type,
    ...(specification.iops === undefined ? {} : { Iops: specification.iops }),
    ...(specification.throughputMiBps === undefined ? {} : { Throughput: specification.throughputMiBps }),
    Encrypted: row.encrypted,
    ...(row.encrypted ? { KmsKeyId: row.keyArn ?? findKey(world, 'alias/aws/ebs')?.arn } : {}),
    SnapshotId: row.snapshotId ?? '',
    CreateTime: new Date(row.createdAtMs),
    MultiAttachEnabled: false,
    Attachments: attachment === undefined ? [] : [toAttachment(world, row, attachment)],
    Tags: toTags(row.tags),
  };
}

/** What makes a volume besides its size and kind. */
export interface NewVolume {
  readonly zone: string;
  readonly encrypted: boolean;
  /** As the call names it; absent: the account's default. */
  readonly keyNamed?: string | undefined;
  readonly specification: VolumeSpecification;
  readonly tags: Record<string, string>;
  readonly snapshotId?: string;
}

function keyOf(world: World, { keyNamed }: Pick<NewVolume, 'keyNamed'>): KeyRow | undefined {
  return findKey(world, keyNamed ?? ebsKey(world));
}

/** Why a disk cannot be made with its key, in the words of an instance that ends of it; undefined where it can. */
export function keyTrouble(
  world: World,
  fresh: Pick<NewVolume, 'encrypted' | 'keyNamed'>,
  user: KeyUser,
): string | undefined {
  if (!fresh.encrypted) return undefined;
  const key = keyOf(world, fresh);
  if (key === undefined || key.state !== 'Enabled' || key.spec !== 'SYMMETRIC_DEFAULT') {
    return 'Client.InvalidKMSKey.InvalidState: The KMS key provided is in an incorrect state';
  }
  if (key.manager === 'AWS' || mayUse(world, key, { user, uses: diskMaking })) return undefined;
  return 'Client.InternalError: Client error on launch';
}

/** Puts a volume into the account; for root disks it is there at once. */
export function addVolume(world: World, fresh: NewVolume, readyAfterMs: number): VolumeRow {
  const row: VolumeRow = {
    ...newRow(world, 'vol', fresh.tags),
    zone: fresh.zone,
    encrypted: fresh.encrypted,
    ...(fresh.encrypted ? { keyArn: keyOf(world, fresh)?.arn ?? fresh.keyNamed } : {}),
    snapshotId: fresh.snapshotId,
    createdAtMs: world.nowMs,
    availableAtMs: world.nowMs + readyAfterMs,
    specification: fresh.specification,
    attachment: undefined,
    isDeleting: false,
    modifications: [],
  };
  world.rows(volumes).set(row.id, row);
  return row;
}

/** Volumes, as the EC2 API reference describes them. */
export const volumeOperations = {
  CreateVolume(world: World, input: CreateVolumeCommandInput): Answer<CreateVolumeCommandOutput> {
    const call = { operation: 'EC2:CreateVolume', token: input.ClientToken, input };
    const row = once(world, call, () => createVolume(world, input));
    const { Attachments: _none, ...volume } = toVolume(world, world.rows(volumes).get(row.id) ?? row);
    return volume;
  },

  DescribeVolumes(world: World, input: DescribeVolumesCommandInput): Answer<DescribeVolumesCommandOutput> {
    const found = describeRows(world, world.rows(volumes), {
      ids: input.VolumeIds,
      filters: input.Filters,
      fields: {
        'volume-id': (row) => [row.id],
        'availability-zone': (row) => [row.zone],
        status: (row) => [volumeState(world, row)],
        'volume-type': (row) => [row.specification.type],
        size: (row) => [String(row.specification.sizeGiB)],
        encrypted: (row) => [String(row.encrypted)],
        'attachment.instance-id': (row) => [row.attachment?.instanceId],
        'attachment.device': (row) => [row.attachment?.device],
        'attachment.status': (row) => [row.attachment && attachmentState(world, row.attachment)],
        'attachment.delete-on-termination': (row) => [
          row.attachment && String(row.attachment.deleteOnTermination),
        ],
      },
      notFound: volumeNotFound,
    });
    const { items, nextToken } = ec2Page(found, input);
    return { Volumes: items.map((row) => toVolume(world, row)), NextToken: nextToken };
  },

  AttachVolume(world: World, input: AttachVolumeCommandInput): Answer<AttachVolumeCommandOutput> {
    const row = requireVolume(world, input.VolumeId);
    const attachment = attachVolume(world, row, {
      instanceId: input.InstanceId ?? '',
      device: input.Device ?? '',
    });
    return toAttachment(world, row, attachment);
  },

  DetachVolume(world: World, input: DetachVolumeCommandInput): Answer<DetachVolumeCommandOutput> {
    const row = requireVolume(world, input.VolumeId);
    const { attachment } = row;
    if (attachment === undefined || attachment.isDetaching) {
      const state = attachment === undefined ? volumeState(world, row) : 'detaching';
      throw new SimulatedFailure('IncorrectState', `Volume '${row.id}' is in the '${state}' state.`);
    }
    if (input.InstanceId !== undefined && input.InstanceId !== attachment.instanceId) {
      throw new SimulatedFailure(
        'InvalidAttachment.NotFound',
        `The volume '${row.id}' is not attached to instance '${input.InstanceId}'.`,
      );
    }
    const holder = world.rows(instances).get(attachment.instanceId);
    if (attachment.isRoot && holder?.state !== 'stopped') {
      throw new SimulatedFailure(
        'OperationNotPermitted',
        `Unable to detach root volume '${row.id}' from instance '${attachment.instanceId}'`,
      );
    }
    attachment.isDetaching = true;
    world.schedule('ec2/volume-detached', world.vary(world.delays.volume), row.id);
    return toAttachment(world, row, attachment);
  },

  DeleteVolume(world: World, input: DeleteVolumeCommandInput): object {
    const row = requireVolume(world, input.VolumeId);
    const state = volumeState(world, row);
    if (state === 'in-use') {
      throw new SimulatedFailure(
        'VolumeInUse',
        `Volume ${row.id} is currently attached to ${row.attachment?.instanceId ?? ''}`,
      );
    }
    if (state !== 'available') {
      throw new SimulatedFailure('IncorrectState', `The volume '${row.id}' is '${state}'`);
    }
    deleteVolume(world, row);
    return {};
  },

  ModifyVolume(world: World, input: ModifyVolumeCommandInput): Answer<ModifyVolumeCommandOutput> {
    const row = requireVolume(world, input.VolumeId);
    const modification = modifyVolume(world, row, input);
    return { VolumeModification: toModification(world, row, modification) };
  },

  /** The latest modification of each volume that has had one. */
  DescribeVolumesModifications(
    world: World,
    input: DescribeVolumesModificationsCommandInput,
  ): Answer<DescribeVolumesModificationsCommandOutput> {
    checkFilterValues(input.Filters);
    const asked = input.VolumeIds ?? [];
    const rows =
      asked.length > 0 ? asked.map((id) => requireVolume(world, id)) : world.rows(volumes).values();
    const found = [...rows].flatMap((row) => {
      const latest = row.modifications.at(-1);
      if (latest !== undefined) return [toModification(world, row, latest)];
      if (asked.length === 0) return [];
      throw new SimulatedFailure(
        'InvalidVolumeModification.NotFound',
        `Modification for volume '${row.id}' does not exist.`,
      );
    });
    const wanted = found.filter((one) => (input.Filters ?? []).every((filter) => holds(one, filter)));
    const { items, nextToken } = ec2Page(wanted, input);
    return { VolumesModifications: items, NextToken: nextToken };
  },
} as const;

function holds(
  one: VolumeModification,
  filter: { readonly Name?: string | undefined; readonly Values?: readonly string[] | undefined },
): boolean {
  const fields: Readonly<Record<string, string | undefined>> = {
    'volume-id': one.VolumeId,
    'modification-state': one.ModificationState,
  };
  const value = fields[filter.Name ?? ''];
  if (value === undefined) {
    throw new SimulatedFailure('InvalidParameterValue', `The filter '${filter.Name ?? ''}' is invalid`);
  }
  return filter.Values?.includes(value) === true;
}

/** @throws SimulatedFailure VolumeLimitExceeded, when all gp3 volumes together would be larger than the quota */
function checkStorage(world: World, type: string, moreGiB: number): void {
  if (type !== 'gp3') return;
  let totalGiB = moreGiB;
  for (const { specification } of world.rows(volumes).values()) {
    if (specification.type === 'gp3') totalGiB += specification.sizeGiB;
  }
  if (totalGiB <= world.quotas.gp3TiB * 1024) return;
  throw new SimulatedFailure(
    'VolumeLimitExceeded',
    'You have exceeded your maximum gp3 storage limit in this region.',
  );
}

function createVolume(world: World, input: CreateVolumeCommandInput): VolumeRow {
  const zone = input.AvailabilityZone;
  if (zone === undefined) {
    throw new SimulatedFailure('MissingParameter', 'The request must contain the parameter AvailabilityZone');
  }
  requireZone(world, zone);
  if (input.Size === undefined) {
    throw new SimulatedFailure('MissingParameter', 'The request must contain the parameter size/snapshot');
  }
  const specification = checkSpecification({
    type: input.VolumeType ?? 'gp2',
    sizeGiB: input.Size,
    iops: input.Iops,
    throughputMiBps: input.Throughput,
  });
  checkStorage(world, specification.type, specification.sizeGiB);
  const encrypted = input.Encrypted ?? false;
  const tags = tagsForOnly(input.TagSpecifications, 'volume');
  const fresh = { zone, encrypted, specification, tags, keyNamed: input.KmsKeyId };
  const row = addVolume(world, fresh, world.vary(world.delays.volume));
  // "Amazon EBS authenticates the KMS key asynchronously": the volume is there and then is not ("CreateVolume", KmsKeyId).
  if (encrypted && keyTrouble(world, fresh, theCaller(world)) !== undefined) deleteVolume(world, row);
  return row;
}

/**
 * Attaches a volume, for whoever asks: the API or a host's own user data.
 *
 * @throws SimulatedFailure VolumeInUse, IncorrectState, InvalidVolume.ZoneMismatch, InvalidParameterValue
 */
export function attachVolume(
  world: World,
  row: VolumeRow,
  asked: { readonly instanceId: string; readonly device: string; readonly user?: KeyUser },
): AttachmentRow {
  const instance = requireInstance(world, asked.instanceId);
  const { device } = asked;
  if (!/^(\/dev\/)?(sd[a-z]\d{0,2}|xvd[a-z]{1,2})$/.test(device)) {
    throw new SimulatedFailure(
      'InvalidParameterValue',
      `Value (${device}) for parameter device is invalid. ${device} is not a valid EBS device name.`,
    );
  }
  const state = volumeState(world, row);
  if (state === 'in-use') {
    throw new SimulatedFailure('VolumeInUse', `${row.id} is already attached to an instance`);
  }
  if (state !== 'available') throw new SimulatedFailure('IncorrectState', `${row.id} is not 'available'.`);
  if (instance.zone !== row.zone) {
    throw new SimulatedFailure(
      'InvalidVolume.ZoneMismatch',
      `The volume '${row.id}' is not in the same availability zone as instance '${instance.id}'`,
    );
  }
  if (instance.state !== 'running' && instance.state !== 'stopped') {
    throw new SimulatedFailure('IncorrectState', `Instance '${instance.id}' is not 'running'.`);
  }
  const taken = volumesOf(world, instance.id).some((one) => one.attachment?.device === device);
  if (taken) {
    throw new SimulatedFailure(
      'InvalidParameterValue',
      `Invalid value '${device}' for unixDevice. Attachment point ${device} is already in use`,
    );
  }
  const key = findKey(world, row.keyArn ?? 'alias/aws/ebs');
  const user = asked.user ?? theCaller(world);
  const mayAttach =
    key?.state === 'Enabled' && (key.manager === 'AWS' || mayUse(world, key, { user, uses: diskAttaching }));
  if (row.encrypted && !mayAttach) {
    throw new SimulatedFailure(
      'CustomerKeyHasBeenRevoked',
      `Volume ${row.id} cannot be attached. The encrypted volume was unable to access the KMS master key.`,
    );
  }
  const attachment: AttachmentRow = {
    instanceId: instance.id,
    device,
    attachedAtMs: world.nowMs + world.vary(world.delays.volume),
    isRoot: false,
    deleteOnTermination: false,
    isDetaching: false,
  };
  setAttachment(world, row, attachment);
  return attachment;
}

/** The volumes that an instance holds. */
export function volumesOf(world: World, instanceId: string): readonly VolumeRow[] {
  return world.rowsBy(byHolder, instanceId);
}

/** At an instance's end: what was to go with it goes, the rest is free again. */
export function releaseVolumes(world: World, instanceId: string): void {
  for (const row of volumesOf(world, instanceId)) {
    const goes = row.attachment?.deleteOnTermination === true;
    setAttachment(world, row, undefined);
    if (goes) deleteVolume(world, row);
  }
}

/** The disk behind a volume fails, and what is on it is gone with it ("annual failure rate", Amazon EBS). */
export function destroyVolume(world: World, row: VolumeRow): void {
  setAttachment(world, row, undefined);
  world.rows(volumes).delete(row.id);
  world.rows(destroyedVolumes).set(row.id, { atMs: world.nowMs });
  world.schedule('hosts/forget', 0, row.id);
}

/** Whether the disk behind a volume has failed while something used it. */
export function isDestroyed(world: World, volumeId: string): boolean {
  return world.rows(destroyedVolumes).has(volumeId);
}

function deleteVolume(world: World, row: VolumeRow): void {
  row.isDeleting = true;
  world.schedule('ec2/volume-deleted', world.vary(world.delays.volume), row.id);
}

/** Until the timer of `templates/user-data.sh` looks again: half of its half minute. */
const growthMs = 15_000;

function modifyVolume(world: World, row: VolumeRow, input: ModifyVolumeCommandInput): ModificationRow {
  const state = volumeState(world, row);
  if (state !== 'available' && state !== 'in-use') {
    throw new SimulatedFailure('IncorrectState', `The volume '${row.id}' is '${state}'`);
  }
  const latest = row.modifications.at(-1);
  if (latest !== undefined && world.nowMs < latest.completedAtMs) {
    throw new SimulatedFailure(
      'IncorrectModificationState',
      `Volume ${row.id} is currently in modification state ${modificationState(world, latest).toUpperCase()}. Please wait for it to complete.`,
    );
  }
  const recent = row.modifications.filter((one) => one.startedAtMs > world.nowMs - dayMs);
  if (recent.length >= modificationsADay) {
    throw new SimulatedFailure(
      'VolumeModificationRateExceeded',
      `You've reached the maximum modification rate per volume limit: ${modificationsADay} in 24 hours.`,
    );
  }
  const after = modified(row.specification, input);
  if (after.sizeGiB < row.specification.sizeGiB) {
    throw new SimulatedFailure('InvalidParameterValue', 'New size cannot be smaller than existing size');
  }
  const modifiedAtMs = world.nowMs + world.vary(10_000);
  const modification: ModificationRow = {
    startedAtMs: world.nowMs,
    modifiedAtMs,
    // About six hours for a full TiB ("Monitor the progress of EBS volume modifications"), and less for less.
    completedAtMs: modifiedAtMs + Math.max(60_000, row.specification.sizeGiB * 21_000),
    before: row.specification,
    after,
  };
  row.modifications.push(modification);
  world.schedule('ec2/volume-modified', modifiedAtMs - world.nowMs, row.id);
  return modification;
}

function modified(before: VolumeSpecification, input: ModifyVolumeCommandInput): VolumeSpecification {
  const type: VolumeType = input.VolumeType ?? before.type;
  const isSameType = type === before.type;
  return checkSpecification({
    type,
    sizeGiB: input.Size ?? before.sizeGiB,
    iops: input.Iops ?? (isSameType && type !== 'gp2' ? before.iops : undefined),
    throughputMiBps: input.Throughput ?? (isSameType ? before.throughputMiBps : undefined),
  });
}

function modificationState(
  world: World,
  modification: ModificationRow,
): 'modifying' | 'optimizing' | 'completed' {
  if (world.nowMs < modification.modifiedAtMs) return 'modifying';
  return world.nowMs < modification.completedAtMs ? 'optimizing' : 'completed';
}

function toModification(world: World, row: VolumeRow, modification: ModificationRow): VolumeModification {
  const { before, after, startedAtMs, completedAtMs } = modification;
  const state = modificationState(world, modification);
  const share = (world.nowMs - startedAtMs) / (completedAtMs - startedAtMs);
  return {
    VolumeId: row.id,
    ModificationState: state,
    Progress: Math.min(100, Math.floor(share * 100)),
    StartTime: new Date(startedAtMs),
    ...(state === 'completed' ? { EndTime: new Date(completedAtMs) } : {}),
    OriginalSize: before.sizeGiB,
    OriginalVolumeType: before.type,
    ...(before.iops === undefined ? {} : { OriginalIops: before.iops }),
    ...(before.throughputMiBps === undefined ? {} : { OriginalThroughput: before.throughputMiBps }),
    TargetSize: after.sizeGiB,
    TargetVolumeType: after.type,
    ...(after.iops === undefined ? {} : { TargetIops: after.iops }),
    ...(after.throughputMiBps === undefined ? {} : { TargetThroughput: after.throughputMiBps }),
  };
}

/** What happens to volumes by itself. */
export const volumeRules: Readonly<Record<string, EventRule>> = {
  'ec2/volume-detached': (world, id) => {
    const row = world.rows(volumes).get(id);
    if (row?.attachment?.isDetaching === true) setAttachment(world, row, undefined);
  },
  'ec2/volume-deleted': (world, id) => {
    world.rows(volumes).delete(id);
    world.schedule('hosts/forget', 0, id);
  },
  'ec2/volume-modified': (world, id) => {
    const row = world.rows(volumes).get(id);
    const latest = row?.modifications.at(-1);
    if (row === undefined || latest === undefined) return;
    row.specification = latest.after;
    world.schedule('hosts/grow', world.vary(growthMs), id);
  },
};
