import {
  DeleteTaskDefinitionsCommand,
  DeregisterTaskDefinitionCommand,
  DescribeTaskDefinitionCommand,
  type ECSClient,
  paginateListTaskDefinitions,
  RegisterTaskDefinitionCommand,
  type RegisterTaskDefinitionCommandInput,
  type TaskDefinition,
} from '@aws-sdk/client-ecs';

import type { Clients } from '../../aws/clients.ts';
import { collectPages } from '../../aws/ec2.ts';
import type { Collection } from '../../aws/inventory.ts';
import { diffTags, fromSmallTags, type Tags, toSmallTags } from '../../aws/tags.ts';
import { unless } from '../../aws/unless.ts';
import type { NodeGroup } from '../../config/config.ts';
import { rolesVariable } from '../../elasticsearch/container.ts';
import type { Change, Resource } from '../../engine/resource.ts';
import { invariant } from '../../errors.ts';
import { inChunks } from '../chunks.ts';
import { type Difference, differences } from '../compare.ts';
import { ownTags, type StepContext } from '../context.ts';
import { ecsTags } from '../hosts/cluster.ts';
import type { Role } from '../iam/role.ts';
import type { Image } from '../image/image.ts';
import type { Repository } from '../image/repository.ts';
import { addressOfGroup, definitionAddress, nameOfGroup } from '../names.ts';
import { brief } from '../waits.ts';
import { configuredParts, definitionContents } from './definition-contents.ts';
import type { LogGroup } from '../logs/log-group.ts';
import { issueOfNodes } from './issue.ts';
import { type Secret, untilTag } from './secret.ts';

/** What RegisterTaskDefinition takes, without tags. */
export type DefinitionContents = Omit<RegisterTaskDefinitionCommandInput, 'tags'>;

export interface DefinitionDesired {
  readonly family: string;
  readonly contents: DefinitionContents;
  readonly tags: Tags;
}

/** The newest active revision of a family. */
export interface Definition {
  readonly family: string;
  readonly revision: number;
  readonly taskDefinitionArn: string;
  readonly contents: Partial<TaskDefinition>;
  readonly tags: Tags;
}

/** What a task definition needs of others; without an own image, `image` and `repository` are absent. */
export type DefinitionNeeds = {
  readonly logGroup: Resource<unknown, LogGroup>;
  readonly certificates: Resource<unknown, Secret>;
  readonly password: Resource<unknown, Secret>;
  readonly executionRole: Resource<unknown, Role>;
  readonly taskRole: Resource<unknown, Role>;
  readonly repository?: Resource<unknown, Repository>;
  readonly image?: Resource<unknown, Image>;
};

/** ECS's word for "no such task definition", among others. */
const missing = ['ClientException'];

/** By family. */
export const definitions: Collection<Definition> = {
  name: 'task definitions',
  byIds: async (clients, families) => {
    const found = await Promise.all(families.map((family) => read(clients, family)));
    return found.filter((definition) => definition !== undefined);
  },
  chunk: 20,
  id: (definition) => definition.family,
  tags: (definition) => definition.tags,
};

/**
 * How the nodes of one group run: image, memory, secrets, disks. A revision never changes; a difference is registered as a new
 * one, and what follows for running nodes shows on their services. Costs nothing.
 *
 * RegisterTaskDefinition takes no client token: one that is repeated makes another revision of the same contents, which is
 * as good as the first.
 */
export function definition(
  context: StepContext,
  group: NodeGroup,
  needs: DefinitionNeeds,
): Resource<DefinitionDesired, Definition, DefinitionNeeds> {
  const address = addressOfGroup(definitionAddress, group.name);
  const family = nameOfGroup(context.config, group.name);
  const { ecs } = context.clients;
  return {
    address,
    needs,
    waits: { ...brief, for: 'the task definition' },
    provenByAnswers: true,
    desired: (inputs) => ({
      family,
      contents: definitionContents(context, group, {
        image: imageOf(context, inputs),
        logGroup: inputs.logGroup.logGroupName,
        certificates: inputs.certificates.secretArn,
        certificatesUntil: inputs.certificates.tags[untilTag],
        certificatesIssue: issueOfNodes(inputs.certificates.tags),
        password: inputs.password.secretArn,
        executionRole: inputs.executionRole.roleArn,
        taskRole: inputs.taskRole.roleArn,
      }),
      tags: ownTags(context, address),
    }),
    find: (sight) => context.inventory.find(definitions, address, { ...sight, name: family }),
    id: (observed) => observed.family,
    phase: () => 'ready',
    predict: (desired, observed) => {
      if (contentDifferences(desired, observed).length === 0) return observed;
      const revision = observed.revision + 1;
      const taskDefinitionArn = observed.taskDefinitionArn.replace(/\d+$/, String(revision));
      return { ...observed, revision, taskDefinitionArn };
    },
    foreseen: (observed) => {
      const parts = configuredParts(context, group, observed.contents);
      return differences(parts.desired, parts.observed).map((one) => ({ ...one, impact: 'in-place' }));
    },
    diff: (desired, observed) => {
      const revisions = revisionChanges(ecs, desired, observed);
      // A new revision brings its own tags.
      if (revisions.length > 0) return revisions;
      return diffTags(desired.tags, observed.tags, {
        ...ecsTags(ecs, observed.taskDefinitionArn),
        former: context.formerTags,
      });
    },
    create: async (desired) => {
      const registered = await register(ecs, desired);
      return {
        id: desired.family,
        observed: { ...toDefinition(registered, desired.family), tags: desired.tags },
      };
    },
    // ECS may not have heard of a role that is a moment old.
    createRetries: { names: ['ClientException', 'InvalidParameterException'], limitMs: 60_000 },
    goneWhenAnswered: true,
    destroy: (observed) => deleteFamily(ecs, observed.family),
  };
}

type DefinitionInputs = {
  readonly repository?: Repository | undefined;
  readonly image?: Image | undefined;
};

/** Always by digest where es-ecs built it: a tag could come to mean something else. */
function imageOf(context: StepContext, inputs: object): string {
  const { uri } = context.config.image;
  if (uri !== undefined) return uri;
  // Needs that are optional by type are there without `image.uri`, as the step makes them so.
  const { repository, image } = inputs as DefinitionInputs;
  invariant(repository !== undefined && image !== undefined, 'a task definition has an image');
  return `${repository.repositoryUri}@${image.digest}`;
}

function contentDifferences(desired: DefinitionDesired, observed: Definition): readonly Difference[] {
  return differences(desired.contents, observed.contents);
}

function revisionChanges(
  ecs: ECSClient,
  desired: DefinitionDesired,
  observed: Definition,
): readonly Change[] {
  const apply = async (): Promise<void> => {
    await register(ecs, desired);
  };
  return contentDifferences(desired, observed).map(({ path, before, after }) => ({
    path: path.replace('containerDefinitions.elasticsearch.', ''),
    before,
    after,
    impact: 'in-place',
    because: path.includes(`.environment.${rolesVariable}.`)
      ? 'a new revision; before a node takes it, shards that may not stay on it move to others, and a vote that it loses is taken'
      : 'a new revision; nodes take it as their services restart',
    apply,
  }));
}

async function register(ecs: ECSClient, desired: DefinitionDesired): Promise<TaskDefinition> {
  const { taskDefinition: made } = await ecs.send(
    new RegisterTaskDefinitionCommand({ ...desired.contents, tags: toSmallTags(desired.tags) }),
  );
  invariant(made, 'RegisterTaskDefinition answers with the task definition');
  return made;
}

/** DeleteTaskDefinitions takes ten at once, inactive ones only. */
const deletedAtOnce = 10;

/** Every revision goes, also those of which an older run knew. */
export async function deleteFamily(ecs: ECSClient, family: string): Promise<void> {
  const revisions = async (status: 'ACTIVE' | 'INACTIVE'): Promise<string[]> => {
    const arns = await collectPages(
      paginateListTaskDefinitions({ client: ecs }, { familyPrefix: family, status }),
      (page) => page.taskDefinitionArns,
    );
    return arns.filter((one) => one.includes(`:task-definition/${family}:`));
  };
  for (const some of inChunks(await revisions('ACTIVE'), deletedAtOnce)) {
    await Promise.all(
      some.map((taskDefinition) =>
        unless(missing, ecs.send(new DeregisterTaskDefinitionCommand({ taskDefinition }))),
      ),
    );
  }
  for (const taskDefinitions of inChunks(await revisions('INACTIVE'), deletedAtOnce)) {
    await unless(missing, ecs.send(new DeleteTaskDefinitionsCommand({ taskDefinitions })));
  }
}

/** What AWS adds to a task definition of its own. */
const added = new Set([
  'taskDefinitionArn',
  'revision',
  'status',
  'requiresAttributes',
  'compatibilities',
  'registeredAt',
  'registeredBy',
  'deregisteredAt',
]);

async function read({ ecs }: Clients, family: string): Promise<Definition | undefined> {
  const answer = await unless(
    missing,
    ecs.send(new DescribeTaskDefinitionCommand({ taskDefinition: family, include: ['TAGS'] })),
  );
  const found = answer?.taskDefinition;
  if (found === undefined || found.status !== 'ACTIVE') return undefined;
  return { ...toDefinition(found, family), tags: fromSmallTags(answer?.tags) };
}

function toDefinition(found: TaskDefinition, family: string): Omit<Definition, 'tags'> {
  return {
    family: found.family ?? family,
    revision: found.revision ?? 0,
    taskDefinitionArn: found.taskDefinitionArn ?? '',
    contents: Object.fromEntries(Object.entries(found).filter(([key]) => !added.has(key))),
  };
}
