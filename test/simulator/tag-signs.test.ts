import { CreateRoleCommand } from '@aws-sdk/client-iam';
import { PutParameterCommand } from '@aws-sdk/client-ssm';
import { expect, it } from 'vitest';

import { refusal, stage } from './stage.ts';

const trust = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { Service: 'ec2.amazonaws.com' }, Action: 'sts:AssumeRole' }],
});

/** The models of both services say which signs a tag may have; EC2 takes more. */
it.each([
  ['a b_.:/=+-@ü1', undefined, undefined],
  ['a & b', 'ValidationError', 'ValidationException'],
  ['"a"', 'ValidationError', 'ValidationException'],
  ['a'.repeat(257), 'ValidationError', 'ValidationException'],
])('IAM and Parameter Store take a tag value or refuse it: %s', async (Value, ofIam, ofSsm) => {
  const { iam, ssm } = stage().clients;
  const Tags = [{ Key: 'Team', Value }];
  const role = new CreateRoleCommand({ RoleName: 'one', AssumeRolePolicyDocument: trust, Tags });
  expect(await refusal(iam.send(role))).toBe(ofIam);
  const parameter = new PutParameterCommand({ Name: '/one', Value: 'x', Type: 'String', Tags });
  expect(await refusal(ssm.send(parameter))).toBe(ofSsm);
});
