// Everything that must hold before a change is handed in: `npm run check`, or `npm run check -- lint types` for some.
// Goes on after a failure, so that one run shows all there is to mend. ES_ECS_RESULTS names a file for the outcome.
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';

const checks = ['format:check', 'lint', 'types', 'knip', 'publint', 'shell', 'dockerfile', 'test'];

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !checks.includes(name));
if (unknown.length > 0) {
  console.error(`no check is called ${unknown.join(', ')}; there are ${checks.join(', ')}`);
  process.exit(2);
}

const results = checks
  .filter((name) => asked.length === 0 || asked.includes(name))
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
