import { paginateDescribeAutoScalingGroups } from '@aws-sdk/client-auto-scaling';
import { paginateDescribeLogGroups } from '@aws-sdk/client-cloudwatch-logs';
import {
  DescribeAddressesCommand,
  DescribeKeyPairsCommand,
  paginateDescribeFlowLogs,
  paginateDescribeInstances,
  paginateDescribeInternetGateways,
  paginateDescribeLaunchTemplates,
  paginateDescribeNatGateways,
  paginateDescribeNetworkInterfaces,
  paginateDescribeRouteTables,
  paginateDescribeSecurityGroupRules,
  paginateDescribeSecurityGroups,
  paginateDescribeSubnets,
  paginateDescribeVolumes,
  paginateDescribeVpcEndpoints,
  paginateDescribeVpcs,
} from '@aws-sdk/client-ec2';
import type { EC2Client } from '@aws-sdk/client-ec2';
import { paginateDescribeRepositories } from '@aws-sdk/client-ecr';
import {
  DescribeClustersCommand,
  DescribeServicesCommand,
  paginateListClusters,
  paginateListContainerInstances,
  paginateListServices,
  paginateListTaskDefinitions,
  paginateListTasks,
} from '@aws-sdk/client-ecs';
import type { ECSClient } from '@aws-sdk/client-ecs';
import {
  paginateListAttachedRolePolicies,
  paginateListInstanceProfiles,
  paginateListPolicies,
  paginateListRolePolicies,
  paginateListRoles,
} from '@aws-sdk/client-iam';
import type { IAMClient } from '@aws-sdk/client-iam';
import { paginateListSecrets } from '@aws-sdk/client-secrets-manager';
import { paginateDescribeParameters } from '@aws-sdk/client-ssm';

import type { Clients } from '../../../src/aws/clients.ts';

/** Per type, one line a thing, sorted: two listings are equal exactly when the account holds the same. */
export type Listing = Readonly<Record<string, readonly string[]>>;

/** What may make up a line. */
type Word = string | number | boolean | undefined;

/**
 * Everything of every type that es-ecs makes, and of the types that come along with them (network interfaces,
 * tasks). What is gone but still shown for a while (a terminated instance, a deleted NAT gateway) is left out.
 */
export async function listEverything(clients: Clients): Promise<Listing> {
  const parts = await Promise.all([
    listNetwork(clients.ec2),
    listFirewall(clients.ec2),
    listHosts(clients.ec2),
    listGroups(clients),
    listIdentities(clients.iam),
    listContainers(clients.ecs),
    listStores(clients),
  ]);
  const types = parts.flatMap((part) => Object.entries(part));
  return Object.fromEntries(
    types.map(([type, lines]): [string, string[]] => [type, lines.toSorted()]).sort(byType),
  );
}

/** How many things a listing has in all. */
export function countOf(listing: Listing): number {
  return Object.values(listing).reduce((sum, lines) => sum + lines.length, 0);
}

/** The things that are in `after` and not in `before`, by type; types without any are left out. */
export function addedSince(before: Listing, after: Listing): Listing {
  const added = Object.entries(after).map(([type, lines]): [string, readonly string[]] => {
    const known = new Set(before[type]);
    return [type, lines.filter((line) => !known.has(line))];
  });
  return Object.fromEntries(added.filter(([, lines]) => lines.length > 0));
}

type Part = Record<string, string[]>;

async function listNetwork(ec2: EC2Client): Promise<Part> {
  const paging = { client: ec2 };
  return {
    'ec2 vpc': await lines(paginateDescribeVpcs(paging, {}), (page) =>
      page.Vpcs?.map((vpc) => [vpc.VpcId, vpc.CidrBlock]),
    ),
    'ec2 subnet': await lines(paginateDescribeSubnets(paging, {}), (page) =>
      page.Subnets?.map((subnet) => [subnet.SubnetId, subnet.CidrBlock, subnet.AvailabilityZone]),
    ),
    'ec2 internet gateway': await lines(paginateDescribeInternetGateways(paging, {}), (page) =>
      page.InternetGateways?.map((gateway) => [
        gateway.InternetGatewayId,
        ...(gateway.Attachments ?? []).map((attachment) => attachment.VpcId),
      ]),
    ),
    'ec2 address': one(await ec2.send(new DescribeAddressesCommand({})), (answer) =>
      answer.Addresses?.map((address) => [address.AllocationId, address.PublicIp]),
    ),
    'ec2 nat gateway': await lines(paginateDescribeNatGateways(paging, {}), (page) =>
      page.NatGateways?.filter(({ State }) => State !== 'deleted').map((gateway) => [
        gateway.NatGatewayId,
        gateway.State,
        gateway.SubnetId,
      ]),
    ),
    'ec2 route table': await lines(paginateDescribeRouteTables(paging, {}), (page) =>
      page.RouteTables?.map((table) => [
        table.RouteTableId,
        // In no order: a route made anew comes last.
        ...(table.Routes ?? [])
          .map((route) => route.DestinationCidrBlock ?? route.DestinationPrefixListId)
          .toSorted(),
        ...(table.Associations ?? []).map((association) => association.SubnetId).toSorted(),
      ]),
    ),
    'ec2 flow log': await lines(paginateDescribeFlowLogs(paging, {}), (page) =>
      page.FlowLogs?.map((flowLog) => [flowLog.FlowLogId, flowLog.ResourceId]),
    ),
    'ec2 vpc endpoint': await lines(paginateDescribeVpcEndpoints(paging, {}), (page) =>
      page.VpcEndpoints?.filter(({ State }) => State?.toLowerCase() !== 'deleted').map((endpoint) => [
        endpoint.VpcEndpointId,
        endpoint.ServiceName,
      ]),
    ),
    'ec2 network interface': await listInterfaces(ec2),
  };
}

/**
 * Those in a subnet that exists: AWS deletes no subnet with an interface in it, while moto deletes it and keeps the
 * interfaces of ended instances and of deleted NAT gateways for ever.
 */
async function listInterfaces(ec2: EC2Client): Promise<string[]> {
  const paging = { client: ec2 };
  const subnets = await lines(paginateDescribeSubnets(paging, {}), (page) =>
    page.Subnets?.map(({ SubnetId }) => [SubnetId]),
  );
  return lines(paginateDescribeNetworkInterfaces(paging, {}), (page) =>
    page.NetworkInterfaces?.filter(({ SubnetId = '' }) => subnets.includes(SubnetId)).map((card) => [
      card.NetworkInterfaceId,
      card.SubnetId,
      card.Description,
    ]),
  );
}

async function listFirewall(ec2: EC2Client): Promise<Part> {
  const paging = { client: ec2 };
  return {
    'ec2 security group': await lines(paginateDescribeSecurityGroups(paging, {}), (page) =>
      page.SecurityGroups?.map((group) => [group.GroupId, group.GroupName]),
    ),
    'ec2 security group rule': await lines(paginateDescribeSecurityGroupRules(paging, {}), (page) =>
      page.SecurityGroupRules?.map((rule) => [
        rule.SecurityGroupRuleId,
        rule.GroupId,
        rule.IsEgress === true ? 'out' : 'in',
        rule.IpProtocol,
        `${String(rule.FromPort)}-${String(rule.ToPort)}`,
        rule.CidrIpv4 ?? rule.ReferencedGroupInfo?.GroupId,
      ]),
    ),
    'ec2 key pair': one(await ec2.send(new DescribeKeyPairsCommand({})), (answer) =>
      answer.KeyPairs?.map((pair) => [pair.KeyPairId, pair.KeyName]),
    ),
  };
}

async function listHosts(ec2: EC2Client): Promise<Part> {
  const paging = { client: ec2 };
  return {
    'ec2 instance': await lines(paginateDescribeInstances(paging, {}), (page) =>
      page.Reservations?.flatMap(({ Instances }) => Instances ?? [])
        .filter(({ State }) => State?.Name !== 'terminated')
        .map((instance) => [instance.InstanceId, instance.State?.Name, instance.InstanceType]),
    ),
    'ec2 volume': await lines(paginateDescribeVolumes(paging, {}), (page) =>
      page.Volumes?.map((volume) => [
        volume.VolumeId,
        volume.Size,
        volume.VolumeType,
        volume.AvailabilityZone,
      ]),
    ),
    'ec2 launch template': await lines(paginateDescribeLaunchTemplates(paging, {}), (page) =>
      page.LaunchTemplates?.map((template) => [template.LaunchTemplateId, template.LaunchTemplateName]),
    ),
  };
}

async function listGroups({ autoScaling }: Clients): Promise<Part> {
  return {
    'autoscaling group': await lines(paginateDescribeAutoScalingGroups({ client: autoScaling }, {}), (page) =>
      page.AutoScalingGroups?.map((group) => [group.AutoScalingGroupName, group.Status]),
    ),
  };
}

async function listIdentities(iam: IAMClient): Promise<Part> {
  const paging = { client: iam };
  const roles = await lines(paginateListRoles(paging, {}), (page) =>
    page.Roles?.map((role) => [role.RoleName]),
  );
  const rolePolicies = roles.map(async (RoleName) => [
    ...(await lines(paginateListRolePolicies(paging, { RoleName }), (page) =>
      page.PolicyNames?.map((name) => [RoleName, name]),
    )),
    ...(await lines(paginateListAttachedRolePolicies(paging, { RoleName }), (page) =>
      page.AttachedPolicies?.map((policy) => [RoleName, policy.PolicyArn]),
    )),
  ]);
  return {
    'iam role': roles,
    'iam role policy': (await Promise.all(rolePolicies)).flat(),
    'iam instance profile': await lines(paginateListInstanceProfiles(paging, {}), (page) =>
      page.InstanceProfiles?.map((profile) => [
        profile.InstanceProfileName,
        ...(profile.Roles ?? []).map((role) => role.RoleName),
      ]),
    ),
    'iam policy': await lines(paginateListPolicies(paging, { Scope: 'Local' }), (page) =>
      page.Policies?.map((policy) => [policy.Arn]),
    ),
  };
}

async function listContainers(ecs: ECSClient): Promise<Part> {
  const paging = { client: ecs };
  const clusters = await listClusters(ecs);
  const inClusters = async (list: (cluster: string) => Promise<string[]>): Promise<string[]> =>
    (await Promise.all(clusters.map(list))).flat();
  return {
    'ecs cluster': clusters,
    'ecs service': await inClusters((cluster) => listServices(ecs, cluster)),
    'ecs container instance': await inClusters((cluster) =>
      lines(paginateListContainerInstances(paging, { cluster }), (page) =>
        page.containerInstanceArns?.map((arn) => [arn]),
      ),
    ),
    'ecs task': await inClusters((cluster) =>
      lines(paginateListTasks(paging, { cluster }), (page) => page.taskArns?.map((arn) => [arn])),
    ),
    'ecs task definition': await lines(paginateListTaskDefinitions(paging, { status: 'ACTIVE' }), (page) =>
      page.taskDefinitionArns?.map((arn) => [arn]),
    ),
  };
}

/** Deleted clusters stay for a while as INACTIVE (API reference, DeleteCluster). */
async function listClusters(ecs: ECSClient): Promise<string[]> {
  const listed = await lines(paginateListClusters({ client: ecs }, {}), (page) =>
    page.clusterArns?.map((arn) => [arn]),
  );
  if (listed.length === 0) return [];
  const { clusters = [] } = await ecs.send(new DescribeClustersCommand({ clusters: listed }));
  return clusters.filter(({ status }) => status !== 'INACTIVE').map(({ clusterArn = '' }) => clusterArn);
}

/** So do deleted services. DescribeServices takes ten at a time. */
async function listServices(ecs: ECSClient, cluster: string): Promise<string[]> {
  const all: string[] = [];
  for await (const { serviceArns = [] } of paginateListServices({ client: ecs, pageSize: 10 }, { cluster })) {
    if (serviceArns.length === 0) continue;
    const { services = [] } = await ecs.send(new DescribeServicesCommand({ cluster, services: serviceArns }));
    all.push(
      ...services.filter(({ status }) => status !== 'INACTIVE').map(({ serviceArn = '' }) => serviceArn),
    );
  }
  return all;
}

const ours = { ParameterFilters: [{ Key: 'Name', Option: 'Contains', Values: ['es-ecs'] }] };

async function listStores({ ecr, logs, secretsManager, ssm }: Clients): Promise<Part> {
  return {
    'ecr repository': await lines(paginateDescribeRepositories({ client: ecr }, {}), (page) =>
      page.repositories?.map((repository) => [repository.repositoryName]),
    ),
    'logs group': await lines(paginateDescribeLogGroups({ client: logs }, {}), (page) =>
      page.logGroups?.map((group) => [group.logGroupName]),
    ),
    'secretsmanager secret': await lines(paginateListSecrets({ client: secretsManager }, {}), (page) =>
      page.SecretList?.map((secret) => [secret.Name]),
    ),
    // Those with our name, the lock: the public ones of AWS, which moto lists as well, are thousands.
    'ssm parameter': await lines(paginateDescribeParameters({ client: ssm }, ours), (page) =>
      page.Parameters?.map((parameter) => [parameter.Name]),
    ),
  };
}

type Rows = readonly (readonly Word[])[] | undefined;

/** One line a thing, over all pages. */
async function lines<Page>(pages: AsyncIterable<Page>, rows: (page: Page) => Rows): Promise<string[]> {
  const all: string[] = [];
  for await (const page of pages) all.push(...one(page, rows));
  return all;
}

function one<Page>(page: Page, rows: (page: Page) => Rows): string[] {
  return (rows(page) ?? []).map((words) => words.filter((word) => word !== undefined).join(' '));
}

function byType([one]: [string, unknown], [other]: [string, unknown]): number {
  return one < other ? -1 : 1;
}
