import { XmlShapeSerializer } from '@aws-sdk/core/protocols';
import { JsonCodec2 } from '@smithy/core/protocols';
import { NormalizedSchema } from '@smithy/core/schema';
import type { $SchemaRef, StaticStructureSchema } from '@smithy/types';

import type { ServedService } from './served-service.ts';
import { wireTraits } from './wire-traits.ts';

/** What goes back over the wire. */
export interface WireAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Times are seconds since 1970 (7 is the SDK's word for it), unless a member says otherwise. */
const json = new JsonCodec2({ timestampFormat: { useTrait: true, default: 7 }, jsonName: false });

/** Reads the JSON of a request into the operation's input. */
export function readJson(schema: $SchemaRef, text: string): unknown {
  return json.createDeserializer().read(NormalizedSchema.of(schema), text);
}

/** An operation's answer as its service sends it. */
export function writeAnswer(
  service: ServedService,
  operation: { readonly name: string; readonly output: $SchemaRef },
  answer: { readonly output: object; readonly requestId: string },
): WireAnswer {
  const { output, requestId } = answer;
  if (service.protocol === 'json') return jsonAnswer(service, operation, answer);
  const envelope = service.protocol === 'ec2' ? ec2Envelope(operation) : queryEnvelope(operation);
  const value =
    service.protocol === 'ec2'
      ? { requestId, ...output }
      : { [`${operation.name}Result`]: output, ResponseMetadata: { RequestId: requestId } };
  return xmlAnswer(service, envelope, { status: 200, value, requestId });
}

function jsonAnswer(
  service: ServedService,
  { output: schema }: { readonly output: $SchemaRef },
  { output, requestId }: { readonly output: object; readonly requestId: string },
): WireAnswer {
  const ns = NormalizedSchema.of(schema);
  const serializer = json.createSerializer();
  if (!ns.isUnitSchema()) serializer.write(ns, output);
  const body = ns.isUnitSchema() ? '{}' : new TextDecoder().decode(serializer.flush());
  return { status: 200, headers: jsonHeaders(service, requestId), body };
}

function jsonHeaders({ jsonVersion }: ServedService, requestId: string): Readonly<Record<string, string>> {
  return { 'content-type': `application/x-amz-json-${jsonVersion}`, 'x-amzn-requestid': requestId };
}

/** An answer's wrapping, written as a schema, so that what is in it is written by the SDK's own serialiser. */
function struct(name: string, members: Readonly<Record<string, $SchemaRef>>): StaticStructureSchema {
  return [3, 'es-ecs.wire', name, 0, Object.keys(members), Object.values(members)] as StaticStructureSchema;
}

/** EC2 has no wrapping within the answer. */
function ec2Envelope({
  name,
  output,
}: {
  readonly name: string;
  readonly output: $SchemaRef;
}): StaticStructureSchema {
  const ns = NormalizedSchema.of(output);
  const members = ns.isUnitSchema() ? {} : Object.fromEntries(ns.structIterator());
  return struct(`${name}Response`, { requestId: 0, ...members });
}

function queryEnvelope({
  name,
  output,
}: {
  readonly name: string;
  readonly output: $SchemaRef;
}): StaticStructureSchema {
  const isUnit = NormalizedSchema.of(output).isUnitSchema();
  return struct(`${name}Response`, {
    ...(isUnit ? {} : { [`${name}Result`]: output }),
    ResponseMetadata: struct('ResponseMetadata', { RequestId: 0 }),
  });
}

function xmlAnswer(
  { xmlNamespace }: Pick<ServedService, 'xmlNamespace'>,
  schema: StaticStructureSchema,
  told: { readonly status: number; readonly value: object; readonly requestId: string },
): WireAnswer {
  const serializer = new XmlShapeSerializer({
    timestampFormat: { useTrait: true, default: 5 },
    httpBindings: false,
    xmlNamespace,
    serviceNamespace: 'es-ecs.wire',
  });
  serializer.write(schema, told.value);
  return {
    status: told.status,
    headers: { 'content-type': 'text/xml;charset=UTF-8', 'x-amzn-requestid': told.requestId },
    body: `<?xml version="1.0" encoding="UTF-8"?>\n${String(serializer.flush())}`,
  };
}

/** What a refusal says. */
export interface Refusal {
  /** As the SDK names the error. */
  readonly name: string;
  readonly message: string;
  readonly status: number;
  readonly requestId: string;
}

const queryError = struct('ErrorResponse', {
  Error: struct('Error', { Type: 0, Code: 0, Message: 0 }),
  RequestId: 0,
});
const ec2Error = struct('Response', {
  Errors: struct('Errors', { Error: struct('Error', { Code: 0, Message: 0 }) }),
  RequestID: 0,
});

/**
 * A refusal in the service's own words. On the wire of the query services an error has a shorter name than the SDK's (`NoSuchEntity`
 * for `NoSuchEntityException`), and its own status: both are traits of its shape.
 */
export function writeRefusal(service: ServedService, refusal: Refusal): WireAnswer {
  const { name, message: Message, requestId } = refusal;
  const schema = service.error(name);
  const traits = schema === undefined ? undefined : wireTraits(NormalizedSchema.of(schema));
  const [code = name, ownStatus] = traits?.awsQueryError ?? [];
  // What nobody gave a status has the usual one: then the model's own holds.
  const status = refusal.status === 400 ? (ownStatus ?? traits?.httpError ?? 400) : refusal.status;
  if (service.protocol === 'json') {
    const word = schema?.[4].find((one) => one.toLowerCase() === 'message') ?? 'message';
    const body = JSON.stringify({ __type: name, [word]: Message });
    return { status, headers: { ...jsonHeaders(service, requestId), 'x-amzn-errortype': name }, body };
  }
  if (service.protocol === 'ec2') {
    const value = { Errors: { Error: { Code: code, Message } }, RequestID: requestId };
    return xmlAnswer({ xmlNamespace: '' }, ec2Error, { status, value, requestId });
  }
  const Type = status >= 500 ? 'Receiver' : 'Sender';
  const value = { Error: { Type, Code: code, Message }, RequestId: requestId };
  return xmlAnswer(service, queryError, { status, value, requestId });
}

/** A refusal where it is not known of which service: as the query services say it, or in JSON to who speaks JSON. */
export function writeStrangersRefusal(isJson: boolean, refusal: Refusal): WireAnswer {
  const stranger = {
    name: '',
    protocol: isJson ? ('json' as const) : ('query' as const),
    jsonVersion: '1.1',
    xmlNamespace: '',
    version: '',
    operation: () => undefined,
    error: () => undefined,
  };
  return writeRefusal(stranger, refusal);
}
