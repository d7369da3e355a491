// Adds up what the parts of a CI run left behind: `count-results.js STATUS FILE …`, pairs of a part's exit status and
// the file it wrote (vitest's JSON, or that of scripts/check.js). Prints one line a part and, last of all,
// `N passed, N failed`. With CI=true a test that was skipped has failed: nobody else will run it.
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** What a results file says, or that there is none. */
function read(file) {
  if (!existsSync(file)) return { passed: 0, failed: 0, skipped: 0 };
  const results = JSON.parse(readFileSync(file, 'utf8'));
  if (Array.isArray(results.checks)) {
    const passed = results.checks.filter((check) => check.passed).length;
    return { passed, failed: results.checks.length - passed, skipped: 0 };
  }
  const { numPassedTests, numFailedTests, numPendingTests, numTodoTests } = results;
  return { passed: numPassedTests, failed: numFailedTests, skipped: numPendingTests + numTodoTests };
}

let passed = 0;
let failed = 0;
const pairs = process.argv.slice(2);
for (let index = 0; index < pairs.length; index += 2) {
  const status = Number(pairs[index]);
  const file = pairs[index + 1];
  const part = read(file);
  if (process.env.CI === 'true') part.failed += part.skipped;
  // A part that failed without a failed test, or ran nothing at all, is a failure of its own.
  if (part.failed === 0 && (status !== 0 || part.passed === 0)) part.failed = 1;
  const skips = part.skipped === 0 ? '' : ` (${part.skipped} skipped)`;
  console.log(`${path.basename(file, '.json')}: ${part.passed} passed, ${part.failed} failed${skips}`);
  passed += part.passed;
  failed += part.failed;
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
