import { describe, expect, it } from 'vitest';

import { askLed } from '../../src/access/led.ts';
import type { ServerRequest } from '../../src/access/server.ts';
import type { ElasticsearchAnswer } from '../../src/elasticsearch/client.ts';

const stale: ElasticsearchAnswer = { status: 200, body: { persistent: {}, transient: {} } };
const masterless = { error: { type: 'master_not_discovered_exception' } };

/** A node that names these masters, one after the other, and answers everything else from what it remembers. */
async function ask(
  master: ServerRequest['master'],
  says: readonly (string | null | ElasticsearchAnswer)[],
): Promise<{ readonly answer: ElasticsearchAnswer; readonly asked: readonly string[] }> {
  const left = [...says];
  const asked: string[] = [];
  const request: ServerRequest = {
    method: 'GET',
    path: master === 'in the answer' ? '/_cluster/state/master_node' : '/_cluster/settings',
    ...(master === undefined ? {} : { master }),
  };
  const answer = await askLed((one) => {
    const path = one.path.split('?')[0] ?? '';
    asked.push(path);
    if (path !== '/_cluster/state/master_node') return Promise.resolve(stale);
    const next = left.shift() ?? null;
    const isWhole = typeof next === 'object' && next !== null;
    return Promise.resolve(isWhole ? next : { status: 200, body: { master_node: next } });
  }, request);
  return { answer, asked };
}

describe('a question of the state of a cluster', () => {
  it('is believed where the same node has a master before and after it', async () => {
    const { answer, asked } = await ask('beside it', ['id', 'id']);
    expect(answer).toBe(stale);
    expect(asked).toEqual([
      '/_cluster/state/master_node',
      '/_cluster/settings',
      '/_cluster/state/master_node',
    ]);
  });

  it.each([
    ['before', [null]],
    ['after', ['id', null]],
    ['at all', [{ status: 200, body: {} }]],
  ] as const)('is none where the node has no master %s', async (_when, says) => {
    expect((await ask('beside it', says)).answer).toMatchObject({ status: 503, body: masterless });
  });

  it('hands on what the node says instead of its master', async () => {
    const refused = { status: 401, body: { error: { type: 'security_exception' } } };
    expect((await ask('beside it', [refused])).answer).toBe(refused);
    expect((await ask('beside it', ['id', refused])).answer).toBe(refused);
  });

  it('is read with its own word on the master where it has one', async () => {
    expect((await ask('in the answer', ['id'])).answer.status).toBe(200);
    const none = await ask('in the answer', [null]);
    expect(none.answer).toMatchObject({ status: 503, body: masterless });
    expect(none.asked).toHaveLength(1);
  });
});

it('asks nothing beside any other request', async () => {
  expect((await ask(undefined, [])).asked).toEqual(['/_cluster/settings']);
});
