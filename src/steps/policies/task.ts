import { type PolicyDocument, policy } from './document.ts';

/** What Elasticsearch itself may do: find the other nodes, which its EC2 discovery plugin does by DescribeInstances. */
export function taskPolicy(): PolicyDocument {
  return policy({
    Sid: 'FindNodes',
    Effect: 'Allow',
    Action: ['ec2:DescribeInstances'],
    // EC2's describes know no resources and no conditions on tags.
    Resource: ['*'],
  });
}
