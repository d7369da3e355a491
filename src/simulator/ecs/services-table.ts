import type {
  AvailabilityZoneRebalancing,
  DeploymentConfiguration,
  DeploymentController,
  DeploymentRolloutState,
  LaunchType,
  PlacementConstraint,
  PlacementStrategy,
  PropagateTags,
} from '@aws-sdk/client-ecs';

import { table, type World } from '../core/world.ts';
import type { EcsTags } from './common.ts';

export interface DeploymentRow {
  /** `ecs-svc/` and digits; tasks carry it as `startedBy`. */
  readonly id: string;
  status: 'PRIMARY' | 'ACTIVE';
  readonly taskDefinitionArn: string;
  failedTasks: number;
  readonly createdAtMs: number;
  updatedAtMs: number;
  rolloutState: DeploymentRolloutState;
  rolloutStateReason: string;
}

export interface ServiceEventRow {
  readonly id: string;
  readonly atMs: number;
  readonly message: string;
}

export interface ServiceRow {
  readonly arn: string;
  readonly name: string;
  readonly clusterName: string;
  status: 'ACTIVE' | 'DRAINING' | 'INACTIVE';
  readonly createdAtMs: number;
  readonly clientToken: string | undefined;
  /** What CreateService was asked for, to tell a repeated call from another one. */
  readonly request: string;
  readonly launchType: LaunchType;
  readonly deploymentController: DeploymentController;
  desiredCount: number;
  taskDefinitionArn: string;
  deploymentConfiguration: DeploymentConfiguration;
  placementConstraints: PlacementConstraint[];
  placementStrategy: PlacementStrategy[];
  availabilityZoneRebalancing: AvailabilityZoneRebalancing;
  healthCheckGracePeriodSeconds: number;
  enableEcsManagedTags: boolean;
  enableExecuteCommand: boolean;
  propagateTags: PropagateTags;
  tags: EcsTags;
  /** The newest first. */
  deployments: DeploymentRow[];
  /** The newest first, a hundred at most. */
  events: ServiceEventRow[];
  isSteady: boolean;
  /** Tasks in a row that did not become healthy. */
  failures: number;
  /** Attempts in a row that found no host. */
  misses: number;
  /** No task is started before. */
  startAfterMs: number;
}

/** By ARN; a deleted service stays as INACTIVE until one of its name is made again. */
export const services = table<ServiceRow>('ecs/services');

const mostEvents = 100;

/** Writes `(service <name>) <text>` into a service's events. */
export function addEvent(world: World, service: ServiceRow, text: string): void {
  const id = `event-${world.next()}`;
  service.events.unshift({ id, atMs: world.nowMs, message: `(service ${service.name}) ${text}` });
  service.events.length = Math.min(service.events.length, mostEvents);
}
