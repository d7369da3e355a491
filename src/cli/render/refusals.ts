import { EsEcsError } from '../../errors.ts';

/** Why a plan could not be carried out, or what is wrong beside it, below the plan; `[]` where all is well. */
export function refusalLines(refusals: readonly EsEcsError[]): readonly string[] {
  return refusals.flatMap(({ message, hints }) => {
    const [first = '', ...below] = [message, ...hints].flatMap((text) => text.split('\n'));
    return ['', `! ${first}`, ...below.map((line) => `  ${line}`)];
  });
}

/** The same as `--json` gives it. */
export function refusalDocument({ code, message, hints }: EsEcsError): object {
  return { code, message, hints };
}

/**
 * Ends a run that could not be carried out, before anything is made.
 *
 * @throws EsEcsError the first refusal, with the others in its hints
 */
export function throwRefused(refusals: readonly EsEcsError[]): void {
  const [first, ...others] = refusals;
  if (first === undefined) return;
  const also = others.flatMap(({ message, hints }) => [message, ...hints]);
  throw new EsEcsError(first.code, first.message, { hint: [...first.hints, ...also], cause: first });
}
