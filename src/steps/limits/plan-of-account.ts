import { DescribeInstanceTypesCommand, type InstanceTypeInfo } from '@aws-sdk/client-ec2';

import type { Clients } from '../../aws/clients.ts';
import { GetAccountPlanStateCommand } from '../../aws/free-tier.ts';
import type { Plan } from '../../engine/plan.ts';
import { EsEcsError } from '../../errors.ts';
import type { StepContext } from '../context.ts';
import { typeFacts } from '../instance-type-facts.ts';
import { unfitness } from '../judge-types.ts';
import { wantedTypes } from '../wanted-types.ts';
import { makesMachines, typeChanges } from './asked.ts';
import { silently } from './silently.ts';

/**
 * Instance types that the account's plan does not let it start: on the free plan of accounts since July 2025 those of the free tier alone, and EC2
 * says so when a host is launched, after all of the network is there. Silent where the plan cannot be looked at, and asked for what is to be launched alone.
 */
export async function planRefusals(plan: Plan, context: StepContext): Promise<readonly EsEcsError[]> {
  const { clients, config, facts, located } = context;
  // The free plan is for accounts of that partition.
  if (facts.partition !== 'aws') return [];
  if (!makesMachines(plan) && typeChanges(plan, context).length === 0) return [];
  if (!(await isFreePlan(clients))) return [];
  const free = await silently(freeTypes(clients));
  if (free === undefined) return [];
  return wantedTypes(config).flatMap(({ name, path, group }) => {
    if (free.some(({ InstanceType }) => InstanceType === name)) return [];
    const fit = free.filter((type) => group === undefined || unfitness(typeFacts(type)) === undefined);
    return [refusal(`${located.at(path)}: ${name}`, fit)];
  });
}

async function isFreePlan({ freeTier }: Clients): Promise<boolean> {
  const state = await silently(freeTier.send(new GetAccountPlanStateCommand({})));
  return state?.accountPlanType === 'FREE';
}

/** The types of the free tier, as they are here: which they are differs by account and region. */
async function freeTypes({ ec2 }: Clients): Promise<readonly InstanceTypeInfo[]> {
  const Filters = [{ Name: 'free-tier-eligible', Values: ['true'] }];
  const { InstanceTypes = [] } = await ec2.send(new DescribeInstanceTypesCommand({ Filters }));
  return [...InstanceTypes].sort((a, b) => memoryOf(b) - memoryOf(a));
}

function memoryOf({ MemoryInfo }: InstanceTypeInfo): number {
  return MemoryInfo?.SizeInMiB ?? 0;
}

function refusal(what: string, free: readonly InstanceTypeInfo[]): EsEcsError {
  const names = free.map(({ InstanceType }) => String(InstanceType));
  return new EsEcsError(
    'INSTANCE_TYPE_UNFIT',
    `${what} cannot be started: the account is on AWS's free plan, which has the types of the free tier alone`,
    {
      hint: [
        ...(names.length === 0 ? [] : [`of the free tier, the largest first: ${names.join(', ')}`]),
        'aws freetier upgrade-account-plan --account-plan-type PAID --region us-east-1   leaves the free plan, and keeps what is left of its credit',
      ],
    },
  );
}
