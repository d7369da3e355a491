import type {
  InstanceMetadataOptionsResponse,
  InstanceStateName,
  ShutdownBehavior,
} from '@aws-sdk/client-ec2';

import { SimulatedFailure } from '../core/failure.ts';
import { table, type World } from '../core/world.ts';
import { type Ec2Row, requireRow } from './common.ts';

export interface MetadataRow {
  httpTokens: 'optional' | 'required';
  hopLimit: number;
  httpEndpoint: 'enabled' | 'disabled';
  /** Whether the instance can read its own tags there. */
  instanceTags: 'enabled' | 'disabled';
}

/** What an instance holds in its VPC; gone once it has ended. */
export interface PlaceRow {
  readonly vpcId: string;
  readonly subnetId: string;
  readonly interfaceId: string;
  /** EC2's own address, not an Elastic IP: it changes with every start. */
  readonly wantsPublicIp: boolean;
}

export interface InstanceRow extends Ec2Row {
  readonly reservationId: string;
  readonly clientToken: string;
  readonly launchIndex: number;
  readonly imageId: string;
  readonly architecture: 'x86_64' | 'arm64';
  readonly zone: string;
  readonly keyName: string | undefined;
  readonly ebsOptimized: boolean;
  readonly monitoring: boolean;
  profileArn: string | undefined;
  /** Of the instance profile with this instance: another one with each. */
  profileAssociationId?: string | undefined;
  type: string;
  launchedAtMs: number;
  state: InstanceStateName;
  /** Set when the state is not of the instance's own doing. */
  stateReason: { readonly Code: string; readonly Message: string } | undefined;
  place: PlaceRow | undefined;
  /** Base64, as it was given. */
  userData: string | undefined;
  metadata: MetadataRow;
  sourceDestCheck: boolean;
  disableApiTermination: boolean;
  shutdownBehavior: ShutdownBehavior;
  /** Lines of the serial console. */
  console: string[];
  /** Its machine has no power: it runs in EC2's list alone. */
  hasNoPower?: true;
  /** Counts starts, so that what belonged to an earlier one is recognised. */
  boots: number;
}

/** Instances by id; they stay for an hour after their end. */
export const instances = table<InstanceRow>('ec2/instances');

/** AWS's own tag on an instance of an Auto Scaling group. */
export const groupTag = 'aws:autoscaling:groupName';

/** @throws SimulatedFailure InvalidInstanceID.Malformed, InvalidInstanceID.NotFound */
export function requireInstance(world: World, id: string | undefined): InstanceRow {
  return requireRow(world, { table: instances, notFound: instanceNotFound }, id);
}

/** The error for an id that names no instance. */
export function instanceNotFound(id: string): SimulatedFailure {
  if (!/^i-[0-9a-f]{8,17}$/.test(id)) {
    return new SimulatedFailure('InvalidInstanceID.Malformed', `Invalid id: "${id}"`);
  }
  return new SimulatedFailure('InvalidInstanceID.NotFound', `The instance ID '${id}' does not exist`);
}

/** Tag keys of an instance that can read its tags from the metadata service may hold only these. */
const metadataTagKey = /^[0-9a-zA-Z\-_+=,.@:]{1,255}$/;

/**
 * Tag keys with a space or a slash cannot be put into instance metadata, and the whole call fails
 * ("Work with instance tags in instance metadata", EC2 user guide).
 *
 * @throws SimulatedFailure InvalidParameterValue
 */
export function checkMetadataTagKeys(keys: readonly string[]): void {
  const bad = keys.find((key) => !metadataTagKey.test(key) || ['.', '..', '_index'].includes(key));
  if (bad === undefined) return;
  throw new SimulatedFailure(
    'InvalidParameterValue',
    `'${bad}' is not a valid tag key. Tag keys must match pattern ([0-9a-zA-Z\\\\-_+=,.@:]{1,255}), and must not be a reserved name ('.', '..', '_index')`,
  );
}

export function toMetadataOptions(metadata: MetadataRow): InstanceMetadataOptionsResponse {
  return {
    State: 'applied',
    HttpTokens: metadata.httpTokens,
    HttpPutResponseHopLimit: metadata.hopLimit,
    HttpEndpoint: metadata.httpEndpoint,
    HttpProtocolIpv6: 'disabled',
    InstanceMetadataTags: metadata.instanceTags,
  };
}

/** The codes of the states, as DescribeInstances gives them beside the words. */
export const stateCodes: Readonly<Record<InstanceStateName, number>> = {
  pending: 0,
  running: 16,
  'shutting-down': 32,
  terminated: 48,
  stopping: 64,
  stopped: 80,
};

/** The state as the API gives it. */
export function toState(name: InstanceStateName): {
  readonly Code: number;
  readonly Name: InstanceStateName;
} {
  return { Code: stateCodes[name], Name: name };
}
