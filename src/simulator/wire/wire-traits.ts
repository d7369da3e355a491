import type { NormalizedSchema } from '@smithy/core/schema';

/** The traits of a schema that concern the wire. */
export interface WireTraits {
  readonly xmlName?: string;
  readonly ec2QueryName?: string;
  readonly xmlFlattened?: unknown;
  /** An error's name on the wire of the query services, and its status. */
  readonly awsQueryError?: readonly [string, number];
  /** An error's status. */
  readonly httpError?: number;
}

/** A schema's traits; the SDK's type leaves most of their values open. */
export function wireTraits(ns: NormalizedSchema): WireTraits {
  return ns.getMergedTraits();
}
