import { EsEcsError } from '../../errors.ts';
import type { World } from '../core/world.ts';
import { groups } from '../auto-scaling/rows.ts';
import { groupTag } from '../ec2/instance-rows.ts';
import { destroyVolume } from '../ec2/volumes.ts';
import { type ImageReference, findImage, parseImageReference } from '../ecr/images.ts';
import { repositories } from '../ecr/repositories.ts';
import { agentConnection, containerInstances } from '../ecs/container-instances.ts';
import { taskDefinitions } from '../ecs/task-definitions.ts';
import { type TaskRow, tasks } from '../ecs/tasks-table.ts';
import { crashProgram } from '../elasticsearch/runtime.ts';
import { requireHost, volumeOf } from './nodes.ts';
import { losePower } from './power.ts';

/** Which cluster's things are lost. */
export interface Where {
  readonly world: World;
  /** By its name in the config. */
  readonly cluster: string;
}

/**
 * The machine of a node fails.
 *
 * @returns what was lost, in sentences without a full stop.
 * @throws EsEcsError NOT_FOUND
 */
export function loseHost({ world, cluster }: Where, node: string): readonly string[] {
  const host = requireHost(world, cluster, node);
  losePower(world, host);
  return [`the host of ${node} has lost its power: ${host.id} in ${host.zone}`];
}

/**
 * The ECS agent of a node's host ends for good, as the real one does with exit code 5. What it has started runs on.
 *
 * @throws EsEcsError NOT_FOUND
 */
export function loseAgent({ world, cluster }: Where, node: string): readonly string[] {
  const host = requireHost(world, cluster, node);
  const known = [...world.rows(containerInstances).values()].find(
    ({ instanceId, status }) => instanceId === host.id && status !== 'INACTIVE',
  );
  if (known?.agentConnected !== true) {
    throw new EsEcsError('NOT_FOUND', `the ECS agent of ${node} is not connected: there is none to lose`, {
      hint: 'es-ecs status --simulate  shows the agents; es-ecs up --simulate  mends them',
    });
  }
  agentConnection(world, host.id, false);
  return [
    `the ECS agent on the host of ${node} has ended: ${host.id}`,
    `${node} itself runs on, and nothing can start or stop it there`,
  ];
}

/**
 * The disk behind a node's data volume fails, and what was on it is gone.
 *
 * @throws EsEcsError NOT_FOUND
 */
export function loseVolume({ world, cluster }: Where, node: string): readonly string[] {
  const host = requireHost(world, cluster, node);
  const volume = volumeOf(world, host);
  if (volume === undefined) {
    throw new EsEcsError('NOT_FOUND', `${node} has no data volume at this moment: there is none to lose`, {
      hint: 'es-ecs status --simulate  says why; es-ecs up --simulate  puts it right',
    });
  }
  destroyVolume(world, volume);
  for (const task of liveTasks(world, cluster)) {
    if (task.instanceId === host.id) crashProgram(world, task.arn, 1);
  }
  // Attached EBS status checks are looked at where the group is told to.
  const group = world.rows(groups).get(host.tags[groupTag] ?? '');
  if (group?.healthCheckType.split(',').includes('EBS') === true)
    world.schedule('auto-scaling/failed-checks', world.vary(world.delays.failedChecks), host.id);
  return [
    `the data volume of ${node} has failed, and what was on it is gone: ${volume.id} in ${volume.zone}`,
  ];
}

/**
 * Somebody deletes the image that the tasks run, from the registry.
 *
 * @throws EsEcsError NOT_FOUND
 */
export function loseImage({ world, cluster }: Where): readonly string[] {
  const images = new Set(
    liveTasks(world, cluster).flatMap(({ taskDefinitionArn }) =>
      (world.rows(taskDefinitions).get(taskDefinitionArn)?.definition.containerDefinitions ?? []).map(
        ({ image }) => image ?? '',
      ),
    ),
  );
  const lost = [...images].flatMap((image) => {
    const reference = parseImageReference(world, image);
    return reference !== undefined && removeImage(world, reference) ? [image] : [];
  });
  if (lost.length === 0) {
    throw new EsEcsError('NOT_FOUND', `no task of ${cluster} runs an image that the simulated registry has`, {
      hint: 'es-ecs up --simulate  makes image and tasks',
    });
  }
  return [
    ...lost.map((image) => `somebody has deleted the image ${image} from the registry`),
    'what runs goes on: hosts that have the image keep it, and one that is new cannot pull it',
  ];
}

function removeImage(world: World, reference: ImageReference): boolean {
  const repository = world.rows(repositories).get(reference.repository);
  const found = findImage(world, reference);
  if (repository === undefined || found === undefined || found === 'no-repository') return false;
  repository.images = repository.images.filter((one) => one !== found);
  return true;
}

function liveTasks(world: World, cluster: string): readonly TaskRow[] {
  return [...world.rows(tasks).values()].filter(
    ({ clusterName, lastStatus }) => clusterName === `es-ecs-${cluster}` && lastStatus !== 'STOPPED',
  );
}
