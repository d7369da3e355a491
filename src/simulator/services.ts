import { groupOperations } from './auto-scaling/groups.ts';
import { groupRules } from './auto-scaling/reconcile.ts';
import { groupTagOperations } from './auto-scaling/tags.ts';
import type { Operations } from './core/operation.ts';
import type { EventRule } from './core/world.ts';
import { freedNameRules } from './core/freed-names.ts';
import { governanceRules } from './core/governance.ts';
import { addressOperations } from './ec2/addresses.ts';
import { ebsKeyOperations } from './ec2/ebs-key.ts';
import { endpointOperations, endpointRules } from './ec2/endpoints.ts';
import { flowLogOperations } from './ec2/flow-logs.ts';
import { imageOperations } from './ec2/images.ts';
import { instanceRules } from './ec2/instance-states.ts';
import { instanceTypeOperations } from './ec2/instance-types.ts';
import { instanceOperations } from './ec2/instances.ts';
import { internetGatewayOperations } from './ec2/internet-gateways.ts';
import { keyPairOperations } from './ec2/key-pairs.ts';
import { launchTemplateOperations } from './ec2/launch-templates.ts';
import { natGatewayOperations, natGatewayRules } from './ec2/nat-gateways.ts';
import { networkInterfaceOperations } from './ec2/network-interfaces.ts';
import { profileAssociationOperations } from './ec2/profile-associations.ts';
import { regionOperations } from './ec2/regions.ts';
import { routeTableOperations } from './ec2/route-tables.ts';
import { securityGroupRuleOperations } from './ec2/security-group-rules.ts';
import { securityGroupOperations } from './ec2/security-groups.ts';
import { subnetOperations } from './ec2/subnets.ts';
import { tagOperations } from './ec2/tags.ts';
import { volumeOperations, volumeRules } from './ec2/volumes.ts';
import { vpcOperations } from './ec2/vpcs.ts';
import { zoneOperations } from './ec2/zones.ts';
import { imageOperations as ecrImageOperations } from './ecr/images.ts';
import { repositoryOperations } from './ecr/repositories.ts';
import { ecsOperations } from './ecs/operations.ts';
import { ecsRules } from './ecs/rules.ts';
import { elasticsearchRules } from './elasticsearch/rules.ts';
import { planOperations } from './free-tier/plan.ts';
import { hostRules } from './hosts/boot.ts';
import { accountDetailOperations } from './iam/account-details.ts';
import { instanceProfileOperations } from './iam/instance-profiles.ts';
import { roleOperations, rolePolicyOperations } from './iam/roles.ts';
import { keyOperations } from './kms/operations.ts';
import { logOperations } from './logs/log-groups.ts';
import { secretOperations } from './secrets-manager/secrets.ts';
import { quotaOperations } from './service-quotas/quotas.ts';
import { parameterOperations } from './ssm/parameters.ts';
import { identityOperations } from './sts/identity.ts';

/** The operations of each service, by the name of its SDK client without "Client". */
export const services: Readonly<Record<string, Operations>> = {
  AutoScaling: { ...groupOperations, ...groupTagOperations },
  CloudWatchLogs: { ...logOperations },
  EC2: {
    ...addressOperations,
    ...ebsKeyOperations,
    ...endpointOperations,
    ...flowLogOperations,
    ...imageOperations,
    ...instanceOperations,
    ...instanceTypeOperations,
    ...internetGatewayOperations,
    ...keyPairOperations,
    ...launchTemplateOperations,
    ...natGatewayOperations,
    ...networkInterfaceOperations,
    ...profileAssociationOperations,
    ...regionOperations,
    ...routeTableOperations,
    ...securityGroupOperations,
    ...securityGroupRuleOperations,
    ...subnetOperations,
    ...tagOperations,
    ...volumeOperations,
    ...vpcOperations,
    ...zoneOperations,
  },
  ECR: { ...ecrImageOperations, ...repositoryOperations },
  ECS: { ...ecsOperations },
  FreeTier: { ...planOperations },
  IAM: {
    ...accountDetailOperations,
    ...instanceProfileOperations,
    ...roleOperations,
    ...rolePolicyOperations,
  },
  KMS: { ...keyOperations },
  SecretsManager: { ...secretOperations },
  ServiceQuotas: { ...quotaOperations },
  SSM: { ...parameterOperations },
  STS: { ...identityOperations },
};

/** What happens by itself. */
export const eventRules: Readonly<Record<string, EventRule>> = {
  ...ecsRules,
  ...elasticsearchRules,
  ...endpointRules,
  ...freedNameRules,
  ...governanceRules,
  ...groupRules,
  ...hostRules,
  ...instanceRules,
  ...natGatewayRules,
  ...volumeRules,
};
