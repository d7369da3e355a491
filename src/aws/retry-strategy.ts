import type { RetryErrorInfo, RetryStrategyV2, RetryToken } from '@smithy/types';

import type { Clock } from '../engine/clock.ts';
import { actionOf } from './meter.ts';

/** Attempts at one call, the first included: a throttled account gets about half a minute of patience. */
const maxAttempts = 8;
const baseMs = 100;
const throttledBaseMs = 500;
const capMs = 20_000;

/**
 * Creates that take no client token and have no name that could be taken: where the answer may have been lost, a second
 * call could make a second thing. Such a failure ends the run, and the next one finds by its tags what was made.
 */
const unrepeatable = new Set(['ec2:AllocateAddress', 'ec2:CreateInternetGateway', 'ec2:CreateVpc']);

/** A name that nobody knows is most often a misspelt region: one more try is enough. */
const maxLookups = 2;

/** Failures of the network after which the call has not been sent. */
const neverSent = new Set(['ECONNREFUSED', 'EAI_AGAIN', 'ENETUNREACH', 'ENOTFOUND']);

interface CountedToken extends RetryToken {
  readonly count: number;
}

/**
 * The SDK's standard retries (full jitter, doubling), on the injected clock: the wait happens here and the SDK is told
 * to wait no longer, so that a rehearsal on the virtual clock never sleeps for real.
 */
export function createRetryStrategy(clock: Clock): RetryStrategyV2 & { readonly mode: string } {
  const token = (count: number): CountedToken => ({
    count,
    getRetryCount: () => count,
    getRetryDelay: () => 0,
  });
  return {
    mode: 'standard',
    acquireInitialRetryToken: () => Promise.resolve(token(0)),
    async refreshRetryTokenForRetry(last: RetryToken, error: RetryErrorInfo): Promise<RetryToken> {
      const attempt = last.getRetryCount() + 1;
      if (attempt >= attemptsAt(error) || !isRepeatable(error)) throw new Error('no retry left');
      const base = error.errorType === 'THROTTLING' ? throttledBaseMs : baseMs;
      await clock.sleep(Math.min(capMs, clock.random() * base * 2 ** attempt));
      return token(attempt);
    },
    recordSuccess: () => undefined,
  };
}

function isRepeatable({ error, errorType }: RetryErrorInfo): boolean {
  if (errorType === 'CLIENT_ERROR') return false;
  if (errorType === 'THROTTLING' || !unrepeatable.has(actionOf(error) ?? '')) return true;
  return neverSent.has(codeOf(error) ?? '');
}

function attemptsAt({ error }: RetryErrorInfo): number {
  return codeOf(error) === 'ENOTFOUND' ? maxLookups : maxAttempts;
}

function codeOf(error: RetryErrorInfo['error']): string | undefined {
  const code: unknown = error !== undefined && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : undefined;
}
