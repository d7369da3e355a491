import type { Config, NodeGroup } from './config.ts';
import type { Path } from './position.ts';
import type { Finding, Rule } from './rules.ts';
import { maxNodes } from './schema.ts';

/** The number of nodes in all groups. */
function totalNodes({ nodeGroups }: Config): number {
  return sumCounts(nodeGroups);
}

/** The number of nodes that can be elected master or vote for one. */
function masterEligibleNodes({ nodeGroups }: Config): number {
  return sumCounts(nodeGroups.filter(({ roles }) => roles.includes('master')));
}

/** How many zones the config asks for. */
export function zoneCount({ network: { zones } }: Config): number {
  return 'count' in zones ? zones.count : zones.names.length;
}

function sumCounts(groups: readonly NodeGroup[]): number {
  return groups.reduce((sum, { count }) => sum + count, 0);
}

function onlyIf(applies: boolean, path: Path, message: string): readonly Finding[] {
  return applies ? [{ path, message }] : [];
}

function hasRole(config: Config, role: string): boolean {
  return config.nodeGroups.some(({ roles }) => roles.includes(role));
}

/**
 * gp3, EBS user guide: 3000 IOPS whatever the size, past them 500 for each GiB, and a quarter MiB/s for
 * each.
 */
const iopsPerGiB = 500;
const baselineIops = 3000;
const throughputPerIops = 0.25;

function checkStorage(group: NodeGroup, index: number): readonly Finding[] {
  const { sizeGiB, iops, throughputMiBps } = group.storage;
  const mostIops = Math.max(baselineIops, sizeGiB * iopsPerGiB);
  const mostThroughput = iops * throughputPerIops;
  return [
    ...onlyIf(
      iops > mostIops,
      ['nodes', index, 'storage', 'iops'],
      `${iops} is more than gp3 gives ${sizeGiB} GiB (at most ${mostIops})`,
    ),
    ...onlyIf(
      throughputMiBps > mostThroughput,
      ['nodes', index, 'storage', 'throughputMiBps'],
      `${throughputMiBps} is more than gp3 gives ${iops} IOPS (at most ${mostThroughput})`,
    ),
  ];
}

function checkRepeatedNames({ nodeGroups }: Config): readonly Finding[] {
  return nodeGroups.flatMap(({ name }, index) =>
    onlyIf(
      nodeGroups.findIndex((group) => group.name === name) < index,
      ['nodes', index, 'name'],
      `${name} is the name of an earlier group; names are unique`,
    ),
  );
}

function checkVotingOnly({ nodeGroups }: Config): readonly Finding[] {
  return nodeGroups.flatMap(({ roles }, index) =>
    onlyIf(
      roles.includes('voting_only') && !roles.includes('master'),
      ['nodes', index, 'roles'],
      'voting_only needs the role master beside it',
    ),
  );
}

/** Refused: node groups of which no working cluster can be made. */
export const nodeErrors: readonly Rule[] = [
  {
    rule: "The cluster's name does not begin with `sg-`, which AWS refuses in names of security groups.",
    check: ({ name }) =>
      onlyIf(
        name.startsWith('sg-'),
        ['name'],
        `${name} begins with sg-, which AWS refuses in names of security groups`,
      ),
  },
  {
    rule: `All groups together have 1 to ${maxNodes} nodes.`,
    check: (config) =>
      onlyIf(
        totalNodes(config) > maxNodes,
        ['nodes'],
        `${totalNodes(config)} nodes in all is more than ${maxNodes}`,
      ),
  },
  { rule: 'Names of groups are unique.', check: checkRepeatedNames },
  {
    rule: 'At least one node can be elected master: it has the role `master`, and not `voting_only`.',
    check: (config) =>
      onlyIf(
        !config.nodeGroups.some(({ roles }) => roles.includes('master') && !roles.includes('voting_only')),
        ['nodes'],
        'no node can be elected master; give a group the role master, without voting_only',
      ),
  },
  { rule: 'The role `voting_only` stands beside `master`.', check: checkVotingOnly },
  {
    rule: 'Some node holds data: the role `data`, or both `data_content` and `data_hot`.',
    check: (config) =>
      onlyIf(
        !hasRole(config, 'data') && !(hasRole(config, 'data_content') && hasRole(config, 'data_hot')),
        ['nodes'],
        'no node holds data; give a group the role data, or data_content and data_hot',
      ),
  },
  {
    rule:
      'IOPS and throughput stay within what gp3 gives for the size: 500 IOPS a GiB, a quarter MiB/s for each ' +
      'of the IOPS.',
    check: ({ nodeGroups }) => nodeGroups.flatMap(checkStorage),
  },
];

function sayMasters(config: Config): readonly Finding[] {
  const masters = masterEligibleNodes(config);
  const path = ['nodes'];
  if (masters === 1) {
    return [
      {
        path,
        message: '1 master-eligible node: while it is away there is no cluster; 3 survive the loss of one',
      },
    ];
  }
  if (masters === 2) {
    return [
      {
        path,
        message:
          '2 master-eligible nodes: both must stay up, as neither is a majority; 3 survive the loss of one',
      },
    ];
  }
  return onlyIf(
    masters % 2 === 0,
    path,
    `${masters} master-eligible nodes is an even number: they survive no more failures than ` +
      `${masters - 1} do; ${masters - 1} or ${masters + 1} are better`,
  );
}

/** More than this many masters to be are more than any failure asks for. */
const manyMasters = 9;

/** Each change of the cluster's state is sent to all of them, and a majority has to answer before it holds. */
function sayManyMasters(config: Config): readonly Finding[] {
  const masters = masterEligibleNodes(config);
  return onlyIf(
    masters > manyMasters,
    ['nodes'],
    `${masters} master-eligible nodes all vote on each change, and elections take longer; give one group of 3 the role master, and the ` +
      'others none: nodes: [{ name: masters, count: 3, roles: [master] }, …]',
  );
}

function sayBurstable({ nodeGroups }: Config): readonly Finding[] {
  return nodeGroups.flatMap(({ instanceType }, index) =>
    onlyIf(
      /^t\d/.test(instanceType),
      ['nodes', index, 'instanceType'],
      `${instanceType} lives on CPU credits: under steady load it slows down or costs more; m7g and r7g do not`,
    ),
  );
}

/** Warned about: clusters that run, and stop running when something fails. */
export const nodeWarnings: readonly Rule[] = [
  {
    rule: 'One or two master-eligible nodes survive no failure; an even number survives no more than one fewer.',
    check: sayMasters,
  },
  {
    rule:
      `More than ${manyMasters} master-eligible nodes make each change of the cluster's state and each election slow: three dedicated ones ` +
      'are enough for any number of others.',
    check: sayManyMasters,
  },
  { rule: 'Burstable instance types (t3, t4g) are for trials.', check: sayBurstable },
  {
    rule: 'Three nodes or more stand in at least three zones.',
    check: (config) =>
      onlyIf(
        zoneCount(config) < 3 && totalNodes(config) >= 3,
        ['network', 'zones'],
        `${zoneCount(config)} ${zoneCount(config) === 1 ? 'zone holds' : 'zones hold'} ` +
          `${totalNodes(config)} nodes: when a zone fails, the majority may fail with it; 3 zones avoid that`,
      ),
  },
  {
    rule: 'There are no more zones than nodes.',
    check: (config) =>
      onlyIf(
        totalNodes(config) < zoneCount(config),
        ['network', 'zones'],
        `${zoneCount(config)} zones for ${totalNodes(config)} ` +
          `${totalNodes(config) === 1 ? 'node' : 'nodes'}: a zone without a node is paid for, NAT included, and not used`,
      ),
  },
];
