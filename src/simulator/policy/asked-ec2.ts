import { ec2Principal, servicePrincipals } from '../../aws/partitions.ts';
import type { World } from '../core/world.ts';
import { associations } from '../ec2/tables.ts';
import { kindOfId, ec2TagsOf } from '../ec2/tags.ts';
import { withTemplate } from '../ec2/launch.ts';
import { keyPairs } from '../ec2/key-pairs.ts';
import { instanceOfAssociation } from '../ec2/profile-associations.ts';
import { launchTemplates } from '../ec2/launch-templates.ts';
import { SimulatedFailure } from '../core/failure.ts';
import type { Asked } from './decide.ts';
import { passedRole, roleOfProfile } from './asked-iam.ts';
import { type Input, objectOf, objectsOf, tagsOf, textOf, textsWithin } from './input.ts';
import { referenceOf } from './reference.ts';

/** Ids under these names are what the thing is to know, and not what the call works on. */
const notTouched = new Set(['Filters', 'IpPermissions', 'LaunchTemplateData', 'TagSpecifications']);

/** An ARN of EC2; public images are nobody's. */
function ec2Arn({ partition, region, accountId }: World, kind: string, id: string): string {
  return `arn:${partition}:ec2:${region}:${kind === 'image' ? '' : accountId}:${kind}/${id}`;
}

/**
 * What EC2 looks at before it carries out a call: the action on each thing that the call names, on each kind of thing that it makes,
 * and CreateTags on whatever it makes with tags ("Grant permission to tag Amazon EC2 resources during creation").
 */
export function askedOfEc2(world: World, operation: string, input: Input): readonly Asked[] {
  if (operation === 'RunInstances') return launchAsked(world, input);
  const action = `ec2:${operation}`;
  const { kinds } = referenceOf(action);
  if (kinds.length === 0) return [{ action, resource: '*' }];
  const made = madeTags(input);
  const named = namedIn(world, operation, input);
  const own = kinds.flatMap(({ name: kind, isRequired, keys }): readonly Asked[] => {
    const ids = named.filter((one) => one.kind === kind);
    const requestTags = tagsAsked(operation, input) ?? made.get(kind);
    if (ids.length > 0) return ids.map((one) => existing(world, action, { ...one, requestTags }));
    const isMade = isRequired || (keys.has('aws:requesttag') && made.has(kind));
    return isMade ? [fresh(world, action, { kind, requestTags: made.get(kind) })] : [];
  });
  return [...own, ...taggingAsked(world, operation, made), ...rolesAsked(world, operation, input)];
}

interface Named extends Made {
  readonly id: string;
}

/** A kind of thing, and the tags that the call gives to it. */
interface Made {
  readonly kind: string;
  readonly requestTags?: Readonly<Record<string, string>> | undefined;
}

/** A thing that is there, or is said to be. */
function existing(world: World, action: string, { kind, id, requestTags }: Named): Asked {
  // Public images carry no tags that this account sees.
  const tags = kind === 'image' ? {} : kind === 'key-pair' ? keyPairTags(world, id) : ec2TagsOf(world, id);
  return {
    action,
    resource: ec2Arn(world, kind, id),
    kind,
    ...(tags === undefined ? { isAbsent: true } : { tags }),
    ...(requestTags === undefined ? {} : { requestTags }),
  };
}

/** A thing that the call would make: it has no id yet, and no tags but those of the call. */
function fresh(world: World, action: string, { kind, requestTags }: Made): Asked {
  const resource = ec2Arn(world, kind, '*');
  return { action, resource, kind, ...(requestTags === undefined ? {} : { requestTags }) };
}

function namedIn(world: World, operation: string, input: Input): readonly Named[] {
  const found = new Map<string, Named>();
  const add = (kind: string, id: string): void => {
    found.set(`${kind}/${id}`, { kind, id });
  };
  for (const text of textsWithin(input, notTouched)) {
    const kind = kindOfId(text);
    const name = kind === 'key-pair' ? world.rows(keyPairs).get(text)?.name : text;
    if (kind !== undefined && name !== undefined) add(kind, name);
    const holder = instanceOfAssociation(world, text);
    if (holder !== undefined) add('instance', holder);
    const association = world.rows(associations).get(text);
    if (association === undefined) continue;
    // The new table of a ReplaceRouteTableAssociation is named, the old one is not.
    if (operation === 'DisassociateRouteTable') add('route-table', association.routeTableId);
    if (association.subnetId !== null) add('subnet', association.subnetId);
  }
  // Key pairs go by their name in ARNs.
  const keyName = textOf(input, 'KeyName');
  if (keyName !== undefined) add('key-pair', keyName);
  const template = operation === 'CreateLaunchTemplate' ? undefined : templateIn(world, input);
  if (template !== undefined) add('launch-template', template);
  return [...found.values()];
}

/** A launch template that goes by its name, of the call or of a launch. */
function templateIn(world: World, input: Input): string | undefined {
  const name =
    textOf(input, 'LaunchTemplateName') ??
    textOf(objectOf(input, 'LaunchTemplate') ?? {}, 'LaunchTemplateName');
  return [...world.rows(launchTemplates).values()].find((row) => row.name === name)?.id;
}

function keyPairTags(world: World, name: string): Readonly<Record<string, string>> | undefined {
  return [...world.rows(keyPairs).values()].find((row) => row.name === name)?.tags;
}

function tagsAsked(operation: string, input: Input): Readonly<Record<string, string>> | undefined {
  return operation === 'CreateTags' || operation === 'DeleteTags' ? tagsOf(input, 'Tags') : undefined;
}

/** The tags of what a call makes, by kind. */
function madeTags(input: Input): ReadonlyMap<string, Readonly<Record<string, string>>> {
  const made = new Map<string, Readonly<Record<string, string>>>();
  for (const one of objectsOf(input, 'TagSpecifications')) {
    const kind = textOf(one, 'ResourceType');
    const tags = tagsOf(one, 'Tags');
    if (kind !== undefined && tags !== undefined) made.set(kind, { ...made.get(kind), ...tags });
  }
  return made;
}

function taggingAsked(
  world: World,
  operation: string,
  made: ReadonlyMap<string, Readonly<Record<string, string>>>,
): readonly Asked[] {
  return [...made].map(([kind, requestTags]) => ({
    ...fresh(world, 'ec2:CreateTags', { kind, requestTags }),
    keys: { 'ec2:createaction': operation },
  }));
}

/** A flow log is given the role with which it writes. */
function rolesAsked(world: World, operation: string, input: Input): readonly Asked[] {
  if (operation !== 'CreateFlowLogs') return [];
  return passedRole(world, textOf(input, 'DeliverLogsPermissionArn'), servicePrincipals.flowLogs);
}

/**
 * What a launch is checked against, by whoever asks for it: the caller of RunInstances, and of a group made from a launch template
 * ("Control Amazon EC2 launch template usage in Auto Scaling groups").
 */
export function launchAsked(world: World, bare: Input): readonly Asked[] {
  const action = 'ec2:RunInstances';
  const request = mergedLaunch(world, bare);
  const made = madeTags(request);
  const named = namedIn(world, 'RunInstances', request);
  const { kinds } = referenceOf(action);
  const own = kinds.flatMap(({ name: kind, isRequired, keys }): readonly Asked[] => {
    const ids = named.filter((one) => one.kind === kind);
    if (ids.length > 0) return ids.map((one) => existing(world, action, one));
    // Every instance has a root disk.
    const isMade = keys.has('aws:requesttag') && (isRequired || kind === 'volume');
    return isMade ? [fresh(world, action, { kind, requestTags: made.get(kind) })] : [];
  });
  const profile = objectOf(request, 'IamInstanceProfile') ?? {};
  return [
    ...own,
    ...taggingAsked(world, 'RunInstances', made),
    ...passedRole(world, roleOfProfile(world, profile), ec2Principal(world.partition)),
  ];
}

/** A template that is not there is what the call itself complains of. */
function mergedLaunch(world: World, bare: Input): Input {
  try {
    return { ...withTemplate(world, bare) };
  } catch (error) {
    if (error instanceof SimulatedFailure) return bare;
    throw error;
  }
}
