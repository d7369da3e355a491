import type { Clock } from '../../engine/clock.ts';
import { SimulatedFailure } from './failure.ts';
import { codeAt, faultWords } from './fault-words.ts';

/** Makes an operation fail: so many times, after so many good ones. */
export interface Fault {
  /** `EC2:RunInstances`, just `RunInstances`, `EC2:*` for all of a service or `*` for all. */
  readonly operation: string;
  /**
   * As the SDK names the error. `Throttling`, `ExpiredToken` and `AccessDenied` are said in each service's own words; of the network's
   * codes (`networkFaults`) some lose the answer of a call that was carried out.
   */
  readonly code: string;
  readonly message?: string;
  readonly status?: number;
  /** Default 1; Infinity for all. */
  readonly times?: number;
  /** Of the calls that it could meet, the part that it meets, by chance: 0.3. Default 1. */
  readonly share?: number;
  /** Calls let through first; default 0. */
  readonly after?: number;
  /** The call is carried out and only its answer is lost. */
  readonly answerLost?: boolean;
  /** Meets the launches of Auto Scaling groups as well as the callers of RunInstances. */
  readonly meetsLaunches?: true;
}

/** Failures of the network, and whether the call was carried out before it broke. */
export const networkFaults = {
  ECONNREFUSED: 'never-sent',
  ECONNRESET: 'answer-lost',
  EHOSTUNREACH: 'never-sent',
  ENETUNREACH: 'never-sent',
  ENOTFOUND: 'never-sent',
  EPIPE: 'answer-lost',
  ETIMEDOUT: 'answer-lost',
  TimeoutError: 'answer-lost',
} as const;

interface CountedFault {
  readonly fault: Fault;
  toPass: number;
  left: number;
}

/** All faults of an account, each counting what it has met. */
export class Faults {
  readonly #clock: Clock;
  readonly #counted: CountedFault[] = [];

  constructor(clock: Clock, faults: readonly Fault[] = []) {
    this.#clock = clock;
    for (const fault of faults) this.add(fault);
  }

  /** Gives back what ends the fault. */
  add(fault: Fault): () => void {
    const counted = { fault, toPass: fault.after ?? 0, left: fault.times ?? 1 };
    this.#counted.push(counted);
    return () => {
      counted.left = 0;
    };
  }

  /** The fault that a call meets, counted as met. */
  atCall(service: string, operation: string): Fault | undefined {
    return this.#meet((fault) => fault.meetsLaunches !== true && isFor(fault, service, operation));
  }

  /** The fault that a launch meets, whoever asks for it. */
  atLaunch(): Fault | undefined {
    return this.#meet((fault) => fault.meetsLaunches === true);
  }

  #meet(concerns: (fault: Fault) => boolean): Fault | undefined {
    for (const counted of this.#counted) {
      if (counted.left <= 0 || !concerns(counted.fault)) continue;
      const { share } = counted.fault;
      if (share !== undefined && this.#clock.random() >= share) continue;
      if (counted.toPass > 0) counted.toPass -= 1;
      else {
        counted.left -= 1;
        return counted.fault;
      }
    }
    return undefined;
  }
}

function isFor({ operation: wanted }: Fault, service: string, operation: string): boolean {
  return ['*', operation, `${service}:*`, `${service}:${operation}`].includes(wanted);
}

/** Whether the call is carried out all the same. */
export function losesAnswer({ code, answerLost }: Fault): boolean {
  return answerLost ?? (isNetworkFault(code) && networkFaults[code] === 'answer-lost');
}

/** What the caller of a service gets: the service's refusal, or a failure of the network. */
export function failureOf(fault: Fault, service: string): Error {
  if (isNetworkFault(fault.code)) return networkFailure(fault.code);
  const code = codeAt(service, fault.code);
  const words = faultWords(code);
  return new SimulatedFailure(code, fault.message ?? words.message, fault.status ?? words.status);
}

/** Whether a code is one of the network's, which no service sends. */
export function isNetworkFault(code: string): code is keyof typeof networkFaults {
  return Object.hasOwn(networkFaults, code);
}

/** As the SDK's HTTP handler has it: time-outs and broken connections get the name TimeoutError. */
function networkFailure(code: keyof typeof networkFaults): Error {
  const error = new Error(`a fault was asked for: ${code}`);
  const renamed = ['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'TimeoutError'].includes(code);
  if (renamed) error.name = 'TimeoutError';
  return code === 'TimeoutError' ? error : Object.assign(error, { code });
}
