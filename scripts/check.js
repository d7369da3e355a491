// Everything that must hold before a change is handed in: `npm run check`, or `npm run check -- lint types` for some, or
// `npm run check -- --without test` for all others.
// Goes on after a failure, so that one run shows all there is to mend. ES_ECS_RESULTS names a file for the outcome.
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';

const checks = ['format:check', 'lint', 'types', 'knip', 'publint', 'shell', 'dockerfile', 'test'];

const words = process.argv.slice(2);
const isWithout = words[0] === '--without';
const named = isWithout ? words.slice(1) : words;
const unknown = named.filter((name) => !checks.includes(name));
if (unknown.length > 0) {
  console.error(`no check is called ${unknown.join(', ')}; there are ${checks.join(', ')}`);
  process.exit(2);
}

const results = checks
  .filter((name) => (isWithout ? !named.includes(name) : named.length === 0 || named.includes(name)))
  .map((name) => {
    console.log(`\n== ${name}`);
    const begun = Date.now();
    const { status } = spawnSync('npm', ['run', '--silent', name], { stdio: 'inherit' });
    return { name, passed: status === 0, seconds: (Date.now() - begun) / 1000 };
  });

console.log('');
for (const { name, passed, seconds } of results) {
  console.log(`${passed ? '✔' : '✖'} ${name.padEnd(14)} ${seconds.toFixed(1).padStart(6)}s`);
}
if (process.env.ES_ECS_RESULTS !== undefined) {
  writeFileSync(process.env.ES_ECS_RESULTS, JSON.stringify({ checks: results }));
}
process.exitCode = results.every(({ passed }) => passed) ? 0 : 1;
