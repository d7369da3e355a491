import {
  type Instance as SdkInstance,
  ModifyInstanceAttributeCommand,
  ModifyInstanceMetadataOptionsCommand,
  paginateDescribeInstances,
  RunInstancesCommand,
  StartInstancesCommand,
  TerminateInstancesCommand,
  type _InstanceType as SdkInstanceType,
} from '@aws-sdk/client-ec2';

import { collectPages, ec2Collection, ec2Tags, tagSpecifications } from '../../aws/ec2.ts';
import { diffTags, fromCapitalTags, resourceTag, type Tags } from '../../aws/tags.ts';
import { unless } from '../../aws/unless.ts';
import type { Change, Phase, Resource } from '../../engine/resource.ts';
import { invariant } from '../../errors.ts';
import { ownTags, type StepContext } from '../context.ts';
import { clusterName } from '../names.ts';
import type { PublicRouteResource } from '../network/route.ts';
import type { SecurityGroup } from '../network/security-group.ts';
import type { SubnetResource } from '../network/subnet.ts';
import { instanceRunning, instanceTerminated, retries } from '../waits.ts';
import { type KeyPairResource, localFingerprint } from './key-pair.ts';

export interface BastionDesired {
  readonly imageId: string;
  readonly instanceType: string;
  readonly subnetId: string;
  readonly groupIds: readonly string[];
  readonly keyName: string;
  /** Of the key that lets us in; undefined as long as this machine has none. */
  readonly keyFingerprint: string | undefined;
  readonly httpTokens: string;
  readonly tags: Tags;
}

export interface Bastion {
  readonly instanceId: string;
  readonly state: string;
  readonly instanceType: string;
  readonly subnetId: string;
  readonly groupIds: readonly string[];
  /** As noted when it was made; instances do not say. */
  readonly keyFingerprint: string | undefined;
  readonly httpTokens: string;
  /** Where ssh goes; undefined while it does not run. */
  readonly publicAddress: string | undefined;
  readonly reason: string | undefined;
  readonly tags: Tags;
}

/** What the bastion stands on. It leaves before the public route does, so that the internet gateway comes free. */
export type BastionNeeds = {
  readonly subnet: SubnetResource;
  readonly securityGroup: Resource<unknown, SecurityGroup>;
  readonly keyPair: KeyPairResource;
  readonly publicRoute: PublicRouteResource;
};

export type BastionResource = Resource<BastionDesired, Bastion, BastionNeeds>;

const address = 'bastion/instance';
/** EC2 knows the name of an instance's key pair and not which key it was: that is noted here. */
const keyTag = 'es-ecs-key';
/** Amazon Linux 2023's root disk. */
const rootDevice = '/dev/xvda';

/** Only the bastion: the cluster's hosts carry its tag as well, and may be many. Ended ones are shown for an hour more. */
const bastions = ec2Collection<Bastion>({
  name: 'bastion instances',
  notFound: 'InvalidInstanceID.NotFound',
  read: async (clients, { filters, ids }) => {
    const narrowed = filters && [...filters, { Name: `tag:${resourceTag}`, Values: [address] }];
    const request = { Filters: narrowed, InstanceIds: ids };
    const pages = paginateDescribeInstances({ client: clients.ec2 }, request);
    const reservations = await collectPages(pages, (page) => page.Reservations);
    return reservations.flatMap((one) => one.Instances ?? []).map(fromSdk);
  },
  id: (bastion) => bastion.instanceId,
  isGone: (bastion) => bastion.state === 'terminated',
});

/**
 * The only way in from outside: a small host with a public address that forwards SSH. It holds nothing, has no rights in the
 * account, and is replaced by a new one when its type, place or key changes. It keeps the image it was made with, and gets
 * a newer one whenever it is replaced. Costs about $3 a month (t4g.nano), and as much again for its public address.
 */
export function bastionInstance(context: StepContext, needs: BastionNeeds): BastionResource {
  const { config, facts, clients } = context;
  const { ec2 } = clients;
  return {
    address,
    needs,
    waits: { ...instanceRunning, for: 'the bastion' },
    desired: async (inputs) => ({
      imageId: facts.bastionImageId ?? '',
      instanceType: config.bastion.enabled ? config.bastion.instanceType : '',
      subnetId: inputs.subnet.subnetId,
      groupIds: [inputs.securityGroup.groupId],
      keyName: clusterName(config),
      keyFingerprint: await localFingerprint(context),
      httpTokens: 'required',
      tags: ownTags(context, address),
    }),
    find: (sight) => context.inventory.find(bastions, address, sight),
    id: (observed) => observed.instanceId,
    phase: (observed) => phases[observed.state] ?? 'pending',
    diff: (desired, observed) => [
      ...replacements(desired, observed),
      ...inPlace(context, desired, observed),
      ...diffTags(desired.tags, observed.tags, { ...ec2Tags(ec2, observed.instanceId), keeps: [keyTag] }),
    ],
    create: async (desired, token) => {
      invariant(desired.keyFingerprint, 'the key pair is made before the bastion');
      const { Instances: made } = await ec2.send(new RunInstancesCommand(launch(desired, token)));
      const id = made?.[0]?.InstanceId;
      invariant(id, 'RunInstances answers with an instance');
      return { id };
    },
    createRetries: retries.notYetVisible,
    destroy: async ({ instanceId, state }) => {
      if (state === 'shutting-down') return;
      const command = new TerminateInstancesCommand({ InstanceIds: [instanceId] });
      await unless(['InvalidInstanceID.NotFound'], ec2.send(command));
    },
    destroyWaits: { ...instanceTerminated, for: 'the bastion to end' },
    explain: (observed) =>
      Promise.resolve(observed?.state === 'shutting-down' ? 'it is being terminated' : observed?.reason),
  };
}

/** Being ended counts as failed: whoever wants a bastion waits for its end and makes another. */
const phases: Readonly<Record<string, Phase>> = {
  pending: 'pending',
  running: 'ready',
  stopping: 'pending',
  stopped: 'ready',
  'shutting-down': 'failed',
  terminated: 'gone',
};

function launch(desired: BastionDesired, token: string) {
  const { [resourceTag]: _address, ...shared } = desired.tags;
  const instanceTags = { ...desired.tags, [keyTag]: desired.keyFingerprint ?? '' };
  return {
    ClientToken: token,
    MinCount: 1,
    MaxCount: 1,
    ImageId: desired.imageId,
    InstanceType: desired.instanceType as SdkInstanceType, // AWS makes new types faster than the SDK lists them
    KeyName: desired.keyName,
    NetworkInterfaces: [
      {
        DeviceIndex: 0,
        SubnetId: desired.subnetId,
        Groups: [...desired.groupIds],
        AssociatePublicIpAddress: true,
        DeleteOnTermination: true,
      },
    ],
    MetadataOptions: {
      HttpEndpoint: 'enabled' as const,
      HttpTokens: 'required' as const,
      HttpPutResponseHopLimit: 1,
    },
    BlockDeviceMappings: [
      {
        DeviceName: rootDevice,
        Ebs: { Encrypted: true, VolumeType: 'gp3' as const, DeleteOnTermination: true },
      },
    ],
    // The disk comes and goes with the instance, and is no resource of its own.
    TagSpecifications: [
      ...tagSpecifications('instance', instanceTags),
      ...tagSpecifications('volume', shared),
    ],
  };
}

function replacements(desired: BastionDesired, observed: Bastion): readonly Change[] {
  const replaced = (path: string, before: string, after: string): Change => ({
    path,
    before,
    after,
    impact: 'replace',
    because: 'the bastion holds nothing; another one takes its place',
  });
  const { keyFingerprint: key } = observed;
  return [
    ...(['instanceType', 'subnetId'] as const)
      .filter((path) => desired[path] !== observed[path])
      .map((path) => replaced(path, observed[path], desired[path])),
    ...(key === undefined || key === desired.keyFingerprint
      ? []
      : [replaced('key', key, desired.keyFingerprint ?? 'a new key')]),
  ];
}

function inPlace(context: StepContext, desired: BastionDesired, observed: Bastion): readonly Change[] {
  const { ec2 } = context.clients;
  const { instanceId: InstanceId } = observed;
  const change = (path: string, sides: readonly [string, string], apply: () => Promise<unknown>): Change[] =>
    sides[0] === sides[1]
      ? []
      : [
          {
            path,
            before: sides[0],
            after: sides[1],
            impact: 'in-place',
            apply: async () => {
              await apply();
            },
          },
        ];
  const groups = (ids: readonly string[]): string => [...ids].sort().join(', ');
  return [
    ...change('state', [observed.state === 'stopped' ? 'stopped' : 'running', 'running'], () =>
      ec2.send(new StartInstancesCommand({ InstanceIds: [InstanceId] })),
    ),
    ...change('securityGroups', [groups(observed.groupIds), groups(desired.groupIds)], () =>
      ec2.send(new ModifyInstanceAttributeCommand({ InstanceId, Groups: [...desired.groupIds] })),
    ),
    ...change('httpTokens', [observed.httpTokens, desired.httpTokens], () =>
      ec2.send(new ModifyInstanceMetadataOptionsCommand({ InstanceId, HttpTokens: 'required' })),
    ),
  ];
}

function fromSdk(one: SdkInstance): Bastion {
  const tags = fromCapitalTags(one.Tags);
  return {
    instanceId: one.InstanceId ?? '',
    state: one.State?.Name ?? 'pending',
    instanceType: one.InstanceType ?? '',
    subnetId: one.SubnetId ?? '',
    groupIds: (one.SecurityGroups ?? []).map((group) => group.GroupId ?? ''),
    keyFingerprint: tags[keyTag],
    httpTokens: one.MetadataOptions?.HttpTokens ?? '',
    publicAddress: one.PublicIpAddress,
    reason: one.StateReason?.Message,
    tags,
  };
}
