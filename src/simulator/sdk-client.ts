/**
 * As much of an SDK client as the account needs. Not the SDK's own type, so that the types of `es-ecs/simulator` stand by themselves: whoever
 * uses it has the clients that he calls, and perhaps no others.
 */
export interface SdkClient {
  /** Where calls can be met on their way (`@smithy/types`, MiddlewareStack). */
  readonly middlewareStack: object;
}
