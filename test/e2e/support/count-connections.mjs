// Loaded before a program (NODE_OPTIONS=--import): writes every connection that it begins into the file CONNECTIONS, a line each.
import { appendFileSync } from 'node:fs';
import net from 'node:net';

const { connect } = net.Socket.prototype;
net.Socket.prototype.connect = function (...args) {
  const [first] = Array.isArray(args[0]) ? args[0] : args;
  const to = typeof first === 'object' && first !== null ? (first.path ?? `${first.host ?? 'localhost'}:${first.port}`) : String(first);
  appendFileSync(process.env.CONNECTIONS, `${to}\n`);
  return connect.apply(this, args);
};
