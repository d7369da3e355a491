import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { addedSince, countOf, type Listing, listEverything } from './support/listing.ts';
import { bridgeGaps } from './support/moto-gaps.ts';
import { awsEnvironment, bareClients, startMoto } from './support/moto.ts';
import { startPart } from './support/part.ts';
import { type Proxy, startProxy } from './support/proxy.ts';
import { openWorkplace, type Workplace } from './support/workplace.ts';

const moto = await startPart('moto, an AWS account on loopback', startMoto);

/** Nodes of the same names in each. */
const configOf = (name: string): string => `name: ${name}
region: eu-west-1
elasticsearch: { version: 9.4.6 }
nodes: [{ name: data, count: 3 }]
image: { uri: 123456789012.dkr.ecr.eu-west-1.amazonaws.com/search:9.4.6 }
bastion: { allowedCidrs: [203.0.113.0/24] }
`;

afterAll(async () => {
  await moto?.stop();
});

// moto answers DescribeNatGateways with everybody's, whatever tag is asked for: whose a thing is must be looked at.
describe.skipIf(moto === undefined)('two clusters in one account over the wire', () => {
  const url = moto?.url ?? '';
  const clients = bareClients(url);
  let proxy: Proxy;
  let first: Workplace;
  let second: Workplace;
  let before: Listing;

  beforeAll(async () => {
    proxy = await startProxy({ target: url, ...bridgeGaps() });
    first = await openWorkplace(awsEnvironment(proxy.url));
    second = await openWorkplace(awsEnvironment(proxy.url));
    await first.write('es-ecs.yaml', configOf('first'));
    await second.write('es-ecs.yaml', configOf('second'));
    await first.json(['up', '--no-wait', '--yes']);
    before = await listEverything(clients);
  });

  afterAll(async () => {
    await Promise.all([first.close(), second.close(), proxy.stop()]);
  });

  it('has nothing to destroy of one that never existed', async () => {
    const told = await second.json(['destroy', '--delete-data', '--yes']);
    expect(told).toMatchObject({ outcome: 'nothing-to-destroy', apiCalls: { writes: 0 } });
    expect(await listEverything(clients)).toEqual(before);
  });

  it('makes one, leaves both alone when nothing has changed, and destroys one to the last thing', async () => {
    await second.json(['up', '--no-wait', '--yes']);
    const both = await listEverything(clients);
    const added = countOf(addedSince(before, both));
    expect(addedSince(both, before)).toEqual({});
    expect(added).toBeGreaterThan(60);
    for (const workplace of [first, second]) {
      const again = await workplace.json(['up', '--no-wait', '--yes']);
      expect(again).toMatchObject({ outcome: 'up-to-date', apiCalls: { writes: 0 } });
    }
    const told = await second.json(['destroy', '--delete-data', '--yes']);
    expect(told).toMatchObject({ outcome: 'destroyed', summary: { kept: 0 } });
    expect(await listEverything(clients)).toEqual(before);
    process.stdout.write(
      `  two clusters: ${String(countOf(before))} things of the one stand as before, ${String(added)} of the other are gone\n`,
    );
    expect(await first.json(['plan', '--exit-code'])).toMatchObject({ changes: [] });
  });
});
