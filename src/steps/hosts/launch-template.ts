import { createHash } from 'node:crypto';

import {
  CreateLaunchTemplateCommand,
  CreateLaunchTemplateVersionCommand,
  DeleteLaunchTemplateCommand,
  DescribeLaunchTemplateVersionsCommand,
  type DescribeLaunchTemplatesCommandInput,
  type LaunchTemplate as SdkLaunchTemplate,
  ModifyLaunchTemplateCommand,
  paginateDescribeLaunchTemplates,
  type RequestLaunchTemplateData,
  type ResponseLaunchTemplateData,
} from '@aws-sdk/client-ec2';

import type { Clients } from '../../aws/clients.ts';
import { collectPages, ec2Filters, ec2Tags, existing } from '../../aws/ec2.ts';
import type { Collection } from '../../aws/inventory.ts';
import { diffTags, fromCapitalTags, type Tags, toCapitalTags } from '../../aws/tags.ts';
import { unless } from '../../aws/unless.ts';
import type { NodeGroup } from '../../config/config.ts';
import type { Change, Resource } from '../../engine/resource.ts';
import { invariant } from '../../errors.ts';
import { differences } from '../compare.ts';
import { ownTags, type StepContext } from '../context.ts';
import { addressOfGroup, clusterName, nameOfGroup } from '../names.ts';
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
  /** Of the latest version. */
  readonly contents: ResponseLaunchTemplateData;
  readonly tags: Tags;
}

/** What a launch template needs of others. */
export type LaunchTemplateNeeds = {
  readonly profile: Resource<unknown, InstanceProfile>;
  readonly securityGroup: Resource<unknown, { readonly groupId: string }>;
  /** With the bastion on: the key that opens hosts from there. */
  readonly keyPair?: Resource;
};

const notFound = 'InvalidLaunchTemplateId.NotFound';

const launchTemplates: Collection<LaunchTemplate> = {
  name: 'launch templates',
  list: (clients, cluster) => read(clients, { Filters: ec2Filters(cluster) }),
  byIds: (clients, ids) =>
    existing(ids, notFound, (LaunchTemplateIds) => read(clients, { LaunchTemplateIds })),
  chunk: 200,
  id: (template) => template.launchTemplateId,
  tags: (template) => template.tags,
};

/**
 * How hosts of one node group are made. A version never changes: a difference becomes a new version, made the default;
 * what follows for running hosts shows on their groups, which name the version by number. Costs nothing.
 */
export function launchTemplate(
  context: StepContext,
  group: NodeGroup,
  needs: LaunchTemplateNeeds,
): Resource<LaunchTemplateDesired, LaunchTemplate, LaunchTemplateNeeds> {
  const address = addressOfGroup('hosts/launch-template', group.name);
  const { ec2 } = context.clients;
  return {
    address,
    needs,
    waits: { ...brief, for: 'the launch template' },
    desired: async (inputs) => ({
      name: nameOfGroup(context.config, group.name),
      contents: await launchTemplateData(context, group, {
        profileName: inputs.profile.profileName,
        securityGroupId: inputs.securityGroup.groupId,
        // Its name is known beforehand; it is needed only to be there first.
        keyName: needs.keyPair === undefined ? undefined : clusterName(context.config),
      }),
      tags: ownTags(context, address),
    }),
    find: (sight) => context.inventory.find(launchTemplates, address, sight),
    id: (observed) => observed.launchTemplateId,
    phase: () => 'ready',
    predict: (desired, observed) => {
      const differs = contentDifferences(desired, observed).length > 0;
      const version = differs ? observed.latestVersion + 1 : observed.latestVersion;
      return { ...observed, latestVersion: version, defaultVersion: version };
    },
    diff: (desired, observed) => [
      ...versionChanges(context.clients, desired, observed),
      ...diffTags(desired.tags, observed.tags, ec2Tags(ec2, observed.launchTemplateId)),
    ],
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
      return { id: made.LaunchTemplateId };
    },
    destroy: async (observed) => {
      await unless(
        [notFound],
        ec2.send(new DeleteLaunchTemplateCommand({ LaunchTemplateId: observed.launchTemplateId })),
      );
    },
  };
}

/** What EC2 says of a template that was not given it. */
const defaults: Readonly<Record<string, string>> = {
  'MetadataOptions.State': 'applied',
  'MetadataOptions.HttpProtocolIpv6': 'disabled',
};

function contentDifferences(
  desired: LaunchTemplateDesired,
  observed: LaunchTemplate,
): ReturnType<typeof differences> {
  return differences(desired.contents, observed.contents, defaults).filter(
    // While it is being set it says "pending".
    ({ path }) => path !== 'MetadataOptions.State',
  );
}

/** All differences of the contents become one new version; one that is there and not yet the default is only made it. */
function versionChanges(
  clients: Clients,
  desired: LaunchTemplateDesired,
  observed: LaunchTemplate,
): readonly Change[] {
  const wrong = contentDifferences(desired, observed);
  if (wrong.length === 0 && observed.defaultVersion === observed.latestVersion) return [];
  const apply = async (): Promise<void> => {
    const version = wrong.length > 0 ? await addVersion(clients, desired, observed) : observed.latestVersion;
    await clients.ec2.send(
      new ModifyLaunchTemplateCommand({
        LaunchTemplateId: observed.launchTemplateId,
        DefaultVersion: String(version),
      }),
    );
  };
  const because = 'hosts that run keep what they were made with until their group replaces them';
  if (wrong.length === 0) {
    const before = String(observed.defaultVersion);
    const after = String(observed.latestVersion);
    return [{ path: 'defaultVersion', before, after, impact: 'in-place', because, apply }];
  }
  return wrong.map(({ path, before, after }) => ({
    path,
    before: path === 'UserData' ? fingerprint(before) : before,
    after: path === 'UserData' ? fingerprint(after) : after,
    impact: 'in-place',
    because,
    apply,
  }));
}

async function addVersion(
  clients: Clients,
  desired: LaunchTemplateDesired,
  observed: LaunchTemplate,
): Promise<number> {
  const { LaunchTemplateVersion: made } = await clients.ec2.send(
    new CreateLaunchTemplateVersionCommand({
      LaunchTemplateId: observed.launchTemplateId,
      LaunchTemplateData: desired.contents,
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
): Promise<LaunchTemplate[]> {
  const found = await collectPages(
    paginateDescribeLaunchTemplates({ client: clients.ec2 }, request),
    (page) => page.LaunchTemplates,
  );
  return Promise.all(found.map((one) => withContents(clients, one)));
}

async function withContents(clients: Clients, one: SdkLaunchTemplate): Promise<LaunchTemplate> {
  const launchTemplateId = one.LaunchTemplateId ?? '';
  const answer = await unless(
    [notFound],
    clients.ec2.send(
      new DescribeLaunchTemplateVersionsCommand({
        LaunchTemplateId: launchTemplateId,
        Versions: ['$Latest'],
      }),
    ),
  );
  const latest = answer?.LaunchTemplateVersions?.[0];
  return {
    launchTemplateId,
    name: one.LaunchTemplateName ?? '',
    defaultVersion: one.DefaultVersionNumber ?? 1,
    latestVersion: latest?.VersionNumber ?? one.LatestVersionNumber ?? 1,
    contents: latest?.LaunchTemplateData ?? {},
    tags: fromCapitalTags(one.Tags),
  };
}
