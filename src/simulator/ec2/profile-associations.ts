import type {
  AssociateIamInstanceProfileCommandInput,
  AssociateIamInstanceProfileCommandOutput,
  DescribeIamInstanceProfileAssociationsCommandInput,
  DescribeIamInstanceProfileAssociationsCommandOutput,
  DisassociateIamInstanceProfileCommandInput,
  DisassociateIamInstanceProfileCommandOutput,
  IamInstanceProfileAssociation,
  IamInstanceProfileAssociationState,
} from '@aws-sdk/client-ec2';

import { SimulatedFailure } from '../core/failure.ts';
import type { World } from '../core/world.ts';
import { instanceProfiles, requireUsableProfile } from '../iam/instance-profiles.ts';
import { type Answer, describeRows, type Ec2Row, ec2Page } from './common.ts';
import { type InstanceRow, instances, requireInstance } from './instance-rows.ts';

/** The association of an instance with its profile: one made with the instance has an id that follows from the instance's. */
function associationId(row: InstanceRow): string {
  return row.profileAssociationId ?? `iip-assoc-${row.id.slice(2)}`;
}

function toAssociation(
  world: World,
  row: InstanceRow,
  State: IamInstanceProfileAssociationState,
): IamInstanceProfileAssociation {
  const profile = [...world.rows(instanceProfiles).values()].find((one) => one.arn === row.profileArn);
  return {
    AssociationId: associationId(row),
    InstanceId: row.id,
    IamInstanceProfile: {
      Arn: row.profileArn,
      ...(profile === undefined ? {} : { Id: profile.id }),
    },
    State,
  };
}

interface AssociationRow extends Ec2Row {
  readonly holder: InstanceRow;
}

/** The instances that hold a profile, and have not ended. */
function holders(world: World): readonly InstanceRow[] {
  return [...world.rows(instances).values()].filter(
    (row) => row.profileArn !== undefined && row.state !== 'terminated',
  );
}

/** The instance of an association, by which a policy is weighed. */
export function instanceOfAssociation(world: World, id: string): string | undefined {
  return holders(world).find((row) => associationId(row) === id)?.id;
}

/** Which instance has which instance profile, as the EC2 API reference describes it. */
export const profileAssociationOperations = {
  AssociateIamInstanceProfile(
    world: World,
    input: AssociateIamInstanceProfileCommandInput,
  ): Answer<AssociateIamInstanceProfileCommandOutput> {
    const row = requireInstance(world, input.InstanceId);
    const profile = requireUsableProfile(world, input.IamInstanceProfile ?? {});
    if (row.profileArn !== undefined) {
      throw new SimulatedFailure('IncorrectState', `There is an existing association for instance ${row.id}`);
    }
    if (row.state !== 'running' && row.state !== 'stopped') {
      throw new SimulatedFailure(
        'IncorrectInstanceState',
        `The instance '${row.id}' is not in the 'running' or 'stopped' states.`,
      );
    }
    row.profileArn = profile.arn;
    row.profileAssociationId = world.id('iip-assoc');
    return { IamInstanceProfileAssociation: toAssociation(world, row, 'associating') };
  },

  DescribeIamInstanceProfileAssociations(
    world: World,
    input: DescribeIamInstanceProfileAssociationsCommandInput,
  ): Answer<DescribeIamInstanceProfileAssociationsCommandOutput> {
    const rows = holders(world).map(
      (holder): AssociationRow => ({
        id: associationId(holder),
        tags: {},
        visibleAtMs: holder.visibleAtMs,
        holder,
      }),
    );
    const found = describeRows(world, new Map(rows.map((row) => [row.id, row])), {
      ids: input.AssociationIds,
      filters: input.Filters,
      fields: { 'instance-id': ({ holder }) => [holder.id], state: () => ['associated'] },
      notFound,
    });
    const { items, nextToken } = ec2Page(found, input);
    return {
      IamInstanceProfileAssociations: items.map(({ holder }) => toAssociation(world, holder, 'associated')),
      NextToken: nextToken,
    };
  },

  DisassociateIamInstanceProfile(
    world: World,
    input: DisassociateIamInstanceProfileCommandInput,
  ): Answer<DisassociateIamInstanceProfileCommandOutput> {
    const id = input.AssociationId ?? '';
    const row = holders(world).find((one) => associationId(one) === id);
    if (row === undefined) throw notFound(id);
    const association = toAssociation(world, row, 'disassociating');
    row.profileArn = undefined;
    row.profileAssociationId = undefined;
    return { IamInstanceProfileAssociation: association };
  },
} as const;

function notFound(id: string): SimulatedFailure {
  return new SimulatedFailure(
    'InvalidAssociationID.NotFound',
    `An invalid association-id of '${id}' was given`,
  );
}
