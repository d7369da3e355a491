import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { GetParameterCommand } from '@aws-sdk/client-ssm';

import { createChance } from './support/chance.ts';
import { listEverything } from './support/listing.ts';
import type { Listing } from './support/listing.ts';
import { createMoments } from './support/moment.ts';
import { bridgeGaps } from './support/moto-gaps.ts';
import { awsEnvironment, bareClients, startMoto } from './support/moto.ts';
import { startPart } from './support/part.ts';
import { startProxy } from './support/proxy.ts';
import type { Proxy } from './support/proxy.ts';
import { smallCluster } from './support/small-cluster.ts';
import { openWorkplace } from './support/workplace.ts';
import type { Ended, Running, Workplace } from './support/workplace.ts';

const moto = await startPart('moto, an AWS account on loopback', startMoto);

/** How often each command is interrupted. */
const interruptions = Number(process.env['ES_ECS_INTERRUPTIONS'] ?? 6);
/** A call takes up to a second, as to a far region on a bad day. */
const slowestCallMs = 1_000;
/** From the last call in flight to the end. */
const graceMs = 2_000;
/** What is being made takes so many calls at the most, one after the other; then the lock's word under way and its last one. */
const mostCallsInFlight = 3 + 2;

const up = ['up', '--yes', '--no-wait'];
const destroy = ['destroy', '--yes', '--delete-data'];

afterAll(async () => {
  await moto?.stop();
});

describe.skipIf(moto === undefined)('es-ecs interrupted while its calls take up to a second', () => {
  const url = moto?.url ?? '';
  const clients = bareClients(url);
  const chance = createChance('ES_ECS_INTERRUPT_SEED');
  const moments = createMoments();
  let proxy: Proxy;
  let workplace: Workplace;
  let before: Listing;

  beforeAll(async () => {
    report(`ES_ECS_INTERRUPT_SEED=${String(chance.seed)}`);
    proxy = await startProxy({
      target: url,
      ...bridgeGaps(),
      intercept: moments.intercept,
      latencyMs: () => chance.between(0, slowestCallMs),
    });
    workplace = await openWorkplace({
      ...awsEnvironment(proxy.url),
      // moto shows at once what it has made.
      ES_ECS_VISIBLE_WITHIN_SECONDS: '5',
    });
    await workplace.write('es-ecs.yaml', smallCluster);
    before = await listEverything(clients);
  });

  afterAll(async () => {
    await workplace.close();
    await proxy.stop();
  });

  it('ends soon with 130, has recorded everything and let go of its locks, and goes on by the line it prints', async () => {
    await untilDone(up);
    expect(await workplace.json(['plan', '--exit-code'])).toMatchObject({ changes: [] });
  });

  it('stops an up that only waits, at once, also by SIGTERM', async () => {
    for (const stop of ['interrupt', 'terminate'] as const) {
      const waiting = workplace.start(['up', '--yes', '--progress', 'plain']);
      await waiting.says('waiting for the ECS agent');
      expectPolite(await stopped(waiting, stop));
    }
  });

  it('exits at once when it is told twice, and the next run takes over', async () => {
    const waiting = workplace.start(['up', '--yes', '--progress', 'plain']);
    await waiting.says('waiting for the ECS agent');
    const toldMs = performance.now();
    waiting.interrupt();
    await waiting.says('stopping: ');
    waiting.interrupt();
    const ended = await waiting.ended;
    expect(ended.exitCode).toBe(130);
    expect(performance.now() - toldMs).toBeLessThan(graceMs);
  });

  it('does the same in destroy, which goes on by the line it prints and leaves nothing', async () => {
    await untilDone(destroy);
    expect(await listEverything(clients)).toEqual(before);
    expect(await workplace.files()).toEqual(['es-ecs.yaml']);
  });

  /** Runs a command, interrupted at a moment of its own each time, and then what it has printed, until it comes to its end. */
  async function untilDone(words: readonly string[]): Promise<void> {
    let line = words;
    for (let count = 1; count <= interruptions; count += 1) {
      const before = await lockRecord();
      const running = workplace.start(line);
      const interrupted = new Promise<Ended>((resolve, reject) => {
        // Nearly always in the middle of the first half: it goes on a little further each time.
        moments.await({ call: chance.between(5, 60), afterMs: chance.between(0, 500) }, () => {
          stopped(running, 'interrupt').then(resolve, reject);
        });
      });
      const ended = await running.ended;
      moments.forget();
      if (ended.exitCode === 0) return;
      const told = await interrupted;
      expectPolite(told);
      await expectLetGo(before);
      line = printedLine(told);
      expect(line).toEqual(words);
    }
    const last = await workplace.run(line);
    expect(last.exitCode, last.stderr).toBe(0);
  }

  /** Stops it, and holds it to its time. */
  async function stopped(running: Running, how: 'interrupt' | 'terminate'): Promise<Ended> {
    const toldMs = performance.now();
    const sent = proxy.calls.length;
    running[how]();
    const ended = await running.ended;
    const endedMs = performance.now();
    // What was in flight, what a thing in the making needed still, and the lock that is let go of after that.
    const lastAnswerMs = Math.max(toldMs, ...proxy.calls.slice(sent).map(({ atMs }) => atMs));
    const [afterMs, tookMs] = [endedMs - lastAnswerMs, endedMs - toldMs].map(Math.round);
    report(
      `${String(ended.exitCode)} after ${String(tookMs)} ms, ${String(afterMs)} ms after the last answer`,
    );
    if (ended.exitCode === 130) {
      expect(afterMs, ended.stderr).toBeLessThan(graceMs);
      expect(tookMs, ended.stderr).toBeLessThan(mostCallsInFlight * slowestCallMs + graceMs);
    }
    return ended;
  }

  /** @param before the lock's record as the run found it: one that was stopped before it wrote anything has left it so. */
  async function expectLetGo(before: string | undefined): Promise<void> {
    expect((await workplace.files()).filter((name) => /\.(lock|new)$/.test(name))).toEqual([]);
    const record = await lockRecord();
    if (record !== undefined && record !== before) expect(record).toContain('"event":"released"');
  }

  function lockRecord(): Promise<string | undefined> {
    return clients.ssm.send(new GetParameterCommand({ Name: '/es-ecs/search/lock' })).then(
      ({ Parameter }) => Parameter?.Value,
      () => undefined,
    );
  }
});

function expectPolite(ended: Ended): void {
  expect(ended, ended.stderr).toMatchObject({ exitCode: 130, stdout: '' });
  expect(ended.stderr).toContain('stopping: calls in flight are ended and recorded');
  expect(ended.stderr).toContain('  goes on where this run stopped');
  expect(ended.stderr).not.toMatch(/^\s+at |bug/m);
}

/** The line to paste that an interrupted run prints, as words. */
function printedLine({ stderr }: Ended): readonly string[] {
  const line = /^ +es-ecs (.*?) {2}goes on where this run stopped$/m.exec(stderr)?.[1];
  if (line === undefined) throw new Error(`no line to paste in:\n${stderr}`);
  return line.split(' ');
}

/** Figures belong in the log of a run. */
function report(line: string): void {
  process.stdout.write(`  ${line}\n`);
}
