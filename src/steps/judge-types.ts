import type { Config } from '../config/config.ts';
import { heapProblem, instanceProblem } from '../elasticsearch/sizing.ts';
import { EsEcsError } from '../errors.ts';
import type { InstanceTypeFacts } from './facts.ts';
import { wantedTypes } from './wanted-types.ts';

/**
 * Refuses instance types on which no node would ever run, before anything is made.
 *
 * @param at where a value of the config stands in its file.
 * @throws EsEcsError INSTANCE_TYPE_UNFIT, naming the line of the config.
 */
export function judgeTypes(
  config: Config,
  at: (path: readonly (string | number)[]) => string,
  types: ReadonlyMap<string, InstanceTypeFacts>,
): void {
  const { heapMiB } = config.elasticsearch;
  for (const { name, path, group } of wantedTypes(config)) {
    const facts = types.get(name);
    if (facts === undefined || group === undefined) continue;
    const unfit = unfitness(facts);
    if (unfit !== undefined) throw refused(`${at(path)}: ${name} ${unfit.because}`, unfit.hint);
    const noHeap = heapMiB === undefined ? undefined : heapProblem(facts.memoryMiB, heapMiB);
    if (noHeap !== undefined) {
      throw refused(
        `${at(['elasticsearch', 'heapMiB'])}: on ${name}, ${noHeap}`,
        'leave heapMiB out, and it follows from the instance type; or take a larger instanceType',
      );
    }
  }
}

/** Why no node can run on a type, and what to take instead; undefined where one can. */
export function unfitness(
  facts: InstanceTypeFacts,
): { readonly because: string; readonly hint: string } | undefined {
  if (!facts.hasNvmeVolumes) {
    return {
      because: 'is on Xen, where a host does not see which EBS volume is its own',
      hint: 'take a type of the Nitro system, such as m7g.large or r7g.large',
    };
  }
  const tooSmall = instanceProblem(facts.memoryMiB);
  if (tooSmall === undefined) return undefined;
  return {
    because: `is too small: ${tooSmall}`,
    hint: 'take t4g.small or larger for a trial, m7g.large or larger for production',
  };
}

function refused(message: string, hint: string): EsEcsError {
  return new EsEcsError('INSTANCE_TYPE_UNFIT', message, { hint });
}
