import type { Config } from '../config/config.ts';
import {
  instanceMonthlyDollars,
  natGatewayMonthlyDollars,
  publicAddressMonthlyDollars,
  secretMonthlyDollars,
  volumeMonthlyDollars,
} from './prices.ts';

/** The size of a machine, as AWS tells it. */
export interface MachineSize {
  readonly vcpus: number;
  readonly memoryMiB: number;
}

/** What a cluster costs a month, in US dollars. */
export interface Estimate {
  readonly hosts: number;
  readonly natGateways: number;
  readonly disks: number;
  readonly bastion: number;
  readonly rest: number;
  readonly total: number;
  /** Instance types that are not in the price table and so not in the sum. */
  readonly unpriced: readonly string[];
}

const rootDisk = { iops: 3000, throughputMiBps: 125 };
/** As the launch template makes it. */
const hostRootGiB = 30;
const bastionRootGiB = 8;
const secrets = 3;

/** Adds up what a config costs where it runs. Traffic, logs and snapshots are not in it. */
export function estimate(
  config: Config,
  known: { readonly zones: number; readonly sizes: ReadonlyMap<string, MachineSize> },
): Estimate {
  const unpriced = new Set<string>();
  const machine = (type: string): number => {
    const size = known.sizes.get(type);
    const dollars = size === undefined ? undefined : instanceMonthlyDollars(type, size);
    if (dollars === undefined) unpriced.add(type);
    return dollars ?? 0;
  };
  const sum = (count: (group: Config['nodeGroups'][number]) => number): number =>
    config.nodeGroups.reduce((total, group) => total + group.count * count(group), 0);
  const hosts = sum((group) => machine(group.instanceType));
  const disks = sum(
    (group) =>
      volumeMonthlyDollars(group.storage) + volumeMonthlyDollars({ ...rootDisk, sizeGiB: hostRootGiB }),
  );
  const gateways = { 'per-zone': known.zones, single: 1, none: 0 }[config.network.nat];
  const natGateways = gateways * natGatewayMonthlyDollars;
  const bastion = config.bastion.enabled
    ? machine(config.bastion.instanceType) + volumeMonthlyDollars({ ...rootDisk, sizeGiB: bastionRootGiB })
    : 0;
  const addresses = gateways + (config.bastion.enabled ? 1 : 0);
  const rest = addresses * publicAddressMonthlyDollars + secrets * secretMonthlyDollars;
  const total = hosts + natGateways + disks + bastion + rest;
  return { hosts, natGateways, disks, bastion, rest, total, unpriced: [...unpriced] };
}
