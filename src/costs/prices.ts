/**
 * List prices of us-east-1 in US dollars, on demand, before tax: close enough for "about", wrong by up to a third in
 * other regions. They change seldom; AWS's price list is the truth.
 */

/** Hours in an average month, as AWS's own calculator has it. */
const hoursPerMonth = 730;

/** By family, for one vCPU and hour: within these families the price goes with the size. */
const perVcpuHour: Readonly<Record<string, number>> = {
  c6g: 0.034,
  c7g: 0.036_25,
  c7i: 0.044_63,
  c8g: 0.039_88,
  i4g: 0.077_19,
  i4i: 0.085_8,
  m6g: 0.038_5,
  m6i: 0.048,
  m7g: 0.040_8,
  m7i: 0.050_4,
  m8g: 0.044_88,
  r6g: 0.050_4,
  r6i: 0.063,
  r7g: 0.053_55,
  r7i: 0.066_15,
  r8g: 0.058_91,
};

/** The burstable ones are priced by memory: for one GiB and hour. */
const burstableHour: Readonly<Record<string, number>> = { t3: 0.010_4, t3a: 0.009_4, t4g: 0.008_4 };

const gibibyte = 1024;

/**
 * What an instance costs a month.
 *
 * @returns undefined for a family that is not in the table.
 */
export function instanceMonthlyDollars(
  type: string,
  size: { readonly vcpus: number; readonly memoryMiB: number },
): number | undefined {
  const [family = ''] = type.split('.');
  const burstable = burstableHour[family];
  if (burstable !== undefined) return (burstable * size.memoryMiB * hoursPerMonth) / gibibyte;
  const perVcpu = perVcpuHour[family];
  return perVcpu === undefined ? undefined : perVcpu * size.vcpus * hoursPerMonth;
}

const freeIops = 3000;
const freeMiBps = 125;

/** What a gp3 volume costs a month: size, and what it has above the baseline of 3000 IOPS and 125 MiB/s. */
export function volumeMonthlyDollars(volume: {
  readonly sizeGiB: number;
  readonly iops: number;
  readonly throughputMiBps: number;
}): number {
  const iops = Math.max(0, volume.iops - freeIops) * 0.005;
  const throughput = Math.max(0, volume.throughputMiBps - freeMiBps) * 0.04;
  return volume.sizeGiB * 0.08 + iops + throughput;
}

/** A NAT gateway's hours; what flows through it costs besides. */
export const natGatewayMonthlyDollars = 0.045 * hoursPerMonth;
/** A public IPv4 address, in use or not. */
export const publicAddressMonthlyDollars = 0.005 * hoursPerMonth;
export const secretMonthlyDollars = 0.4;
