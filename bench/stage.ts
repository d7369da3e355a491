import path from 'node:path';

import { isRead } from '../src/aws/meter.ts';
import { bridgeGaps } from '../test/e2e/support/moto-gaps.ts';
import { awsEnvironment, startMoto } from '../test/e2e/support/moto.ts';
import { startProxy } from '../test/e2e/support/proxy.ts';
import { type Calls, countCalls, toldCalls } from './calls.ts';
import { type Build, type Ran, Workplace } from './program.ts';
import { type Slowness, slowDown } from './slow-parts.ts';

/** The write at which a run is killed: there is something in the account by then, and most is not there. */
const killedAtWrite = 3;

/** A run, and what it asked of AWS. */
export interface Measured extends Ran {
  readonly calls: Calls | undefined;
}

/** A build on an account of its own. */
export interface Stage {
  readonly build: Build;
  readonly workplace: Workplace;
  /** What each command needs here beside its name. */
  readonly words: { readonly up: readonly string[]; readonly always: readonly string[] };
  /** Whose image the nodes run, where none can be built. */
  image(version: string): string | undefined;
  run(words: readonly string[]): Promise<Measured>;
  /** Begins an `up` and kills it. */
  crash(): Promise<void>;
  close(): Promise<void>;
}

/** On the simulated account, in virtual time. */
export async function simulatedStage(build: Build): Promise<Stage> {
  const workplace = await Workplace.open(build);
  return {
    build,
    workplace,
    words: { up: ['up', '--yes'], always: ['--simulate'] },
    image: () => undefined,
    run: async (words) => {
      const ran = await workplace.run(words);
      return { ...ran, calls: toldCalls(ran.said) };
    },
    crash: async () => {
      const script = path.join(import.meta.dirname, 'crash.ts');
      const loader = path.join(import.meta.dirname, '..', 'scripts', 'typescript.js');
      const ran = await workplace.node(['--import', loader, script, build.root, String(killedAtWrite)]);
      if (ran.exitCode !== 137) throw new Error(`the run to be killed ended by itself:\n${ran.stderr}`);
    },
    close: () => workplace.close(),
  };
}

/** What an account over the wire is like. */
export interface Distance {
  /** Added to each call. */
  readonly callMs: number;
  readonly slow?: Slowness;
}

/** On moto, over the wire: every call takes as long as to AWS, and, where asked for, its slow things are as slow. */
export async function motoStage(build: Build, { callMs, slow }: Distance): Promise<Stage> {
  const moto = await startMoto();
  const bridge = bridgeGaps();
  const slowness = slow === undefined ? undefined : slowDown(slow);
  let onWrite: () => void = () => undefined;
  const proxy = await startProxy({
    target: moto.url,
    latencyMs: callMs,
    amend: bridge.amend,
    intercept: ({ action }) => {
      if (!isRead(action)) onWrite();
      return undefined;
    },
    rewrite: async (body, call, request) => {
      const bridged = await bridge.rewrite(body, call, request);
      return slowness === undefined ? bridged : slowness.rewrite(bridged, call, request);
    },
  });
  const workplace = await Workplace.open(build, awsEnvironment(proxy.url));
  return {
    build,
    workplace,
    words: { up: ['up', '--no-wait', '--yes'], always: [] },
    image: (version) => `123456789012.dkr.ecr.eu-west-1.amazonaws.com/bench:${version}`,
    run: async (words) => {
      proxy.calls.length = 0;
      const ran = await workplace.run(words);
      return { ...ran, calls: countCalls(proxy.calls) };
    },
    crash: async () => {
      let writes = 0;
      await workplace.run(['up', '--no-wait', '--yes'], (kill) => {
        onWrite = () => {
          writes += 1;
          if (writes === killedAtWrite) kill();
        };
      });
      onWrite = () => undefined;
    },
    close: async () => {
      await workplace.close();
      await proxy.stop();
      await moto.stop();
    },
  };
}
