import type {
  GetServiceQuotaCommandInput,
  GetServiceQuotaCommandOutput,
} from '@aws-sdk/client-service-quotas';

import { SimulatedFailure } from '../core/failure.ts';
import type { Quotas } from '../core/quotas.ts';
import type { World } from '../core/world.ts';
import type { Answer } from '../ec2/common.ts';

interface Listed {
  readonly service: string;
  readonly code: string;
  readonly name: string;
  readonly of: keyof Quotas;
}

/** The quotas that the account keeps, under the codes of Service Quotas. */
const listed: readonly Listed[] = [
  { service: 'vpc', code: 'L-F678F1CE', name: 'VPCs per Region', of: 'vpcs' },
  { service: 'vpc', code: 'L-A4707A72', name: 'Internet gateways per Region', of: 'internetGateways' },
  { service: 'vpc', code: 'L-FE5A380F', name: 'NAT gateways per Availability Zone', of: 'natGateways' },
  { service: 'vpc', code: 'L-E79EC296', name: 'VPC security groups per Region', of: 'securityGroups' },
  { service: 'ec2', code: 'L-0263D0A3', name: 'EC2-VPC Elastic IPs', of: 'addresses' },
  {
    service: 'ec2',
    code: 'L-1216C47A',
    name: 'Running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances',
    of: 'vcpus',
  },
  {
    service: 'ebs',
    code: 'L-7A658B76',
    name: 'Storage for General Purpose SSD (gp3) volumes, in TiB',
    of: 'gp3TiB',
  },
  { service: 'autoscaling', code: 'L-CDE20ADC', name: 'Auto Scaling groups per region', of: 'groups' },
];

/** Service Quotas, as its API reference describes it: what the account may have. */
export const quotaOperations = {
  GetServiceQuota(
    world: World,
    { ServiceCode, QuotaCode }: GetServiceQuotaCommandInput,
  ): Answer<GetServiceQuotaCommandOutput> {
    const one = listed.find(({ service, code }) => service === ServiceCode && code === QuotaCode);
    if (one === undefined) {
      throw new SimulatedFailure(
        'NoSuchResourceException',
        'The request failed because the specified service or quota does not exist.',
        404,
      );
    }
    return {
      Quota: {
        ServiceCode: one.service,
        QuotaCode: one.code,
        QuotaName: one.name,
        QuotaArn: `arn:${world.partition}:servicequotas:${world.region}:${world.accountId}:${one.service}/${one.code}`,
        Value: world.quotas[one.of],
        Unit: 'None',
        Adjustable: true,
        GlobalQuota: false,
      },
    };
  },
} as const;
