import { type Activity, DescribeScalingActivitiesCommand } from '@aws-sdk/client-auto-scaling';

import { quotaHint, quotaSentence } from '../../aws/quotas.ts';
import { hintLine } from '../../aws/hint-line.ts';
import { unless } from '../../aws/unless.ts';
import type { Address } from '../../engine/resource.ts';
import { seconds } from '../../engine/wait.ts';
import { EsEcsError, type ErrorCode } from '../../errors.ts';
import type { StepContext } from '../context.ts';
import { defaultDiskKey } from '../encryption/key.ts';
import { grantCommand } from '../encryption/wishes.ts';

/** A group that has had no instance in service for as long is asked why, and then once in as long: each question is a call. */
const askAfterMs = 60_000;
/** An instance that dies while it starts may be one bad machine; a second one is not. */
const hopelessDeaths = 2;
/** So many launches in a row, failed for another reason than capacity, and the next one will fail as well. */
const hopelessFailures = 3;
/** Capacity often comes back within minutes; after as long it is a person's choice to go on waiting. */
const capacityPatienceMs = 15 * 60_000;

/** What IAM has made a moment ago is known everywhere within a minute or so, as users report; after as long it is not that. */
const identityPatienceMs = 5 * 60_000;

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
  readonly instances: readonly { readonly lifecycle: string }[];
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
  /** What failed before this run may have been mended since; the group itself tries again only after a while. */
  #countFromMs: number;

  constructor(context: StepContext, place: LaunchPlace) {
    this.#context = context;
    this.#place = place;
    this.#countFromMs = context.clock.now();
  }

  /**
   * Looks at a group as it was just read; asks AWS only when it has been without an instance in service for a minute: what dies
   * while it starts is there again and again.
   *
   * @throws EsEcsError AWS or RESOURCE_FAILED, once waiting is useless: a quota, a refusal that comes again and again, or a want of
   *   capacity that has lasted for a quarter of an hour.
   */
  async look({ instances, status }: LaunchingGroup): Promise<void> {
    const nowMs = this.#context.clock.now();
    if (status !== undefined || instances.some(({ lifecycle }) => !lifecycle.startsWith('Pending'))) {
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
    // What failed before this run has looked says nothing of the next try, which may be minutes away.
    if (last === undefined || (last.StartTime?.getTime() ?? 0) < this.#emptySinceMs) return;
    const sinceMs = nowMs - this.#emptySinceMs;
    if (!isHopeless(failures.map(wordsOf), sinceMs)) return;
    const words = wordsOf(last);
    const keyArn = isKey(words) ? await diskKey(this.#context) : undefined;
    throw launchError(this.#place, {
      words,
      times: failures.length,
      sinceMs,
      ...keyHints(this.#context, keyArn),
    });
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
    return sinceLastLaunch(all)
      .filter(isFailedLaunch)
      .filter(({ StartTime }) => (StartTime?.getTime() ?? 0) >= this.#countFromMs);
  }
}

/** Newest first: what failed before the last launch that did not is over. The end of an instance that died is a success, too. */
export function sinceLastLaunch(activities: readonly Activity[]): readonly Activity[] {
  const success = activities.findIndex(
    ({ StatusCode, Description = '' }) => StatusCode === 'Successful' && Description.startsWith('Launching'),
  );
  return success < 0 ? activities : activities.slice(0, success);
}

/**
 * A launch that EC2 refused, or whose instance died while it started: that one is `Cancelled`, with the instance's reason in its
 * message ("Troubleshoot instance launch issues"). What a person ends meanwhile is no failure.
 */
export function isFailedLaunch({ StatusCode, StatusMessage = '' }: Activity): boolean {
  if (StatusCode === 'Failed') return true;
  return StatusCode === 'Cancelled' && deathOf(StatusMessage) !== undefined;
}

/**
 * A launch that has left no instance that ever ran a program: EC2 refused it, or the disk that it was to start from could not be made. Narrower
 * than a launch that failed: an instance that came up and died may have written to its volumes.
 */
export function isStillborn({ StatusCode, StatusMessage = '', Description = '' }: Activity): boolean {
  if (StatusCode === 'Failed') return !/\bi-[0-9a-f]+/.test(Description);
  const death = StatusCode === 'Cancelled' ? deathOf(StatusMessage) : undefined;
  return death !== undefined && (isKey(death) || isStorageQuota(death));
}

/** Why an instance ended while it started, as `Client.InvalidKMSKey.InvalidState: The KMS key …`; undefined where it did not die so. */
function deathOf(words: string): string | undefined {
  const [, reason] = /Termination Reason: ((?:Client|Server)\..*)$/s.exec(words) ?? [];
  return reason?.startsWith('Client.UserInitiatedShutdown') === true ? undefined : reason;
}

/** AWS's own words, without those that say no more than that it failed. */
export function wordsOf({ StatusMessage, Description = '' }: Activity): string {
  const words = StatusMessage ?? Description;
  return deathOf(words) ?? words.replace(/\.?\s*Launching EC2 instance failed\.?$/, '');
}

/** Whether waiting is useless, by the words of the launches that failed, newest first. */
function isHopeless(failures: readonly string[], sinceMs: number): boolean {
  if (failures.some(isCapacity)) return sinceMs >= capacityPatienceMs;
  const [last = ''] = failures;
  if (isIdentityUnknown(last)) return sinceMs >= identityPatienceMs;
  if (isKey(last) || isStorageQuota(last) || isFreePlan(last)) return true;
  return failures.length >= (/^(Client|Server)\./.test(last) ? hopelessDeaths : hopelessFailures);
}

/**
 * Activities carry no error code, so that these two are told by their words ("Troubleshoot Amazon EC2 Auto Scaling: EC2 instance
 * launch failures"). Words that nobody knew make no difference to what is done, only to how long it takes.
 */
function isCapacity(words: string): boolean {
  return /\bcapacity in the Availability Zone\b|\bavailable capacity\b/i.test(words);
}

/**
 * The group's instance profile, or the role of the account's first group, is so new that a launch does not find it
 * (hashicorp/terraform-provider-aws pull request 31282, RaJiska/terraform-aws-fck-nat issue 85). The group tries again by itself.
 */
function isIdentityUnknown(words: string): boolean {
  return /\bInvalid IAM Instance Profile\b/.test(words);
}

function isQuotaOfInstances(words: string): boolean {
  return /\bvCPU (capacity|limit)\b|\binstance limit\b|instance\(s\) are already running/i.test(words);
}

/**
 * A customer key that the group may not use: the disk cannot be made, and the instance dies ("Required AWS KMS key policy for use with
 * encrypted volumes"; of Client.InternalError the EC2 user guide, "Instance terminates immediately", names the same cause).
 */
function isKey(words: string): boolean {
  return /^Client\.(InvalidKMSKey|InternalError)\b|\bKMS key\b/.test(words);
}

function isStorageQuota(words: string): boolean {
  return /^Client\.VolumeLimitExceeded\b/.test(words);
}

function isFreePlan(words: string): boolean {
  return /\bnot eligible for Free Tier\b/i.test(words);
}

interface FailedLaunches {
  readonly words: string;
  readonly times: number;
  readonly sinceMs: number;
  /** What lets Auto Scaling use the key, where it is known which that is. */
  readonly keyHints?: readonly string[];
}

/** The key of disks: the config's, or the account's own where it has one; undefined where nobody knows. */
async function diskKey({ facts, clients }: StepContext): Promise<string | undefined> {
  return facts.key?.arn ?? (await defaultDiskKey(clients));
}

function keyHints(context: StepContext, arn: string | undefined): Pick<FailedLaunches, 'keyHints'> {
  if (arn === undefined) return {};
  return {
    keyHints: [
      grantCommand(arn, context.facts),
      `aws kms describe-key --region ${context.facts.region} --key-id ${arn}  says whether it is enabled`,
      'or its policy lets the role AWSServiceRoleForAutoScaling use it and make grants: docs/encryption.md',
    ],
  };
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
  if (isKey(words)) {
    return failure(
      'RESOURCE_FAILED',
      `no ${instanceType} stays up in ${zone}: its disk cannot be encrypted`,
      {
        ...told,
        hint: [
          ...(failed.keyHints ?? [
            'the policy of the key must let the role AWSServiceRoleForAutoScaling use it and make grants: docs/encryption.md shows how',
            'aws ec2 get-ebs-default-kms-key-id  says which key that is, where the account has a default one',
          ]),
          hintLine('es-ecs up', 'goes on once the key may be used'),
        ],
      },
    );
  }
  if (isStorageQuota(words)) {
    return failure('AWS', `no ${instanceType} stays up in ${zone}: ${quotaSentence(storage)}`, {
      ...told,
      hint: [quotaHint(storage), hintLine('es-ecs up', 'goes on once there is room')],
    });
  }
  if (isFreePlan(words)) {
    return failure('AWS', `${instanceType} cannot be started: this account is on the free plan`, {
      ...told,
      hint: [
        "aws ec2 describe-instance-types --filters Name=free-tier-eligible,Values=true --query 'InstanceTypes[].InstanceType'  shows what it may start",
        'aws freetier upgrade-account-plan --account-plan-type PAID  lifts that',
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
const storage = 'VolumeLimitExceeded';

interface Told {
  readonly address: Address;
  readonly reason: string;
  readonly hint: readonly string[];
}

function failure(code: ErrorCode, sentence: string, { address, reason, hint }: Told): EsEcsError {
  return new EsEcsError(code, `${sentence}\n${reason}`, { address, hint });
}
