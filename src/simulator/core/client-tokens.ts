import { SimulatedFailure } from './failure.ts';
import { table, type World } from './world.ts';

interface TokenRow {
  readonly parameters: string;
  readonly made: unknown;
  readonly untilMs: number;
}

const tokens = table<TokenRow>('core/client-tokens');

/** EC2 keeps a token for at least a day ("Ensuring idempotency in Amazon EC2 API requests"); the others for as long or less. */
const tokenLifetimeMs = 24 * 3_600_000;

/** The names under which the services take a client token; a token is no parameter of the thing made. */
const tokenNames = new Set(['ClientToken', 'clientToken', 'ClientRequestToken', 'clientRequestToken']);

/** A creating call as it came in. */
export interface TokenCall {
  /** With its service, as in `EC2:CreateNatGateway`: tokens of different operations never meet. */
  readonly operation: string;
  /** Without one nothing is remembered. */
  readonly token: string | undefined;
  /** The SDK's whole input. */
  readonly input: object;
  /** What the service says to the same token with other parameters; EC2's word by default. */
  readonly mismatch?: (token: string) => SimulatedFailure;
}

/**
 * Makes a thing once for a client token: the same token with the same parameters makes nothing and answers with what was
 * made the first time, even if that is gone by now, as on AWS; other parameters are refused. A `make` that throws leaves
 * the token unused.
 *
 * @param make gives the row it made, which must be plain JSON; a repeated call gets a copy of it as it was made, so look
 *   up the living row by its id where the state of today is to be shown.
 * @throws SimulatedFailure IdempotentParameterMismatch, or what `mismatch` gives
 */
export function once<Made>(world: World, call: TokenCall, make: () => Made): Made {
  const { token } = call;
  if (token === undefined || token === '') return make();
  const key = `${call.operation} ${token}`;
  const parameters = canonical(call.input);
  const known = world.rows(tokens).get(key);
  if (known !== undefined && known.untilMs > world.nowMs) {
    if (known.parameters !== parameters) throw (call.mismatch ?? parameterMismatch)(token);
    // The key names the operation, and an operation makes one kind of thing.
    return structuredClone(known.made) as Made;
  }
  const made = make();
  const row = { parameters, made: structuredClone(made), untilMs: world.nowMs + tokenLifetimeMs };
  world.rows(tokens).set(key, row);
  return made;
}

function parameterMismatch(token: string): SimulatedFailure {
  return new SimulatedFailure(
    'IdempotentParameterMismatch',
    `The client token ${token} was used with different parameters`,
  );
}

/** The parameters as text: the same for every order of the keys, and without what is undefined. */
function canonical(input: object): string {
  return JSON.stringify(input, (key, value: unknown) => {
    if (tokenNames.has(key)) return undefined;
    if (value === null || typeof value !== 'object' || Array.isArray(value)) return value;
    return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}
