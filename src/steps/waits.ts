import type { Retries, Waits } from '../engine/resource.ts';

const second = 1_000;
const minute = 60 * second;

/** For things that are there at once, or nearly. */
export const brief: Waits = { for: 'it to appear', usualMs: 0, everyMs: 2 * second, limitMs: 2 * minute };

/** "Creating a NAT gateway can take a few minutes" (VPC user guide); reports say 90 to 120 seconds. */
export const natGatewayReady: Waits = {
  for: 'the NAT gateway',
  usualMs: 100 * second,
  everyMs: 5 * second,
  limitMs: 10 * minute,
};

export const natGatewayGone: Waits = {
  for: 'the NAT gateway to go',
  usualMs: 50 * second,
  everyMs: 2 * second,
  limitMs: 10 * minute,
};

/** From RunInstances until `running`. */
export const instanceRunning: Waits = {
  for: 'the instance to run',
  usualMs: 15 * second,
  everyMs: 3 * second,
  limitMs: 10 * minute,
};

/** Until `terminated`: its network interface holds subnet and security groups until then. */
export const instanceTerminated: Waits = {
  for: 'the instance to end',
  usualMs: 35 * second,
  everyMs: 2 * second,
  limitMs: 15 * minute,
};

/** What eventual consistency explains, by AWS's own names, and for how long. */
export const retries = {
  /** EC2 lists what still uses a thing in no call; it only refuses. Interfaces of ended instances go within minutes. */
  dependencyViolation: { names: ['DependencyViolation'], limitMs: 10 * minute },
  /** An address is held until its NAT gateway is gone from all of AWS. */
  addressInUse: { names: ['InvalidIPAddress.InUse', 'DependencyViolation'], limitMs: 10 * minute },
  /** The same where a service of AWS holds it: no word on anybody's credentials (kubernetes/kops issue 938, eformat/sno-for-100 issue 9). */
  addressHeldByService: {
    names: ['AuthFailure'],
    saying: 'You do not have permission to access the specified resource',
    limitMs: 10 * minute,
  },
  /** An internet gateway that was attached a moment ago (smoketurner/serverless-vpc-plugin issue 147, giantswarm/aws-operator issue 634). */
  attachmentNotYetKnown: {
    names: ['InvalidParameterValue'],
    saying: 'belong to different networks',
    limitMs: 2 * minute,
  },
  /**
   * The role that ECS makes for itself when an account uses it first (aws-cloudformation/cloudformation-coverage-roadmap issue 818). With
   * Auto Scaling's it was seen to take a minute.
   */
  ecsRoleNotReady: {
    names: ['InvalidParameterException'],
    saying: 'Unable to assume the service linked role',
    limitMs: 5 * minute,
    firstMs: 2 * second,
  },
  /** The same of Auto Scaling ("The service-linked role is not yet ready for use"). */
  autoScalingRoleNotReady: {
    names: ['ServiceLinkedRoleFailure'],
    limitMs: 5 * minute,
    firstMs: 2 * second,
  },
  /** What was just made may be unknown elsewhere for a moment ("Eventual consistency in the Amazon EC2 API"). */
  notYetVisible: {
    names: [
      'InvalidAllocationID.NotFound',
      'InvalidGatewayID.NotFound',
      'InvalidGroup.NotFound',
      'InvalidInstanceID.NotFound',
      'InvalidInternetGatewayID.NotFound',
      'InvalidKeyPair.NotFound',
      'InvalidNatGatewayID.NotFound',
      'InvalidRouteTableID.NotFound',
      'InvalidRouteTableId.NotFound',
      'InvalidSubnetID.NotFound',
      'InvalidVolume.NotFound',
      'InvalidVpcEndpointId.NotFound',
      'InvalidVpcID.NotFound',
      'NatGatewayNotFound',
    ],
    limitMs: 2 * minute,
  },
  /**
   * "We currently do not have sufficient capacity": it often comes back within minutes, and the EC2 user guide advises to wait for some
   * and ask again ("Insufficient instance capacity").
   */
  capacity: {
    names: ['InsufficientInstanceCapacity', 'InsufficientAddressCapacity'],
    limitMs: 5 * minute,
    firstMs: 10 * second,
  },
} as const satisfies Record<string, Retries>;
