import { type Deployment, DescribeServicesCommand, type Service as SdkService } from '@aws-sdk/client-ecs';

import type { Clients } from '../../aws/clients.ts';
import type { Collection } from '../../aws/inventory.ts';
import { fromSmallTags, type Tags } from '../../aws/tags.ts';
import { unless } from '../../aws/unless.ts';

/** A node's service, as ECS sees it. */
export interface Service {
  /** `<ECS cluster>/<service>`. */
  readonly key: string;
  readonly serviceName: string;
  readonly serviceArn: string;
  readonly clusterName: string;
  readonly status: string;
  readonly taskDefinitionArn: string;
  readonly desiredCount: number;
  readonly runningCount: number;
  readonly leastHealthyPercent: number;
  readonly mostPercent: number;
  readonly circuitBreaker: { readonly isEnabled: boolean; readonly rollsBack: boolean };
  /** Expressions in the cluster query language. */
  readonly placement: readonly string[];
  readonly zoneRebalancing: string;
  readonly propagateTags: string;
  readonly deployments: readonly ServiceDeployment[];
  /** ECS's own words, newest first. */
  readonly events: readonly string[];
  readonly tags: Tags;
}

export interface ServiceDeployment {
  /** `PRIMARY` is the one that is wanted. */
  readonly status: string;
  /** `IN_PROGRESS`, `COMPLETED`, `FAILED`. */
  readonly rollout: string;
  readonly reason: string | undefined;
}

/** Services by cluster and name. */
export const services: Collection<Service> = {
  name: 'ECS services',
  byIds: (clients, keys) => read(clients, keys),
  // "You may specify up to 10 services to describe in a single operation" (DescribeServices).
  chunk: 10,
  id: (service) => service.key,
  tags: (service) => service.tags,
  // A deleted service stays visible for a while.
  isGone: (service) => service.status === 'INACTIVE',
};

/** The key of a service in the collection. */
export function serviceKey(ecsCluster: string, service: string): string {
  return `${ecsCluster}/${service}`;
}

/** The deployment that is wanted. */
export function primary(service: Service): ServiceDeployment | undefined {
  return service.deployments.find((deployment) => deployment.status === 'PRIMARY');
}

/** Whether the wanted deployment is through and nothing of another one is left. */
export function isDeployed(service: Service): boolean {
  return (
    service.deployments.length === 1 &&
    primary(service)?.rollout === 'COMPLETED' &&
    service.runningCount >= service.desiredCount
  );
}

/**
 * Whether ECS is about to restart a task that may still run: its deployment is another one's successor and not through yet.
 */
export function isBeingReplaced(service: Service): boolean {
  return service.deployments.length > 1 && primary(service)?.rollout === 'IN_PROGRESS';
}

async function read({ ecs }: Clients, keys: readonly string[]): Promise<Service[]> {
  const cluster = keys[0]?.split('/')[0] ?? '';
  const names = keys.map((key) => key.slice(cluster.length + 1));
  const answer = await unless(
    ['ClusterNotFoundException'],
    ecs.send(new DescribeServicesCommand({ cluster, services: names, include: ['TAGS'] })),
  );
  return (answer?.services ?? []).map((found) => toService(cluster, found));
}

/** A service as the SDK gives it. */
export function toService(cluster: string, found: SdkService): Service {
  const { deploymentConfiguration: deployment } = found;
  const breaker = deployment?.deploymentCircuitBreaker;
  return {
    key: serviceKey(cluster, found.serviceName ?? ''),
    serviceName: found.serviceName ?? '',
    serviceArn: found.serviceArn ?? '',
    clusterName: cluster,
    status: found.status ?? 'ACTIVE',
    taskDefinitionArn: found.taskDefinition ?? '',
    desiredCount: found.desiredCount ?? 0,
    runningCount: found.runningCount ?? 0,
    leastHealthyPercent: deployment?.minimumHealthyPercent ?? 100,
    mostPercent: deployment?.maximumPercent ?? 200,
    circuitBreaker: { isEnabled: breaker?.enable ?? false, rollsBack: breaker?.rollback ?? false },
    placement: (found.placementConstraints ?? []).map(
      ({ type, expression }) => `${type ?? ''} ${expression ?? ''}`,
    ),
    // "If the service never had a value set, Amazon ECS treats this as DISABLED" (UpdateService).
    zoneRebalancing: found.availabilityZoneRebalancing ?? 'DISABLED',
    propagateTags: found.propagateTags ?? 'NONE',
    deployments: (found.deployments ?? []).map(toDeployment),
    events: (found.events ?? []).map((event) => event.message ?? ''),
    tags: fromSmallTags(found.tags),
  };
}

function toDeployment(deployment: Deployment): ServiceDeployment {
  return {
    status: deployment.status ?? '',
    rollout: deployment.rolloutState ?? 'IN_PROGRESS',
    reason: deployment.rolloutStateReason,
  };
}
