import { DescribeInstancesCommand, DescribeVolumesCommand, type EC2Client } from '@aws-sdk/client-ec2';

import { fromCapitalTags, nodeTag, type Tags } from '../../../src/aws/tags.ts';
import { bootstrapTagKey } from '../../../src/elasticsearch/bootstrap.ts';

/** An instance as other hosts see it. */
export interface Instance {
  readonly id: string;
  /** Private. */
  readonly address: string;
  readonly zone: string;
  readonly tags: Tags;
}

/** Every instance of the account, whosever it is. */
export async function readInstances(ec2: EC2Client): Promise<readonly Instance[]> {
  const { Reservations } = await ec2.send(new DescribeInstancesCommand({}));
  return (Reservations ?? [])
    .flatMap(({ Instances }) => Instances ?? [])
    .map((instance) => ({
      id: instance.InstanceId ?? '',
      address: instance.PrivateIpAddress ?? '',
      zone: instance.Placement?.AvailabilityZone ?? '',
      tags: fromCapitalTags(instance.Tags),
    }));
}

/** By node, the right to bootstrap, as user data reads it from the node's volume. */
export async function readBootstrapTags(ec2: EC2Client): Promise<Readonly<Record<string, string>>> {
  const Filters = [{ Name: 'tag-key', Values: [bootstrapTagKey] }];
  const { Volumes } = await ec2.send(new DescribeVolumesCommand({ Filters }));
  return Object.fromEntries(
    (Volumes ?? []).map(({ Tags: tags }) => {
      const { [nodeTag]: node = '', [bootstrapTagKey]: value = '' } = fromCapitalTags(tags);
      return [node, value];
    }),
  );
}
