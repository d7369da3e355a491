import type { StepContext } from '../context.ts';
import { everywhere } from './route.ts';
import { type SecurityGroup, securityGroup, type SecurityGroupResource } from './security-group.ts';
import { allTraffic, itself, type Rule, tcp } from './security-rules.ts';
import type { VpcResource } from './vpc.ts';

const sshPort = 22;
/** Elasticsearch's HTTP API. */
const httpPort = 9200;
/** What the nodes say to each other. */
const transportPort = 9300;

/** By this a rule is known again that lets in whoever ran es-ecs first, when the state that remembers it is lost. */
export const callerDescription = 'whoever ran es-ecs first';

/**
 * SSH from the allowed addresses, and on to the hosts and Elasticsearch; nothing else leaves. The bastion gets its updates
 * by being replaced. Name service, time and instance metadata of a VPC pass by security groups.
 */
export function bastionSecurityGroup(
  context: StepContext,
  vpc: VpcResource,
): SecurityGroupResource<{ readonly vpc: VpcResource }> {
  const { config, facts } = context;
  const { bastion, network } = config;
  const isCaller = bastion.enabled && bastion.allowedCidrs === 'caller';
  return securityGroup(context, {
    name: 'bastion',
    description: `Bastion of the Elasticsearch cluster ${config.name}`,
    needs: { vpc },
    ingress: () =>
      [...new Set(facts.bastionCidrs)].map((cidr) =>
        tcp(sshPort, cidr, isCaller ? callerDescription : 'allowed by the config'),
      ),
    egress: () => [
      tcp(sshPort, network.cidr, 'on to the hosts'),
      tcp(httpPort, network.cidr, 'Elasticsearch'),
    ],
  });
}

function throughBastion(bastion: SecurityGroup | undefined): readonly Rule[] {
  if (bastion === undefined) return [];
  return [httpPort, sshPort].map((port) => tcp(port, bastion.groupId, 'through the bastion'));
}

/** The needs of the nodes' group; with the bastion off there is no group to let in. */
type NodeGroupNeeds = {
  readonly vpc: VpcResource;
  readonly bastion?: SecurityGroupResource<{ readonly vpc: VpcResource }>;
};

/**
 * The hosts: the transport port among themselves only, HTTP also for the bastion and for `access.cidrs`, SSH for the
 * bastion only. Everything may leave, as hosts talk to ECS, ECR, CloudWatch, Secrets Manager and more.
 */
export function nodeSecurityGroup(
  context: StepContext,
  needs: NodeGroupNeeds,
): SecurityGroupResource<NodeGroupNeeds> {
  const { config } = context;
  return securityGroup<NodeGroupNeeds>(context, {
    name: 'node',
    description: `Nodes of the Elasticsearch cluster ${config.name}`,
    needs,
    ingress: (inputs) => [
      tcp(transportPort, itself, 'node to node'),
      tcp(httpPort, itself, 'node to node'),
      // An optional need is an optional input; the mapped type knows no input for what may be no resource.
      ...throughBastion((inputs as { readonly bastion?: SecurityGroup }).bastion),
      ...[...new Set(config.access.cidrs)].map((cidr) => tcp(httpPort, cidr, 'allowed by the config')),
    ],
    egress: () => [allTraffic(everywhere)],
  });
}
