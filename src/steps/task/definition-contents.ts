import type { NodeGroup } from '../../config/config.ts';
import {
  containerEnvironment,
  containerPaths,
  containerUser,
  healthCheck,
  hostPaths,
  httpPort,
  stopTimeoutSeconds,
  transportPort,
  ulimits,
} from '../../elasticsearch/container.ts';
import { memoryOf } from '../../elasticsearch/sizing.ts';
import { invariant } from '../../errors.ts';
import type { StepContext } from '../context.ts';
import { nameOfGroup } from '../names.ts';
import { container } from './container.ts';
import type { DefinitionContents } from './definition.ts';
import { containerSecrets } from './secrets.ts';

const certificatesLabel = 'es-ecs.certificates-until';

/** What others have become. */
export interface ContentsInputs {
  /** By digest, or as the config gives it. */
  readonly image: string;
  readonly logGroup: string;
  /** ARNs. */
  readonly certificates: string;
  /** Until when the certificates are good; undefined where that is not known. */
  readonly certificatesUntil: string | undefined;
  readonly password: string;
  readonly executionRole: string;
  readonly taskRole: string;
}

/**
 * A task of one container that has its host to itself: the host's network, its data volume, and its memory less what the
 * system needs. The same for all nodes of a group; a node's own name comes from the host.
 */
export function definitionContents(
  context: StepContext,
  group: NodeGroup,
  inputs: ContentsInputs,
): DefinitionContents {
  const { config, facts } = context;
  const instanceType = facts.instanceTypes.get(group.instanceType);
  invariant(instanceType, `nothing is known of the instance type ${group.instanceType}`);
  const memory = memoryOf(instanceType.memoryMiB, group.roles, config.elasticsearch.heapMiB);
  const environment = containerEnvironment({
    region: config.region,
    roles: group.roles,
    heapMiB: memory.heapMiB,
  });
  return {
    family: nameOfGroup(config, group.name),
    networkMode: 'host',
    requiresCompatibilities: ['EC2'],
    executionRoleArn: inputs.executionRole,
    taskRoleArn: inputs.taskRole,
    volumes: [
      { name: 'data', host: { sourcePath: hostPaths.data } },
      { name: 'node', host: { sourcePath: hostPaths.node } },
    ],
    containerDefinitions: [
      {
        name: container.name,
        image: inputs.image,
        essential: true,
        memory: memory.taskMiB,
        user: containerUser,
        portMappings: [httpPort, transportPort].map((port) => ({
          containerPort: port,
          hostPort: port,
          protocol: 'tcp',
        })),
        environment: Object.entries(environment).map(([name, value]) => ({ name, value })),
        secrets: containerSecrets(inputs),
        mountPoints: [
          { sourceVolume: 'data', containerPath: containerPaths.data, readOnly: false },
          { sourceVolume: 'node', containerPath: containerPaths.node, readOnly: true },
        ],
        // Renewed certificates are another revision, so that nodes restart with them one by one.
        ...(inputs.certificatesUntil === undefined
          ? {}
          : { dockerLabels: { [certificatesLabel]: inputs.certificatesUntil } }),
        ulimits: ulimits.map((limit) => ({ ...limit })),
        stopTimeout: stopTimeoutSeconds,
        healthCheck: {
          command: [...healthCheck.command],
          interval: healthCheck.intervalSeconds,
          timeout: healthCheck.timeoutSeconds,
          retries: healthCheck.retries,
          startPeriod: healthCheck.startPeriodSeconds,
        },
        logConfiguration: {
          logDriver: 'awslogs',
          options: {
            'awslogs-group': inputs.logGroup,
            'awslogs-region': config.region,
            'awslogs-stream-prefix': container.logPrefix,
            // Blocking, a node would stand still when CloudWatch does.
            mode: 'non-blocking',
            'max-buffer-size': '25m',
          },
        },
      },
    ],
  };
}
