import { defineConfig } from 'vitest/config';

/**
 * What the suites send to the simulated account, held against the services' own models: started by `test/e2e/models.test.ts`, which
 * brings the models.
 */
export default defineConfig({
  test: {
    include: [
      'test/{contract,simulator,steps}/**/*.test.ts',
      'test/lifecycle/{drift,scale,settings,whole}.test.ts',
    ],
    setupFiles: ['test/set-up.ts', 'test/contract/models/watch.ts'],
    env: { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' },
    pool: 'forks',
    isolate: false,
    testTimeout: 300_000,
    hookTimeout: 300_000,
  },
});
