import { clusterTag } from '../../../src/aws/tags.ts';
import type { WorldSnapshot } from '../../../src/simulator/core/world.ts';
import { addressOf, living, type Thing } from '../normal-account.ts';

/** Things that AWS makes by itself, or that carry their owner's address beside it. */
const secondary = new Set(['ec2/instances', 'ecs/tasks', 'ecs/task-definitions']);

/** Types of which everything in the account is the cluster's, but for what comes with a VPC. */
const owned = [
  'ec2/addresses',
  'ec2/internet-gateways',
  'ec2/launch-templates',
  'ec2/nat-gateways',
  'ec2/route-tables',
  'ec2/security-groups',
  'ec2/subnets',
  'ec2/vpc-endpoints',
  'ec2/volumes',
  'ec2/vpcs',
  'logs/groups',
  'secrets-manager/secrets',
  'iam/roles',
  'iam/instance-profiles',
];

/**
 * What must be so at any moment, whatever has happened: at most one of each address, nothing of ours without its tag, no data
 * volume gone.
 *
 * @param volumes ids of the data volumes that there have been; grows.
 * @returns sentences about what is not so.
 */
export function broken(snapshot: WorldSnapshot, volumes: Set<string>): readonly string[] {
  const things = living(snapshot);
  const ids = new Map<string, string[]>();
  for (const thing of things) {
    const address = addressOf(thing.row);
    if (address === undefined || secondary.has(thing.table) || isGoing(thing)) continue;
    const key = `${thing.table} ${address}`;
    ids.set(key, [...(ids.get(key) ?? []), thing.id]);
    if (address.startsWith('hosts/volume/')) volumes.add(thing.id);
  }
  const there = new Set(things.filter(({ table }) => table === 'ec2/volumes').map(({ id }) => id));
  return [
    ...[...ids]
      .filter(([, same]) => same.length > 1)
      .map(([key, same]) => `${key} is there as ${same.join(', ')}`),
    ...things.filter(isUntagged).map(({ table, id }) => `${table} ${id} has no tag`),
    ...[...volumes].filter((id) => !there.has(id)).map((id) => `the data volume ${id} is gone`),
  ];
}

function isGoing({ row }: Thing): boolean {
  return row['isDeleting'] === true || typeof row['deletingAtMs'] === 'number';
}

function isUntagged(thing: Thing): boolean {
  const { table, row } = thing;
  if (!owned.includes(table) || isGoing(thing)) return false;
  if (table === 'ec2/security-groups' && row['name'] === 'default') return false;
  const tags = row['tags'] as Readonly<Record<string, unknown>>;
  // A VPC brings a route table and nothing says so on the table itself.
  return tags[clusterTag] === undefined && !(table === 'ec2/route-tables' && Object.keys(tags).length === 0);
}
