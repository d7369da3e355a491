import { ServiceException } from '@smithy/core/client';

/** Thrown by an operation to answer with one of the service's own error codes. */
export class SimulatedFailure extends Error {
  readonly code: string;
  readonly status: number;

  /** @param code the name under which the SDK's caller sees it (`InvalidVpcID.NotFound`, `NoSuchEntityException`). */
  constructor(code: string, message: string, status = 400) {
    super(message);
    this.code = code;
    this.status = status;
  }
}

/** The exception as the SDK would have made it from the wire. */
export function toServiceException(failure: SimulatedFailure, requestId: string): ServiceException {
  return new ServiceException({
    name: failure.code,
    message: failure.message,
    $fault: failure.status >= 500 ? 'server' : 'client',
    $metadata: { httpStatusCode: failure.status, requestId, attempts: 1, totalRetryDelay: 0 },
  });
}
