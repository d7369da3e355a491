// Adds up what the parts of a CI run left behind: `count-results.js STATUS FILE …`, pairs of a part's exit status and
// the file it wrote (vitest's JSON, or that of scripts/check.js). Prints one line a part and, last of all,
// `N passed, N failed`. With CI=true a test that was skipped has failed: nobody else will run it. What failed is named before
// the sums: of a long run often only the end of the output is kept.
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** Enough of an error to see what was expected; the whole of it stands in the part's own output. */
const LINES_OF_AN_ERROR = 12;

const indented = (line) => `    ${line}`;

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

/** Why a test failed, as short as can be told: its first error without the stack. */
const why = ([message]) =>
  message === undefined ? [] : message.split('\n    at ')[0].split('\n').slice(0, LINES_OF_AN_ERROR);

/** What did not pass of a results file, as lines. */
function failures(file) {
  if (!existsSync(file)) return [];
  const results = JSON.parse(readFileSync(file, 'utf8'));
  const checks = (results.checks ?? []).filter((check) => !check.passed).map((check) => check.name);
  const tests = (results.testResults ?? []).flatMap(({ name, message, assertionResults = [] }) => {
    const where = path.relative(process.cwd(), name);
    const failed = assertionResults.filter((test) => test.status !== 'passed');
    // A file that could not even be read has no tests, only a message.
    if (assertionResults.length === 0 && message) return [where, ...why([message]).map(indented)];
    return failed.flatMap((test) => [
      `${where} > ${test.fullName}${test.status === 'failed' ? '' : ` (${test.status})`}`,
      ...why(test.failureMessages ?? []).map(indented),
    ]);
  });
  return [...checks, ...tests];
}

let passed = 0;
let failed = 0;
const pairs = process.argv.slice(2);
const ofFailed = [];
const sums = [];
for (let index = 0; index < pairs.length; index += 2) {
  const status = Number(pairs[index]);
  const file = pairs[index + 1];
  const part = read(file);
  if (process.env.CI === 'true') part.failed += part.skipped;
  // A part that failed without a failed test, or ran nothing at all, is a failure of its own.
  if (part.failed === 0 && (status !== 0 || part.passed === 0)) part.failed = 1;
  if (part.failed > 0)
    ofFailed.push('', `${path.basename(file, '.json')}, exit status ${status}:`, ...failures(file));
  const skips = part.skipped === 0 ? '' : ` (${part.skipped} skipped)`;
  sums.push(`${path.basename(file, '.json')}: ${part.passed} passed, ${part.failed} failed${skips}`);
  passed += part.passed;
  failed += part.failed;
}
for (const line of [...ofFailed, '', ...sums, `${passed} passed, ${failed} failed`]) console.log(line);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
