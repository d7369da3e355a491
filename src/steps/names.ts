import type { Config } from '../config/config.ts';
import { plainGroup } from '../elasticsearch/topology.ts';
import type { Address } from '../engine/resource.ts';
import type { Facts } from './facts.ts';

/** The ECS cluster, and with it the prefix of whatever is named after the cluster as a whole. */
export function clusterName(config: Pick<Config, 'name'>): string {
  return `es-ecs-${config.name}`;
}

/** IAM's names are the account's, not the region's: the region is in them. */
export function roleName(
  config: Pick<Config, 'name' | 'region'>,
  role: 'instance' | 'execution' | 'task' | 'flow-log',
): string {
  return `es-ecs-${config.name}-${config.region}-${role}`;
}

/** The Auto Scaling group of a node. */
export function groupName(node: string): string {
  return `es-ecs-${node}`;
}

/** A thing that exists once a node group, by name: `es-ecs-search`, `es-ecs-search-masters`. */
export function nameOfGroup(config: Pick<Config, 'name'>, group: string): string {
  return group === plainGroup ? clusterName(config) : `${clusterName(config)}-${group}`;
}

/** A thing that exists once a node group, by address: `hosts/launch-template`, `hosts/launch-template/masters`. */
export function addressOfGroup(address: Address, group: string): Address {
  return group === plainGroup ? address : `${address}/${group}`;
}

/** The address of launch templates, up to the group's name. */
export const templateAddress = 'hosts/launch-template';

/** The address of task definitions, up to the group's name. */
export const definitionAddress = 'task/definition';

/** The group whose thing has that address; undefined: none's. The reverse of `addressOfGroup`. */
export function groupOfAddress(prefix: Address, address: Address): string | undefined {
  if (address === prefix) return plainGroup;
  return address.startsWith(`${prefix}/`) ? address.slice(prefix.length + 1) : undefined;
}

/** The ECR repository. */
export function repositoryName(config: Pick<Config, 'name'>): string {
  return `es-ecs/${config.name}`;
}

/** The CloudWatch log group of the containers. */
export function logGroupName(config: Pick<Config, 'name'>): string {
  return `/es-ecs/${config.name}`;
}

/** The CloudWatch log group of the VPC's flow log. */
export function flowLogGroupName(config: Pick<Config, 'name'>): string {
  return `${logGroupName(config)}/flow-log`;
}

/** A secret in Secrets Manager. */
export function secretName(
  config: Pick<Config, 'name'>,
  secret: 'authority' | 'certificates' | 'password',
): string {
  return `es-ecs/${config.name}/${secret}`;
}

/** An ARN in the caller's own partition, region and account. */
export function arn(
  facts: Pick<Facts, 'partition' | 'region' | 'accountId'>,
  service: string,
  resource: string,
): string {
  return `arn:${facts.partition}:${service}:${facts.region}:${facts.accountId}:${resource}`;
}
