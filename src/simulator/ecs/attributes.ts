import type {
  Attribute,
  DeleteAttributesCommandInput,
  DeleteAttributesCommandOutput,
  ListAttributesCommandInput,
  ListAttributesCommandOutput,
  PutAttributesCommandInput,
  PutAttributesCommandOutput,
} from '@aws-sdk/client-ecs';

import { SimulatedFailure } from '../core/failure.ts';
import { page } from '../core/operation.ts';
import type { World } from '../core/world.ts';
import { requireCluster } from './clusters.ts';
import { type Answer, atMost, invalidParameter } from './common.ts';
import {
  announceCapacity,
  type ContainerInstanceRow,
  containerInstances,
  findInstance,
  instancesOf,
} from './container-instances.ts';

function targetOf(world: World, clusterName: string, attribute: Attribute): ContainerInstanceRow {
  const row = findInstance(world, clusterName, attribute.targetId);
  if (row === undefined) {
    throw new SimulatedFailure(
      'TargetNotFoundException',
      `Could not find target ${attribute.targetId ?? ''}`,
    );
  }
  return row;
}

/** Custom attributes: the agent owns those that begin with `ecs.` and `com.amazonaws.`. */
function customName(attribute: Attribute): string {
  const name = attribute.name ?? '';
  if (!/^[\w\-./\\]{1,128}$/.test(name)) throw invalidParameter(`Invalid attribute name: ${name}`);
  if (/^(ecs\.|com\.amazonaws\.)/.test(name)) {
    throw invalidParameter(`The attribute name ${name} is reserved and cannot be modified.`);
  }
  return name;
}

/** Attributes of container instances, as the ECS API reference describes them. */
export const attributeOperations = {
  PutAttributes(world: World, input: PutAttributesCommandInput): Answer<PutAttributesCommandOutput> {
    const cluster = requireCluster(world, input.cluster);
    atMost('Attributes', input.attributes, 10);
    const wanted = (input.attributes ?? []).map((attribute) => ({
      attribute,
      name: customName(attribute),
      row: targetOf(world, cluster.name, attribute),
    }));
    for (const { attribute, name, row } of wanted) {
      row.attributes[name] = attribute.value ?? '';
      world.rows(containerInstances).set(row.arn, row);
    }
    announceCapacity(world, cluster.name);
    return {
      attributes: wanted.map(({ attribute, row }) => ({
        ...attribute,
        targetType: 'container-instance' as const,
        targetId: row.arn,
      })),
    };
  },

  DeleteAttributes(world: World, input: DeleteAttributesCommandInput): Answer<DeleteAttributesCommandOutput> {
    const cluster = requireCluster(world, input.cluster);
    atMost('Attributes', input.attributes, 10);
    for (const attribute of input.attributes ?? []) {
      const row = targetOf(world, cluster.name, attribute);
      const name = customName(attribute);
      row.attributes = Object.fromEntries(Object.entries(row.attributes).filter(([key]) => key !== name));
      world.rows(containerInstances).set(row.arn, row);
    }
    return { attributes: input.attributes };
  },

  ListAttributes(world: World, input: ListAttributesCommandInput): Answer<ListAttributesCommandOutput> {
    const cluster = requireCluster(world, input.cluster);
    const all = instancesOf(world, cluster.name).flatMap((row) =>
      Object.entries(row.attributes).map(([name, value]) => ({
        name,
        ...(value === '' ? {} : { value }),
        targetId: row.arn,
      })),
    );
    const found = all.filter(
      (one) =>
        (input.attributeName === undefined || one.name === input.attributeName) &&
        (input.attributeValue === undefined || one.value === input.attributeValue),
    );
    const { items, nextToken } = page(found, input.nextToken, input.maxResults, 100);
    return { attributes: items, nextToken };
  },
} as const;
