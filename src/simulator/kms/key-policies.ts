import { SimulatedFailure } from '../core/failure.ts';
import { parsePolicy, PolicyProblem, type PolicyStatement } from '../policy/documents.ts';

/** A statement of a key's policy: whom it is about, and what an identity-based policy could say as well. */
export interface KeyStatement extends PolicyStatement {
  /** ARNs, account ids and `*`, as they were written; services by their names. */
  readonly principals: readonly string[];
}

const known = new Map<string, readonly KeyStatement[]>();

/**
 * Reads a key's policy ("Key policies in AWS KMS").
 *
 * @throws SimulatedFailure MalformedPolicyDocumentException, also for what is not played
 */
export function keyStatements(text: string): readonly KeyStatement[] {
  const before = known.get(text);
  if (before !== undefined) return before;
  const statements = parsed(text);
  known.set(text, statements);
  return statements;
}

function parsed(text: string): readonly KeyStatement[] {
  const document = objectIn(text);
  const raw = [document['Statement']].flat().map(asObject).filter(hasEffect);
  const bare = raw.map(({ Principal: _, ...rest }) => rest);
  try {
    const statements = parsePolicy(JSON.stringify({ ...document, Statement: bare }));
    return statements.map((one, index) => ({ ...one, principals: principalsOf(raw[index]?.['Principal']) }));
  } catch (error) {
    if (error instanceof PolicyProblem) throw malformed(error.message);
    throw error;
  }
}

/** "If either of the required Resource or Action elements are missing … the policy statement has no effect", and is taken ("CreateKey", Policy). */
function hasEffect(statement: Readonly<Record<string, unknown>>): boolean {
  return ['Action', 'Resource'].every((part) => part in statement || `Not${part}` in statement);
}

function objectIn(text: string): Readonly<Record<string, unknown>> {
  try {
    return asObject(JSON.parse(text));
  } catch (error) {
    if (error instanceof SyntaxError) throw malformed('the policy is no JSON');
    throw error;
  }
}

function asObject(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw malformed('no object');
  return { ...value };
}

function principalsOf(principal: unknown): readonly string[] {
  if (principal === '*') return ['*'];
  const found = Object.entries(asObject(principal)).flatMap(([kind, named]) => {
    if (kind !== 'AWS' && kind !== 'Service')
      throw malformed(`principals of the kind ${kind} are not played`);
    return [named].flat();
  });
  const words = found.filter((one) => typeof one === 'string');
  if (words.length === 0 || words.length < found.length) throw malformed('a statement names no principal');
  return words;
}

function malformed(why: string): SimulatedFailure {
  return new SimulatedFailure('MalformedPolicyDocumentException', `The new key policy is malformed: ${why}`);
}
