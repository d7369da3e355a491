import path from 'node:path';

import { BaseSequencer, type TestSpecification } from 'vitest/node';

/**
 * Those that take minutes, in the order in which they begin: the longest first, and those with real clusters apart from each
 * other, so that the machine is never full of starting servers. All others come between them, by name.
 */
const long = [
  ...['roll', 'scale', 'user-data', 'roll-settings', 'image', 'rotate', 'groups', 'elasticsearch', 'killed'],
  ...['settled', 'commands'],
];

/** Starts the longest files first, as several run side by side and nobody should wait for the last one. */
export class LongestFirst extends BaseSequencer {
  override sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification): number => {
      const index = long.indexOf(path.basename(moduleId, '.test.ts'));
      return index === -1 ? long.length : index;
    };
    return Promise.resolve(
      files.toSorted((a, b) => place(a) - place(b) || a.moduleId.localeCompare(b.moduleId)),
    );
  }
}
