import type { VolumeType } from '@aws-sdk/client-ec2';

import { SimulatedFailure } from '../core/failure.ts';

/** Size and performance of a volume. */
export interface VolumeSpecification {
  readonly type: VolumeType;
  readonly sizeGiB: number;
  readonly iops: number | undefined;
  readonly throughputMiBps: number | undefined;
}

/** Limits of gp3 as CreateVolume and ModifyVolume state them in 2026 (EC2 API reference); before, a quarter of them. */
const gp3 = {
  largestGiB: 65_536,
  leastIops: 3000,
  mostIops: 80_000,
  mostIopsPerGiB: 500,
  leastMiBps: 125,
  mostMiBps: 2000,
  mostMiBpsPerIops: 0.25,
} as const;

const gp2 = { largestGiB: 16_384, leastIops: 100, mostIops: 16_000, iopsPerGiB: 3 } as const;

/**
 * Fills in what was left out, and refuses what EBS refuses.
 *
 * @throws SimulatedFailure InvalidParameterValue, InvalidParameterCombination, UnknownVolumeType
 */
export function checkSpecification(asked: VolumeSpecification): VolumeSpecification {
  switch (asked.type) {
    case 'gp3':
      return checkGp3(asked);
    case 'gp2':
      return checkGp2(asked);
    default:
      throw new SimulatedFailure(
        'UnknownVolumeType',
        `Unsupported volume type '${asked.type}' for volume creation.`,
      );
  }
}

function checkGp3(asked: VolumeSpecification): VolumeSpecification {
  const { sizeGiB, iops = gp3.leastIops, throughputMiBps = gp3.leastMiBps } = asked;
  checkSize(asked, gp3.largestGiB);
  between(iops, [gp3.leastIops, gp3.mostIops], 'Volume iops');
  between(throughputMiBps, [gp3.leastMiBps, gp3.mostMiBps], 'Throughput');
  if (iops > gp3.leastIops && iops / sizeGiB > gp3.mostIopsPerGiB) {
    throw invalid(
      `Iops to volume size ratio of ${iops / sizeGiB} is too high; maximum is ${gp3.mostIopsPerGiB} IOPS per GiB.`,
    );
  }
  if (throughputMiBps / iops > gp3.mostMiBpsPerIops) {
    throw invalid(
      `Throughput (MiBps) to iops ratio of ${throughputMiBps / iops} is too high; maximum is ${gp3.mostMiBpsPerIops} MiBps per iops.`,
    );
  }
  return { type: 'gp3', sizeGiB, iops, throughputMiBps };
}

function checkGp2(asked: VolumeSpecification): VolumeSpecification {
  const { sizeGiB } = asked;
  checkSize(asked, gp2.largestGiB);
  if (asked.iops !== undefined) throw notSupported('iops', 'gp2');
  if (asked.throughputMiBps !== undefined) throw notSupported('throughput', 'gp2');
  const iops = Math.min(gp2.mostIops, Math.max(gp2.leastIops, sizeGiB * gp2.iopsPerGiB));
  return { type: 'gp2', sizeGiB, iops, throughputMiBps: undefined };
}

function checkSize({ sizeGiB, type }: VolumeSpecification, largestGiB: number): void {
  if (sizeGiB < 1 || sizeGiB > largestGiB) {
    const [word, limit] = sizeGiB < 1 ? ['small; minimum', 1] : ['large; maximum', largestGiB];
    throw invalid(`Volume of ${sizeGiB}GiB is too ${word} for volume type ${type} is ${limit}GiB.`);
  }
}

function between(value: number, [least, most]: readonly [number, number], what: string): void {
  if (value < least) throw invalid(`${what} of ${value} is too low; minimum is ${least}.`);
  if (value > most) throw invalid(`${what} of ${value} is too high; maximum is ${most}.`);
}

function invalid(message: string): SimulatedFailure {
  return new SimulatedFailure('InvalidParameterValue', message);
}

function notSupported(parameter: string, type: string): SimulatedFailure {
  return new SimulatedFailure(
    'InvalidParameterCombination',
    `The parameter ${parameter} is not supported for ${type} volumes.`,
  );
}
