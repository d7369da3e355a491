import {
  DescribeVolumesCommand,
  type Filter,
  type Instance,
  type NetworkInterface,
  paginateDescribeInstances,
  paginateDescribeNetworkInterfaces,
  paginateDescribeSecurityGroups,
} from '@aws-sdk/client-ec2';

import { collectPages, existing } from '../../aws/ec2.ts';
import { fromCapitalTags, isOf, type Tags } from '../../aws/tags.ts';
import { unless } from '../../aws/unless.ts';
import type { Blocker } from '../../engine/resource.ts';
import type { StepContext } from '../context.ts';
import { natGateways } from './nat-gateway.ts';
import { contentsOfVpc } from './vpc-contents.ts';

// EC2 refuses with DependencyViolation and does not say what holds a thing. Here it is looked up. es-ecs's own things are on
// their way out in the same run; others' are never touched, only named.

/** What keeps a VPC: every interface in it, and whatever else stands in it. */
export async function blockersOfVpc(context: StepContext, vpcId: string): Promise<readonly Blocker[]> {
  const [interfaces, contents] = await Promise.all([
    interfaceBlockers(context, [{ Name: 'vpc-id', Values: [vpcId] }]),
    contentsOfVpc(context, vpcId),
  ]);
  return [...interfaces, ...contents];
}

/** What keeps a subnet: the interfaces in it. */
export function blockersOfSubnet(context: StepContext, subnetId: string): Promise<readonly Blocker[]> {
  return interfaceBlockers(context, [{ Name: 'subnet-id', Values: [subnetId] }]);
}

/** What keeps a security group: the interfaces that are in it, and other groups whose rules name it. */
export async function blockersOfGroup(context: StepContext, groupId: string): Promise<readonly Blocker[]> {
  const naming = ['ip-permission.group-id', 'egress.ip-permission.group-id'].map((Name) =>
    collectPages(
      paginateDescribeSecurityGroups(
        { client: context.clients.ec2 },
        { Filters: [{ Name, Values: [groupId] }] },
      ),
      (page) => page.SecurityGroups,
    ),
  );
  const [interfaces, ...groups] = await Promise.all([
    interfaceBlockers(context, [{ Name: 'group-id', Values: [groupId] }]),
    ...naming,
  ]);
  const others = new Map(groups.flat().map((group) => [group.GroupId ?? '', group]));
  others.delete(groupId);
  const named = [...others].map(([id, group]): Blocker => {
    const isOurs = isOwn(context, fromCapitalTags(group.Tags));
    return {
      what: `a rule of ${id} (${group.GroupName ?? ''})${isOurs ? '' : notOurs}`,
      passes: isOurs,
      look: `aws ec2 describe-security-groups --group-ids ${id}`,
    };
  });
  return [...interfaces, ...named];
}

/** What keeps an internet gateway attached: whatever in its VPC has a public address. */
export function blockersOfInternetGateway(context: StepContext, vpcId: string): Promise<readonly Blocker[]> {
  return interfaceBlockers(context, [
    { Name: 'vpc-id', Values: [vpcId] },
    { Name: 'association.public-ip', Values: ['*'] },
  ]);
}

/** What has an elastic IP. */
export function blockersOfAddress(context: StepContext, allocationId: string): Promise<readonly Blocker[]> {
  return interfaceBlockers(context, [{ Name: 'association.allocation-id', Values: [allocationId] }]);
}

/** The instances that a volume is attached to. */
export async function volumeHolders(context: StepContext, volumeId: string): Promise<readonly Blocker[]> {
  const answer = await unless(
    ['InvalidVolume.NotFound'],
    context.clients.ec2.send(new DescribeVolumesCommand({ VolumeIds: [volumeId] })),
  );
  const ids = (answer?.Volumes?.[0]?.Attachments ?? []).flatMap(({ InstanceId }) =>
    InstanceId === undefined ? [] : [InstanceId],
  );
  const instances = await readInstances(context, ids);
  return ids.map((id) => instanceBlocker(context, { id, instance: instances.get(id), holds: '' }));
}

const notOurs = ', which es-ecs did not make';

/** Whether something carries this cluster's tag. */
function isOwn(context: StepContext, tags: Tags): boolean {
  return isOf(context.config.name, tags);
}

async function interfaceBlockers(context: StepContext, Filters: Filter[]): Promise<readonly Blocker[]> {
  const found = await collectPages(
    paginateDescribeNetworkInterfaces({ client: context.clients.ec2 }, { Filters }),
    (page) => page.NetworkInterfaces,
  );
  const holders = found.flatMap(({ Attachment }) =>
    Attachment?.InstanceId === undefined ? [] : [Attachment.InstanceId],
  );
  const [instances, ownGateways] = await Promise.all([
    readInstances(context, holders),
    context.inventory.owned(natGateways),
  ]);
  const isOfOwnGateway = ({ Description = '' }: NetworkInterface): boolean =>
    ownGateways.some(({ natGatewayId }) => Description.endsWith(` ${natGatewayId}`));
  return found.map((one) => {
    const id = one.Attachment?.InstanceId;
    const holds = one.NetworkInterfaceId ?? '';
    return id === undefined
      ? interfaceBlocker(one, isOwn(context, fromCapitalTags(one.TagSet)) || isOfOwnGateway(one))
      : instanceBlocker(context, { id, instance: instances.get(id), holds });
  });
}

async function readInstances(
  { clients }: StepContext,
  ids: readonly string[],
): Promise<ReadonlyMap<string, Instance>> {
  if (ids.length === 0) return new Map();
  const found = await existing([...new Set(ids)], 'InvalidInstanceID.NotFound', (InstanceIds) =>
    collectPages(paginateDescribeInstances({ client: clients.ec2 }, { InstanceIds }), (page) =>
      (page.Reservations ?? []).flatMap((reservation) => reservation.Instances ?? []),
    ),
  );
  return new Map(found.map((one) => [one.InstanceId ?? '', one]));
}

function instanceBlocker(
  context: StepContext,
  seen: { readonly id: string; readonly instance: Instance | undefined; readonly holds: string },
): Blocker {
  const { id, instance, holds } = seen;
  const tags = fromCapitalTags(instance?.Tags);
  const state = instance?.State?.Name ?? 'gone';
  const isEnding = ['shutting-down', 'terminated', 'gone'].includes(state);
  const name = tags['Name'] === undefined ? '' : ` ("${tags['Name']}")`;
  const subject = holds === '' ? 'the instance' : `${holds} of the instance`;
  const isOurs = isOwn(context, tags);
  return {
    what: `${subject} ${id}${name}, ${state}${isOurs || instance === undefined ? '' : notOurs}`,
    passes: isOurs || isEnding,
    look: `aws ec2 describe-instances --instance-ids ${id}`,
  };
}

/** An interface of no instance: of a NAT gateway, a load balancer, a function, or of nobody. */
function interfaceBlocker(one: NetworkInterface, isOurs: boolean): Blocker {
  const { NetworkInterfaceId: id = '', Description: description = '', RequesterId: maker } = one;
  const says = description === '' ? '' : ` ("${description}")`;
  const by = one.RequesterManaged === true && maker !== undefined ? `, made by ${maker}` : '';
  return {
    what: `${id}${says}${by}${isOurs ? '' : notOurs}`,
    passes: isOurs,
    look: `aws ec2 describe-network-interfaces --network-interface-ids ${id}`,
  };
}
