import { GetCallerIdentityCommand } from '@aws-sdk/client-sts';
import { expect, it } from 'vitest';

import { refusal, stage } from '../stage.ts';

it('says whose account it is', async () => {
  const { clients } = stage({ accountId: '210987654321' });
  const identity = await clients.sts.send(new GetCallerIdentityCommand({}));
  expect(identity).toMatchObject({
    Account: '210987654321',
    Arn: 'arn:aws:iam::210987654321:user/simulated',
  });
});

it('can be made to have expired credentials', async () => {
  const { clients } = stage({
    faults: [{ operation: 'GetCallerIdentity', code: 'ExpiredToken', status: 403 }],
  });
  expect(await refusal(clients.sts.send(new GetCallerIdentityCommand({})))).toBe('ExpiredToken');
});
