// Loaded into a measured program by `--import`: when it ends, it writes down what it took. Linux knows the peak of this program alone
// (VmHWM); elsewhere it is that of the process, which on some systems begins with what its parent had.
import { readFileSync, writeFileSync } from 'node:fs';

process.on('exit', () => {
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
  const usage = { cpuMs: (userCPUTime + systemCPUTime) / 1_000, peakMB: (peakKB() ?? maxRSS) / 1_024 };
  writeFileSync(process.env.ES_ECS_BENCH_USAGE, JSON.stringify(usage));
});

function peakKB() {
  try {
    const [, kB] = /^VmHWM:\s*(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
    return kB === undefined ? undefined : Number(kB);
  } catch {
    return undefined;
  }
}
