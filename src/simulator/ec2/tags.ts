import type {
  CreateTagsCommandInput,
  DeleteTagsCommandInput,
  DescribeTagsCommandInput,
  DescribeTagsCommandOutput,
  Filter,
  ResourceType,
  TagDescription,
} from '@aws-sdk/client-ec2';

import { SimulatedFailure } from '../core/failure.ts';
import type { World } from '../core/world.ts';
import {
  type Answer,
  checkFilterValues,
  checkTagCount,
  checkTags,
  type Ec2Row,
  ec2Page,
  requireParameter,
} from './common.ts';

/**
 * Every kind of thing that can be tagged, by the prefix of its ids: the type's name, and EC2's code for one that does not
 * exist. Rows are looked for in all tables whose name begins with `ec2/`.
 */
const taggable: Readonly<Record<string, { readonly type: ResourceType; readonly notFound: string }>> = {
  vpc: { type: 'vpc', notFound: 'InvalidVpcID.NotFound' },
  subnet: { type: 'subnet', notFound: 'InvalidSubnetID.NotFound' },
  igw: { type: 'internet-gateway', notFound: 'InvalidInternetGatewayID.NotFound' },
  eipalloc: { type: 'elastic-ip', notFound: 'InvalidAllocationID.NotFound' },
  nat: { type: 'natgateway', notFound: 'NatGatewayNotFound' },
  rtb: { type: 'route-table', notFound: 'InvalidRouteTableID.NotFound' },
  fl: { type: 'vpc-flow-log', notFound: 'InvalidFlowLogId.NotFound' },
  vpce: { type: 'vpc-endpoint', notFound: 'InvalidVpcEndpointId.NotFound' },
  sg: { type: 'security-group', notFound: 'InvalidGroup.NotFound' },
  sgr: { type: 'security-group-rule', notFound: 'InvalidSecurityGroupRuleId.NotFound' },
  eni: { type: 'network-interface', notFound: 'InvalidNetworkInterfaceID.NotFound' },
  i: { type: 'instance', notFound: 'InvalidInstanceID.NotFound' },
  vol: { type: 'volume', notFound: 'InvalidVolume.NotFound' },
  snap: { type: 'snapshot', notFound: 'InvalidSnapshot.NotFound' },
  ami: { type: 'image', notFound: 'InvalidAMIID.NotFound' },
  key: { type: 'key-pair', notFound: 'InvalidKeyPair.NotFound' },
  lt: { type: 'launch-template', notFound: 'InvalidLaunchTemplateId.NotFound' },
};

/** The type by which EC2 calls what has such an id; undefined for text that is no id of a thing. */
export function kindOfId(text: string): ResourceType | undefined {
  return /^[a-z]+-[0-9a-f]{8,}$/.test(text) ? taggable[text.replace(/-[^-]*$/, '')]?.type : undefined;
}

/** The tags of a thing; undefined where there is none of that id. */
export function ec2TagsOf(world: World, id: string): Readonly<Record<string, string>> | undefined {
  const row = world
    .tablesUnder('ec2/')
    .map((rows) => rows.get(id))
    .find(isEc2Row);
  return row?.tags;
}

function kindOf(id: string): { readonly type: ResourceType; readonly notFound: string } {
  const kind = taggable[id.replace(/-[^-]*$/, '')];
  if (kind === undefined) throw new SimulatedFailure('InvalidID', `The ID '${id}' is not valid`);
  return kind;
}

function isEc2Row(row: unknown): row is Ec2Row {
  return typeof row === 'object' && row !== null && 'id' in row && 'tags' in row;
}

/** All rows with tags, whatever they are. */
function taggedRows(world: World): Ec2Row[] {
  return world.tablesUnder('ec2/').flatMap((rows) => [...rows.values()].filter(isEc2Row));
}

interface Tagged {
  readonly row: Ec2Row;
  /** The table that it stands in. */
  readonly rows: Map<string, unknown>;
}

/** Puts the row in again, as there are indexes by tag. */
function setTags({ row, rows }: Tagged, tags: Record<string, string>): void {
  row.tags = tags;
  rows.set(row.id, row);
}

/** @throws SimulatedFailure the kind's own NotFound, InvalidID for an id of no kind */
function requireTagged(world: World, id: string): Tagged {
  const { notFound } = kindOf(id);
  for (const rows of world.tablesUnder('ec2/')) {
    const row = rows.get(id);
    if (isEc2Row(row) && (row.knownAtMs ?? 0) <= world.nowMs) return { row, rows };
  }
  throw new SimulatedFailure(notFound, `The ID '${id}' does not exist`);
}

function requireAll(world: World, ids: readonly string[] | undefined): Tagged[] {
  const named = requireParameter(ids, 'resourceIdSet');
  if (named.length === 0) requireParameter(undefined, 'resourceIdSet');
  return named.map((id) => requireTagged(world, id));
}

function holds(filter: Filter, values: Readonly<Record<string, string | undefined>>): boolean {
  const name = filter.Name ?? '';
  if (!(name in values)) {
    throw new SimulatedFailure('InvalidParameterValue', `The filter '${name}' is invalid`);
  }
  return (filter.Values ?? []).some((value) => value === values[name]);
}

/** Tags on all EC2 things. The whole call is checked before anything is changed. */
export const tagOperations = {
  CreateTags(world: World, input: CreateTagsCommandInput): object {
    const all = requireAll(world, input.Resources);
    const tags = requireParameter(input.Tags, 'tagSet');
    checkTags(tags);
    const added = Object.fromEntries(tags.map(({ Key = '', Value = '' }) => [Key, Value]));
    for (const { row } of all) checkTagCount({ ...row.tags, ...added });
    for (const one of all) setTags(one, { ...one.row.tags, ...added });
    return {};
  },

  /** Without tags all of a thing's own are removed; with a value only where it holds just that value. */
  DeleteTags(world: World, input: DeleteTagsCommandInput): object {
    const all = requireAll(world, input.Resources);
    const named = input.Tags;
    if (named !== undefined) checkTags(named);
    for (const one of all) {
      const kept = Object.entries(one.row.tags).filter(([key, value]) => {
        if (named === undefined) return key.startsWith('aws:');
        return !named.some((tag) => tag.Key === key && (tag.Value === undefined || tag.Value === value));
      });
      setTags(one, Object.fromEntries(kept));
    }
    return {};
  },

  DescribeTags(world: World, input: DescribeTagsCommandInput): Answer<DescribeTagsCommandOutput> {
    checkFilterValues(input.Filters);
    const all: TagDescription[] = taggedRows(world)
      .filter((row) => row.visibleAtMs <= world.nowMs)
      .flatMap((row) =>
        Object.entries(row.tags).map(([Key, Value]) => ({
          ResourceId: row.id,
          ResourceType: kindOf(row.id).type,
          Key,
          Value,
        })),
      );
    const found = all.filter((tag) =>
      (input.Filters ?? []).every((filter) =>
        holds(filter, {
          'resource-id': tag.ResourceId,
          'resource-type': tag.ResourceType,
          key: tag.Key,
          value: tag.Value,
        }),
      ),
    );
    const { items, nextToken } = ec2Page(found, input);
    return { Tags: items, NextToken: nextToken };
  },
} as const;
