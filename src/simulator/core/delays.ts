/**
 * How long things take in the simulated account, in milliseconds of its clock: the usual time on AWS as users report it.
 * Where AWS gives no figure the number is experience, and the rehearsal says "about".
 */
export const usualDelays = {
  /** One API call, there and back. */
  call: 100,
  /** From a create until describes by filter or tag show it. */
  visible: 1_000,
  /** From a create until it can be named by its id; before that it is "not found". EC2 promises no more than "soon". */
  visibleById: 0,
  vpc: 500,
  subnet: 500,
  natGateway: 100_000,
  natGatewayDelete: 50_000,
  /** How long AWS still shows a NAT gateway that is deleted or failed: "about an hour". */
  natGatewayShown: 3_600_000,
  volume: 3_000,
  /** RunInstances until `running`. */
  instanceStart: 15_000,
  /** `running` until user data is done and the ECS agent has registered. */
  instanceBoot: 45_000,
  instanceStop: 30_000,
  instanceTerminate: 35_000,
  /** Auto Scaling's reaction to a new desired capacity or a lost instance. */
  scalingActivity: 4_000,
  /**
   * From a machine's failure until its group ends it: EC2 checks once a minute and tells of what fails twice, and Auto Scaling "waits a few
   * minutes for AWS to fix the issue" ("About the health checks for your Auto Scaling group", Auto Scaling user guide).
   */
  failedChecks: 300_000,
  groupDelete: 5_000,
  endpoint: 2_000,
  endpointDelete: 2_000,
  /** How long a deleted endpoint is still shown. */
  endpointShown: 60_000,
  /** Until an instance profile can be used by EC2 after its making (IAM is eventually consistent). */
  instanceProfile: 8_000,
  /** From placement to RUNNING: image pull and start. */
  taskStart: 40_000,
  taskStop: 12_000,
  /** From RUNNING until the container's health check says HEALTHY. */
  taskHealthy: 30_000,
  serviceDrain: 2_000,
  cluster: 1_000,
  /** From an internet gateway's attachment until NAT gateways and route tables know of it. */
  attachment: 0,
  /** How long the address of a NAT gateway that is gone cannot be released yet. */
  addressHeld: 0,
  /** From the first use of a service that makes itself a role until the role can be used. 0: it has been there for long. */
  serviceLinkedRole: 0,
  /** How long the name of a secret that was deleted by force cannot be used again. */
  secretName: 2_000,
  /** "After deleting a parameter, wait for at least 30 seconds to create a parameter with the same name" (DeleteParameter). */
  parameterName: 30_000,
} as const;

export type Delays = { readonly [Name in keyof typeof usualDelays]: number };
