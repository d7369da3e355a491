import type { ContainerDefinition, RegisterTaskDefinitionCommandInput } from '@aws-sdk/client-ecs';

import { clientFailure } from './common.ts';

const namePattern = /^[a-zA-Z0-9_-]{1,255}$/;

/**
 * Refuses what ECS refuses at registration.
 *
 * @throws SimulatedFailure ClientException
 */
export function checkTaskDefinition(input: RegisterTaskDefinitionCommandInput): void {
  if (!namePattern.test(input.family ?? '')) throw clientFailure('Family contains invalid characters.');
  const containers = input.containerDefinitions ?? [];
  if (containers.length === 0) throw clientFailure('Container list cannot be empty.');
  if (!containers.some((container) => container.essential ?? true)) {
    throw clientFailure('At least one container should be marked as essential.');
  }
  const names = containers.map((container) => container.name);
  if (new Set(names).size < names.length) throw clientFailure('Container names should be unique.');
  const volumes = new Set((input.volumes ?? []).map((volume) => volume.name));
  for (const container of containers) {
    checkContainer(container, input);
    for (const mount of container.mountPoints ?? []) {
      if (!volumes.has(mount.sourceVolume))
        throw clientFailure(`Unknown volume '${mount.sourceVolume ?? ''}'.`);
    }
  }
}

function checkContainer(container: ContainerDefinition, input: RegisterTaskDefinitionCommandInput): void {
  const name = container.name ?? '';
  if (!namePattern.test(name)) throw clientFailure('Container name contains invalid characters.');
  if ((container.image ?? '') === '') throw clientFailure('Container.image should not be null or empty.');
  checkMemory(name, container, input);
  checkHealthCheck(container);
  if ((container.secrets ?? []).length > 0 && input.executionRoleArn === undefined) {
    throw clientFailure(
      "When you are specifying container secrets, you must also specify a value for 'executionRoleArn'.",
    );
  }
  for (const mapping of container.portMappings ?? []) {
    const { containerPort, hostPort = containerPort } = mapping;
    if (input.networkMode === 'host' && hostPort !== containerPort) {
      throw clientFailure(
        'When networkMode=host, the host ports and container ports in port mappings must match.',
      );
    }
  }
}

function checkMemory(
  name: string,
  container: ContainerDefinition,
  input: RegisterTaskDefinitionCommandInput,
): void {
  const { memory, memoryReservation } = container;
  if (memory === undefined && memoryReservation === undefined && input.memory === undefined) {
    throw clientFailure(
      `Invalid setting for container '${name}'. At least one of 'memory' or 'memoryReservation' must be specified.`,
    );
  }
  if (memory !== undefined && memory < 6) {
    throw clientFailure(`Invalid 'memory' setting for container '${name}'. Memory should be at least 6 MB.`);
  }
  if (memory !== undefined && memoryReservation !== undefined && memoryReservation > memory) {
    throw clientFailure(
      `Invalid setting for container '${name}'. 'memory' should be greater than or equal to 'memoryReservation'.`,
    );
  }
  if (memory !== undefined && input.memory !== undefined && memory > Number(input.memory)) {
    throw clientFailure(`The 'memory' setting for container is greater than for the task.`);
  }
}

/** The ranges of the type `HealthCheck` in the ECS API reference, in seconds. */
const healthRanges = {
  interval: [5, 300],
  timeout: [2, 60],
  retries: [1, 10],
  startPeriod: [0, 300],
} as const;

function checkHealthCheck(container: ContainerDefinition): void {
  const { healthCheck } = container;
  if (healthCheck === undefined) return;
  const [kind] = healthCheck.command ?? [];
  if (kind !== 'CMD' && kind !== 'CMD-SHELL') {
    throw clientFailure('The health check command must begin with CMD or CMD-SHELL.');
  }
  const values = {
    interval: healthCheck.interval ?? 30,
    timeout: healthCheck.timeout ?? 5,
    retries: healthCheck.retries ?? 3,
    startPeriod: healthCheck.startPeriod ?? 0,
  };
  for (const name of ['interval', 'timeout', 'retries', 'startPeriod'] as const) {
    const [least, most] = healthRanges[name];
    if (values[name] < least || values[name] > most) {
      throw clientFailure(`Health check ${name} must be between ${least} and ${most}.`);
    }
  }
}
