// Runs a program where there is no network but loopback, and on it nothing but a proxy:
//
//   unshare --net node inside.mjs SOCKET PORT PROGRAM ARGUMENTS…
//
// What comes to 127.0.0.1:PORT goes into the Unix socket, the only thing that leads out. Ends as the program does.
import { execFileSync, spawn } from 'node:child_process';
import net from 'node:net';

const [socket, port, program, ...args] = process.argv.slice(2);
execFileSync('ip', ['link', 'set', 'lo', 'up']);
const server = net.createServer((inner) => {
  const outer = net.connect(socket);
  inner.pipe(outer).pipe(inner);
  for (const [one, other] of [
    [inner, outer],
    [outer, inner],
  ])
    one.on('error', () => other.destroy());
});
server.listen(Number(port), '127.0.0.1', () => {
  spawn(program, args, { stdio: 'inherit' }).on('exit', (code, signal) => process.exit(code ?? (signal === null ? 1 : 128)));
});
