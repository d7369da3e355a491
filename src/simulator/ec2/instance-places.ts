import type { InstanceNetworkInterfaceSpecification, RunInstancesCommandInput } from '@aws-sdk/client-ec2';

import { SimulatedFailure } from '../core/failure.ts';
import type { World } from '../core/world.ts';
import type { PlaceRow } from './instance-rows.ts';
import { addInterface, newPublicIp, removeInterface } from './network-interfaces.ts';
import { interfaces, type InterfaceRow, requireSecurityGroup, requireSubnet } from './tables.ts';

/** Where a launch is to happen; nothing has been taken yet. */
export interface LaunchPlace {
  readonly vpcId: string;
  readonly subnetId: string;
  readonly zone: string;
  readonly securityGroupIds: readonly string[];
  readonly wantsPublicIp: boolean;
}

type PlaceRequest = Pick<
  RunInstancesCommandInput,
  'NetworkInterfaces' | 'Placement' | 'SecurityGroupIds' | 'SubnetId'
>;

/**
 * Reads subnet, groups and public address of a launch. Where the request describes the network interface itself, those
 * of the instance may not be given beside it ("RunInstances").
 *
 * @throws SimulatedFailure VPCIdNotSpecified, InvalidParameterCombination, InvalidSubnetID.NotFound, InvalidGroup.NotFound,
 *   InvalidParameter for a group of another VPC
 */
export function placeFor(world: World, request: PlaceRequest): LaunchPlace {
  const described = describedInterface(request);
  const subnetId = described?.SubnetId ?? request.SubnetId;
  if (subnetId === undefined) {
    throw new SimulatedFailure(
      'VPCIdNotSpecified',
      'No default VPC for this user. GroupName is only supported for EC2-Classic and default VPC.',
    );
  }
  const subnet = requireSubnet(world, subnetId);
  const wantedZone = request.Placement?.AvailabilityZone;
  if (wantedZone !== undefined && wantedZone !== subnet.zone) {
    throw new SimulatedFailure(
      'InvalidParameterValue',
      `The availability zone '${wantedZone}' does not match that of subnet '${subnet.id}'`,
    );
  }
  const securityGroupIds = described?.Groups ?? request.SecurityGroupIds ?? [];
  checkGroups(world, subnet.vpcId, securityGroupIds);
  return {
    vpcId: subnet.vpcId,
    subnetId: subnet.id,
    zone: subnet.zone,
    securityGroupIds,
    wantsPublicIp: described?.AssociatePublicIpAddress ?? subnet.mapPublicIp,
  };
}

function describedInterface(request: PlaceRequest): InstanceNetworkInterfaceSpecification | undefined {
  const described = request.NetworkInterfaces?.find((one) => (one.DeviceIndex ?? 0) === 0);
  if (described === undefined) return undefined;
  if ((request.SecurityGroupIds ?? []).length > 0 || request.SubnetId !== undefined) {
    throw new SimulatedFailure(
      'InvalidParameterCombination',
      'Network interfaces and an instance-level subnet ID or security groups may not be specified on the same request',
    );
  }
  return described;
}

/** @throws SimulatedFailure InvalidGroup.NotFound, InvalidParameter */
export function checkGroups(world: World, vpcId: string, groupIds: readonly string[]): void {
  for (const id of groupIds) {
    if (requireSecurityGroup(world, id).vpcId === vpcId) continue;
    throw new SimulatedFailure(
      'InvalidParameter',
      `Security group ${id} and the instance's subnet belong to different networks.`,
    );
  }
}

/** Takes the place: an interface of the instance's own, with its addresses. */
export function occupy(
  world: World,
  instanceId: string,
  { place, tags }: { readonly place: LaunchPlace; readonly tags: Readonly<Record<string, string>> },
): PlaceRow {
  const made = addInterface(world, {
    subnetId: place.subnetId,
    holder: instanceId,
    type: 'interface',
    description: '',
    groupIds: place.securityGroupIds,
    hasPublicIp: place.wantsPublicIp,
    tags,
  });
  return {
    vpcId: place.vpcId,
    subnetId: place.subnetId,
    interfaceId: made.id,
    wantsPublicIp: place.wantsPublicIp,
  };
}

/** The interface that an instance holds. */
export function interfaceOf(world: World, place: PlaceRow | undefined): InterfaceRow | undefined {
  return world.rows(interfaces).get(place?.interfaceId ?? '');
}

/** At the instance's end. */
export function vacate(world: World, place: PlaceRow | undefined): void {
  if (place !== undefined) removeInterface(world, place.interfaceId);
}

/** A stopped instance gives AWS's own address back and gets another at its start; an Elastic IP stays. */
export function exchangePublicIp(world: World, place: PlaceRow | undefined, isStarting: boolean): void {
  const held = interfaceOf(world, place);
  if (held === undefined || held.address?.allocationId !== undefined) return;
  held.address = isStarting && place?.wantsPublicIp === true ? { publicIp: newPublicIp(world) } : null;
}
