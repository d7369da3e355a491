import { defineConfig } from 'vitest/config';

import { LongestFirst } from './test/sequencer.ts';

/** What a run leaves when it is cut off anywhere, and whether the next one puts it right: hundreds of runs on the simulated account. */
export default defineConfig({
  test: {
    include: ['test/recovery/**/*.test.ts'],
    setupFiles: ['test/set-up.ts'],
    env: { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' },
    pool: 'forks',
    // Vitest leaves one processor free by itself.
    maxWorkers: '100%',
    sequence: { sequencer: LongestFirst },
    testTimeout: 1_800_000,
  },
});
