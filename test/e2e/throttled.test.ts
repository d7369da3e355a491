import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { addedSince, listEverything } from './support/listing.ts';
import type { Listing } from './support/listing.ts';
import { bridgeGaps } from './support/moto-gaps.ts';
import { awsEnvironment, bareClients, startMoto } from './support/moto.ts';
import { startPart } from './support/part.ts';
import { type Proxy, type ProxyOptions, startProxy } from './support/proxy.ts';
import { throttleSome } from './support/throttle.ts';
import { openWorkplace, type Workplace } from './support/workplace.ts';

const moto = await startPart('moto, an AWS account on loopback', startMoto);

/** An address range for documentation (RFC 5737): so that nobody is asked for the caller's own. */
const config = `name: search
region: eu-west-1
elasticsearch: { version: 9.4.6 }
nodes: 3
image: { uri: 123456789012.dkr.ecr.eu-west-1.amazonaws.com/search:9.4.6 }
bastion: { allowedCidrs: [203.0.113.0/24] }
`;

const up = ['up', '--no-wait', '--yes'] as const;
const destroy = ['destroy', '--delete-data', '--yes'] as const;

/** Of all calls, the part that is throttled. */
const share = 0.3;
const seed = Number(process.env['ES_ECS_SEED'] ?? 20_261_126);

afterAll(async () => {
  await moto?.stop();
});

describe.skipIf(moto === undefined)('an account that throttles three calls in ten', () => {
  const url = moto?.url ?? '';
  const clients = bareClients(url);
  const bridge = bridgeGaps();
  const proxies: Proxy[] = [];
  let workplace: Workplace;
  let before: Listing;

  beforeAll(async () => {
    workplace = await openWorkplace(awsEnvironment(url));
    await workplace.write('es-ecs.yaml', config);
    before = await listEverything(clients);
  });

  afterAll(async () => {
    await workplace.close();
    await Promise.all(proxies.map((proxy) => proxy.stop()));
  });

  /** Runs a command through a proxy of its own, and counts what went over the wire. */
  async function counted(
    args: readonly string[],
    options: Pick<ProxyOptions, 'intercept'> = {},
  ): Promise<number> {
    const { amend, rewrite } = bridge;
    const proxy = await startProxy({ target: url, amend, rewrite, ...options });
    proxies.push(proxy);
    const ended = await workplace.run([...args, '--json'], { AWS_ENDPOINT_URL: proxy.url });
    report(`${args[0] ?? ''}: ${proxy.calls.length} calls, ${Math.round(ended.elapsedMs / 1_000)} s`);
    if (ended.exitCode !== 0) throw new Error(`es-ecs ${args.join(' ')}: ${JSON.stringify(ended)}`);
    return proxy.calls.length;
  }

  it('sees up and destroy through with no more than twice the calls', async () => {
    const calm = { up: await counted(up), destroy: await counted(destroy) };
    expect(await listEverything(clients)).toEqual(before);

    report(`now throttled: ${share * 100} % of all calls, seed ${seed}`);
    const throttle = throttleSome(share, seed);
    const throttled = { up: await counted(up, throttle), destroy: 0 };
    const added = addedSince(before, await listEverything(clients));
    expect(added['ec2 vpc']).toHaveLength(1);
    expect(added['ec2 nat gateway']).toHaveLength(3);
    await counted(['plan', '--exit-code']);
    throttled.destroy = await counted(destroy, throttle);
    expect(await listEverything(clients)).toEqual(before);

    const services = new Set(throttle.met.map(({ service }) => service));
    report(`throttled ${throttle.met.length} calls of ${[...services].toSorted().join(', ')}`);
    expect(services.size).toBeGreaterThanOrEqual(6);
    report(`up ${throttled.up} against ${calm.up}, destroy ${throttled.destroy} against ${calm.destroy}`);
    expect(throttled.up).toBeLessThanOrEqual(2 * calm.up);
    expect(throttled.destroy).toBeLessThanOrEqual(2 * calm.destroy);
  });
});

/** Figures belong in the log of a run. */
function report(line: string): void {
  process.stdout.write(`  ${line}\n`);
}
