import { EsEcsError } from '../errors.ts';
import { accountKinds } from '../simulator/kinds/kinds.ts';

/** @throws EsEcsError USAGE for a kind that there is not */
export function checkedKind(kind: string): string {
  if (accountKinds.has(kind)) return kind;
  throw refuseKind(`${kind === '' ? 'nothing' : kind} is no kind of account`);
}

/** The error for an account that cannot be opened so. */
export function refuseKind(why: string): EsEcsError {
  return new EsEcsError('USAGE', `--simulate-account: ${why}`, {
    hint: [
      ...[...accountKinds].map(([name, { what }]) => `--simulate-account ${name}  has ${what}`),
      'docs/simulated-account.md says what each of them is like',
    ],
  });
}
