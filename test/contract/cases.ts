import type { ContractCase } from './case.ts';
import { autoScalingCases } from './cases/auto-scaling.ts';
import { ecrCases } from './cases/ecr.ts';
import { ecsClusterCases } from './cases/ecs-cluster.ts';
import { ecsServiceCases } from './cases/ecs-service.ts';
import { ecsTaskCases } from './cases/ecs-task.ts';
import { endpointCases } from './cases/endpoint.ts';
import { factsCases } from './cases/facts.ts';
import { flowLogCases } from './cases/flow-log.ts';
import { gatewayCases } from './cases/gateway.ts';
import { iamCases } from './cases/iam.ts';
import { instanceCases } from './cases/instance.ts';
import { keyCases } from './cases/key.ts';
import { keyPairCases } from './cases/key-pair.ts';
import { launchTemplateCases } from './cases/launch-template.ts';
import { logsCases } from './cases/logs.ts';
import { natGatewayCases } from './cases/nat-gateway.ts';
import { pageCases } from './cases/pages.ts';
import { routeTableCases } from './cases/route-table.ts';
import { secretCases } from './cases/secret.ts';
import { parameterCases } from './cases/parameter.ts';
import { securityGroupCases } from './cases/security-group.ts';
import { subnetCases } from './cases/subnet.ts';
import { volumeCases } from './cases/volume.ts';
import { vpcCases } from './cases/vpc.ts';

/** Every case of the contract. */
export const cases: readonly ContractCase[] = [
  ...factsCases,
  ...vpcCases,
  ...subnetCases,
  ...gatewayCases,
  ...natGatewayCases,
  ...routeTableCases,
  ...securityGroupCases,
  ...endpointCases,
  ...flowLogCases,
  ...keyCases,
  ...keyPairCases,
  ...instanceCases,
  ...volumeCases,
  ...launchTemplateCases,
  ...autoScalingCases,
  ...iamCases,
  ...ecsClusterCases,
  ...ecrCases,
  ...logsCases,
  ...parameterCases,
  ...secretCases,
  ...ecsTaskCases,
  ...ecsServiceCases,
  ...pageCases,
];
