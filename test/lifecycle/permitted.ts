import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { createSimulation } from '../../src/cli/simulation.ts';
import type { Delays } from '../../src/simulator/core/delays.ts';
import type { Weighed } from '../../src/simulator/policy/permissions.ts';
import type { Scene } from './life.ts';
import type { Story, TerminalTrait, Told } from './story.ts';

/** A policy document, as far as tests take it apart. */
export interface PolicyJson {
  readonly Version: string;
  readonly Statement: readonly {
    readonly Sid: string;
    readonly Effect: string;
    readonly Action: string | readonly string[];
    readonly Resource: string | readonly string[];
    readonly Condition?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  }[];
}

const page = path.join(import.meta.dirname, '..', '..', 'docs', 'permissions.md');

/** The policies that docs/permissions.md shows, by the names that stand above them: what a person would copy from there. */
export function policiesOfPage(): Readonly<Record<string, PolicyJson>> {
  const shown = readFileSync(page, 'utf8').matchAll(/^### `([a-z-]+)`$.*?^```json\n(.*?)^```$/gms);
  // A page that is no JSON fails here.
  return Object.fromEntries(
    [...shown].map(([, name = '', json = '']) => [name, JSON.parse(json) as PolicyJson]),
  );
}

/** What the page has for whoever runs every command. */
export function operatorPolicies(): readonly PolicyJson[] {
  const { 'es-ecs-password': _password, ...operator } = policiesOfPage();
  return Object.values(operator);
}

/** Every action of some policies, once. */
export function actionsOf(policies: Iterable<PolicyJson>): readonly string[] {
  const all = [...policies].flatMap(({ Statement }) => Statement.flatMap(({ Action }) => Action));
  return [...new Set(all)].sort();
}

/** One action of one statement. */
export interface Grant {
  readonly sid: string;
  readonly action: string;
}

/** Every action of every statement. */
export function grantsOf(policies: Iterable<PolicyJson>): readonly Grant[] {
  return [...policies].flatMap(({ Statement }) =>
    Statement.flatMap(({ Sid: sid, Action }) => [Action].flat().map((action) => ({ sid, action }))),
  );
}

/** Policies that allow the same but for one action of one statement. */
export function without({ sid, action }: Grant, policies: Iterable<PolicyJson>): readonly PolicyJson[] {
  return [...policies].map((policy) => ({
    ...policy,
    Statement: policy.Statement.map((one) =>
      one.Sid === sid ? { ...one, Action: [one.Action].flat().filter((name) => name !== action) } : one,
    ).filter(({ Action }) => Action.length > 0),
  }));
}

/** The command line on an account that allows only what some policies say, and what was weighed against them. */
export class Permitted {
  readonly story: Story;
  readonly weighed: Weighed[] = [];
  #files: readonly string[] = [];

  constructor(story: Story, policies: Iterable<PolicyJson>) {
    this.story = story;
    this.allow(policies);
  }

  /** From now on the caller has these policies. */
  allow(policies: Iterable<PolicyJson>): void {
    const folder = path.join(this.story.directory, 'policies');
    mkdirSync(folder, { recursive: true });
    this.#files = [...policies].map((policy, index) => {
      const file = path.join(folder, `${String(index)}.json`);
      writeFileSync(file, JSON.stringify(policy));
      return file;
    });
  }

  /** How long things take, where it is not as long as usual. */
  delays: Partial<Delays> = {};

  /** Runs a command on the simulated account with these policies. */
  run(command: string, ...options: readonly (string | TerminalTrait)[]): Promise<Told> {
    const watched: TerminalTrait = {
      openSimulation: (given) =>
        createSimulation({
          ...given,
          delays: this.delays,
          onWeighed: (weighed) => void this.weighed.push(weighed),
        }),
    };
    // A tunnel stays open until Ctrl-C.
    const closing: TerminalTrait = command === 'tunnel' ? { out: () => process.emit('SIGINT') } : {};
    const policies = this.#files.flatMap((file) => ['--simulate-policy', file]);
    return this.story.run(command, ...policies, ...options, watched, closing);
  }

  /** What was asked for and allowed, as `Statement ec2:Action`. */
  get used(): ReadonlySet<string> {
    return this.usedSince(0);
  }

  /** The same from so many weighings on. */
  usedSince(count: number): ReadonlySet<string> {
    const allowed = this.weighed.slice(count).filter(({ outcome }) => outcome === 'allowed');
    return new Set(allowed.map(({ statement, action }) => `${String(statement)} ${action}`));
  }

  /** Plays a scene, up to the first command that does not succeed. */
  async play(scene: Scene): Promise<Told> {
    await scene.before?.(this);
    return this.playOn(scene);
  }

  /** The same, where what comes before it is done. */
  async playOn({ commands, delays = {} }: Scene): Promise<Told> {
    this.delays = delays;
    let told: Told = { status: 0, stdout: '', stderr: '' };
    for (const [command, ...options] of commands) {
      told = await this.run(command, ...options);
      if (told.status !== 0) break;
    }
    return told;
  }

  /** What was asked for and not allowed. */
  get refused(): readonly Weighed[] {
    return this.weighed.filter(({ outcome }) => outcome !== 'allowed');
  }
}
