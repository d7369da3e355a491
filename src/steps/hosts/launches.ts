import { type Activity, DescribeScalingActivitiesCommand } from '@aws-sdk/client-auto-scaling';

import { quotaHint, quotaSentence } from '../../aws/quotas.ts';
import { hintLine } from '../../aws/translations.ts';
import { unless } from '../../aws/unless.ts';
import type { Address } from '../../engine/resource.ts';
import { seconds } from '../../engine/wait.ts';
import { EsEcsError, type ErrorCode } from '../../errors.ts';
import type { StepContext } from '../context.ts';

/** A group that has had no instance for as long is asked why, and then once in as long: each question is a call. */
const askAfterMs = 60_000;
/** So many launches in a row, failed for another reason than capacity, and the next one will fail as well. */
const hopelessFailures = 3;
/** Capacity often comes back within minutes; after as long it is a person's choice to go on waiting. */
const capacityPatienceMs = 15 * 60_000;

/** Where a group launches, and what. */
export interface LaunchPlace {
  readonly address: Address;
  readonly groupName: string;
  readonly zone: string;
  readonly instanceType: string;
}

/** What of a group matters here. */
interface LaunchingGroup {
  /** Set while it is being deleted. */
  readonly status: string | undefined;
  readonly instances: readonly unknown[];
}

/**
 * Watches one group that ought to launch an instance. What stops it is never the answer to a call: EC2 refuses the group, and only
 * the group's activities say so.
 */
export class LaunchWatch {
  readonly #context: StepContext;
  readonly #place: LaunchPlace;
  #emptySinceMs: number | undefined;
  #askMs = 0;
  #countFromMs = 0;

  constructor(context: StepContext, place: LaunchPlace) {
    this.#context = context;
    this.#place = place;
  }

  /**
   * Looks at a group as it was just read; asks AWS only when it has been without an instance for a minute.
   *
   * @throws EsEcsError AWS or RESOURCE_FAILED, once waiting is useless: a quota, a refusal that comes again and again, or a want of
   *   capacity that has lasted for a quarter of an hour.
   */
  async look({ instances, status }: LaunchingGroup): Promise<void> {
    const nowMs = this.#context.clock.now();
    if (instances.length > 0 || status !== undefined) {
      this.#emptySinceMs = undefined;
      return;
    }
    if (this.#emptySinceMs === undefined) {
      this.#emptySinceMs = nowMs;
      this.#askMs = nowMs + askAfterMs;
    }
    if (nowMs < this.#askMs) return;
    this.#askMs = nowMs + askAfterMs;
    const failures = await this.#failures();
    const [last] = failures;
    if (last === undefined) return;
    const sinceMs = nowMs - this.#emptySinceMs;
    if (
      failures.map(wordsOf).some(isCapacity)
        ? sinceMs < capacityPatienceMs
        : failures.length < hopelessFailures
    )
      return;
    throw launchError(this.#place, { words: wordsOf(last), times: failures.length, sinceMs });
  }

  /** The group launches something else from now on: what failed before says nothing of it. */
  forget(): void {
    this.#emptySinceMs = undefined;
    this.#countFromMs = this.#context.clock.now();
  }

  /** Launches that failed since the last that did not, newest first. */
  async #failures(): Promise<readonly Activity[]> {
    const { autoScaling } = this.#context.clients;
    const command = new DescribeScalingActivitiesCommand({
      AutoScalingGroupName: this.#place.groupName,
      MaxRecords: 20,
    });
    const answer = await unless(['ValidationError'], autoScaling.send(command));
    const all = answer?.Activities ?? [];
    const success = all.findIndex(({ StatusCode }) => StatusCode === 'Successful');
    return (success < 0 ? all : all.slice(0, success)).filter(
      ({ StatusCode, StartTime }) =>
        StatusCode === 'Failed' && (StartTime?.getTime() ?? 0) >= this.#countFromMs,
    );
  }
}

function wordsOf(activity: Activity): string {
  return (activity.StatusMessage ?? activity.Description ?? '').replace(
    /\.?\s*Launching EC2 instance failed\.?$/,
    '',
  );
}

/**
 * Activities carry no error code, so that these two are told by their words ("Troubleshoot Amazon EC2 Auto Scaling: EC2 instance
 * launch failures"). Words that nobody knew make no difference to what is done, only to how long it takes.
 */
function isCapacity(words: string): boolean {
  return /\bcapacity in the Availability Zone\b|\bavailable capacity\b/i.test(words);
}

function isQuotaOfInstances(words: string): boolean {
  return /\bvCPU (capacity|limit)\b|\binstance limit\b|instance\(s\) are already running/i.test(words);
}

interface FailedLaunches {
  readonly words: string;
  readonly times: number;
  readonly sinceMs: number;
}

function launchError({ address, zone, instanceType }: LaunchPlace, failed: FailedLaunches): EsEcsError {
  const { words, times, sinceMs } = failed;
  const told = { address, reason: `AWS: ${words} (tried ${String(times)} times over ${seconds(sinceMs)})` };
  if (isQuotaOfInstances(words)) {
    return failure('AWS', `no ${instanceType} can be started in ${zone}: ${quotaSentence(vcpus)}`, {
      ...told,
      hint: [
        quotaHint(vcpus),
        hintLine('es-ecs up', 'goes on once there is room, or something unused is stopped'),
      ],
    });
  }
  if (isCapacity(words)) {
    return failure('AWS', `${zone} has no capacity for ${instanceType} now`, {
      ...told,
      hint: [
        hintLine('es-ecs up', 'tries again; everything else is in place'),
        'instanceType: another type may be had there at once; network.zones: another zone may have this one',
      ],
    });
  }
  return failure('RESOURCE_FAILED', `no ${instanceType} can be started in ${zone}`, {
    ...told,
    hint: [
      hintLine('es-ecs up', 'goes on once the reason is gone; the group tries again by itself meanwhile'),
    ],
  });
}

/** The error name under which EC2 keeps the quota of running instances. */
const vcpus = 'VcpuLimitExceeded';

interface Told {
  readonly address: Address;
  readonly reason: string;
  readonly hint: readonly string[];
}

function failure(code: ErrorCode, sentence: string, { address, reason, hint }: Told): EsEcsError {
  return new EsEcsError(code, `${sentence}\n${reason}`, { address, hint });
}
