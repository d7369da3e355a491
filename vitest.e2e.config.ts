import { defineConfig } from 'vitest/config';

import { LongestFirst } from './test/e2e/sequencer.ts';

/** Real parts: slow to start, and with time to spare. */
export default defineConfig({
  test: {
    include: ['test/e2e/**/*.test.ts'],
    globalSetup: ['test/e2e/support/build.ts'],
    // The SDK would say in every suite that its support for Node 20 ends in January 2027.
    env: { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' },
    // They share the machine and nothing else: each file has its own addresses, ports, engines and folders. More than there are
    // processors, as they wait a good deal.
    maxWorkers: Number(process.env['ES_ECS_E2E_FILES'] ?? 3),
    sequence: { sequencer: LongestFirst },
    pool: 'forks',
    testTimeout: 900_000,
    hookTimeout: 900_000,
    teardownTimeout: 60_000,
  },
});
