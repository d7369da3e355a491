import { expect, it } from 'vitest';

import type { ContractCase } from './case.ts';
import { cases } from './cases.ts';
import { differences } from './differences.ts';
import { recordCalls } from './targets.ts';
import type { Target, TargetName } from './targets.ts';

/**
 * Holds every case against a target. What a case is listed for in `differences.ts` must come out exactly as it is
 * listed there: a new difference fails, and so does one that is no more.
 *
 * @param target called once a case.
 */
export function contractSuite(name: TargetName, target: () => Target | Promise<Target>): void {
  it.each(cases.map((one): [string, ContractCase] => [one.name, one]))('%s', async (_name, one) => {
    const { clients, scratch } = await target();
    const sent = recordCalls(clients);
    const observed = await one.run(clients, scratch);
    const listed = differences.find(
      (difference) => difference.target === name && difference.case === one.name,
    );
    expect(observed).toEqual({ ...one.expected, ...listed?.instead });
    // What is not there cannot be looked at: a case that goes another way may leave calls out.
    if (listed === undefined) expect([...sent]).toEqual(expect.arrayContaining([...one.calls]));
  });
}
