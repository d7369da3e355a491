import type { Operations } from './core/operation.ts';
import type { EventRule } from './core/world.ts';
import { addressOperations } from './ec2/addresses.ts';
import { endpointOperations, endpointRules } from './ec2/endpoints.ts';
import { internetGatewayOperations } from './ec2/internet-gateways.ts';
import { natGatewayOperations, natGatewayRules } from './ec2/nat-gateways.ts';
import { networkInterfaceOperations } from './ec2/network-interfaces.ts';
import { routeTableOperations } from './ec2/route-tables.ts';
import { securityGroupRuleOperations } from './ec2/security-group-rules.ts';
import { securityGroupOperations } from './ec2/security-groups.ts';
import { subnetOperations } from './ec2/subnets.ts';
import { tagOperations } from './ec2/tags.ts';
import { vpcOperations } from './ec2/vpcs.ts';
import { zoneOperations } from './ec2/zones.ts';

/** The operations of each service, by the name of its SDK client without "Client". */
export const services: Readonly<Record<string, Operations>> = {
  EC2: {
    ...addressOperations,
    ...endpointOperations,
    ...internetGatewayOperations,
    ...natGatewayOperations,
    ...networkInterfaceOperations,
    ...routeTableOperations,
    ...securityGroupOperations,
    ...securityGroupRuleOperations,
    ...subnetOperations,
    ...tagOperations,
    ...vpcOperations,
    ...zoneOperations,
  },
};

/** What happens by itself. */
export const eventRules: Readonly<Record<string, EventRule>> = {
  ...endpointRules,
  ...natGatewayRules,
};
