// Holds the tests of two runs against each other: `compare-tests.js BEFORE.json … -- AFTER.json …`, results of vitest's JSON
// reporter. Says which names are there no more and which are new, and fails if any is lost. A test is known by its whole name;
// in which file it stands makes no difference, and of several of one name none may go.
import { readFileSync } from 'node:fs';

function count(files) {
  const counts = new Map();
  for (const file of files) {
    for (const { assertionResults } of JSON.parse(readFileSync(file, 'utf8')).testResults) {
      for (const { fullName } of assertionResults) counts.set(fullName, (counts.get(fullName) ?? 0) + 1);
    }
  }
  return counts;
}

/** Names of which one has fewer than the other. */
function missing(from, inOther) {
  return [...from].filter(([name, times]) => (inOther.get(name) ?? 0) < times).map(([name]) => name);
}

const words = process.argv.slice(2);
const middle = words.indexOf('--');
if (middle < 1 || middle === words.length - 1) {
  console.error('compare-tests.js BEFORE.json … -- AFTER.json …');
  process.exit(2);
}
const before = count(words.slice(0, middle));
const after = count(words.slice(middle + 1));
const lost = missing(before, after);
const added = missing(after, before);
for (const name of lost.sort()) console.log(`- ${name}`);
for (const name of added.sort()) console.log(`+ ${name}`);
console.log(
  `${String(before.size)} names before, ${String(after.size)} after: ${String(lost.length)} lost, ${String(added.length)} new`,
);
process.exitCode = lost.length === 0 ? 0 : 1;
