// Measures how long it takes until `es-ecs --version` and `es-ecs --help` are done, against a Node that does nothing:
// `npm run bench:startup`. The runs are interleaved, so that whatever else this machine does burdens all alike. Fails when
// a median is more than twice that of the bare Node. Build first: it runs bin/, which loads dist/.
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { performance } from 'node:perf_hooks';

const limit = 2;
const rounds = 15;
const warmUps = 2;

const bin = path.join(import.meta.dirname, '..', 'bin', 'es-ecs.js');
const bare = { name: 'node -e 0', arguments: ['-e', '0'], times: [] };
const measured = ['--version', '--help'].map((flag) => ({
  name: `es-ecs ${flag}`,
  arguments: [bin, flag],
  times: [],
}));
const contenders = [bare, ...measured];

/** Milliseconds of one run. */
function time(contender) {
  const begun = performance.now();
  const { status, stderr } = spawnSync(process.execPath, contender.arguments, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${contender.name} ends with ${status}; npm run build first\n${stderr}`);
  return performance.now() - begun;
}

for (let round = -warmUps; round < rounds; round += 1) {
  for (const contender of contenders) {
    const ms = time(contender);
    if (round >= 0) contender.times.push(ms);
  }
}

const median = (times) => [...times].sort((a, b) => a - b)[Math.floor(times.length / 2)];
const ratio = (of, statistic) => statistic(of.times) / statistic(bare.times);
const least = (times) => Math.min(...times);

console.log(`${'milliseconds'.padEnd(20)}   least  median   against node: least  median`);
for (const contender of contenders) {
  const times = [least(contender.times), median(contender.times)]
    .map((ms) => ms.toFixed(0).padStart(8))
    .join('');
  const ratios = [ratio(contender, least), ratio(contender, median)].map((one) => one.toFixed(2));
  console.log(`${contender.name.padEnd(20)}${times}${ratios[0].padStart(21)}${ratios[1].padStart(8)}`);
}

const slow = measured.filter((contender) => ratio(contender, median) > limit);
for (const { name } of slow) console.error(`${name} takes more than ${limit} times as long as node -e 0`);
process.exitCode = slow.length === 0 ? 0 : 1;
