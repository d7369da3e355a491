import type { EsEcsError } from '../errors.ts';
import type { PlanAction } from './plan.ts';
import type { Address } from './resource.ts';

/** What was, or is being, done to a resource. */
export type Verb = 'create' | 'change' | 'replace' | 'destroy' | 'wait' | 'check';

/** Everything the engine has to say while it works; reporters draw it, the engine never prints. Times are milliseconds. */
export type EngineEvent =
  | { readonly type: 'started'; readonly atMs: number; readonly totals: readonly StepTotal[] }
  | {
      readonly type: 'resource-started';
      readonly atMs: number;
      readonly address: Address;
      readonly verb: Verb;
    }
  | {
      readonly type: 'resource-waiting';
      readonly atMs: number;
      readonly address: Address;
      /** What for, as in `Waits.for`. */
      readonly for: string;
      readonly sinceMs: number;
      readonly usualMs: number;
      /** Once the wait is late: why, as far as it was last asked. */
      readonly cause?: string;
    }
  | {
      readonly type: 'resource-retrying';
      readonly atMs: number;
      readonly address: Address;
      /** The service's error name. */
      readonly because: string;
      readonly sinceMs: number;
      readonly limitMs: number;
      /** What holds the thing that is to go. */
      readonly blocker?: string;
    }
  | {
      readonly type: 'resource-done';
      readonly atMs: number;
      readonly address: Address;
      readonly verb: Verb;
      /** The plan's action, undefined for a gate. */
      readonly action: PlanAction | undefined;
      readonly id: string | undefined;
      readonly elapsedMs: number;
    }
  | {
      readonly type: 'resource-failed';
      readonly atMs: number;
      readonly address: Address;
      readonly error: EsEcsError;
    }
  | {
      readonly type: 'resource-skipped';
      readonly atMs: number;
      readonly address: Address;
      readonly because: string;
    }
  | { readonly type: 'notice'; readonly atMs: number; readonly text: string }
  | { readonly type: 'finished'; readonly atMs: number; readonly elapsedMs: number };

/** How many resources of a step have something to do. */
export interface StepTotal {
  readonly step: string;
  readonly total: number;
}

export type Emit = (event: EngineEvent) => void;
