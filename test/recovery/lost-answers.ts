import type { Fault } from '../../src/simulator/core/faults.ts';
import { keptData, normal, runCounted, type Scene } from './crash-points.ts';
import { difference } from './normal-account.ts';

/** How answers get lost: the line breaks, or a server fails after it has done its work, and once more at the repeat. */
const ways = {
  'the line broke': { code: 'ECONNRESET' },
  'a server failed twice': { code: 'InternalFailure', status: 500, answerLost: true, times: 2 },
} as const satisfies Record<string, Omit<Fault, 'operation'>>;

/** What became of every write of a command whose answer was lost. */
export interface Explored {
  /** The operations that the command writes with, by service. */
  readonly operations: readonly string[];
  /** How many runs there were: each operation in each way, its first call, and its second where it has one. */
  readonly runs: number;
  /** By the run's name, how the account or the files came out otherwise than undisturbed, or why the run or the next failed. */
  readonly deviations: Readonly<Record<string, readonly string[]>>;
}

/** Loses the answer to every write of a command, one in each run, and says how many runs went on by themselves to the same end. */
export async function loseAnswers(scene: Scene): Promise<Explored> {
  const { calls, after } = await runCounted(scene);
  const expected = [...normal(after), ...keptData(scene, after)];
  const names = calls.map(({ service, operation }) => `${service}:${operation}`);
  const operations = [...new Set(names)].sort();
  const deviations: Record<string, readonly string[]> = {};
  const faults = operations.flatMap((operation) => {
    const isRepeated = names.filter((name) => name === operation).length > 1;
    return Object.entries(ways).flatMap(([way, fault]) => [
      { name: `${operation}: ${way}`, fault: { operation, ...fault } },
      ...(isRepeated
        ? [{ name: `${operation}, the second call: ${way}`, fault: { operation, after: 1, ...fault } }]
        : []),
    ]);
  });
  for (const { name, fault } of faults) {
    const told = await outcome(scene, fault, expected);
    if (told.length > 0) deviations[name] = told;
  }
  const well = faults.length - Object.keys(deviations).length;
  console.log(
    `${scene.words.join(' ')}: ${well} of ${faults.length} go on by themselves, of ${operations.length} operations`,
  );
  return { operations, runs: faults.length, deviations };
}

async function outcome(scene: Scene, fault: Fault, expected: readonly string[]): Promise<readonly string[]> {
  try {
    const { after } = await runCounted(scene, { faults: [fault] });
    const different = difference(expected, [...normal(after), ...keptData(scene, after)]);
    const again = await runCounted({ ...scene, before: after });
    return [
      ...different.map(short),
      ...again.calls.map(({ operation }) => `the next run sends ${operation}`),
    ];
  } catch (error) {
    return [String(error)];
  }
}

/** Some rows hold pages of user data. */
function short(line: string): string {
  return line.slice(0, 300);
}
