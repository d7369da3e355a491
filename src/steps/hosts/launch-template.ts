import { createHash } from 'node:crypto';

import {
  CreateLaunchTemplateCommand,
  CreateLaunchTemplateVersionCommand,
  DeleteLaunchTemplateCommand,
  type DescribeLaunchTemplatesCommandInput,
  type LaunchTemplate as SdkLaunchTemplate,
  ModifyLaunchTemplateCommand,
  paginateDescribeLaunchTemplates,
  paginateDescribeLaunchTemplateVersions,
  type RequestLaunchTemplateData,
  type ResponseLaunchTemplateData,
} from '@aws-sdk/client-ec2';

import type { Clients } from '../../aws/clients.ts';
import { collectPages, ec2Filters, ec2Tags, existing } from '../../aws/ec2.ts';
import type { Collection, Depth } from '../../aws/inventory.ts';
import { diffTags, fromCapitalTags, type Tags, toCapitalTags } from '../../aws/tags.ts';
import { unless } from '../../aws/unless.ts';
import type { NodeGroup } from '../../config/config.ts';
import type { Change, Needs, Resource } from '../../engine/resource.ts';
import { invariant } from '../../errors.ts';
import { differences } from '../compare.ts';
import { ownTags, type StepContext } from '../context.ts';
import { addressOfGroup, clusterName, nameOfGroup, templateAddress } from '../names.ts';
import { brief } from '../waits.ts';
import type { InstanceProfile } from './instance-profile.ts';
import { launchTemplateData } from './launch-template-data.ts';

export interface LaunchTemplateDesired {
  readonly name: string;
  readonly contents: RequestLaunchTemplateData;
  readonly tags: Tags;
}

export interface LaunchTemplate {
  readonly launchTemplateId: string;
  readonly name: string;
  /** The one that groups are given, by number. */
  readonly defaultVersion: number;
  readonly latestVersion: number;
  /** Every version's contents, oldest first. */
  readonly versions: readonly LaunchTemplateVersion[];
  readonly tags: Tags;
}

export interface LaunchTemplateVersion {
  readonly number: number;
  readonly contents: ResponseLaunchTemplateData;
}

/** What a host is to be made from: any of the versions of a launch template that make the same. */
export interface HostOrigin {
  readonly launchTemplateId: string;
  readonly versionsAlike: readonly number[];
}

/** What a launch template needs of others. */
export type LaunchTemplateNeeds = {
  readonly profile: Resource<unknown, InstanceProfile>;
  readonly securityGroup: Resource<unknown, { readonly groupId: string }>;
  /** With the bastion on: the key that opens hosts from there. */
  readonly keyPair?: Resource;
};

const notFound = 'InvalidLaunchTemplateId.NotFound';

/** Read with all their versions, where more than their being there is asked. */
export const launchTemplates: Collection<LaunchTemplate> = {
  name: 'launch templates',
  prefix: 'lt',
  list: (clients, cluster, depth) => read(clients, { Filters: ec2Filters(cluster) }, depth),
  byIds: (clients, ids, depth) =>
    existing(ids, notFound, (LaunchTemplateIds) => read(clients, { LaunchTemplateIds }, depth)),
  chunk: 200,
  id: (template) => template.launchTemplateId,
  tags: (template) => template.tags,
};

/**
 * How hosts of one node group are made. A version never changes: what is desired becomes the default again if some version has
 * it already, and else a new version; what follows for running hosts shows on their groups, which name the version by number.
 * So a default that somebody moved by hand is moved back, and no host restarts for it. Costs nothing.
 */
export function launchTemplate(
  context: StepContext,
  group: NodeGroup,
  needs: LaunchTemplateNeeds,
): Resource<LaunchTemplateDesired, LaunchTemplate, LaunchTemplateNeeds> {
  const address = addressOfGroup(templateAddress, group.name);
  const { ec2 } = context.clients;
  return {
    address,
    needs,
    // Its name is its own, its versions never change, and groups are refused one that is not there.
    provenByAnswers: true,
    waits: { ...brief, for: 'the launch template' },
    desired: (inputs) => ({
      name: nameOfGroup(context.config, group.name),
      contents: launchTemplateData(context, group, {
        profileName: inputs.profile.profileName,
        securityGroupId: inputs.securityGroup.groupId,
        // Its name is known beforehand; it is needed only to be there first.
        keyName: needs.keyPair === undefined ? undefined : clusterName(context.config),
      }),
      tags: ownTags(context, address),
    }),
    find: (sight) => context.inventory.find(launchTemplates, address, sight),
    all: () => context.inventory.kin(launchTemplates),
    id: (observed) => observed.launchTemplateId,
    phase: (observed) => (isKnown(observed) ? 'ready' : 'pending'),
    predict: (desired, observed) => (isKnown(observed) ? expected(desired, observed) : observed),
    diff: (desired, observed) =>
      isKnown(observed)
        ? [
            ...versionChanges(context, desired, observed),
            ...diffTags(desired.tags, observed.tags, {
              ...ec2Tags(ec2, observed.launchTemplateId),
              former: context.formerTags,
            }),
          ]
        : [unknownVersions],
    once: {
      by: 'name',
      refusals: ['InvalidLaunchTemplateName.AlreadyExistsException', 'IdempotentParameterMismatch'],
    },
    createRetries: { names: [notFound], limitMs: 2 * 60_000 },
    create: async (desired, token) => {
      const { LaunchTemplate: made } = await ec2.send(
        new CreateLaunchTemplateCommand({
          LaunchTemplateName: desired.name,
          LaunchTemplateData: desired.contents,
          TagSpecifications: [{ ResourceType: 'launch-template', Tags: toCapitalTags(desired.tags) }],
          ClientToken: token,
        }),
      );
      invariant(made?.LaunchTemplateId, 'CreateLaunchTemplate answers with an id');
      // A version is what it was made from; what EC2 makes of it is seen in the end.
      const contents = desired.contents as ResponseLaunchTemplateData;
      const { LaunchTemplateId: launchTemplateId, DefaultVersionNumber: number = 1 } = made;
      return {
        id: launchTemplateId,
        observed: {
          launchTemplateId,
          name: desired.name,
          defaultVersion: number,
          latestVersion: number,
          versions: [{ number, contents }],
          tags: desired.tags,
        },
      };
    },
    goneWhenAnswered: true,
    destroy: (observed) => deleteTemplate(context.clients, observed),
  };
}

/**
 * The launch template of a node group that the config no longer has: it goes once the hosts that were made from it have gone.
 *
 * @param needs what must not go before it.
 */
export function formerLaunchTemplate(
  context: StepContext,
  group: string,
  needs: Needs,
): Resource<unknown, LaunchTemplate> {
  const address = addressOfGroup(templateAddress, group);
  return {
    address,
    needs,
    unwanted: true,
    waits: { ...brief, for: 'the launch template' },
    desired: () => undefined,
    find: (sight) => context.inventory.find(launchTemplates, address, sight),
    all: () => context.inventory.kin(launchTemplates),
    id: (observed) => observed.launchTemplateId,
    phase: () => 'ready',
    diff: () => [],
    goneWhenAnswered: true,
    destroy: (observed) => deleteTemplate(context.clients, observed),
  };
}

async function deleteTemplate({ ec2 }: Clients, { launchTemplateId }: LaunchTemplate): Promise<void> {
  const command = new DeleteLaunchTemplateCommand({ LaunchTemplateId: launchTemplateId });
  await unless([notFound], ec2.send(command));
}

/** A template may be listed before it can be named; its versions, of which it has one at least, cannot be read until then. */
function isKnown(observed: LaunchTemplate): boolean {
  return observed.versions.length > 0;
}

/** Nothing is known to be wrong; once it is ready it is compared. */
const unknownVersions: Change = {
  path: 'versions',
  before: undefined,
  after: 'known',
  impact: 'in-place',
  because: 'it was made a moment ago, and EC2 does not know it everywhere yet',
  apply: () => Promise.resolve(),
};

/** What EC2 says of a template that was not given it. */
const defaults: Readonly<Record<string, string>> = {
  'MetadataOptions.State': 'applied',
  'MetadataOptions.HttpProtocolIpv6': 'disabled',
};

function contentDifferences(
  desired: LaunchTemplateDesired,
  contents: ResponseLaunchTemplateData,
): ReturnType<typeof differences> {
  return differencesOf(desired.contents, contents);
}

function differencesOf(wanted: object, contents: object): ReturnType<typeof differences> {
  return differences(wanted, contents, defaults).filter(
    // While it is being set it says "pending".
    ({ path }) => path !== 'MetadataOptions.State',
  );
}

/** The version that has what is desired: the default if it does, else the latest that does. */
function rightVersion(desired: LaunchTemplateDesired, observed: LaunchTemplate): number | undefined {
  const right = observed.versions
    .filter((version) => contentDifferences(desired, version.contents).length === 0)
    .map((version) => version.number);
  return right.includes(observed.defaultVersion) ? observed.defaultVersion : right.at(-1);
}

/** As it will be: with the right version as its default, made if there is none. */
function expected(desired: LaunchTemplateDesired, observed: LaunchTemplate): LaunchTemplate {
  const right = rightVersion(desired, observed);
  if (right !== undefined) return { ...observed, defaultVersion: right };
  const number = observed.latestVersion + 1;
  // A version is what it was made from.
  const contents = desired.contents as ResponseLaunchTemplateData;
  return { ...observed, defaultVersion: number, versions: [...observed.versions, { number, contents }] };
}

/** What hosts are to be made from. */
export function originOf(
  template: Pick<LaunchTemplate, 'launchTemplateId' | 'defaultVersion' | 'versions'>,
): HostOrigin {
  return { launchTemplateId: template.launchTemplateId, versionsAlike: versionsAlike(template) };
}

/**
 * The versions from which the same hosts are made as from the default one: those that differ in nothing but tags, which hosts are given as
 * they run.
 */
function versionsAlike(template: Pick<LaunchTemplate, 'defaultVersion' | 'versions'>): readonly number[] {
  const { defaultVersion, versions } = template;
  const current = versions.find((version) => version.number === defaultVersion);
  if (current === undefined) return [defaultVersion];
  const wanted = withoutTags(current.contents);
  return versions
    .filter(
      ({ number, contents }) =>
        number === defaultVersion || differencesOf(wanted, withoutTags(contents)).length === 0,
    )
    .map(({ number }) => number);
}

function withoutTags({ TagSpecifications: _tags, ...contents }: ResponseLaunchTemplateData): object {
  return contents;
}

/** All differences of the contents become one new version; one that has them already is only made the default. */
function versionChanges(
  context: StepContext,
  desired: LaunchTemplateDesired,
  observed: LaunchTemplate,
): readonly Change[] {
  const right = rightVersion(desired, observed);
  if (right === observed.defaultVersion) return [];
  const apply = async (): Promise<void> => {
    const version = right ?? (await addVersion(context, desired, observed));
    await context.clients.ec2.send(
      new ModifyLaunchTemplateCommand({
        LaunchTemplateId: observed.launchTemplateId,
        DefaultVersion: String(version),
      }),
    );
  };
  if (right !== undefined) {
    const before = String(observed.defaultVersion);
    return [{ path: 'defaultVersion', before, after: String(right), impact: 'in-place', apply }];
  }
  const current = observed.versions.find((version) => version.number === observed.defaultVersion);
  return contentDifferences(desired, current?.contents ?? {}).map(({ path, before, after }) => ({
    path,
    before: path === 'UserData' ? fingerprint(before) : before,
    after: path === 'UserData' ? fingerprint(after) : after,
    impact: 'in-place',
    because: path.startsWith('TagSpecifications.')
      ? 'for hosts to come; those that run are tagged as they are'
      : 'hosts that run keep what they were made with until their group replaces them',
    apply,
  }));
}

async function addVersion(
  { clients, clock }: StepContext,
  desired: LaunchTemplateDesired,
  observed: LaunchTemplate,
): Promise<number> {
  const { LaunchTemplateVersion: made } = await clients.ec2.send(
    new CreateLaunchTemplateVersionCommand({
      LaunchTemplateId: observed.launchTemplateId,
      LaunchTemplateData: desired.contents,
      // For this one call and its repeats: a version that somebody has deleted since is to be made anew.
      ClientToken: createHash('sha256')
        .update(JSON.stringify([observed.launchTemplateId, observed.latestVersion, clock.now()]))
        .digest('hex'),
    }),
  );
  invariant(made?.VersionNumber, 'CreateLaunchTemplateVersion answers with a number');
  return made.VersionNumber;
}

/** User data is pages long; two of them are told apart by their hash. */
function fingerprint(text: string | undefined): string | undefined {
  return text === undefined
    ? undefined
    : `sha256:${createHash('sha256').update(text).digest('hex').slice(0, 12)}`;
}

async function read(
  clients: Clients,
  request: DescribeLaunchTemplatesCommandInput,
  depth: Depth,
): Promise<LaunchTemplate[]> {
  const found = await collectPages(
    paginateDescribeLaunchTemplates({ client: clients.ec2 }, request),
    (page) => page.LaunchTemplates,
  );
  if (depth === 'there') return found.map((one) => fromSdk(one, []));
  return Promise.all(found.map((one) => withContents(clients, one)));
}

async function withContents(clients: Clients, one: SdkLaunchTemplate): Promise<LaunchTemplate> {
  const launchTemplateId = one.LaunchTemplateId ?? '';
  const pages = paginateDescribeLaunchTemplateVersions(
    { client: clients.ec2 },
    { LaunchTemplateId: launchTemplateId },
  );
  const found = await unless(
    [notFound],
    collectPages(pages, (page) => page.LaunchTemplateVersions),
  );
  const versions = (found ?? [])
    .map((version) => ({ number: version.VersionNumber ?? 1, contents: version.LaunchTemplateData ?? {} }))
    .sort((a, b) => a.number - b.number);
  return fromSdk(one, versions);
}

function fromSdk(one: SdkLaunchTemplate, versions: readonly LaunchTemplateVersion[]): LaunchTemplate {
  return {
    launchTemplateId: one.LaunchTemplateId ?? '',
    name: one.LaunchTemplateName ?? '',
    defaultVersion: one.DefaultVersionNumber ?? 1,
    latestVersion: versions.at(-1)?.number ?? one.LatestVersionNumber ?? 1,
    versions,
    tags: fromCapitalTags(one.Tags),
  };
}
