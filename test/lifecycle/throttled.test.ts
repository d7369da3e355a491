import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { configText, Story } from './story.ts';
import type { ApiCalls, PlanDocument, UpDocument } from './story.ts';

/** Three calls in ten, of every service in its own words. */
const throttled = ['--simulate-fault', '*:Throttling:30%'] as const;

interface DestroyDocument {
  readonly outcome: string;
  readonly apiCalls: ApiCalls;
  readonly simulated: { readonly elapsedMs: number };
}

describe('an account that throttles three calls in ten', () => {
  let story: Story;
  beforeEach(() => {
    story = new Story();
  });
  afterEach(() => {
    story.end();
  });

  async function there(...options: readonly string[]): Promise<UpDocument> {
    return story.json<UpDocument>('up', ...options);
  }

  async function back(...options: readonly string[]): Promise<DestroyDocument> {
    return story.json<DestroyDocument>('destroy', '--delete-data', ...options);
  }

  it.each([
    ['3 nodes', configText()],
    ['8 nodes', configText().replace('nodes: 3', 'nodes: 8')],
  ])('sees up and destroy of %s through with no more than twice the calls', async (name, config) => {
    story.write(config);
    const calm = { up: await there(), destroy: await back() };
    const up = await there(...throttled);
    const plan = await story.json<PlanDocument>('plan');
    expect(plan.changes).toEqual([]);
    const destroy = await back(...throttled);
    expect(destroy.outcome).toBe('destroyed');
    report(`${name}: up ${told(calm.up)} calm, ${told(up)} throttled`);
    report(`${name}: destroy ${told(calm.destroy)} calm, ${told(destroy)} throttled`);
    expect(up.apiCalls.total).toBeGreaterThan(1.2 * calm.up.apiCalls.total);
    expect(up.apiCalls.total).toBeLessThanOrEqual(2 * calm.up.apiCalls.total);
    expect(destroy.apiCalls.total).toBeLessThanOrEqual(2 * calm.destroy.apiCalls.total);
  });

  it('says on stderr which services hold it up', async () => {
    const { status, stderr } = await story.run('up', ...throttled);
    expect(status).toBe(0);
    expect(stderr).toContain('AWS throttles ec2: its calls are sent more slowly until it no longer does');
  });
});

function told(one: {
  readonly apiCalls: ApiCalls;
  readonly simulated: { readonly elapsedMs: number };
}): string {
  return `${one.apiCalls.total} calls in ${Math.round(one.simulated.elapsedMs / 1_000)} s`;
}

/** Figures belong in the log of a run. */
function report(line: string): void {
  process.stdout.write(`  ${line}\n`);
}
