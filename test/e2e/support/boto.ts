import { spawn } from 'node:child_process';
import path from 'node:path';
import { createInterface } from 'node:readline';

import { runScript } from './part.ts';

/** What boto3 was told, or refused with. */
export type Said =
  | { readonly said: unknown }
  | { readonly refused: { readonly code: string; readonly message: string; readonly status: number } };

/** boto3, in a process of its own. */
export interface Boto {
  /** A service by boto3's name (`ec2`), an operation by AWS's (`DescribeVpcs`). */
  call(service: string, operation: string, params: object): Promise<Said>;
  /** The length of each page that the operation's paginator gets. */
  pages(
    service: string,
    method: string,
    asked: { readonly params: object; readonly size: number },
  ): Promise<Said>;
  /** Waits ten times a second, so many times. */
  wait(
    service: string,
    waiter: string,
    asked: { readonly params: object; readonly attempts: number },
  ): Promise<Said>;
  /** The waiters of a service with the operation that each asks, and the operations that have pages. */
  known(service: string): Promise<Said>;
  stop(): Promise<void>;
}

/**
 * Starts boto3.
 *
 * @param environment where it finds its endpoint and its credentials
 * @param bin where `aws-clients.sh` has put its Python
 */
export function startBoto(bin: string, environment: Readonly<Record<string, string>>): Boto {
  const child = spawn(path.join(bin, 'python'), ['-B', path.join(import.meta.dirname, 'boto.py')], {
    env: { PATH: process.env['PATH'], ...environment },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const waiting: ((said: Said) => void)[] = [];
  createInterface(child.stdout).on('line', (line) => {
    // boto.py prints nothing else.
    waiting.shift()?.(JSON.parse(line) as Said);
  });
  const ended = new Promise<void>((resolve) => {
    child.once('close', () => {
      resolve();
    });
  });
  const ask = (asked: object): Promise<Said> =>
    new Promise((resolve, reject) => {
      waiting.push(resolve);
      void ended.then(() => {
        reject(new Error('boto.py has ended'));
      });
      child.stdin.write(`${JSON.stringify(asked)}\n`);
    });
  return {
    call: (service, name, params) => ask({ do: 'call', service, name, params }),
    pages: (service, name, asked) => ask({ do: 'pages', service, name, ...asked }),
    wait: (service, name, asked) => ask({ do: 'wait', service, name, ...asked }),
    known: (service) => ask({ do: 'known', service }),
    stop: async () => {
      child.stdin.end();
      await ended;
    },
  };
}

/**
 * Where the AWS CLI and boto3's Python are.
 *
 * @throws PartUnavailable without Python or the package index; give this to `startPart`.
 */
export function installAwsClients(): Promise<string> {
  return runScript('aws-clients.sh', ['install']);
}
