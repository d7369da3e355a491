import type { Operations } from './core/operation.ts';
import type { EventRule } from './core/world.ts';
import { networkInterfaceOperations } from './ec2/network-interfaces.ts';
import { tagOperations } from './ec2/tags.ts';
import { vpcOperations } from './ec2/vpcs.ts';

/** The operations of each service, by the name of its SDK client without "Client". */
export const services: Readonly<Record<string, Operations>> = {
  EC2: {
    ...networkInterfaceOperations,
    ...tagOperations,
    ...vpcOperations,
  },
};

/** What happens by itself. */
export const eventRules: Readonly<Record<string, EventRule>> = {};
