import type { TaskDefinition } from '@aws-sdk/client-ecs';

import type { NodeGroup } from '../../config/config.ts';
import {
  containerEnvironment,
  containerPaths,
  containerUser,
  healthCheck,
  hostPaths,
  httpPort,
  jvmOptionsVariable,
  stopTimeoutSeconds,
  transportPort,
  ulimits,
} from '../../elasticsearch/container.ts';
import { settingsOfUser } from '../../elasticsearch/settings.ts';
import { memoryOf } from '../../elasticsearch/sizing.ts';
import { invariant } from '../../errors.ts';
import type { StepContext } from '../context.ts';
import { nameOfGroup } from '../names.ts';
import { container } from './container.ts';
import type { DefinitionContents } from './definition.ts';
import { containerSecrets } from './secrets.ts';

const certificatesLabel = 'es-ecs.certificates-until';
const issueLabel = 'es-ecs.certificates-issue';

/** What the label of a setting begins with. */
const settingLabel = 'es-ecs.setting.';

/** What others have become. */
export interface ContentsInputs {
  /** By digest, or as the config gives it. */
  readonly image: string;
  readonly logGroup: string;
  /** ARNs. */
  readonly certificates: string;
  /** Until when the certificates are good; undefined where that is not known. */
  readonly certificatesUntil: string | undefined;
  /** Which of them they are; undefined where they were never rotated. */
  readonly certificatesIssue: string | undefined;
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
  const environment = environmentOf(context, group, memory.heapMiB);
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
        ...labelled(labelsOf(context, inputs)),
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

function environmentOf(
  { config }: StepContext,
  group: NodeGroup,
  heapMiB: number,
): Readonly<Record<string, string>> {
  const { jvmOptions } = config.elasticsearch;
  const { region } = config;
  return containerEnvironment({
    region,
    roles: group.roles,
    heapMiB,
    ...(jvmOptions === undefined ? {} : { jvmOptions }),
  });
}

/**
 * Of a container what of it follows from the config's settings and options alone, whatever becomes of its image: as far as that goes, what it
 * will differ by is known before the image is built.
 */
export function configuredParts(
  context: StepContext,
  group: NodeGroup,
  seen: Partial<TaskDefinition>,
): { readonly desired: object; readonly observed: object } {
  const [there] = seen.containerDefinitions ?? [];
  const isSetting = ([name]: readonly [string, string]): boolean => name.startsWith(settingLabel);
  const settings = (labels: Readonly<Record<string, string>>): object =>
    Object.fromEntries(Object.entries(labels).filter(isSetting));
  const option = (all: Readonly<Record<string, string | undefined>>): object => ({
    [jvmOptionsVariable]: all[jvmOptionsVariable],
  });
  const environment = Object.fromEntries(
    (there?.environment ?? []).map(({ name = '', value }) => [name, value]),
  );
  return {
    desired: {
      dockerLabels: settings(bakedLabels(context)),
      environment: option(environmentOf(context, group, 0)),
    },
    observed: { dockerLabels: settings(there?.dockerLabels ?? {}), environment: option(environment) },
  };
}

/**
 * Renewed and rotated certificates are another revision, so that nodes restart with them one by one. The user's settings that are baked into the image stand
 * here by name: of an image nobody could say which of them differs.
 */
function labelsOf(
  context: StepContext,
  { certificatesUntil, certificatesIssue }: ContentsInputs,
): Readonly<Record<string, string>> {
  return {
    ...(certificatesUntil === undefined ? {} : { [certificatesLabel]: certificatesUntil }),
    ...(certificatesIssue === undefined ? {} : { [issueLabel]: certificatesIssue }),
    ...bakedLabels(context),
  };
}

/** An image of the user's own has its settings in it. */
function bakedLabels({ config }: StepContext): Readonly<Record<string, string>> {
  if (config.image.uri !== undefined) return {};
  return Object.fromEntries(
    Object.entries(settingsOfUser(config)).map(([name, value]) => [
      `${settingLabel}${name}`,
      typeof value === 'string' ? value : JSON.stringify(value),
    ]),
  );
}

function labelled(labels: Readonly<Record<string, string>>): { dockerLabels?: Record<string, string> } {
  return Object.keys(labels).length === 0 ? {} : { dockerLabels: { ...labels } };
}
