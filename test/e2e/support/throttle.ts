import { createVirtualClock } from '../../../src/engine/clock.ts';
import type { Answer, ProxiedRequest } from './proxy.ts';

/** Services whose errors are XML and begin with `ErrorResponse`, by their names in a signature. */
const queryServices = new Set(['autoscaling', 'iam', 'sts']);

/** A throttle that meets a part of all calls by chance, and counts them. */
export interface Throttle {
  readonly intercept: (call: ProxiedRequest) => Answer | undefined;
  /** Calls that were throttled so far. */
  readonly met: readonly ProxiedRequest[];
}

/** Throttles `share` of the calls (0.3 is three in ten), each with its service's own error. The seed repeats the dice, not their order among calls. */
export function throttleSome(share: number, seed: number): Throttle {
  const dice = createVirtualClock({ startMs: 0, seed });
  const met: ProxiedRequest[] = [];
  return {
    met,
    intercept: (call) => {
      if (dice.random() >= share) return undefined;
      met.push(call);
      return throttled(call.service);
    },
  };
}

/**
 * What AWS answers when there were too many calls: EC2 503 and `RequestLimitExceeded` ("Request throttling for the Amazon EC2 API"),
 * the query services 400 and `Throttling`, those that speak JSON 400 and `ThrottlingException` (their lists of common errors).
 */
function throttled(service: string): Answer {
  const requestId = '59dbff89-35bd-4eac-99ed-be587example';
  if (service === 'ec2') {
    return xml(
      503,
      `<Response><Errors><Error><Code>RequestLimitExceeded</Code><Message>Request limit exceeded.</Message></Error></Errors><RequestID>${requestId}</RequestID></Response>`,
    );
  }
  if (queryServices.has(service)) {
    return xml(
      400,
      `<ErrorResponse><Error><Type>Sender</Type><Code>Throttling</Code><Message>Rate exceeded</Message></Error><RequestId>${requestId}</RequestId></ErrorResponse>`,
    );
  }
  return {
    status: 400,
    headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amzn-requestid': requestId },
    body: JSON.stringify({ __type: 'ThrottlingException', message: 'Rate exceeded' }),
  };
}

function xml(status: number, body: string): Answer {
  return {
    status,
    headers: { 'content-type': 'text/xml;charset=UTF-8' },
    body: `<?xml version="1.0" encoding="UTF-8"?>\n${body}`,
  };
}
