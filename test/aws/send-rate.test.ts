import { DescribeVpcsCommand } from '@aws-sdk/client-ec2';
import { ListClustersCommand } from '@aws-sdk/client-ecs';
import { ServiceException } from '@smithy/core/client';
import { describe, expect, it } from 'vitest';

import { type AnyClient, type Clients, createClients } from '../../src/aws/clients.ts';
import { CallMeter } from '../../src/aws/meter.ts';
import { SendRate } from '../../src/aws/send-rate.ts';
import { createVirtualClock, type VirtualClock } from '../../src/engine/clock.ts';

describe('the rate of sending', () => {
  it('holds nothing back before AWS throttles', async () => {
    const clock = createVirtualClock({ startMs: 0 });
    const rate = new SendRate(clock);
    await Promise.all(Array.from({ length: 500 }, () => rate.turn()));
    expect(clock.now()).toBe(0);
  });

  it('slows down once for a burst that is refused as one', async () => {
    const clock = createVirtualClock({ startMs: 0 });
    const rate = new SendRate(clock);
    await Promise.all(Array.from({ length: 30 }, () => rate.turn()));
    await clock.sleep(100);
    const slowed = Array.from({ length: 30 }, () => rate.throttled(0));
    expect(slowed.filter(Boolean)).toHaveLength(1);
    expect(rate.perSecond).toBeCloseTo(21, 0);
  });

  it('never sinks below a call a second, and is free again once nothing is refused', async () => {
    const clock = createVirtualClock({ startMs: 0 });
    const rate = new SendRate(clock);
    for (let count = 0; count < 20; count += 1) {
      await rate.turn();
      rate.throttled(clock.now());
    }
    expect(rate.perSecond).toBe(1);
    const begunMs = clock.now();
    await rate.turn();
    expect(clock.now() - begunMs).toBeGreaterThanOrEqual(900);
    await clock.sleep(10_000);
    expect(rate.perSecond).toBe(Infinity);
  });
});

/** A service that takes so many calls at once and so many a second more, as EC2 does, and refuses the rest. */
function sparing(clock: VirtualClock, { burst, perSecond }: { burst: number; perSecond: number }) {
  let tokens = burst;
  let lastMs = clock.now();
  const counts = { taken: 0, refused: 0 };
  const attach = (client: AnyClient): void => {
    // The clients' stacks differ only in the types of what passes through, which this replaces.
    const stack = client.middlewareStack as unknown as {
      add(middleware: () => () => Promise<unknown>, options: object): void;
    };
    stack.add(
      () => async () => {
        await clock.sleep(100);
        tokens = Math.min(burst, tokens + ((clock.now() - lastMs) / 1_000) * perSecond);
        lastMs = clock.now();
        if (tokens >= 1) {
          tokens -= 1;
          counts.taken += 1;
          return { output: { $metadata: {} }, response: {} };
        }
        counts.refused += 1;
        const $metadata = { httpStatusCode: 503 };
        throw new ServiceException({
          name: 'RequestLimitExceeded',
          $fault: 'server',
          message: '',
          $metadata,
        });
      },
      { step: 'deserialize', priority: 'high', name: 'sparing' },
    );
  };
  return { attach, counts };
}

function clientsOf(clock: VirtualClock, attach: (client: AnyClient) => void, slow: string[] = []): Clients {
  return createClients({
    region: 'eu-west-1',
    clock,
    meter: new CallMeter(),
    credentials: { accessKeyId: 'x', secretAccessKey: 'y' },
    attach,
    onSlow: (service) => slow.push(service),
  });
}

describe('a hundred nodes at a service that takes five calls a second', () => {
  it('make no storm: few are refused, and it takes little longer than the service needs', async () => {
    const clock = createVirtualClock({ startMs: 0 });
    const { attach, counts } = sparing(clock, { burst: 50, perSecond: 5 });
    const { ec2 } = clientsOf(clock, attach);
    const node = async (): Promise<void> => {
      for (let count = 0; count < 6; count += 1) await ec2.send(new DescribeVpcsCommand({}));
    };
    await Promise.all(Array.from({ length: 100 }, node));
    expect(counts.taken).toBe(600);
    expect(counts.refused).toBeLessThan(300);
    // 50 at once and 550 at five a second.
    expect(clock.now()).toBeLessThan(1.5 * 110_000);
  });

  it('slow down at that service alone, and it is said once', async () => {
    const clock = createVirtualClock({ startMs: 0 });
    const slow: string[] = [];
    const few = sparing(clock, { burst: 5, perSecond: 5 });
    const many = sparing(clock, { burst: 1_000, perSecond: 1_000 });
    const clients = clientsOf(
      clock,
      (client) => {
        (client.constructor.name === 'EC2Client' ? few : many).attach(client);
      },
      slow,
    );
    const calls = Array.from({ length: 20 }, () => clients.ec2.send(new DescribeVpcsCommand({})));
    await clock.sleep(150);
    const begunMs = clock.now();
    await Promise.all(Array.from({ length: 10 }, () => clients.ecs.send(new ListClustersCommand({}))));
    expect(clock.now() - begunMs).toBeLessThan(150);
    await Promise.all(calls);
    expect(slow).toEqual(['ec2']);
  });
});
