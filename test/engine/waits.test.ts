import { describe, expect, it } from 'vitest';

import type { EngineEvent } from '../../src/engine/events.ts';
import type { Blocker, Waits } from '../../src/engine/resource.ts';
import { waitUntil, withRetries } from '../../src/engine/wait.ts';
import { Shop } from './things.ts';

const waits: Waits = { for: 'the parcel', usualMs: 60_000, everyMs: 5_000, limitMs: 20 * 60_000 };

type Waiting = Extract<EngineEvent, { type: 'resource-waiting' }>;

function waitings(shop: Shop): readonly Waiting[] {
  return shop.events.filter((event) => event.type === 'resource-waiting');
}

/** Waits for what never comes, asking why. */
function inVain(shop: Shop, address: string, explain?: () => Promise<string | undefined>): Promise<unknown> {
  return waitUntil(shop.run(), {
    address,
    waits,
    look: () => Promise.resolve(undefined),
    ...(explain === undefined ? {} : { explain }),
  });
}

describe('a wait', () => {
  it('asks nobody why while it is as long as usual, nor until it is twice that', async () => {
    const shop = new Shop();
    let asked = 0;
    await waitUntil(shop.run(), {
      address: 's/a',
      waits,
      look: () => Promise.resolve(shop.clock.now() >= 115_000 ? { value: true } : undefined),
      explain: () => Promise.resolve(`asked ${String((asked += 1))}`),
    });
    expect(waitings(shop).length).toBeGreaterThan(3);
    expect(asked).toBe(0);
  });

  it('tells the cause once it is late, asks again ever more seldom, and ends at its limit with the cause', async () => {
    const shop = new Shop();
    const askedMs: number[] = [];
    const explain = (): Promise<string> => {
      askedMs.push(shop.clock.now());
      return Promise.resolve(`cause ${String(askedMs.length)}`);
    };
    await expect(inVain(shop, 's/a', explain)).rejects.toMatchObject({
      code: 'WAIT_TIMEOUT',
      address: 's/a',
      message: expect.stringMatching(
        /^waited 20m00s for the parcel, which usually takes 1m00s: cause \d+$/,
      ) as string,
    });
    // The last question belongs to the error.
    const gaps = askedMs.slice(1, -1).map((ms, index) => ms - (askedMs[index] ?? 0));
    expect(askedMs[0]).toBe(120_000);
    expect(gaps).toEqual([30_000, 60_000, 120_000, 240_000, 240_000, 240_000]);
    const told = waitings(shop).map((event) => event.cause);
    expect(told[0]).toBeUndefined();
    expect(told).toContain('cause 1');
    expect(told.at(-1)).toBe('cause 7');
  });

  it('asks about one of many things of a kind at a time, so that a hundred late nodes are no storm', async () => {
    const shop = new Shop();
    const run = shop.run();
    const askedMs: number[] = [];
    const all = Array.from({ length: 100 }, (_, index) =>
      waitUntil(run, {
        address: `hosts/host/search-${String(index)}`,
        waits: { ...waits, limitMs: 5 * 60_000 },
        look: () => Promise.resolve(shop.clock.now() >= 200_000 ? { value: true } : undefined),
        explain: () => {
          askedMs.push(shop.clock.now());
          return Promise.resolve('late');
        },
      }),
    );
    await Promise.all(all);
    expect(askedMs).toHaveLength((200_000 - 120_000) / waits.everyMs);
    expect(new Set(askedMs).size).toBe(askedMs.length);
  });

  it('is not ended by a cause that cannot be asked', async () => {
    const shop = new Shop();
    const denied = Object.assign(new Error('no'), { name: 'AccessDenied' });
    await expect(inVain(shop, 's/a', () => Promise.reject(denied))).rejects.toMatchObject({
      code: 'WAIT_TIMEOUT',
      message: expect.stringContaining('the cause cannot be asked (AccessDenied)') as string,
    });
  });
});

interface Refused {
  readonly shop: Shop;
  readonly end: Promise<unknown>;
  readonly looks: () => number;
}

const inUse = Object.assign(new Error('in use'), { name: 'DependencyViolation' });
const foreign: Blocker = { what: 'eni-1 of a stranger', passes: false, look: 'aws look eni-1' };
const own: Blocker = { what: 'eni-2 of our own', passes: true };

/** A call that is refused for so long, and what holds the thing meanwhile. */
function refused(forMs: number, holds: readonly Blocker[] | Error): Refused {
  const shop = new Shop();
  let looks = 0;
  const end = withRetries(shop.run(), 's/vpc', {
    retries: { names: ['DependencyViolation'], limitMs: 10 * 60_000 },
    call: () => (shop.clock.now() >= forMs ? Promise.resolve('gone') : Promise.reject(inUse)),
    blockers: () => {
      looks += 1;
      return holds instanceof Error ? Promise.reject(holds) : Promise.resolve(holds);
    },
  });
  return { shop, end, looks: () => looks };
}

describe('a destroy that is refused', () => {
  it('says with each attempt what holds the thing, and goes on when it is gone', async () => {
    const { shop, end, looks } = refused(8 * 60_000, [own]);
    await expect(end).resolves.toBe('gone');
    const told = shop.events.filter((event) => event.type === 'resource-retrying');
    expect(told.length).toBeGreaterThan(40);
    expect(new Set(told.map((event) => event.blocker))).toEqual(new Set(['eni-2 of our own']));
    // Attempts are cheap, looks are several calls.
    expect(looks()).toBeLessThan(14);
  });

  it('ends within minutes where nothing that holds it goes by itself, and names it with the command', async () => {
    const { shop, end } = refused(Infinity, [foreign]);
    await expect(end).rejects.toMatchObject({
      code: 'BLOCKED',
      address: 's/vpc',
      message: 'cannot be deleted (DependencyViolation): it is held by eni-1 of a stranger',
      hints: ['aws look eni-1', 'es-ecs destroy  goes on once that is gone'],
    });
    expect(shop.clock.now()).toBeLessThan(3 * 60_000);
  });

  it('waits to its limit while something of its own still goes', async () => {
    const { shop, end } = refused(Infinity, [foreign, own]);
    await expect(end).rejects.toMatchObject({ code: 'BLOCKED' });
    expect(shop.clock.now()).toBeGreaterThanOrEqual(10 * 60_000);
  });

  it('ends with the refusal itself where nobody can say what holds it', async () => {
    const { end } = refused(Infinity, []);
    await expect(end).rejects.toBe(inUse);
    const denied = Object.assign(new Error('no'), { name: 'UnauthorizedOperation' });
    await expect(refused(Infinity, denied).end).rejects.toMatchObject({
      code: 'BLOCKED',
      message: expect.stringContaining('UnauthorizedOperation') as string,
    });
  });
});
