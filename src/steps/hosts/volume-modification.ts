import {
  DescribeVolumesModificationsCommand,
  type EC2Client,
  ModifyVolumeCommand,
  type ModifyVolumeCommandInput,
  type VolumeModification,
} from '@aws-sdk/client-ec2';

import type { Address, Change } from '../../engine/resource.ts';
import { EsEcsError } from '../../errors.ts';
import type { Volume, VolumeDesired } from './volume.ts';

/** A data volume as it should be and as it is. */
export interface Modified {
  readonly address: Address;
  readonly desired: VolumeDesired;
  readonly observed: Volume;
  /** Told once AWS has begun to make it larger. */
  readonly hasGrown: () => void;
}

/** One ModifyVolume for all: AWS takes the next one only once this one is through, six hours later for some. */
export function modifications(ec2: EC2Client, modified: Modified): readonly Change[] {
  const { desired, observed } = modified;
  const grows = desired.sizeGiB > observed.sizeGiB;
  const fields = [
    ['sizeGiB', observed.sizeGiB, grows ? desired.sizeGiB : observed.sizeGiB],
    ['iops', observed.iops, desired.iops],
    ['throughputMiBps', observed.throughputMiBps, desired.throughputMiBps],
    ['type', observed.type, 'gp3'],
  ] as const;
  const apply = async (): Promise<void> => {
    await modify(ec2, modified.address, {
      VolumeId: observed.volumeId,
      VolumeType: 'gp3',
      Iops: desired.iops,
      Throughput: desired.throughputMiBps,
      ...(grows ? { Size: desired.sizeGiB } : {}),
    });
    if (grows) modified.hasGrown();
  };
  return fields
    .filter(([, before, after]) => before !== after)
    .map(([path, before, after]) => ({
      path,
      before: String(before),
      after: String(after),
      impact: 'in-place',
      ...(path === 'sizeGiB' ? { because: 'its file system grows while the node runs' } : {}),
      apply,
    }));
}

/**
 * A volume shows its old size while it is "modifying". A run that was cut off in between left it so, and what is asked for is
 * then under way already: to ask again is refused, and would count towards the four a day.
 *
 * @throws EsEcsError REFUSED, when AWS takes no change of it now
 */
async function modify(ec2: EC2Client, address: Address, asked: ModifyVolumeCommandInput): Promise<void> {
  try {
    await ec2.send(new ModifyVolumeCommand(asked));
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    if (error.name === 'VolumeModificationRateExceeded') throw tooOften(asked, { address, cause: error });
    if (error.name !== 'IncorrectModificationState') throw error;
    const latest = await latestOf(ec2, asked);
    if (!isUnderWayTo(asked, latest)) throw notThrough(asked, latest, { address, cause: error });
  }
}

async function latestOf(
  ec2: EC2Client,
  asked: ModifyVolumeCommandInput,
): Promise<VolumeModification | undefined> {
  const command = new DescribeVolumesModificationsCommand({ VolumeIds: [asked.VolumeId ?? ''] });
  const { VolumesModifications: [latest] = [] } = await ec2.send(command);
  return latest;
}

function isUnderWayTo(asked: ModifyVolumeCommandInput, latest: VolumeModification | undefined): boolean {
  return (
    latest !== undefined &&
    latest.ModificationState !== 'failed' &&
    latest.TargetVolumeType === asked.VolumeType &&
    latest.TargetIops === asked.Iops &&
    latest.TargetThroughput === asked.Throughput &&
    (asked.Size === undefined || latest.TargetSize === asked.Size)
  );
}

interface Refused {
  readonly address: Address;
  readonly cause: Error;
}

/** "You must wait for that modification to reach the completed state" (ModifyVolume). */
function notThrough(
  { VolumeId }: ModifyVolumeCommandInput,
  latest: VolumeModification | undefined,
  refused: Refused,
): EsEcsError {
  const { ModificationState: state = 'under way', Progress: progress } = latest ?? {};
  const how = progress === undefined ? state : `${state}, ${String(progress)} %`;
  return new EsEcsError(
    'REFUSED',
    state === 'failed'
      ? `AWS has failed to make the last change of ${VolumeId ?? ''}, and takes no other yet`
      : `${VolumeId ?? ''} is not through with its last change (${how}), and AWS takes the next one only then`,
    {
      hint: [
        'es-ecs up  goes on once it is; a full volume of a TiB takes about six hours, and the node runs meanwhile',
        `aws ec2 describe-volumes-modifications --volume-ids ${VolumeId ?? ''}`,
      ],
      ...refused,
    },
  );
}

/** "Up to four times within a rolling 24-hour period" (ModifyVolume). */
function tooOften({ VolumeId }: ModifyVolumeCommandInput, refused: Refused): EsEcsError {
  return new EsEcsError(
    'REFUSED',
    `${VolumeId ?? ''} was changed as often as AWS allows: four times within 24 hours`,
    { hint: 'es-ecs up  goes on 24 hours after the first of them; the node runs meanwhile', ...refused },
  );
}
