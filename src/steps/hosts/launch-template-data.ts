import type { RequestLaunchTemplateData, _InstanceType } from '@aws-sdk/client-ec2';

import { tagSpecifications } from '../../aws/ec2.ts';
import { dnsSuffixOf } from '../../aws/partitions.ts';
import type { NodeGroup } from '../../config/config.ts';
import { invariant } from '../../errors.ts';
import { renderUserData } from '../../templates/user-data.ts';
import type { StepContext } from '../context.ts';
import { hostMetadata } from '../metadata-options.ts';
import { clusterName } from '../names.ts';
import { partTags } from '../part-tags.ts';

/** Addresses of data volumes, up to the node's name; user data looks for its volume under it. */
export const volumeAddressPrefix = 'hosts/volume/';

/** What others have become. */
export interface LaunchTemplateInputs {
  readonly profileName: string;
  readonly securityGroupId: string;
  readonly keyName: string | undefined;
}

/** What every host of a node group is made of. A node's own name comes to the host by its group's tag. */
export function launchTemplateData(
  context: StepContext,
  group: NodeGroup,
  inputs: LaunchTemplateInputs,
): RequestLaunchTemplateData {
  const { config, facts } = context;
  const instanceType = facts.instanceTypes.get(group.instanceType);
  invariant(instanceType, `nothing is known of the instance type ${group.instanceType}`);
  const image = facts.hostImages.get(instanceType.architecture);
  invariant(image, `no host image is known for ${instanceType.architecture}`);
  const userData = renderUserData({
    cluster: config.name,
    ecsCluster: clusterName(config),
    volumeAddressPrefix,
    region: facts.region,
    dnsSuffix: dnsSuffixOf(facts.region),
  });
  return {
    ImageId: image.imageId,
    // The SDK lists the types it knows; EC2 may know newer ones.
    InstanceType: group.instanceType as _InstanceType,
    IamInstanceProfile: { Name: inputs.profileName },
    ...(inputs.keyName === undefined ? {} : { KeyName: inputs.keyName }),
    UserData: Buffer.from(userData).toString('base64'),
    Monitoring: { Enabled: false },
    NetworkInterfaces: [
      {
        DeviceIndex: 0,
        AssociatePublicIpAddress: false,
        DeleteOnTermination: true,
        Groups: [inputs.securityGroupId],
      },
    ],
    MetadataOptions: { ...hostMetadata },
    BlockDeviceMappings: [
      {
        DeviceName: image.rootDevice,
        Ebs: {
          VolumeType: 'gp3',
          VolumeSize: image.rootSizeGiB,
          Encrypted: true,
          ...(facts.key === undefined ? {} : { KmsKeyId: facts.key.arn }),
          DeleteOnTermination: true,
        },
      },
    ],
    TagSpecifications: [
      ...tagSpecifications('volume', partTags(config, 'root')),
      ...tagSpecifications('network-interface', partTags(config, 'host')),
    ],
  };
}
