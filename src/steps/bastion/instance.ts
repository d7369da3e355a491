import { RunInstancesCommand, TerminateInstancesCommand } from '@aws-sdk/client-ec2';

import { ec2Tags } from '../../aws/ec2.ts';
import { diffTags } from '../../aws/tags.ts';
import { unless } from '../../aws/unless.ts';
import type { Phase, Resource } from '../../engine/resource.ts';
import { invariant } from '../../errors.ts';
import { ownTags, type StepContext } from '../context.ts';
import { clusterName } from '../names.ts';
import { whyDiskVanishes } from '../encryption/explain.ts';
import { explainInstance } from '../hosts/instances.ts';
import { type Volume, volumes } from '../hosts/volume.ts';
import type { PublicRouteResource } from '../network/route.ts';
import type { SecurityGroup } from '../network/security-group.ts';
import type { SubnetResource } from '../network/subnet.ts';
import { partChanges, partsOf, readPartsAhead, type Retagging } from '../parts.ts';
import { onceByToken } from '../once.ts';
import { instanceRunning, instanceTerminated, retries } from '../waits.ts';
import { type BastionDesired, inPlace, launch, replacements, sharedTags } from './instance-changes.ts';
import { type Bastion, bastionAddress, bastions } from './instances.ts';
import { type KeyPairResource, localFingerprint } from './key-pair.ts';

export type { Bastion } from './instances.ts';

/** What the bastion stands on. It leaves before the public route does, so that the internet gateway comes free. */
export type BastionNeeds = {
  readonly subnet: SubnetResource;
  readonly securityGroup: Resource<unknown, SecurityGroup>;
  readonly keyPair: KeyPairResource;
  readonly publicRoute: PublicRouteResource;
};

export type BastionResource = Resource<BastionDesired, Bastion, BastionNeeds>;

/**
 * The only way in from outside: a small host with a public address that forwards SSH. It holds nothing, has no rights in the
 * account, and is replaced by a new one when its type, place or key changes. It keeps the image it was made with, and gets
 * a newer one whenever it is replaced. Costs about $3 a month (t4g.nano), and as much again for its public address.
 */
export function bastionInstance(context: StepContext, needs: BastionNeeds): BastionResource {
  const address = bastionAddress;
  const { config, facts, clients } = context;
  const { ec2 } = clients;
  const retagging: Retagging = { hasBegun: false };
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
      keyArn: facts.key?.arn,
      tags: ownTags(context, address),
    }),
    find: async (sight) => {
      if (!sight.fresh) readPartsAhead(context);
      const found = await context.inventory.find(bastions, address, sight);
      if (found === undefined || (sight.fresh && !retagging.hasBegun)) return found;
      return {
        ...found,
        parts: await partsOf(context, found, sight.fresh),
        diskKeyArn: (await diskOf(context, found))?.keyArn,
      };
    },
    all: () => context.inventory.kin(bastions),
    id: (observed) => observed.instanceId,
    phase: (observed) => phases[observed.state] ?? 'pending',
    diff: (desired, observed) => [
      ...replacements(desired, observed),
      ...inPlace(context, desired, observed),
      ...diffTags(desired.tags, observed.tags, {
        ...ec2Tags(ec2, observed.instanceId),
        former: context.formerTags,
      }),
      ...partChanges(
        ec2,
        observed.parts.map((part) => ({ part, tags: sharedTags(desired) })),
        { former: context.formerTags, retagging },
      ),
    ],
    create: async (desired, token) => {
      invariant(desired.keyFingerprint, 'the key pair is made before the bastion');
      const { Instances: made } = await ec2.send(new RunInstancesCommand(launch(desired, token)));
      const id = made?.[0]?.InstanceId;
      invariant(id, 'RunInstances answers with an instance');
      return { id };
    },
    once: onceByToken,
    createRetries: [retries.notYetVisible, retries.capacity],
    destroy: async ({ instanceId, state }) => {
      if (state === 'shutting-down') return;
      const command = new TerminateInstancesCommand({ InstanceIds: [instanceId] });
      await unless(['InvalidInstanceID.NotFound'], ec2.send(command));
    },
    destroyWaits: { ...instanceTerminated, for: 'the bastion to end' },
    explain: async (observed) =>
      observed === undefined ? whyDiskVanishes(context) : explainInstance(clients, observed.instanceId),
  };
}

/** From the list that its parts are from. */
async function diskOf({ inventory }: StepContext, { rootDiskId }: Bastion): Promise<Volume | undefined> {
  return rootDiskId === undefined ? undefined : inventory.own(volumes, rootDiskId, false);
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
