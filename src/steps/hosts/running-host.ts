import { type EC2Client, ModifyInstanceAttributeCommand } from '@aws-sdk/client-ec2';

import type { Change } from '../../engine/resource.ts';
import { hostMetadata, metadataChanges } from '../metadata-options.ts';
import type { RunningHost } from './instances.ts';

/** EC2 takes changes of an instance in these states, and what is in them is what its launch template made of it. */
const settled = ['running', 'stopped'];

/**
 * What somebody has changed in a host since it was launched, and what can be set right while it runs: another group opens it to others, a
 * laxer metadata service gives its role away.
 */
export function hostChanges(
  ec2: EC2Client,
  host: RunningHost,
  desired: { readonly groupIds: readonly string[] },
): readonly Change[] {
  const { instanceId, state } = host;
  if (!settled.includes(state)) return [];
  const [before, after] = [host.groupIds, desired.groupIds].map((ids) => [...ids].sort().join(', '));
  const groups: readonly Change[] =
    before === after
      ? []
      : [
          {
            path: 'host.securityGroups',
            before,
            after,
            impact: 'in-place',
            because: byHand(instanceId),
            apply: async () => {
              await ec2.send(
                new ModifyInstanceAttributeCommand({ InstanceId: instanceId, Groups: [...desired.groupIds] }),
              );
            },
          },
        ];
  const metadata = metadataChanges(ec2, instanceId, { wanted: hostMetadata, seen: host.metadata });
  return [
    ...groups,
    ...metadata.map((change) => ({ ...change, path: `host.${change.path}`, because: byHand(instanceId) })),
  ];
}

function byHand(instanceId: string): string {
  return `${instanceId} was launched otherwise, and changed since`;
}
