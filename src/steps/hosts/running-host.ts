import type { EC2Client } from '@aws-sdk/client-ec2';

import type { Change } from '../../engine/resource.ts';
import { groupChanges } from '../instance-groups.ts';
import { hostMetadata, metadataChanges } from '../metadata-options.ts';
import { isSettled, type RunningHost } from './instances.ts';

/**
 * What somebody has changed in a host since it was launched, and what can be set right while it runs: another group opens it to others, a
 * laxer metadata service gives its role away.
 */
export function hostChanges(
  ec2: EC2Client,
  host: RunningHost,
  desired: { readonly groupIds: readonly string[] },
): readonly Change[] {
  const { instanceId } = host;
  if (!isSettled(host)) return [];
  const changes = [
    ...groupChanges(ec2, instanceId, { wanted: desired.groupIds, seen: host.groupIds }),
    ...metadataChanges(ec2, instanceId, { wanted: hostMetadata, seen: host.metadata }),
  ];
  const because = `${instanceId} was launched otherwise, and changed since`;
  return changes.map((change) => ({ ...change, path: `host.${change.path}`, because }));
}
