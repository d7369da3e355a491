import type {
  CreateLaunchTemplateCommandInput,
  CreateLaunchTemplateCommandOutput,
  CreateLaunchTemplateVersionCommandInput,
  CreateLaunchTemplateVersionCommandOutput,
  DeleteLaunchTemplateCommandInput,
  DeleteLaunchTemplateCommandOutput,
  DescribeLaunchTemplatesCommandInput,
  DescribeLaunchTemplatesCommandOutput,
  DescribeLaunchTemplateVersionsCommandInput,
  DescribeLaunchTemplateVersionsCommandOutput,
  LaunchTemplate,
  LaunchTemplateVersion,
  ModifyLaunchTemplateCommandInput,
  ModifyLaunchTemplateCommandOutput,
  RequestLaunchTemplateData,
  ResponseLaunchTemplateData,
} from '@aws-sdk/client-ec2';

import { once } from '../core/client-tokens.ts';
import { SimulatedFailure } from '../core/failure.ts';
import { table, type World } from '../core/world.ts';
import { type Answer, describeRows, type Ec2Row, ec2Page, newRow, tagsForOnly, toTags } from './common.ts';
import { checkUserData } from './user-data-limit.ts';

export interface TemplateVersion {
  readonly number: number;
  readonly description: string | undefined;
  readonly createdAtMs: number;
  readonly data: RequestLaunchTemplateData;
}

export interface LaunchTemplateRow extends Ec2Row {
  readonly name: string;
  readonly createdAtMs: number;
  defaultVersion: number;
  /** In the order of their making; numbers are never used again. */
  versions: TemplateVersion[];
}

/** Launch templates by id. */
export const launchTemplates = table<LaunchTemplateRow>('ec2/launch-templates');

/** How RunInstances and Auto Scaling name a template and a version of it. */
export interface TemplateReference {
  readonly LaunchTemplateId?: string | undefined;
  readonly LaunchTemplateName?: string | undefined;
  /** A number, `$Latest` or `$Default`; left out, the default. */
  readonly Version?: string | undefined;
}

function idNotFound(id: string): SimulatedFailure {
  return new SimulatedFailure(
    'InvalidLaunchTemplateId.NotFound',
    `The specified launch template, with template ID ${id}, does not exist.`,
  );
}

function nameNotFound(name: string): SimulatedFailure {
  return new SimulatedFailure(
    'InvalidLaunchTemplateName.NotFoundException',
    `The specified launch template, with template name ${name}, does not exist.`,
  );
}

/** @throws SimulatedFailure InvalidLaunchTemplateId.NotFound, InvalidLaunchTemplateName.NotFoundException */
export function requireTemplate(world: World, reference: TemplateReference): LaunchTemplateRow {
  const { LaunchTemplateId: id, LaunchTemplateName: name } = reference;
  if ((id === undefined) === (name === undefined)) {
    throw new SimulatedFailure(
      'MissingParameter',
      'Either a launch template ID or a launch template name must be specified in the request, and not both',
    );
  }
  const row = [...world.rows(launchTemplates).values()].find((one) => one.id === id || one.name === name);
  if (row !== undefined && (row.knownAtMs ?? 0) <= world.nowMs) return row;
  throw id === undefined ? nameNotFound(name ?? '') : idNotFound(id);
}

/** @throws SimulatedFailure InvalidLaunchTemplateId.VersionNotFound */
export function requireVersion(row: LaunchTemplateRow, asked: string | undefined): TemplateVersion {
  const number =
    asked === '$Latest'
      ? row.versions.at(-1)?.number
      : asked === undefined || asked === '$Default'
        ? row.defaultVersion
        : Number(asked);
  const version = row.versions.find((one) => one.number === number);
  if (version === undefined) {
    throw new SimulatedFailure(
      'InvalidLaunchTemplateId.VersionNotFound',
      `Could not find the specified version ${asked ?? ''} for the launch template with ID ${row.id}.`,
    );
  }
  return version;
}

function callerOf(world: World): string {
  return `arn:${world.partition}:iam::${world.accountId}:user/simulated`;
}

function toTemplate(world: World, row: LaunchTemplateRow): LaunchTemplate {
  return {
    LaunchTemplateId: row.id,
    LaunchTemplateName: row.name,
    CreateTime: new Date(row.createdAtMs),
    CreatedBy: callerOf(world),
    DefaultVersionNumber: row.defaultVersion,
    LatestVersionNumber: row.versions.at(-1)?.number ?? 0,
    Tags: toTags(row.tags),
  };
}

function toVersion(world: World, row: LaunchTemplateRow, version: TemplateVersion): LaunchTemplateVersion {
  return {
    LaunchTemplateId: row.id,
    LaunchTemplateName: row.name,
    VersionNumber: version.number,
    ...(version.description === undefined ? {} : { VersionDescription: version.description }),
    CreateTime: new Date(version.createdAtMs),
    CreatedBy: callerOf(world),
    DefaultVersion: version.number === row.defaultVersion,
    LaunchTemplateData: toResponseData(version.data),
  };
}

/** What was asked comes back under the same names; unasked fields stay away. */
function toResponseData(data: RequestLaunchTemplateData): ResponseLaunchTemplateData {
  const { MetadataOptions: metadata, ...rest } = data;
  return {
    ...rest,
    ...(metadata === undefined ? {} : { MetadataOptions: { ...metadata, State: 'pending' } }),
  }; // The two types differ only in which of their optional fields are marked so.
}

/** Launch templates, as the EC2 API reference describes them. A version is never changed once made. */
export const launchTemplateOperations = {
  CreateLaunchTemplate(
    world: World,
    input: CreateLaunchTemplateCommandInput,
  ): Answer<CreateLaunchTemplateCommandOutput> {
    const call = { operation: 'EC2:CreateLaunchTemplate', token: input.ClientToken, input };
    const row = once(world, call, () => createTemplate(world, input));
    return { LaunchTemplate: toTemplate(world, world.rows(launchTemplates).get(row.id) ?? row) };
  },

  CreateLaunchTemplateVersion(
    world: World,
    input: CreateLaunchTemplateVersionCommandInput,
  ): Answer<CreateLaunchTemplateVersionCommandOutput> {
    const row = requireTemplate(world, input);
    const call = { operation: 'EC2:CreateLaunchTemplateVersion', token: input.ClientToken, input };
    const version = once(world, call, () => addVersion(world, row, input));
    return { LaunchTemplateVersion: toVersion(world, row, version) };
  },

  DescribeLaunchTemplates(
    world: World,
    input: DescribeLaunchTemplatesCommandInput,
  ): Answer<DescribeLaunchTemplatesCommandOutput> {
    const named = (input.LaunchTemplateNames ?? []).map(
      (name) => requireTemplate(world, { LaunchTemplateName: name }).id,
    );
    const found = describeRows(world, world.rows(launchTemplates), {
      ids: [...(input.LaunchTemplateIds ?? []), ...named],
      filters: input.Filters,
      fields: { 'launch-template-name': (row) => [row.name] },
      notFound: idNotFound,
    });
    const { items, nextToken } = ec2Page(found, input);
    return { LaunchTemplates: items.map((row) => toTemplate(world, row)), NextToken: nextToken };
  },

  /** Without a template: the `$Latest` and `$Default` versions of all, as asked. */
  DescribeLaunchTemplateVersions(
    world: World,
    input: DescribeLaunchTemplateVersionsCommandInput,
  ): Answer<DescribeLaunchTemplateVersionsCommandOutput> {
    const isOfAll = input.LaunchTemplateId === undefined && input.LaunchTemplateName === undefined;
    if (isOfAll && !(input.Versions ?? []).some((version) => version.startsWith('$'))) {
      throw new SimulatedFailure(
        'MissingParameter',
        'Either a launch template or the versions $Latest or $Default must be specified',
      );
    }
    const templates = isOfAll
      ? [...world.rows(launchTemplates).values()].filter((row) => row.visibleAtMs <= world.nowMs)
      : [requireTemplate(world, input)];
    const versions = templates.flatMap((row) =>
      versionsOf(row, input).map((version) => toVersion(world, row, version)),
    );
    const { items, nextToken } = ec2Page(versions, input);
    return { LaunchTemplateVersions: items, NextToken: nextToken };
  },

  ModifyLaunchTemplate(
    world: World,
    input: ModifyLaunchTemplateCommandInput,
  ): Answer<ModifyLaunchTemplateCommandOutput> {
    const row = requireTemplate(world, input);
    row.defaultVersion = requireVersion(row, input.DefaultVersion).number;
    return { LaunchTemplate: toTemplate(world, row) };
  },

  /** Groups and instances that were made from it are not asked. */
  DeleteLaunchTemplate(
    world: World,
    input: DeleteLaunchTemplateCommandInput,
  ): Answer<DeleteLaunchTemplateCommandOutput> {
    const row = requireTemplate(world, input);
    world.rows(launchTemplates).delete(row.id);
    return { LaunchTemplate: toTemplate(world, row) };
  },
} as const;

function versionsOf(
  row: LaunchTemplateRow,
  input: DescribeLaunchTemplateVersionsCommandInput,
): readonly TemplateVersion[] {
  const asked = input.Versions ?? [];
  if (asked.length > 0) return [...new Set(asked.map((version) => requireVersion(row, version)))];
  const from = Number(input.MinVersion ?? '1');
  const to = Number(input.MaxVersion ?? String(Number.MAX_SAFE_INTEGER));
  return row.versions.filter((one) => one.number >= from && one.number <= to).toReversed();
}

function createTemplate(world: World, input: CreateLaunchTemplateCommandInput): LaunchTemplateRow {
  const name = input.LaunchTemplateName ?? '';
  if (!/^[a-zA-Z0-9().\-/_]{3,128}$/.test(name)) {
    throw new SimulatedFailure(
      'InvalidLaunchTemplateName.MalformedException',
      `The launch template name ${name} must be 3 to 128 characters of letters, numbers and -, ., _, (, ), /`,
    );
  }
  if ([...world.rows(launchTemplates).values()].some((row) => row.name === name)) {
    throw new SimulatedFailure(
      'InvalidLaunchTemplateName.AlreadyExistsException',
      'Launch template name already in use.',
    );
  }
  checkUserData(input.LaunchTemplateData?.UserData);
  const row: LaunchTemplateRow = {
    ...newRow(world, 'lt', tagsForOnly(input.TagSpecifications, 'launch-template')),
    name,
    createdAtMs: world.nowMs,
    defaultVersion: 1,
    versions: [
      {
        number: 1,
        description: input.VersionDescription,
        createdAtMs: world.nowMs,
        data: input.LaunchTemplateData ?? {},
      },
    ],
  };
  world.rows(launchTemplates).set(row.id, row);
  return row;
}

function addVersion(
  world: World,
  row: LaunchTemplateRow,
  input: CreateLaunchTemplateVersionCommandInput,
): TemplateVersion {
  checkUserData(input.LaunchTemplateData?.UserData);
  const source = input.SourceVersion === undefined ? {} : requireVersion(row, input.SourceVersion).data;
  const version: TemplateVersion = {
    number: (row.versions.at(-1)?.number ?? 0) + 1,
    description: input.VersionDescription,
    createdAtMs: world.nowMs,
    data: { ...source, ...input.LaunchTemplateData },
  };
  row.versions.push(version);
  return version;
}
