import { isThrottlingError } from '@smithy/core/retry';
import type { RetryErrorInfo } from '@smithy/types';

/**
 * What a failed attempt means for the next one:
 *
 * - `throttled`: AWS wants fewer calls; it carried out nothing.
 * - `busy`: something else is being done to the same thing; nothing was carried out.
 * - `unsent`: the call never left.
 * - `lost`: nobody knows whether it was carried out.
 * - `refused`: asking again gives the same answer.
 */
export type FailureKind = 'throttled' | 'busy' | 'unsent' | 'lost' | 'refused';

/**
 * What the SDK takes for a throttle, and what every service of ours means as a quota ("would exceed one of the Secrets Manager
 * quotas", "beyond the current account limits"; API references): waiting gives no room.
 */
const notThrottled = new Set(['LimitExceededException']);

/**
 * "Concurrent updates for a resource that supports one update at a time" in the words of each service: IAM, Systems Manager,
 * Auto Scaling, CloudWatch Logs (their API references). The SDK repeats only those that come with a status from 500.
 */
const busyNames = new Set([
  'ConcurrentModificationException',
  'EntityTemporarilyUnmodifiableException',
  'IdempotentCallInProgressFault',
  'OperationAbortedException',
  'ResourceContentionFault',
  'TooManyUpdates',
]);

/**
 * Sent with a status of 500, which the SDK repeats within seconds. Capacity comes back within minutes if at all, and who asked for
 * it waits as long as is sensible, and says so.
 */
const patientNames = new Set([
  'InsufficientAddressCapacity',
  'InsufficientCapacity',
  'InsufficientHostCapacity',
  'InsufficientInstanceCapacity',
  // A new account's: it takes about a minute.
  'ServiceLinkedRoleFailure',
]);

/** Failures of the network after which the call has not been sent. */
const neverSent = new Set(['ECONNREFUSED', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'ENOTFOUND']);

/** The SDK's own verdict, completed by what it does not know of the services that es-ecs calls. */
export function failureKind({ error, errorType }: RetryErrorInfo): FailureKind {
  const name = nameOf(error);
  if (busyNames.has(name)) return 'busy';
  if (patientNames.has(name) || notThrottled.has(name)) return 'refused';
  if (errorType === 'THROTTLING') return 'throttled';
  if (errorType === 'CLIENT_ERROR') return 'refused';
  return neverSent.has(codeOf(error) ?? '') ? 'unsent' : 'lost';
}

/** Whether a failure says that nothing was carried out, though it came with a status from 500 or from no service at all. */
export function isCarriedOutNever(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  // The SDK's own checks look at what an error has, whatever it is.
  const failed = error as NonNullable<RetryErrorInfo['error']>;
  const errorType = isThrottlingError(failed) ? 'THROTTLING' : 'TRANSIENT';
  return failureKind({ error: failed, errorType }) !== 'lost';
}

/** What Node calls a failure between here and there; undefined for what AWS itself answered. */
export function codeOf(error: unknown): string | undefined {
  const isObject = typeof error === 'object' && error !== null;
  return isObject && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : '';
}
