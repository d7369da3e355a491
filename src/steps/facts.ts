import type { Key } from './encryption/key.ts';

/** What AWS says of itself and of the caller, asked before anything is planned. */
export interface Facts {
  readonly accountId: string;
  /** Whose credentials these are: a user, or a session of a role. */
  readonly callerArn: string;
  /** `aws`, `aws-cn`, `aws-us-gov`, `aws-eusc` … */
  readonly partition: string;
  readonly region: string;
  /** The zones used, in the order that decides where new nodes stand. */
  readonly zones: readonly string[];
  /** By the node's name, the zone of its data volume: there it stands for life. */
  readonly volumeZones: ReadonlyMap<string, string>;
  /** The one of them that the bastion stands in; undefined with the bastion off. */
  readonly bastionZone: string | undefined;
  /** By instance type, those of the node groups and of the bastion. */
  readonly instanceTypes: ReadonlyMap<string, InstanceTypeFacts>;
  /** The ECS-optimised Amazon Linux 2023 image for each architecture that the nodes need. */
  readonly hostImages: ReadonlyMap<Architecture, HostImage>;
  /** Amazon Linux 2023 for the bastion; undefined with the bastion off. */
  readonly bastionImageId: string | undefined;
  /** The key of the config; undefined where it names none. */
  readonly key: Key | undefined;
  /** The CIDRs that may reach the bastion. */
  readonly bastionCidrs: readonly string[];
}

/** A machine image of hosts. */
export interface HostImage {
  readonly imageId: string;
  /** `/dev/xvda`. */
  readonly rootDevice: string;
  /** At least what the image's snapshot asks for. */
  readonly rootSizeGiB: number;
  /** When Amazon made it; undefined where AWS does not show it (any more). Milliseconds. */
  readonly createdAtMs: number | undefined;
}

export type Architecture = 'x86_64' | 'arm64';

export interface InstanceTypeFacts {
  readonly architecture: Architecture;
  readonly memoryMiB: number;
  readonly vcpus: number;
  /** False on Xen: EBS volumes are no NVMe devices there, and user data finds its volume by the NVMe serial number. */
  readonly hasNvmeVolumes: boolean;
}
