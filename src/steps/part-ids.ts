import type { Instance as SdkInstance } from '@aws-sdk/client-ec2';

/** The ids of what an instance came with, as EC2 tells. */
export interface PartIds {
  readonly interfaceIds: readonly string[];
  readonly rootDiskId: string | undefined;
}

export function partIdsOf(instance: SdkInstance): PartIds {
  const { NetworkInterfaces = [], BlockDeviceMappings = [], RootDeviceName } = instance;
  return {
    interfaceIds: NetworkInterfaces.flatMap((one) => one.NetworkInterfaceId ?? []),
    rootDiskId: BlockDeviceMappings.find((one) => one.DeviceName === RootDeviceName)?.Ebs?.VolumeId,
  };
}
