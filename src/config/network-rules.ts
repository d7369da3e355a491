import { Netmask } from 'netmask';
import type { Config } from './config.ts';
import { zoneCount } from './node-rules.ts';
import type { Path } from './position.ts';
import type { Finding, Rule } from './rules.ts';
import { hostCapacity, largestVpcPrefix, smallestVpcPrefix, subnetCidrs } from './subnets.ts';

/** A CIDR of the config, and where it stands. */
interface PlacedCidr {
  readonly path: Path;
  readonly cidr: string;
}

function bastionCidrs({ bastion }: Config): readonly PlacedCidr[] {
  if (!bastion.enabled || bastion.allowedCidrs === 'caller') return [];
  return bastion.allowedCidrs.map((cidr, index) => ({ path: ['bastion', 'allowedCidrs', index], cidr }));
}

function accessCidrs({ access }: Config): readonly PlacedCidr[] {
  return access.cidrs.map((cidr, index) => ({ path: ['access', 'cidrs', index], cidr }));
}

function isNetworkAddress(cidr: string): boolean {
  return new Netmask(cidr).toString() === cidr;
}

function checkNetworkAddresses(config: Config): readonly Finding[] {
  const vpc = { path: ['network', 'cidr'], cidr: config.network.cidr };
  return [vpc, ...bastionCidrs(config), ...accessCidrs(config)]
    .filter(({ cidr }) => !isNetworkAddress(cidr))
    .map(({ path, cidr }) => ({
      path,
      message: `${cidr} is not the beginning of its block, which is ${new Netmask(cidr).toString()}`,
    }));
}

function checkVpcSize({ network: { cidr } }: Config): readonly Finding[] {
  const { bitmask, base } = new Netmask(cidr);
  const path = ['network', 'cidr'];
  if (bitmask < largestVpcPrefix) {
    const message = `${cidr} is larger than AWS allows for a VPC (at most /${largestVpcPrefix})`;
    return [{ path, message }];
  }
  if (bitmask > smallestVpcPrefix) {
    const enough = new Netmask(base, smallestVpcPrefix).toString();
    const message =
      `${cidr} is too small to give each zone a public and a private subnet that AWS accepts (/28); ` +
      `use ${enough} or larger`;
    return [{ path, message }];
  }
  return [];
}

function hasUsableSize({ network: { cidr } }: Config): boolean {
  const { bitmask } = new Netmask(cidr);
  return bitmask >= largestVpcPrefix && bitmask <= smallestVpcPrefix;
}

/** The most nodes that one zone may get, whichever way groups are laid over zones. */
function nodesInFullestZone(config: Config): number {
  const zones = zoneCount(config);
  return config.nodeGroups.reduce((sum, { count }) => sum + Math.ceil(count / zones), 0);
}

function checkRoom(config: Config): readonly Finding[] {
  if (!hasUsableSize(config)) return [];
  const { cidr } = config.network;
  const subnet = subnetCidrs(cidr, 1)[0]?.private ?? cidr;
  const nodes = nodesInFullestZone(config);
  const room = hostCapacity(subnet);
  if (nodes <= room) return [];
  const message =
    `${cidr} is too small: a zone gets up to ${nodes} nodes, and its private subnet ` +
    `(/${new Netmask(subnet).bitmask}) holds ${room}`;
  return [{ path: ['network', 'cidr'], message }];
}

function checkRepeatedCidrs(config: Config): readonly Finding[] {
  return [bastionCidrs(config), accessCidrs(config)].flatMap((placed) => {
    const first = new Map(placed.toReversed().map((one) => [one.cidr, one]));
    return placed
      .filter((one) => first.get(one.cidr) !== one)
      .map(({ path, cidr }) => ({
        path,
        message: `${cidr} stands here twice, and AWS refuses the second rule`,
      }));
  });
}

function checkZoneNames({ region, network: { zones } }: Config): readonly Finding[] {
  if ('count' in zones) return [];
  return zones.names.flatMap((name, index) => {
    const path = ['network', 'zones', index];
    if (!name.startsWith(region)) return [{ path, message: `${name} is not a zone of ${region}` }];
    if (zones.names.indexOf(name) < index) return [{ path, message: `${name} stands here twice` }];
    return [];
  });
}

/** Refused: networks that AWS would not make, or in which nodes find no place. */
export const networkErrors: readonly Rule[] = [
  {
    rule: 'A CIDR begins at its network address: `10.0.0.0/16`, not `10.0.0.1/16`.',
    check: checkNetworkAddresses,
  },
  {
    rule:
      `\`network.cidr\` is /${largestVpcPrefix} to /${smallestVpcPrefix}: AWS takes no larger VPC, ` +
      'and a smaller one leaves subnets below /28.',
    check: checkVpcSize,
  },
  {
    rule: 'The private subnet of each zone has room for its nodes, beside the five addresses that AWS keeps.',
    check: checkRoom,
  },
  { rule: 'Zones named in `network.zones` are of the region, and named once.', check: checkZoneNames },
];

/** Refused: lists of CIDRs that EC2 would not take. */
export const cidrErrors: readonly Rule[] = [
  { rule: 'No CIDR stands twice in one list.', check: checkRepeatedCidrs },
];

/** RFC 1918, and RFC 6598 which AWS allows too. */
const privateBlocks = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10'];

/** Docker's own bridge on every host, and some AWS services (VPC user guide, "VPC CIDR blocks"). */
const dockerBridge = new Netmask('172.17.0.0/16');

function sayVpcAddresses({ network: { cidr } }: Config): readonly Finding[] {
  const path = ['network', 'cidr'];
  const vpc = new Netmask(cidr);
  if (!privateBlocks.some((block) => new Netmask(block).contains(vpc))) {
    return [
      {
        path,
        message: `${cidr} is not a private block: the nodes could not reach the true owners of these addresses`,
      },
    ];
  }
  if (dockerBridge.contains(vpc)) {
    return [
      {
        path,
        message: `${cidr} is where Docker's bridge on each host and some AWS services are; choose another block`,
      },
    ];
  }
  return [];
}

/** Warned about: networks that work only with something that es-ecs does not make, or that confuse. */
export const networkWarnings: readonly Rule[] = [
  {
    rule:
      'With `nat: none` es-ecs makes no way out: hosts have no public address, so that they reach ECS, ECR, CloudWatch Logs, ' +
      'Secrets Manager, SSM and EC2 only through interface endpoints or a route that you add to the VPC.',
    check: ({ network: { nat } }) =>
      nat === 'none'
        ? [
            {
              path: ['network', 'nat'],
              message:
                'none leaves hosts no way to ECS, ECR, Secrets Manager, CloudWatch Logs, SSM and EC2: until you add ' +
                'interface endpoints or a route of your own to the VPC, no host joins the cluster',
            },
          ]
        : [],
  },
  {
    rule: 'The VPC has private addresses, and not those of the Docker bridge (172.17.0.0/16).',
    check: sayVpcAddresses,
  },
];

/** Warned about: doors open to everyone. */
export const cidrWarnings: readonly Rule[] = [
  {
    rule: '`0.0.0.0/0` lets everyone try.',
    check: (config) => [
      ...bastionCidrs(config)
        .filter(({ cidr }) => cidr === '0.0.0.0/0')
        .map(({ path }) => ({
          path,
          message: '0.0.0.0/0 lets the whole internet try the SSH port of the bastion',
        })),
      ...accessCidrs(config)
        .filter(({ cidr }) => cidr === '0.0.0.0/0')
        .map(({ path }) => ({ path, message: '0.0.0.0/0 lets everyone who reaches the VPC try port 9200' })),
    ],
  },
];
