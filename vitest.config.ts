import { defineConfig } from 'vitest/config';

import { LongestFirst } from './test/sequencer.ts';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/e2e/**', 'test/recovery/**', 'node_modules/**'],
    setupFiles: ['test/set-up.ts'],
    // The SDK's announcement about Node 20 is not what a test's output is for.
    env: { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' },
    // What is tested is imported once for each worker, not once for each file. No file may leave anything behind in it.
    isolate: false,
    // Vitest leaves one processor free by itself.
    maxWorkers: '100%',
    sequence: { shuffle: true, sequencer: LongestFirst },
    // Far more than any test takes: a machine may be busy with other things, and no test is about time.
    testTimeout: 300_000,
    hookTimeout: 300_000,
  },
});
