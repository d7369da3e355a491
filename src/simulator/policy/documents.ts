import { z } from 'zod';

import { conditionProblem } from './condition-keys.ts';

/** A condition block: operator, then key, then values. */
export type Conditions = Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;

/** A statement of an identity-based policy, as far as the simulated account weighs it. */
export interface PolicyStatement {
  readonly sid: string | undefined;
  readonly effect: 'Allow' | 'Deny';
  readonly actions: readonly string[];
  /** `actions` are those that are not meant. */
  readonly isNotAction: boolean;
  readonly resources: readonly string[];
  readonly isNotResource: boolean;
  readonly conditions: Conditions;
}

/** A policy document that is not understood, or says what is not played: nothing of it is weighed then. */
export class PolicyProblem extends Error {
  override readonly name = 'PolicyProblem';
}

const scalar = z.union([z.string(), z.boolean(), z.number()]).transform(String);
const words = z.union([z.string().transform((one) => [one]), z.array(z.string()).min(1)]);
const values = z.union([scalar.transform((one) => [one]), z.array(scalar)]);
const statementSchema = z
  .strictObject({
    Sid: z.string().optional(),
    Effect: z.enum(['Allow', 'Deny']),
    Action: words.optional(),
    NotAction: words.optional(),
    Resource: words.optional(),
    NotResource: words.optional(),
    Condition: z.record(z.string(), z.record(z.string(), values)).optional(),
  })
  .refine((one) => (one.Action === undefined) !== (one.NotAction === undefined), {
    error: 'a statement has either Action or NotAction',
  })
  .refine((one) => (one.Resource === undefined) !== (one.NotResource === undefined), {
    error: 'a statement has either Resource or NotResource',
  });
const documentSchema = z.strictObject({
  Version: z.literal('2012-10-17', {
    error: 'Version must be 2012-10-17: the older language is not played',
  }),
  Id: z.string().optional(),
  Statement: z.union([statementSchema.transform((one) => [one]), z.array(statementSchema).min(1)]),
});

/**
 * Reads an identity-based policy.
 *
 * @throws PolicyProblem for text that is no policy, and for a policy that says what the simulated account does not weigh: another
 *   condition key, another operator, a variable. What is not weighed is never passed over.
 */
export function parsePolicy(text: string): readonly PolicyStatement[] {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new PolicyProblem(error instanceof Error ? error.message : String(error));
  }
  const parsed = documentSchema.safeParse(json);
  if (!parsed.success) throw new PolicyProblem(issueWords(parsed.error));
  return parsed.data.Statement.map((one) => {
    const statement: PolicyStatement = {
      sid: one.Sid,
      effect: one.Effect,
      actions: one.Action ?? one.NotAction ?? [],
      isNotAction: one.Action === undefined,
      resources: one.Resource ?? one.NotResource ?? [],
      isNotResource: one.Resource === undefined,
      conditions: one.Condition ?? {},
    };
    const problem = problemOf(statement);
    if (problem !== undefined) throw new PolicyProblem(`${one.Sid ?? 'a statement'}: ${problem}`);
    return statement;
  });
}

function issueWords(error: z.ZodError): string {
  const [issue] = error.issues;
  if (issue === undefined) return 'it is no policy';
  const where = issue.path.join('.');
  return where === '' ? issue.message : `${where}: ${issue.message}`;
}

function problemOf({ actions, resources, conditions }: PolicyStatement): string | undefined {
  const action = actions.find((one) => one !== '*' && !/^[a-zA-Z0-9-]+:[\w*?]+$/.test(one));
  if (action !== undefined) return `${action} is no action: they read as ec2:CreateVpc`;
  const resource = resources.find((one) => one !== '*' && !/^[^:]+:[^:]+:[^:]+:[^:]*:[^:]*:.+$/.test(one));
  if (resource !== undefined) return `${resource} is no ARN`;
  const inConditions = Object.values(conditions).flatMap((keys) => Object.values(keys).flat());
  const variable = [...resources, ...inConditions].find((one) => one.includes('${'));
  if (variable !== undefined) return `${variable}: variables are not played`;
  return conditionProblem(conditions);
}
