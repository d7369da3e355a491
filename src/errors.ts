/**
 * The one error a person is meant to read: what went wrong, and the way out.
 *
 * Messages are lower case, carry the offending value and end without a full stop. The hint is a command to
 * paste or the line to change. Everything else that is thrown is a bug and keeps its stack.
 */
export class EsEcsError extends Error {
  override readonly name = 'EsEcsError';
  readonly code: ErrorCode;
  /** Lines to act on, most useful first. */
  readonly hints: readonly string[];
  /** The resource it happened to, where there is one. */
  readonly address: string | undefined;

  constructor(code: ErrorCode, message: string, detail: ErrorDetail = {}) {
    super(message, detail.cause === undefined ? undefined : { cause: detail.cause });
    this.code = code;
    const { hint } = detail;
    this.hints = hint === undefined ? [] : typeof hint === 'string' ? [hint] : hint;
    this.address = detail.address;
  }

  /** The process's exit status for this error. */
  get exitStatus(): number {
    return errorCodes[this.code].exitStatus;
  }
}

export interface ErrorDetail {
  readonly hint?: string | readonly string[];
  readonly cause?: unknown;
  readonly address?: string;
}

interface CodeEntry {
  readonly exitStatus: number;
  readonly title: string;
}

/** Every code, its exit status and its title; `docs/errors.md` documents each, and a test keeps the two in step. */
export const errorCodes = {
  USAGE: { exitStatus: 2, title: 'the command line is not understood' },
  CONFIG_NOT_FOUND: { exitStatus: 2, title: 'there is no config file' },
  CONFIG_SYNTAX: { exitStatus: 2, title: 'the config file is not valid YAML' },
  CONFIG_INVALID: { exitStatus: 2, title: 'the config file asks for something that is not allowed' },
  CONFIG_EXISTS: { exitStatus: 2, title: 'init would overwrite a config file' },
  ZONE_UNKNOWN: { exitStatus: 2, title: 'a zone does not exist in the region' },
  ZONE_UNFIT: { exitStatus: 2, title: 'nothing can be begun in a zone' },
  INSTANCE_TYPE_UNAVAILABLE: {
    exitStatus: 2,
    title: 'an instance type is not offered where it is asked for',
  },
  INSTANCE_TYPE_UNFIT: { exitStatus: 2, title: 'no node can run on an instance type' },
  CALLER_ADDRESS_UNKNOWN: { exitStatus: 2, title: "the caller's public address could not be asked" },
  CREDENTIALS: { exitStatus: 1, title: 'AWS credentials are missing, expired or refused' },
  ACCESS_DENIED: { exitStatus: 1, title: 'AWS refuses an action to these credentials' },
  AWS: { exitStatus: 1, title: 'AWS refused a call' },
  UNREACHABLE: { exitStatus: 1, title: 'AWS cannot be reached' },
  STATE_CORRUPT: { exitStatus: 1, title: 'the state file cannot be read' },
  STATE_UNREADABLE: { exitStatus: 1, title: 'the state file may not be read' },
  STATE_NEWER: { exitStatus: 1, title: 'the state file was written by a newer es-ecs' },
  STATE_MISMATCH: { exitStatus: 1, title: 'the state file belongs to another cluster, account or region' },
  STATE_UNWRITABLE: { exitStatus: 1, title: 'the state file cannot be written' },
  LOCKED: { exitStatus: 4, title: 'another run holds the lock' },
  LOCK_LOST: { exitStatus: 4, title: 'somebody else took the lock from this run' },
  QUOTA: { exitStatus: 1, title: 'the account may not have as much as the plan needs' },
  KMS_KEY: { exitStatus: 1, title: 'a KMS key cannot be used for what the plan needs' },
  REFUSED: { exitStatus: 1, title: 'a change is refused' },
  NOT_SAFE: {
    exitStatus: 1,
    title: 'a node is not restarted or does not leave, as the cluster could come to harm',
  },
  NOT_CONVERGED: { exitStatus: 1, title: 'a difference is left after everything was applied' },
  WAIT_TIMEOUT: { exitStatus: 1, title: 'a wait took longer than its limit' },
  RESOURCE_FAILED: { exitStatus: 1, title: 'AWS reports that a resource failed' },
  NOT_OWNED: { exitStatus: 1, title: "a thing of that name exists and is not this cluster's" },
  DUPLICATE: { exitStatus: 1, title: 'two things in the account carry the same address' },
  BLOCKED: { exitStatus: 1, title: 'a thing cannot be deleted, as something else holds it' },
  LEFTOVERS: { exitStatus: 1, title: 'destroy ended and something still carries the tag' },
  NO_IMAGE_BUILDER: { exitStatus: 1, title: 'no program that builds images is installed' },
  IMAGE_BUILD: { exitStatus: 1, title: 'building or pushing the image failed' },
  NOT_CONFIRMED: { exitStatus: 1, title: 'nothing was done, as nobody confirmed it' },
  NOT_FOUND: { exitStatus: 1, title: 'a named thing does not exist' },
  SSH: { exitStatus: 1, title: 'ssh cannot be used' },
  BASTION_UNREACHABLE: { exitStatus: 1, title: 'the bastion does not answer' },
  HOST_KEY_CHANGED: { exitStatus: 1, title: 'the bastion shows another host key than before' },
  KEY_UNUSABLE: { exitStatus: 1, title: "the bastion's private key cannot be used" },
  PORT_UNUSABLE: { exitStatus: 1, title: 'a port of this machine cannot be used' },
  CLUSTER_UNREACHABLE: { exitStatus: 1, title: 'Elasticsearch does not answer' },
  CLUSTER_UNTRUSTED: {
    exitStatus: 1,
    title: "what answers has no certificate of the cluster's own authority",
  },
  CLUSTER_PASSWORD: { exitStatus: 1, title: 'Elasticsearch refuses the password' },
  CLUSTER_NO_MASTER: { exitStatus: 1, title: 'the cluster has no elected master' },
  CLUSTER_BUSY: { exitStatus: 1, title: 'Elasticsearch is too busy to answer' },
  CLUSTER_REFUSED: { exitStatus: 1, title: 'Elasticsearch refuses a request' },
  CLUSTER_FOREIGN: { exitStatus: 1, title: 'another cluster answers than the one that was recorded' },
  INTERRUPTED: { exitStatus: 130, title: 'interrupted' },
} as const satisfies Record<string, CodeEntry>;

export type ErrorCode = keyof typeof errorCodes;

/**
 * States what the programmer knows to be so.
 *
 * @throws Error with a stack, when it is not: that is a bug of es-ecs, never the user's doing.
 */
export function invariant(condition: unknown, message: string): asserts condition {
  if (!condition) throw new Error(`${message} (this is a bug in es-ecs)`);
}
