import { invalidParameter } from './common.ts';

/** What the cluster query language sees of a container instance. */
export interface InstanceFacts {
  readonly attributes: Readonly<Record<string, string>>;
  /** `agentConnected`, `ec2InstanceId`, `runningTasksCount`. */
  readonly fields: Readonly<Record<string, string>>;
  /** The groups of the tasks on it, as in `task:group == service:search-0`. */
  readonly groups: readonly string[];
}

/** A parsed expression of the cluster query language. */
export type Expression =
  | { readonly kind: 'and' | 'or'; readonly left: Expression; readonly right: Expression }
  | { readonly kind: 'not'; readonly inner: Expression }
  | {
      readonly kind: 'test';
      readonly subject: string;
      readonly operator: Operator;
      readonly values: readonly string[];
    };

type Operator = '==' | '!=' | '>' | '>=' | '<' | '<=' | 'exists' | '!exists' | 'in' | '!in' | '=~' | '!~';

const operators: Readonly<Record<string, Operator>> = {
  '==': '==',
  equals: '==',
  '!=': '!=',
  not_equals: '!=',
  '>': '>',
  greater_than: '>',
  '>=': '>=',
  greater_than_equal: '>=',
  '<': '<',
  less_than: '<',
  '<=': '<=',
  less_than_equal: '<=',
  exists: 'exists',
  '!exists': '!exists',
  not_exists: '!exists',
  in: 'in',
  '!in': '!in',
  not_in: '!in',
  '=~': '=~',
  matches: '=~',
  '!~': '!~',
  not_matches: '!~',
};

const token =
  /\s*(\(|\)|\[|\]|,|&&|\|\||==|!=|>=|<=|=~|!~|!exists|!in|!|>|<|"[^"]*"|'[^']*'|[\w:./*+^$\\-]+)/y;

/**
 * Parses an expression of the cluster query language ("Create expressions to define container instances for Amazon ECS tasks").
 *
 * @throws SimulatedFailure InvalidParameterException
 */
export function parseExpression(text: string): Expression {
  const reader = new TokenReader(text);
  const parsed = parseOr(reader);
  if (reader.peek() !== undefined) throw invalidExpression(text);
  return parsed;
}

function invalidExpression(text: string): Error {
  return invalidParameter(`Invalid placement constraint expression: ${text}`);
}

class TokenReader {
  readonly text: string;
  readonly #tokens: string[];
  #next = 0;

  constructor(text: string) {
    this.text = text;
    this.#tokens = [];
    token.lastIndex = 0;
    while (token.lastIndex < text.trimEnd().length) {
      const match = token.exec(text);
      if (match?.[1] === undefined) throw invalidExpression(text);
      this.#tokens.push(match[1]);
    }
    if (this.#tokens.length === 0) throw invalidExpression(text);
  }

  peek(): string | undefined {
    return this.#tokens[this.#next];
  }

  take(): string {
    const taken = this.#tokens[this.#next];
    if (taken === undefined) throw invalidExpression(this.text);
    this.#next += 1;
    return taken;
  }

  expect(wanted: string): void {
    if (this.take() !== wanted) throw invalidExpression(this.text);
  }
}

function parseOr(reader: TokenReader): Expression {
  let left = parseAnd(reader);
  while (reader.peek() === '||' || reader.peek() === 'or') {
    reader.take();
    left = { kind: 'or', left, right: parseAnd(reader) };
  }
  return left;
}

function parseAnd(reader: TokenReader): Expression {
  let left = parseUnary(reader);
  while (reader.peek() === '&&' || reader.peek() === 'and') {
    reader.take();
    left = { kind: 'and', left, right: parseUnary(reader) };
  }
  return left;
}

function parseUnary(reader: TokenReader): Expression {
  const next = reader.peek();
  if (next === '!' || next === 'not') {
    reader.take();
    return { kind: 'not', inner: parseUnary(reader) };
  }
  if (next === '(') {
    reader.take();
    const inner = parseOr(reader);
    reader.expect(')');
    return inner;
  }
  return parseTest(reader);
}

function parseTest(reader: TokenReader): Expression {
  const subject = reader.take();
  const isKnown =
    /^(attribute:|task:group$|agentConnected$|agentVersion$|ec2InstanceId$|registeredAt$|runningTasksCount$)/;
  if (!isKnown.test(subject)) throw invalidExpression(reader.text);
  const operator = operators[reader.take()];
  if (operator === undefined) throw invalidExpression(reader.text);
  if (operator === 'exists' || operator === '!exists') return { kind: 'test', subject, operator, values: [] };
  const values = operator === 'in' || operator === '!in' ? parseList(reader) : [unquote(reader.take())];
  return { kind: 'test', subject, operator, values };
}

function parseList(reader: TokenReader): string[] {
  reader.expect('[');
  const values = [unquote(reader.take())];
  while (reader.peek() === ',') {
    reader.take();
    values.push(unquote(reader.take()));
  }
  reader.expect(']');
  return values;
}

function unquote(value: string): string {
  return /^(["']).*\1$/.test(value) ? value.slice(1, -1) : value;
}

/** Whether an instance is a member. */
export function matchesExpression(expression: Expression, facts: InstanceFacts): boolean {
  switch (expression.kind) {
    case 'and':
      return matchesExpression(expression.left, facts) && matchesExpression(expression.right, facts);
    case 'or':
      return matchesExpression(expression.left, facts) || matchesExpression(expression.right, facts);
    case 'not':
      return !matchesExpression(expression.inner, facts);
    case 'test':
      return passes(expression.operator, valuesOf(expression.subject, facts), expression.values);
  }
}

/**
 * An attribute that every member has one of these values of: where an expression asks for that, only those that carry it need be
 * looked at. Undefined where it asks for something else.
 */
export function pinOf(
  expression: Expression,
): { readonly name: string; readonly values: readonly string[] } | undefined {
  if (expression.kind === 'and') return pinOf(expression.left) ?? pinOf(expression.right);
  if (expression.kind !== 'test' || (expression.operator !== '==' && expression.operator !== 'in'))
    return undefined;
  const name = /^attribute:(.+)$/.exec(expression.subject)?.[1];
  return name === undefined ? undefined : { name, values: expression.values };
}

function valuesOf(subject: string, facts: InstanceFacts): readonly string[] {
  if (subject === 'task:group') return facts.groups;
  const value = subject.startsWith('attribute:')
    ? facts.attributes[subject.slice('attribute:'.length)]
    : facts.fields[subject];
  return value === undefined ? [] : [value];
}

function passes(operator: Operator, actual: readonly string[], wanted: readonly string[]): boolean {
  const [first = ''] = wanted;
  switch (operator) {
    case 'exists':
      return actual.length > 0;
    case '!exists':
      return actual.length === 0;
    case '==':
    case 'in':
      return actual.some((value) => wanted.includes(value));
    case '!=':
    case '!in':
      return !actual.some((value) => wanted.includes(value));
    case '=~':
      return actual.some((value) => matchesWhole(value, first));
    case '!~':
      return !actual.some((value) => matchesWhole(value, first));
    case '>':
      return actual.some((value) => Number(value) > Number(first));
    case '>=':
      return actual.some((value) => Number(value) >= Number(first));
    case '<':
      return actual.some((value) => Number(value) < Number(first));
    case '<=':
      return actual.some((value) => Number(value) <= Number(first));
  }
}

/** Patterns are Java's and match the whole value. */
function matchesWhole(value: string, pattern: string): boolean {
  return new RegExp(`^(?:${pattern})$`).test(value);
}
