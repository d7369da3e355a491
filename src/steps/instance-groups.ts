import { type EC2Client, ModifyInstanceAttributeCommand } from '@aws-sdk/client-ec2';

import type { Change } from '../engine/resource.ts';

/** The security groups of a running instance, all of them: one more opens it to others. Nothing restarts. */
export function groupChanges(
  ec2: EC2Client,
  instanceId: string,
  { wanted, seen }: { readonly wanted: readonly string[]; readonly seen: readonly string[] },
): readonly Change[] {
  const [before, after] = [seen, wanted].map((ids) => [...ids].sort().join(', '));
  if (before === after) return [];
  return [
    {
      path: 'securityGroups',
      before,
      after,
      impact: 'in-place',
      apply: async () => {
        await ec2.send(new ModifyInstanceAttributeCommand({ InstanceId: instanceId, Groups: [...wanted] }));
      },
    },
  ];
}
