import { fits } from '../../aws/policy-pattern.ts';

/** Something that somebody must be able to do with a key. */
export interface KeyWish {
  /** Whole names: `kms:Decrypt`. */
  readonly actions: readonly string[];
  /** What a policy may call him, `*` for what is not known of it; all of them are he. */
  readonly principals: readonly string[];
  /** Whether the account's own policies may let him, where the key's leaves it to them: not so of services and of their own roles. */
  readonly byIam: boolean;
  /** Values of condition keys, by their names in small letters. */
  readonly keys: Readonly<Record<string, string>>;
}

/**
 * Whether a key's policy lets somebody do something. `unknown` is all that depends on what cannot be known from here: a condition on something
 * else, a statement of whom is not meant, and what IAM says.
 */
type KeyVerdict = 'allowed' | 'refused' | 'unknown';

type Fit = 'yes' | 'no' | 'perhaps';

/** Actions of a wish that a policy refuses. Text that is no policy refuses nothing: KMS has taken it. */
export function refusedActions(policy: string, accountId: string, wish: KeyWish): readonly string[] {
  const statements = statementsIn(policy);
  return wish.actions.filter((action) => judge(statements, accountId, { wish, action }) === 'refused');
}

function judge(
  statements: readonly Statement[] | undefined,
  accountId: string,
  asked: { readonly wish: KeyWish; readonly action: string },
): KeyVerdict {
  if (statements === undefined) return 'unknown';
  const fits = statements.map((one) => ({ effect: one['Effect'], fit: fitOf(one, accountId, asked) }));
  const of = (effect: string, fit: Fit): boolean =>
    fits.some((one) => one.effect === effect && one.fit === fit);
  const maybe = of('Allow', 'perhaps');
  if (of('Deny', 'yes') || (!of('Allow', 'yes') && !maybe)) return 'refused';
  if (of('Deny', 'perhaps')) return 'unknown';
  return of('Allow', 'yes') ? 'allowed' : 'unknown';
}

type Statement = Readonly<Record<string, unknown>>;

function statementsIn(policy: string): readonly Statement[] | undefined {
  try {
    const parsed: unknown = JSON.parse(policy);
    if (typeof parsed !== 'object' || parsed === null || !('Statement' in parsed)) return undefined;
    const listed: readonly unknown[] = [parsed.Statement].flat();
    return listed.flatMap((one) => (typeof one === 'object' && one !== null ? [{ ...one }] : []));
  } catch {
    return undefined;
  }
}

/** The least of all that a statement asks. */
function fitOf(
  statement: Statement,
  accountId: string,
  { wish, action }: { readonly wish: KeyWish; readonly action: string },
): Fit {
  const fits = [
    actionFit(statement, action),
    resourceFit(statement),
    principalFit(statement, accountId, wish),
    conditionFit(statement['Condition'], keysOf(wish, action)),
  ];
  if (fits.includes('no')) return 'no';
  return fits.includes('perhaps') ? 'perhaps' : 'yes';
}

function actionFit(statement: Statement, action: string): Fit {
  if ('NotAction' in statement) return 'perhaps';
  return textsOf(statement['Action']).some((pattern) => fits(pattern, action, { ignoresCase: true }))
    ? 'yes'
    : 'no';
}

/** `*` is this very key; a statement of none has no effect, though KMS takes it ("CreateKey", Policy). */
function resourceFit(statement: Statement): Fit {
  if (textsOf(statement['Resource']).includes('*')) return 'yes';
  return 'Resource' in statement || 'NotResource' in statement ? 'perhaps' : 'no';
}

/** What is said of the account is for IAM to decide, where it allows; where it denies, everybody in it is meant. */
function principalFit(statement: Statement, accountId: string, { principals, byIam }: KeyWish): Fit {
  if ('NotPrincipal' in statement) return 'perhaps';
  const named = principalsOf(statement['Principal']);
  if (named.some((one) => one === '*' || principals.some((his) => fits(his, one)))) return 'yes';
  const isAccount = named.some((one) => one === accountId || one.endsWith(`:iam::${accountId}:root`));
  if (!isAccount) return 'no';
  if (statement['Effect'] === 'Deny') return principals.every((one) => one.startsWith('arn:')) ? 'yes' : 'no';
  return byIam ? 'perhaps' : 'no';
}

function principalsOf(principal: unknown): readonly string[] {
  if (typeof principal === 'string') return [principal];
  if (typeof principal !== 'object' || principal === null) return [];
  return Object.values(principal).flatMap((one: unknown) => textsOf(one));
}

function conditionFit(condition: unknown, keys: KeyWish['keys']): Fit {
  if (typeof condition !== 'object' || condition === null) return 'yes';
  const fits = Object.entries(condition).flatMap(([operator, wanted]: readonly [string, unknown]): Fit[] =>
    typeof wanted === 'object' && wanted !== null
      ? Object.entries(wanted).map(([key, values]: readonly [string, unknown]) =>
          valueFit(operator, textsOf(values), keys[key.toLowerCase()]),
        )
      : ['perhaps'],
  );
  if (fits.includes('no')) return 'no';
  return fits.includes('perhaps') ? 'perhaps' : 'yes';
}

/** Of a key that is sure not to be there: no value is this. */
const absent = '';

/** Grants alone are made for a service's resource: of nothing else does the key say anything. */
function keysOf({ keys }: KeyWish, action: string): KeyWish['keys'] {
  return action === 'kms:CreateGrant' ? keys : { ...keys, 'kms:grantisforawsresource': absent };
}

/** Operators whose answer is sure once the value is known; of all others, and of keys that are not known here, nothing is sure. */
function valueFit(operator: string, wanted: readonly string[], value: string | undefined): Fit {
  // A variable stands for what is known in the call alone.
  if (value === undefined || wanted.some((one) => one.includes('${'))) return 'perhaps';
  if (value === absent) return operator === 'Bool' ? 'no' : 'perhaps';
  switch (operator) {
    case 'Bool':
      return sure(wanted.some((one) => one.toLowerCase() === value));
    case 'StringEquals':
      return sure(wanted.includes(value));
    case 'StringLike':
    case 'ArnLike':
    case 'ArnEquals':
      return sure(wanted.some((one) => fits(one, value)));
    default:
      return 'perhaps';
  }
}

function sure(fits: boolean): Fit {
  return fits ? 'yes' : 'no';
}

function textsOf(value: unknown): readonly string[] {
  const listed: readonly unknown[] = [value].flat();
  return listed.flatMap((one) => (['string', 'boolean', 'number'].includes(typeof one) ? [String(one)] : []));
}
