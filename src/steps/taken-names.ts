import { DescribeKeyPairsCommand, paginateDescribeLaunchTemplates } from '@aws-sdk/client-ec2';

import type { Clients } from '../aws/clients.ts';
import { collectPages } from '../aws/ec2.ts';
import type { Collection } from '../aws/inventory.ts';
import { notOwned, type Taken } from '../aws/not-owned.ts';
import { fromCapitalTags, isOf } from '../aws/tags.ts';
import type { Plan } from '../engine/plan.ts';
import type { EsEcsError } from '../errors.ts';
import { inChunks } from './chunks.ts';
import type { StepContext } from './context.ts';
import { groups } from './hosts/group.ts';
import { clusterName, groupName, groupOfAddress, nameOfGroup, secretName, templateAddress } from './names.ts';
import { secrets } from './task/secret.ts';

/**
 * Why a plan could not be carried out: names that only one thing can have, and that something of somebody else has. Most things are looked
 * for by their names anyway; what is listed by the cluster's tag is not seen while it carries another's.
 */
export async function takenNames(plan: Plan, context: StepContext): Promise<readonly EsEcsError[]> {
  const { config, clients } = context;
  const made = plan.entries
    .filter(({ action }) => action === 'create')
    .map(({ resource: { address } }) => address);
  const under = (prefix: string): readonly string[] =>
    made.filter((address) => address.startsWith(prefix)).map((address) => address.slice(prefix.length));
  const templates = made
    .map((address) => groupOfAddress(templateAddress, address))
    .filter((group) => group !== undefined);
  const looked = await Promise.all([
    made.includes('bastion/key-pair') ? keyPairsNamed(clients, clusterName(config)) : [],
    templatesNamed(
      clients,
      templates.map((group) => nameOfGroup(config, group)),
    ),
    named(context, groups, under('hosts/group/').map(groupName)),
    named(
      context,
      secrets,
      secretKinds.filter((one) => under('task/secret/').includes(one)).map((one) => secretName(config, one)),
    ),
  ]);
  return looked
    .flat()
    .filter(({ tags }) => !isOf(config.name, tags))
    .map(notOwned);
}

const secretKinds = ['authority', 'certificates', 'password'] as const;

/** Of things that are looked up by their names. */
async function named<Item>(
  { inventory }: StepContext,
  collection: Collection<Item>,
  names: readonly string[],
): Promise<readonly Taken[]> {
  const found = await Promise.all(names.map((name) => inventory.asItIs(collection, name)));
  return found
    .filter((one) => one !== undefined)
    .map((one) => ({ name: collection.id(one), kind: collection.name, tags: collection.tags(one) }));
}

/** By a filter, as a question by names is refused where there is none of the name. */
async function keyPairsNamed({ ec2 }: Clients, name: string): Promise<readonly Taken[]> {
  const command = new DescribeKeyPairsCommand({ Filters: [{ Name: 'key-name', Values: [name] }] });
  const { KeyPairs = [] } = await ec2.send(command);
  return KeyPairs.map(({ KeyName = '', Tags }) => ({
    name: KeyName,
    kind: 'key pairs',
    tags: fromCapitalTags(Tags),
  })).filter((one) => one.name === name);
}

/** Values that a filter may have, else `FilterLimitExceeded`. */
const valuesAtOnce = 199;

async function templatesNamed({ ec2: client }: Clients, names: readonly string[]): Promise<readonly Taken[]> {
  const found = await Promise.all(
    inChunks(names, valuesAtOnce).map((Values) =>
      collectPages(
        paginateDescribeLaunchTemplates({ client }, { Filters: [{ Name: 'launch-template-name', Values }] }),
        ({ LaunchTemplates }) => LaunchTemplates,
      ),
    ),
  );
  return found
    .flat()
    .map(({ LaunchTemplateName = '', Tags }) => ({
      name: LaunchTemplateName,
      kind: 'launch templates',
      tags: fromCapitalTags(Tags),
    }))
    .filter(({ name }) => names.includes(name));
}
