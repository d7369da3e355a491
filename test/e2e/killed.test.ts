import { DescribeTagsCommand } from '@aws-sdk/client-ec2';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { isRead } from '../../src/aws/meter.ts';
import { createChance } from './support/chance.ts';
import { countOf, listEverything } from './support/listing.ts';
import type { Listing } from './support/listing.ts';
import { createMoments } from './support/moment.ts';
import { bridgeGaps } from './support/moto-gaps.ts';
import { awsEnvironment, bareClients, startMoto } from './support/moto.ts';
import { startPart } from './support/part.ts';
import { startProxy } from './support/proxy.ts';
import type { Proxy } from './support/proxy.ts';
import { smallCluster } from './support/small-cluster.ts';
import { openWorkplace } from './support/workplace.ts';
import type { Ended, Workplace } from './support/workplace.ts';

const moto = await startPart('moto, an AWS account on loopback', startMoto);

/** How often the process is killed, in all. */
const kills = Number(process.env['ES_ECS_KILLS'] ?? 50);
/** Of the calls of a whole run, how many may pass at most before it is killed: most of the first forty are the plan's. */
const latestCall = 90;
/** How often in a row, so that what comes after an end that was reached late is killed as well. */
const mostInARow = 12;
/**
 * moto shows at once what it has made. So the second look for what a killed run may have made is kept short: it takes place, and
 * fifty of them do not take an hour.
 */
const environment = { ES_ECS_VISIBLE_WITHIN_SECONDS: '5' };

const up = ['up', '--yes', '--no-wait'];
const destroy = ['destroy', '--yes', '--delete-data'];

afterAll(async () => {
  await moto?.stop();
});

describe.skipIf(moto === undefined)(`es-ecs killed with -9, ${String(kills)} times`, () => {
  const url = moto?.url ?? '';
  const clients = bareClients(url);
  const chance = createChance('ES_ECS_KILL_SEED');
  const moments = createMoments();
  let proxy: Proxy;
  let workplace: Workplace;
  let before: Listing;
  /** Kills of runs that had changed something. */
  let whileWriting = 0;
  let undisturbed: Readonly<Record<string, number>>;

  beforeAll(async () => {
    proxy = await startProxy({ target: url, ...bridgeGaps(), intercept: moments.intercept });
    workplace = await openWorkplace({ ...awsEnvironment(proxy.url), ...environment });
    await workplace.write('es-ecs.yaml', smallCluster);
    before = await listEverything(clients);
    await workplace.json(up);
    undisturbed = counts(await listEverything(clients));
    await workplace.json(destroy);
    expect(await listEverything(clients)).toEqual(before);
  });

  afterAll(async () => {
    await workplace.close();
    await proxy.stop();
  });

  it(
    'goes on each time, until nothing is double and nothing is missing; then destroy, killed as well, leaves nothing',
    async () => {
      report(`ES_ECS_KILL_SEED=${String(chance.seed)}`);
      let left = kills;
      for (let round = 1; left > 0; round += 1) {
        const inUp = await untilDone(up, Math.min(left, mostInARow));
        left -= inUp;
        expect(await workplace.json(['plan', '--exit-code'])).toMatchObject({ changes: [] });
        expect(counts(await listEverything(clients))).toEqual(undisturbed);
        expect(await doubles()).toEqual([]);
        const inDestroy = await untilDone(destroy, Math.min(left, mostInARow));
        left -= inDestroy;
        expect(await listEverything(clients)).toEqual(before);
        expect(await workplace.files()).toEqual(['es-ecs.yaml']);
        report(`round ${String(round)}: up killed ${String(inUp)} times, destroy ${String(inDestroy)} times`);
      }
      report(
        `${String(whileWriting)} of the ${String(kills)} fell after the first call that changes something`,
      );
      expect(whileWriting).toBeGreaterThan(0);
    },
    40 * 60_000,
  );

  /** Runs a command again and again, and kills it at a moment of its own each time, until it comes to its end. */
  async function untilDone(words: readonly string[], most: number): Promise<number> {
    for (let killed = 0; ; killed += 1) {
      const ended = await (killed < most ? killedRun(words) : workplace.run(words));
      if (ended.exitCode !== undefined) {
        expect(ended.exitCode, ended.stderr).toBe(0);
        return killed;
      }
    }
  }

  async function killedRun(words: readonly string[]): Promise<Ended> {
    const moment = { call: chance.between(1, latestCall), afterMs: chance.between(0, 40) };
    const running = workplace.start(words);
    moments.await(moment, () => {
      running.kill();
    });
    proxy.calls.length = 0;
    const ended = await running.ended;
    moments.forget();
    const isKilled = ended.exitCode === undefined;
    if (isKilled && proxy.calls.some(({ action }) => !isRead(action))) whileWriting += 1;
    return ended;
  }

  /** Addresses that two things of the same type carry, of the things that are there. */
  async function doubles(): Promise<readonly string[]> {
    const lines = Object.values(await listEverything(clients)).flat();
    const ids = new Set(lines.map((line) => line.split(' ')[0]));
    const { Tags = [] } = await clients.ec2.send(
      new DescribeTagsCommand({ Filters: [{ Name: 'key', Values: ['es-ecs-resource'] }] }),
    );
    const addresses = Tags.filter(({ ResourceId }) => ids.has(ResourceId)).map(
      (tag) => `${String(tag.ResourceType)} ${String(tag.Value)}`,
    );
    expect(addresses.length).toBeGreaterThan(20);
    return addresses.filter((address, index) => addresses.indexOf(address) !== index);
  }
});

function counts(listing: Listing): Readonly<Record<string, number>> {
  const byType = Object.entries(listing).map(([type, lines]): [string, number] => [type, lines.length]);
  return Object.fromEntries([...byType, ['in all', countOf(listing)]]);
}

/** Figures belong in the log of a run. */
function report(line: string): void {
  process.stdout.write(`  ${line}\n`);
}
