import { EsEcsError } from '../../errors.ts';
import { groups } from '../auto-scaling/rows.ts';
import type { World } from '../core/world.ts';
import type { InstanceRow } from '../ec2/instance-rows.ts';
import { type VolumeRow, volumes } from '../ec2/volumes.ts';
import { hosts } from '../hosts/boot.ts';
import { poweredInstances } from './power.ts';

/** The tags by which a cluster's things are known. */
const tagNames = { cluster: 'es-ecs-cluster', node: 'es-ecs-node' } as const;

/** The nodes of a cluster, by the groups that keep a host for each, and each one's group. */
export function groupsByNode(world: World, cluster: string): ReadonlyMap<string, string> {
  const found = [...world.rows(groups).values()].flatMap(({ name, tags, isDeleting }) => {
    const valueOf = (key: string): string | undefined => tags.find((tag) => tag.key === key)?.value;
    const node = valueOf(tagNames.node);
    if (isDeleting || node === undefined || valueOf(tagNames.cluster) !== cluster) return [];
    return [[node, name] as const];
  });
  return new Map(found.toSorted(([one], [other]) => one.localeCompare(other, 'en', { numeric: true })));
}

/** @throws EsEcsError NOT_FOUND where the account has no such node */
function requireNode(world: World, cluster: string, node: string): void {
  const known = [...groupsByNode(world, cluster).keys()];
  if (known.includes(node)) return;
  const hint =
    known.length === 0 ? 'es-ecs up --simulate  makes the cluster first' : `nodes: ${known.join(', ')}`;
  throw new EsEcsError('NOT_FOUND', `${node} is no node of ${cluster} in the simulated account`, { hint });
}

/** A node's host, as far as it runs and has power. */
export function hostOf(world: World, cluster: string, node: string): InstanceRow | undefined {
  return poweredInstances(world).find(
    ({ tags }) => tags[tagNames.cluster] === cluster && tags[tagNames.node] === node,
  );
}

/**
 * A node's host, to be lost.
 *
 * @throws EsEcsError NOT_FOUND
 */
export function requireHost(world: World, cluster: string, node: string): InstanceRow {
  requireNode(world, cluster, node);
  const host = hostOf(world, cluster, node);
  if (host !== undefined) return host;
  throw new EsEcsError('NOT_FOUND', `${node} has no host at this moment: there is none to lose`, {
    hint: 'es-ecs simulate wait 10m  gives Auto Scaling the time to start one',
  });
}

/** A node's data volume that its host has mounted. */
export function volumeOf(world: World, host: InstanceRow): VolumeRow | undefined {
  return world.rows(volumes).get(world.rows(hosts).get(host.id)?.volumeId ?? '');
}
