import { CreateLogGroupCommand } from '@aws-sdk/client-cloudwatch-logs';
import { CreateClusterCommand } from '@aws-sdk/client-ecs';
import { CreateRoleCommand } from '@aws-sdk/client-iam';
import { PutParameterCommand } from '@aws-sdk/client-ssm';
import { expect, it } from 'vitest';

import { refusal, stage } from './stage.ts';

const trust = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { Service: 'ec2.amazonaws.com' }, Action: 'sts:AssumeRole' }],
});

/** The models of these services say which signs a tag may have; EC2 takes more. */
it.each([
  ['a b_.:/=+-@ü1', undefined, undefined, undefined],
  ['a & b', 'ValidationError', 'ValidationException', 'InvalidParameterException'],
  ['"a"', 'ValidationError', 'ValidationException', 'InvalidParameterException'],
  ['a'.repeat(257), 'ValidationError', 'ValidationException', 'InvalidParameterException'],
])(
  'IAM, Parameter Store, ECS and Logs take a tag value or refuse it: %s',
  async (Value, ofIam, ofSsm, others) => {
    const { iam, ssm, ecs, logs } = stage().clients;
    const Tags = [{ Key: 'Team', Value }];
    const role = new CreateRoleCommand({ RoleName: 'one', AssumeRolePolicyDocument: trust, Tags });
    expect(await refusal(iam.send(role))).toBe(ofIam);
    const parameter = new PutParameterCommand({ Name: '/one', Value: 'x', Type: 'String', Tags });
    expect(await refusal(ssm.send(parameter))).toBe(ofSsm);
    const tags = [{ key: 'Team', value: Value }];
    expect(await refusal(ecs.send(new CreateClusterCommand({ clusterName: 'one', tags })))).toBe(others);
    const group = new CreateLogGroupCommand({ logGroupName: 'one', tags: { Team: Value } });
    expect(await refusal(logs.send(group))).toBe(others);
  },
);
