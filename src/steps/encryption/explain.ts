import type { StepContext } from '../context.ts';
import { defaultDiskKey } from './key.ts';
import { diskActions } from './wishes.ts';

/**
 * Why a disk, or an instance with it, is there for a moment and then not: EBS looks at the key after it has answered ("CreateVolume",
 * KmsKeyId: "the action can appear to complete, but eventually fails"). Undefined where no customer key is in it.
 */
export async function whyDiskVanishes({ facts, clients }: StepContext): Promise<string | undefined> {
  const arn = facts.key?.arn ?? (await defaultDiskKey(clients));
  if (arn === undefined) return undefined;
  return `EBS drops a disk that it may not encrypt with ${arn}: whoever runs es-ecs needs ${diskActions.join(', ')} on that key (docs/encryption.md)`;
}
