import { DescribeInstancesCommand } from '@aws-sdk/client-ec2';

import type { Clients } from '../../aws/clients.ts';

/** The private address of an instance; undefined when it has ended. */
export async function privateAddressOf({ ec2 }: Clients, instanceId: string): Promise<string | undefined> {
  const answer = await ec2.send(new DescribeInstancesCommand({ InstanceIds: [instanceId] }));
  return answer.Reservations?.[0]?.Instances?.[0]?.PrivateIpAddress;
}
