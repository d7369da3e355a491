import {
  paginateDescribeInternetGateways,
  paginateDescribeNatGateways,
  paginateDescribeRouteTables,
  paginateDescribeSecurityGroups,
  paginateDescribeSubnets,
  paginateDescribeVpcEndpoints,
  type Tag,
} from '@aws-sdk/client-ec2';

import { collectPages } from '../../aws/ec2.ts';
import { fromCapitalTags, isOf } from '../../aws/tags.ts';
import type { Blocker } from '../../engine/resource.ts';
import type { StepContext } from '../context.ts';

/** A thing in a VPC that must go before it. */
interface Content {
  readonly noun: string;
  readonly id: string | undefined;
  readonly tags: readonly Tag[] | undefined;
  /** The part of the CLI's describe command after `aws ec2`, without the id. */
  readonly look: string;
}

/**
 * What stands in a VPC beside interfaces, and keeps it ("Delete your VPC"). What comes with every VPC and goes with it (the
 * default security group, the main route table) is left out.
 */
export async function contentsOfVpc(context: StepContext, vpcId: string): Promise<readonly Blocker[]> {
  const contents = (await Promise.all(readers.map((read) => read(context, vpcId)))).flat();
  return contents.map(({ noun, id = '', tags, look }) => {
    const isOurs = isOf(context.config.name, fromCapitalTags(tags));
    return {
      what: `${noun} ${id}${isOurs ? '' : ', which es-ecs did not make'}`,
      passes: isOurs,
      look: `aws ec2 ${look} ${id}`,
    };
  });
}

type Reader = (context: StepContext, vpcId: string) => Promise<readonly Content[]>;

const inVpc = (vpcId: string) => [{ Name: 'vpc-id', Values: [vpcId] }];

const readers: readonly Reader[] = [
  async ({ clients: { ec2: client } }, vpcId) => {
    const pages = paginateDescribeSubnets({ client }, { Filters: inVpc(vpcId) });
    const found = await collectPages(pages, (page) => page.Subnets);
    const look = 'describe-subnets --subnet-ids';
    return found.map(({ SubnetId: id, Tags: tags }) => ({ noun: 'the subnet', id, tags, look }));
  },
  async ({ clients: { ec2: client } }, vpcId) => {
    const pages = paginateDescribeSecurityGroups({ client }, { Filters: inVpc(vpcId) });
    const found = await collectPages(pages, (page) => page.SecurityGroups);
    const look = 'describe-security-groups --group-ids';
    return found
      .filter(({ GroupName }) => GroupName !== 'default')
      .map(({ GroupId: id, Tags: tags }) => ({ noun: 'the security group', id, tags, look }));
  },
  async ({ clients: { ec2: client } }, vpcId) => {
    const pages = paginateDescribeRouteTables({ client }, { Filters: inVpc(vpcId) });
    const found = await collectPages(pages, (page) => page.RouteTables);
    const look = 'describe-route-tables --route-table-ids';
    return found
      .filter(({ Associations = [] }) => !Associations.some((one) => one.Main === true))
      .map(({ RouteTableId: id, Tags: tags }) => ({ noun: 'the route table', id, tags, look }));
  },
  async ({ clients: { ec2: client } }, vpcId) => {
    const Filters = [{ Name: 'attachment.vpc-id', Values: [vpcId] }];
    const pages = paginateDescribeInternetGateways({ client }, { Filters });
    const found = await collectPages(pages, (page) => page.InternetGateways);
    const look = 'describe-internet-gateways --internet-gateway-ids';
    return found.map(({ InternetGatewayId: id, Tags: tags }) => ({
      noun: 'the internet gateway',
      id,
      tags,
      look,
    }));
  },
  async ({ clients: { ec2: client } }, vpcId) => {
    const pages = paginateDescribeNatGateways({ client }, { Filter: inVpc(vpcId) });
    const found = await collectPages(pages, (page) => page.NatGateways);
    const look = 'describe-nat-gateways --nat-gateway-ids';
    return found
      .filter(({ State }) => State !== 'deleted' && State !== 'failed')
      .map(({ NatGatewayId: id, Tags: tags }) => ({ noun: 'the NAT gateway', id, tags, look }));
  },
  async ({ clients: { ec2: client } }, vpcId) => {
    const pages = paginateDescribeVpcEndpoints({ client }, { Filters: inVpc(vpcId) });
    const found = await collectPages(pages, (page) => page.VpcEndpoints);
    const look = 'describe-vpc-endpoints --vpc-endpoint-ids';
    return found
      .filter(({ State = '' }) => State.toLowerCase() !== 'deleted')
      .map(({ VpcEndpointId: id, Tags: tags }) => ({ noun: 'the endpoint', id, tags, look }));
  },
];
