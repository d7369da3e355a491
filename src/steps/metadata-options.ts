import {
  type EC2Client,
  type InstanceMetadataOptionsResponse,
  ModifyInstanceMetadataOptionsCommand,
} from '@aws-sdk/client-ec2';

import type { Change } from '../engine/resource.ts';

/** How an instance may ask its metadata service, in EC2's words. */
export interface MetadataOptions {
  readonly HttpEndpoint: 'enabled' | 'disabled';
  /** `required`: version 2 alone, so that a request that somebody tricks a program into gets no credentials. */
  readonly HttpTokens: 'optional' | 'required';
  readonly HttpPutResponseHopLimit: number;
  readonly InstanceMetadataTags: 'enabled' | 'disabled';
}

/** The bastion's: nobody beyond its own kernel asks for anything there. */
export const bastionMetadata: MetadataOptions = {
  HttpEndpoint: 'enabled',
  HttpTokens: 'required',
  HttpPutResponseHopLimit: 1,
  InstanceMetadataTags: 'disabled',
};

/** A host's. */
export const hostMetadata: MetadataOptions = {
  HttpEndpoint: 'enabled',
  HttpTokens: 'required',
  // Host networking needs one hop; a container that anybody runs on a bridge there needs two to reach its credentials,
  // and so do the ECS images by themselves (imdsSupport v2.0 launches with 2).
  HttpPutResponseHopLimit: 2,
  // The group's tag es-ecs-node tells user data which node this is.
  InstanceMetadataTags: 'enabled',
};

const fields = ['HttpEndpoint', 'HttpTokens', 'HttpPutResponseHopLimit', 'InstanceMetadataTags'] as const;

/** Undefined where EC2 says nothing of it. */
export type SeenMetadata = { readonly [Field in keyof MetadataOptions]?: string | number | undefined };

/** What DescribeInstances says of it. */
export function metadataFromSdk(found: InstanceMetadataOptionsResponse | undefined): SeenMetadata {
  return Object.fromEntries(fields.map((field) => [field, found?.[field]]));
}

/** The differences of a running instance: one call sets them all, and nothing restarts ("ModifyInstanceMetadataOptions"). */
export function metadataChanges(
  ec2: EC2Client,
  instanceId: string,
  sides: { readonly wanted: MetadataOptions; readonly seen: SeenMetadata },
): readonly Change[] {
  const { wanted, seen } = sides;
  const apply = async (): Promise<void> => {
    await ec2.send(new ModifyInstanceMetadataOptionsCommand({ InstanceId: instanceId, ...wanted }));
  };
  return fields
    .filter((field) => seen[field] !== undefined && seen[field] !== wanted[field])
    .map((field) => ({
      path: `metadataOptions.${field}`,
      before: String(seen[field]),
      after: String(wanted[field]),
      impact: 'in-place',
      apply,
    }));
}
