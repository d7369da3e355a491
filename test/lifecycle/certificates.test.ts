import { GetSecretValueCommand, TagResourceCommand } from '@aws-sdk/client-secrets-manager';
import { afterEach, expect, it } from 'vitest';

import { type PlanDocument, Story, type UpDocument } from './story.ts';

const SecretId = 'es-ecs/search/certificates';
let story: Story;
afterEach(() => {
  story.end();
});

async function values(): Promise<Readonly<Record<string, string>>> {
  const { SecretString } = await story.behindTheBack(({ secretsManager }) =>
    secretsManager.send(new GetSecretValueCommand({ SecretId })),
  );
  return JSON.parse(SecretString ?? '') as Readonly<Record<string, string>>;
}

it('renews certificates that near their end by the same authority, and restarts the nodes with them one by one', async () => {
  story = await Story.standing();
  const before = await values();
  const soon = new Date(story.account.nowMs + 30 * 86_400_000).toISOString().slice(0, 10);
  await story.behindTheBack(({ secretsManager }) =>
    secretsManager.send(new TagResourceCommand({ SecretId, Tags: [{ Key: 'es-ecs-until', Value: soon }] })),
  );

  const plan = await story.json<PlanDocument>('plan');
  expect(plan.changes.map(({ address, impact }) => [address, impact])).toEqual([
    ['task/secret/certificates', 'in-place'],
    ['task/definition', 'in-place'],
    ['service/service/search-0', 'rolling'],
    ['service/service/search-1', 'rolling'],
    ['service/service/search-2', 'rolling'],
  ]);
  expect(plan.changes[0]?.because).toMatch(/^it ends in (29|30) days$/);

  expect((await story.json<UpDocument>('up')).outcome).toBe('applied');
  const after = await values();
  expect(after['caCertificate']).toBe(before['caCertificate']);
  expect(after['nodeCertificate']).not.toBe(before['nodeCertificate']);
  expect(after['nodeKey']).not.toBe(before['nodeKey']);
  expect((await story.json<PlanDocument>('plan')).changes).toEqual([]);
});
