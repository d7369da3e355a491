import { describe, expect, it } from 'vitest';

import { createVirtualClock } from '../../../src/engine/clock.ts';
import { once } from '../../../src/simulator/core/client-tokens.ts';
import { usualDelays } from '../../../src/simulator/core/delays.ts';
import { SimulatedFailure } from '../../../src/simulator/core/failure.ts';
import { World } from '../../../src/simulator/core/world.ts';

function openWorld() {
  const clock = createVirtualClock({ startMs: 0 });
  const world = new World({
    accountId: '123456789012',
    region: 'eu-west-1',
    clock,
    delays: usualDelays,
    rules: {},
  });
  let made = 0;
  const make = (): { id: number } => ({ id: (made += 1) });
  return { clock, world, make };
}

describe('client tokens', () => {
  it('make a thing once, whatever the order of the parameters', () => {
    const { world, make } = openWorld();
    const call = (input: object) => once(world, { operation: 'EC2:Make', token: 'one', input }, make);
    expect(call({ a: 1, b: [{ c: 2, d: undefined }], ClientToken: 'one' })).toEqual({ id: 1 });
    expect(call({ b: [{ c: 2 }], a: 1 })).toEqual({ id: 1 });
    expect(() => call({ a: 2, b: [{ c: 2 }] })).toThrow(
      expect.objectContaining({ code: 'IdempotentParameterMismatch' }),
    );
  });

  it('do not meet across operations, and are not needed', () => {
    const { world, make } = openWorld();
    const input = {};
    expect(once(world, { operation: 'EC2:Make', token: 'one', input }, make)).toEqual({ id: 1 });
    expect(once(world, { operation: 'ECS:Make', token: 'one', input }, make)).toEqual({ id: 2 });
    expect(once(world, { operation: 'EC2:Make', token: undefined, input }, make)).toEqual({ id: 3 });
    expect(once(world, { operation: 'EC2:Make', token: undefined, input }, make)).toEqual({ id: 4 });
  });

  it('stay unused when the making fails, and are forgotten after a day', async () => {
    const { clock, world, make } = openWorld();
    const call = { operation: 'EC2:Make', token: 'one', input: {} };
    const failing = (): { id: number } => {
      throw new SimulatedFailure('Full', 'full');
    };
    expect(() => once(world, call, failing)).toThrow('full');
    expect(once(world, call, make)).toEqual({ id: 1 });
    await clock.sleep(25 * 3_600_000);
    expect(once(world, call, make)).toEqual({ id: 2 });
  });

  it('are refused in the words of the service', () => {
    const { world, make } = openWorld();
    const call = {
      operation: 'ECS:Make',
      token: 'one',
      mismatch: (token: string) => new SimulatedFailure('InvalidParameterException', token),
    };
    once(world, { ...call, input: { a: 1 } }, make);
    expect(() => once(world, { ...call, input: { a: 2 } }, make)).toThrow(
      expect.objectContaining({ code: 'InvalidParameterException', message: 'one' }),
    );
  });
});
