import type { Agent as HttpAgent } from 'node:http';

/**
 * No call waits for ever. The SDK has no limit of its own for an answer; the slowest calls that es-ecs makes (RunInstances,
 * CreateService) take seconds.
 */
export const timeouts = {
  connectionTimeout: 10_000,
  requestTimeout: 60_000,
  throwOnRequestTimeout: true,
} as const;

/** How a client of ours, or one that its credentials come by, speaks to the network. */
export type RequestSettings = typeof timeouts & {
  readonly httpAgent?: HttpAgent;
  readonly httpsAgent?: HttpAgent;
};
