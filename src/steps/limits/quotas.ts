import {
  DescribeInstanceTypesCommand,
  type InstanceTypeInfo,
  type _InstanceType as SdkInstanceType,
} from '@aws-sdk/client-ec2';
import { GetServiceQuotaCommand } from '@aws-sdk/client-service-quotas';

import type { Clients } from '../../aws/clients.ts';
import type { Plan } from '../../engine/plan.ts';
import { EsEcsError } from '../../errors.ts';
import type { StepContext } from '../context.ts';
import { typeFacts } from '../instance-type-facts.ts';
import { type Asked, askedBy, isStandardFamily, typeChanges } from './asked.ts';
import { silently } from './silently.ts';
import { addressesInUse, gp3InUse, groupsInUse, natGatewaysInUse, vcpusInUse, vpcsInUse } from './used.ts';

/** A quota that the first `up` of an account meets. */
interface Quota {
  /** In the plural: what there can be no more of. */
  readonly of: string;
  /** As Service Quotas calls them. */
  readonly service: string;
  readonly quota: string;
  /** How many of the quota's own unit are wanted; by place, where it is a quota of each place. */
  asked(asked: Asked): ReadonlyMap<string, number>;
  /** The same, of what exists. */
  used(clients: Clients): Promise<ReadonlyMap<string, number>>;
  /** Another way out than a larger quota. */
  readonly instead?: string;
}

const gibPerTib = 1024;

function everywhere(count: number): ReadonlyMap<string, number> {
  return new Map([['', count]]);
}

/** Codes as `aws service-quotas list-service-quotas` gives them. */
const quotas: readonly Quota[] = [
  {
    of: 'vCPUs of running on-demand instances',
    service: 'ec2',
    quota: 'L-1216C47A',
    asked: ({ vcpus }) => everywhere(vcpus),
    used: async (clients) => everywhere(await vcpusInUse(clients)),
    instead: 'a smaller instanceType or fewer nodes need fewer',
  },
  {
    of: 'Elastic IP addresses',
    service: 'ec2',
    quota: 'L-0263D0A3',
    asked: ({ addresses }) => everywhere(addresses),
    used: async (clients) => everywhere(await addressesInUse(clients)),
    instead: 'network.nat: single needs one',
  },
  {
    of: 'VPCs',
    service: 'vpc',
    quota: 'L-F678F1CE',
    asked: ({ vpcs }) => everywhere(vpcs),
    used: async (clients) => everywhere(await vpcsInUse(clients)),
  },
  {
    of: 'NAT gateways',
    service: 'vpc',
    quota: 'L-FE5A380F',
    asked: ({ natGateways }) => natGateways,
    used: natGatewaysInUse,
    instead: 'network.zones can name other zones',
  },
  {
    of: 'TiB of gp3 volumes',
    service: 'ebs',
    quota: 'L-7A658B76',
    asked: ({ gp3GiB }) => everywhere(gp3GiB / gibPerTib),
    used: async (clients) => everywhere((await gp3InUse(clients)) / gibPerTib),
    instead: 'a smaller storage.sizeGiB needs less',
  },
  {
    of: 'Auto Scaling groups',
    service: 'autoscaling',
    quota: 'L-CDE20ADC',
    asked: ({ groups }) => everywhere(groups),
    used: async (clients) => everywhere(await groupsInUse(clients)),
  },
];

/**
 * What a plan asks for and the account may not have, by its quotas and by what is in use; each with the command that asks for more.
 * Silent where the quota cannot be looked at: who may not see it meets it later, as before. Nothing is read of what the plan does not
 * make.
 */
export async function quotaRefusals(plan: Plan, context: StepContext): Promise<readonly EsEcsError[]> {
  const made = askedBy(plan, context);
  const asked = { ...made, vcpus: made.vcpus + (await grownVcpus(plan, context)) };
  const judged = await Promise.all(quotas.map((quota) => judge(quota, asked, context)));
  return judged.flat();
}

/** How many vCPUs more hosts have once a plan has given them another type; their former one is looked up. */
async function grownVcpus(plan: Plan, context: StepContext): Promise<number> {
  const changes = typeChanges(plan, context).filter(({ after }) => isStandardFamily(after));
  const former = [...new Set(changes.map(({ before }) => before).filter(isStandardFamily))];
  const known = former.length === 0 ? [] : await silently(describeTypes(context.clients, former));
  if (known === undefined) return 0;
  const before = new Map(known.map((type) => [String(type.InstanceType), typeFacts(type).vcpus]));
  const growth = changes.reduce((sum, change) => {
    const after = context.facts.instanceTypes.get(change.after)?.vcpus ?? 0;
    return sum + change.hosts * (after - (before.get(change.before) ?? 0));
  }, 0);
  return Math.max(0, growth);
}

async function describeTypes(
  { ec2 }: Clients,
  names: readonly string[],
): Promise<readonly InstanceTypeInfo[]> {
  const InstanceTypes = names as SdkInstanceType[]; // AWS makes new types faster than the SDK lists them
  return (await ec2.send(new DescribeInstanceTypesCommand({ InstanceTypes }))).InstanceTypes ?? [];
}

async function judge(quota: Quota, asked: Asked, context: StepContext): Promise<readonly EsEcsError[]> {
  const wanted = [...quota.asked(asked)].filter(([, count]) => count > 0);
  if (wanted.length === 0) return [];
  const [limit, used] = await Promise.all([
    silently(readLimit(quota, context.clients)),
    silently(quota.used(context.clients)),
  ]);
  if (limit === undefined) return [];
  return wanted.flatMap(([place, count]) => {
    const inUse = used?.get(place) ?? 0;
    if (inUse + count <= limit) return [];
    return [refusal(quota, { place, count, inUse, limit, region: context.config.region })];
  });
}

async function readLimit({ service, quota }: Quota, { serviceQuotas }: Clients): Promise<number | undefined> {
  const command = new GetServiceQuotaCommand({ ServiceCode: service, QuotaCode: quota });
  return (await serviceQuotas.send(command)).Quota?.Value;
}

interface Shortage {
  readonly place: string;
  readonly count: number;
  readonly inUse: number;
  readonly limit: number;
  readonly region: string;
}

function refusal(quota: Quota, { place, count, inUse, limit, region }: Shortage): EsEcsError {
  const where = place === '' ? region : place;
  const desired = Math.ceil(inUse + count);
  const number = (value: number): string => String(Math.round(value * 10) / 10);
  return new EsEcsError(
    'QUOTA',
    `not enough ${quota.of} in ${where}: the plan needs ${number(count)} more, and ${number(inUse)} of at most ${number(limit)} are in use`,
    {
      hint: [
        `aws service-quotas request-service-quota-increase --region ${region} --service-code ${quota.service} --quota-code ${quota.quota} --desired-value ${desired}`,
        ...(quota.instead === undefined ? [] : [quota.instead]),
      ],
    },
  );
}
