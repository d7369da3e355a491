import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { Duplex, type Readable, type Writable } from 'node:stream';

import type { EsEcsError } from '../errors.ts';
import { pipeArguments, type SshRoute } from './arguments.ts';
import { pipeFailure, programFailure } from './failure.ts';

/** Where a pipe leads, as the bastion sees it. */
export interface PipeEnd {
  readonly host: string;
  readonly port: number;
}

/** What ssh says is kept up to this length; a hostile server may say more. */
const keptCharacters = 8_192;

type Ssh = ChildProcessByStdio<Writable, Readable, Readable>;

/**
 * A connection from the bastion to a port there, made by the system's ssh: what is written goes in at its standard
 * input, what is read comes out of its standard output. It fails with an EsEcsError that says what ssh said.
 */
export function openPipe(route: SshRoute, to: PipeEnd): Duplex {
  const [program = 'ssh', ...rest] = pipeArguments(route, to);
  return new SshPipe(spawn(program, rest, { stdio: ['pipe', 'pipe', 'pipe'] }), (said) =>
    pipeFailure(said, route),
  );
}

class SshPipe extends Duplex {
  readonly #ssh: Ssh;

  constructor(ssh: Ssh, failure: (said: string) => EsEcsError) {
    super();
    this.#ssh = ssh;
    let said = '';
    ssh.stderr.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(0, keptCharacters);
    });
    ssh.stdout.on('data', (chunk: Buffer) => {
      if (!this.push(chunk)) ssh.stdout.pause();
    });
    // Its end tells why: a pipe that it closed before is no news.
    ssh.stdin.on('error', () => undefined);
    ssh.on('error', (cause) => {
      this.destroy(programFailure(cause));
    });
    ssh.on('close', (code) => {
      if (code === 0) this.push(null);
      else this.destroy(failure(said));
    });
  }

  override _read(): void {
    this.#ssh.stdout.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    // A write to a program that has ended fails; why it ended comes with its end.
    this.#ssh.stdin.write(chunk, () => {
      done();
    });
  }

  override _final(done: () => void): void {
    this.#ssh.stdin.end(done);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#ssh.kill();
    done(error);
  }
}
