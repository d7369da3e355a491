import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { listEverything } from './support/listing.ts';
import { bridgeGaps } from './support/moto-gaps.ts';
import { awsEnvironment, bareClients, startMoto } from './support/moto.ts';
import { startPart } from './support/part.ts';
import { startProxy } from './support/proxy.ts';
import type { Proxy } from './support/proxy.ts';
import { smallCluster } from './support/small-cluster.ts';
import { openWorkplace } from './support/workplace.ts';
import type { Ended, Running, Workplace } from './support/workplace.ts';

const moto = await startPart('moto, an AWS account on loopback', startMoto);

/** After so long without a word a holder is taken for dead. */
const expiryMs = 90_000;

const up = ['up', '--yes', '--no-wait'];
const destroy = ['destroy', '--yes', '--delete-data'];

afterAll(async () => {
  await moto?.stop();
});

describe.skipIf(moto === undefined)('two processes on one account over the wire', () => {
  const url = moto?.url ?? '';
  const clients = bareClients(url);
  let proxy: Proxy;
  let one: Workplace;
  let other: Workplace;

  beforeAll(async () => {
    // Fifty milliseconds a call, so that both are at it at the same time.
    proxy = await startProxy({ target: url, latencyMs: 50, ...bridgeGaps() });
  });

  afterAll(async () => {
    await proxy.stop();
  });

  beforeEach(async () => {
    await moto?.reset();
    const environment = { ...awsEnvironment(proxy.url), ES_ECS_VISIBLE_WITHIN_SECONDS: '5' };
    [one, other] = [await openWorkplace(environment), await openWorkplace(environment)];
    for (const place of [one, other]) await place.write('es-ecs.yaml', smallCluster);
  });

  afterEach(async () => {
    await Promise.all([one.close(), other.close()]);
  });

  it('from one directory and from two: exactly one goes on, the others end with 4 and say who holds it', async () => {
    const before = await listEverything(clients);
    const all = [one.start(up), one.start(up), other.start(up)];
    const ended = await Promise.all(all.map((running) => running.ended));
    expect(ended.map(({ exitCode }) => exitCode).toSorted(), errors(ended)).toEqual([0, 4, 4]);
    // On a busy machine the one that goes on may be through before another has made its plan.
    const told = [
      /another run holds the lock: \S+@\S+, es-ecs up, since \d\d:\d\d \(\d minutes\), process \d+/,
      /another run has changed the cluster since this one looked at it/,
    ];
    for (const { exitCode, stderr } of ended) {
      if (exitCode === 4)
        expect(
          told.some((words) => words.test(stderr)),
          stderr,
        ).toBe(true);
    }
    const vpcs = (await listEverything(clients))['ec2 vpc'] ?? [];
    expect(vpcs).toHaveLength((before['ec2 vpc'] ?? []).length + 1);
    const again = await other.run(up);
    expect(again.exitCode, again.stderr).toBe(0);
    const gone = await one.run(destroy);
    expect(gone.exitCode, gone.stderr).toBe(0);
    expect(await listEverything(clients)).toEqual(before);
  });

  it('of which the first was killed: from the same directory at once, from another once 90 seconds have passed', async () => {
    const before = await listEverything(clients);
    await kill(await waiting(one));
    const toldMs = performance.now();
    const refused = await other.run(up);
    expect(refused.exitCode, refused.stderr).toBe(4);
    expect(refused.stderr).toMatch(/another run holds the lock: .* last sign of life \d+s ago/);
    await kill(await waiting(one), /took over the lock of \S+, whose process \d+ is dead/);
    const killedMs = performance.now();
    let ended = await other.run(up);
    while (ended.exitCode === 4 && performance.now() - killedMs < expiryMs + 60_000) {
      await new Promise((resolve) => {
        setTimeout(resolve, 5_000);
      });
      ended = await other.run(up);
    }
    expect(ended.exitCode, ended.stderr).toBe(0);
    report(`taken over ${String(Math.round((performance.now() - killedMs) / 1000))} s after the kill`);
    // The last sign of life came half a minute before the kill at the most.
    expect(performance.now() - killedMs).toBeGreaterThan(expiryMs - 30_000);
    expect(killedMs).toBeGreaterThan(toldMs);
    const gone = await other.run(destroy);
    expect(gone.exitCode, gone.stderr).toBe(0);
    expect(await listEverything(clients)).toEqual(before);
  });

  it('of which the first is evicted: unlock names it, and it stops by itself with 4', async () => {
    const evicted = await waiting(one);
    const refused = await other.run(['unlock']);
    expect(refused.exitCode, refused.stderr).toBe(1);
    expect(refused.stderr).toContain('nothing was done: there is no terminal to ask on');
    const unlocked = await other.run(['unlock', '--yes']);
    expect(unlocked, unlocked.stderr).toMatchObject({
      exitCode: 0,
      stdout: 'the lock of search is free; es-ecs up  goes on where the other run stopped',
    });
    expect(unlocked.stderr).toMatch(/held in the account by \S+@\S+, es-ecs up, since .* last sign of life/);
    const stopped = await evicted.ended;
    expect(stopped.exitCode, stopped.stderr).toBe(4);
    expect(stopped.stderr).toMatch(/this run no longer holds the lock: \S+@\S+, es-ecs unlock/);
    expect((await one.files()).filter((name) => name.endsWith('.lock'))).toEqual([]);
    const gone = await other.run(destroy);
    expect(gone.exitCode, gone.stderr).toBe(0);
  });

  /** An up that holds the lock and waits for hosts that never come. */
  async function waiting(place: Workplace): Promise<Running> {
    const running = place.start(['up', '--yes', '--progress', 'plain']);
    await running.says('waiting for the ECS agent');
    return running;
  }

  async function kill(running: Running, said: string | RegExp = ''): Promise<void> {
    await running.says(said);
    running.kill();
    expect((await running.ended).exitCode).toBeUndefined();
  }
});

function errors(all: readonly Ended[]): string {
  return all.map(({ stderr }) => stderr).join('\n');
}

/** Figures belong in the log of a run. */
function report(line: string): void {
  process.stdout.write(`  ${line}\n`);
}
