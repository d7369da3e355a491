import type { InstanceTypeInfo } from '@aws-sdk/client-ec2';

import type { InstanceTypeFacts } from './facts.ts';

/** What of an instance type decides whether and how a node runs on it. */
export function typeFacts(type: InstanceTypeInfo): InstanceTypeFacts {
  const isArm = type.ProcessorInfo?.SupportedArchitectures?.includes('arm64') === true;
  return {
    architecture: isArm ? 'arm64' : 'x86_64',
    vcpus: type.VCpuInfo?.DefaultVCpus ?? 1,
    memoryMiB: type.MemoryInfo?.SizeInMiB ?? 0,
    // "Amazon EBS volumes and NVMe" in the EBS user guide: on Nitro always; on Xen the volumes are /dev/xvd….
    hasNvmeVolumes: type.EbsInfo?.NvmeSupport !== 'unsupported' && type.Hypervisor !== 'xen',
  };
}
