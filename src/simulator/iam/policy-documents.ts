import { fits } from '../../aws/policy-pattern.ts';
import { SimulatedFailure } from '../core/failure.ts';

/** Which rules a policy document has to keep. */
export type PolicyKind = 'trust' | 'identity';

interface Statement {
  readonly Effect?: unknown;
  readonly Action?: unknown;
  readonly NotAction?: unknown;
  readonly Resource?: unknown;
  readonly NotResource?: unknown;
  readonly Principal?: unknown;
  readonly NotPrincipal?: unknown;
  readonly Condition?: unknown;
}

/**
 * Reads a policy document as IAM does when it is handed in.
 *
 * @throws SimulatedFailure MalformedPolicyDocumentException
 */
export function checkPolicy(document: string | undefined, kind: PolicyKind): string {
  const text = document ?? '';
  const statements = statementsOf(text);
  if (statements.length === 0) throw malformed('Syntax errors in policy.');
  statements.forEach((statement) => {
    checkStatement(statement, kind);
  });
  return text;
}

function checkStatement(statement: Statement, kind: PolicyKind): void {
  if (statement.Effect !== 'Allow' && statement.Effect !== 'Deny') {
    throw malformed('Syntax errors in policy.');
  }
  if (statement.Action === undefined && statement.NotAction === undefined) {
    throw malformed('Policy statement must contain actions.');
  }
  const names = words(statement.Action ?? statement.NotAction);
  if (names.length === 0 || names.some((name) => name !== '*' && !/^[\w-]+:[\w*?]+$/.test(name))) {
    throw malformed('Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.');
  }
  const hasPrincipal = statement.Principal !== undefined || statement.NotPrincipal !== undefined;
  const hasResource = statement.Resource !== undefined || statement.NotResource !== undefined;
  if (kind === 'trust' && !hasPrincipal) throw malformed('AssumeRole policy must contain a principal.');
  if (kind === 'trust' && hasResource) throw malformed('Has prohibited field Resource');
  if (kind === 'identity' && hasPrincipal) throw malformed('Policy document should not specify a principal.');
  if (kind === 'identity' && !hasResource) throw malformed('Policy statement must contain resources.');
}

/** The services that a trust policy names. */
export function trustedServices(document: string): readonly string[] {
  return statementsOf(document).flatMap(({ Principal }) =>
    typeof Principal === 'object' && Principal !== null && 'Service' in Principal
      ? words(Principal.Service)
      : [],
  );
}

/** Policies that were read last: those of a cluster's few roles are weighed anew for each of its hosts. */
const readBefore = new Map<string, readonly Statement[]>();
const mostReadBefore = 100;

function statementsOf(text: string): readonly Statement[] {
  const known = readBefore.get(text);
  if (known !== undefined) return known;
  const statements = parseStatements(text);
  if (readBefore.size >= mostReadBefore) readBefore.clear();
  readBefore.set(text, statements);
  return statements;
}

function parseStatements(text: string): readonly Statement[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw malformed('This policy contains invalid Json');
  }
  if (typeof parsed !== 'object' || parsed === null || !('Statement' in parsed)) {
    throw malformed('Syntax errors in policy.');
  }
  const { Statement: found } = parsed;
  const list: readonly unknown[] = Array.isArray(found) ? found : [found];
  return list.map((one) => {
    if (typeof one !== 'object' || one === null) throw malformed('Syntax errors in policy.');
    return one; // Every field of a statement is unknown until it is looked at.
  });
}

function malformed(message: string): SimulatedFailure {
  return new SimulatedFailure('MalformedPolicyDocumentException', message);
}

function words(value: unknown): readonly string[] {
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  return list.filter((one) => typeof one === 'string');
}

/**
 * Whether some statement allows an action on a thing with these tags, and none denies it outright. Of conditions only
 * those on `aws:ResourceTag/…` are weighed, and resources are not: a forgotten action and a missing tag are what a rehearsal
 * should find, the rest is the business of a policy linter.
 */
export function allows(
  documents: readonly string[],
  action: string,
  tags: Readonly<Record<string, string>>,
): boolean {
  const matching = documents
    .flatMap((document) => statementsOf(document))
    .filter((statement) =>
      words(statement.Action).some((pattern) => fits(pattern, action, { ignoresCase: true })),
    );
  const isDenied = matching.some(({ Effect, Condition }) => Effect === 'Deny' && Condition === undefined);
  return !isDenied && matching.some((one) => one.Effect === 'Allow' && tagsHold(one.Condition, tags));
}

/** Whether the conditions on the tags of the thing itself hold. */
function tagsHold(condition: unknown, tags: Readonly<Record<string, string>>): boolean {
  return entries(condition).every(([operator, keys]) =>
    entries(keys).every(([key, wanted]) => {
      const tag = /^aws:ResourceTag\/(.+)$/i.exec(key)?.[1];
      if (tag === undefined || !['StringEquals', 'StringLike'].includes(operator)) return true;
      const value = tags[tag];
      if (value === undefined) return false;
      return words(wanted).some((one) => (operator === 'StringLike' ? fits(one, value) : one === value));
    }),
  );
}

function entries(value: unknown): readonly (readonly [string, unknown])[] {
  return typeof value === 'object' && value !== null ? Object.entries(value) : [];
}

/** Policies come back from IAM URL-encoded by RFC 3986, and the SDK leaves them so ("GetRole", AWS IAM API reference). */
export function encodePolicy(document: string): string {
  return encodeURIComponent(document).replace(
    /[!'()*]/g,
    (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** White space does not count against a policy's quota. */
export function policySize(document: string): number {
  return document.replace(/\s/g, '').length;
}
