import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import type { Server } from 'node:http';
import path from 'node:path';

import { listenLocally } from '../../access/local-port.ts';
import { realClock } from '../../engine/clock.ts';
import { createAccountServer } from '../../simulator/wire/account-server.ts';
import type { Credentials } from '../../simulator/wire/signature.ts';
import { type Lock, takeLock } from '../../state/lock.ts';
import { configFor } from '../config-file.ts';
import { faultsFor, kindFor, permissionsFor } from '../in-session.ts';
import { interruptible } from '../interrupts.ts';
import type { CommonOptions, ServeOptions } from '../options.ts';
import { renderServed, type Served, servedDocument } from '../render/simulate-serve.ts';
import { servedLock } from '../served-account.ts';
import { filesFor } from '../session-files.ts';
import { newHolder } from '../session-lock.ts';
import { createSimulation, type Simulation } from '../simulation.ts';
import { selfOf, type Terminal } from '../terminal.ts';
import { untilClosed } from '../until-closed.ts';

/**
 * `es-ecs simulate serve`: the account of the rehearsals behind HTTP, until Ctrl-C, which is its good end. Its time goes by itself
 * meanwhile, and no other es-ecs command touches its file.
 *
 * @throws EsEcsError LOCKED while another command works on the account or serves it; PORT_UNUSABLE, and those of the account's file
 */
export async function simulateServe(options: ServeOptions, terminal: Terminal): Promise<void> {
  const common: CommonOptions = { ...options, simulate: true, progress: 'plain' };
  const faults = await faultsFor(common);
  const permissions = await permissionsFor(common);
  const kind = await kindFor(common);
  const { located, notices } = await configFor(common);
  notices.forEach((notice) => {
    terminal.err(notice);
  });
  const files = filesFor(common);
  const file = path.join(path.dirname(files.state), 'account.json');
  const locks = await takeLocks([files.lock, servedLock(file)], terminal);
  try {
    // Opened under the lock: before, another command may still have been writing.
    const { config } = located;
    const simulation = await createSimulation({
      file,
      keyFile: files.key,
      config,
      faults,
      ...permissions,
      ...kind,
      pace: options.pace,
    });
    await interruptible((signal) => serve(simulation, { options, terminal, signal }), {
      tell: (text) => {
        terminal.err(text);
      },
      stopping: 'closing the simulated account',
    });
  } finally {
    for (const lock of locks.toReversed()) await lock.release();
  }
}

/** That of the commands that write, so that none is under way; and that which all others look at. */
async function takeLocks(lockFiles: readonly string[], terminal: Terminal): Promise<Lock[]> {
  const holder = newHolder({ command: 'simulate serve', terminal });
  const { isAlive } = selfOf(terminal);
  const locks: Lock[] = [];
  try {
    for (const file of lockFiles) {
      await mkdir(path.dirname(file), { recursive: true });
      locks.push(await takeLock({ file, holder, nowMs: realClock.now(), isAlive }));
    }
    return locks;
  } catch (error) {
    for (const lock of locks) await lock.release();
    throw error;
  }
}

async function serve(
  simulation: Simulation,
  asked: { readonly options: ServeOptions; readonly terminal: Terminal; readonly signal: AbortSignal },
): Promise<void> {
  const { options, terminal, signal } = asked;
  const { account } = simulation;
  const credentials = newCredentials();
  const server = createAccountServer({
    account,
    credentials,
    save: savesTogether(() => simulation.save()),
    tell: (text) => {
      terminal.err(text);
    },
    ...(options.verbose === true
      ? {
          onAnswer: (operation) => {
            terminal.err(operation);
          },
        }
      : {}),
  });
  const port = await listenLocally(server, options.port, 'es-ecs simulate serve');
  try {
    const { region, accountId } = account.world;
    const served: Served = {
      url: `http://127.0.0.1:${String(port)}`,
      region,
      accountId,
      credentials,
      pace: options.pace,
    };
    terminal.out(options.json === true ? servedDocument(served) : renderServed(served));
    await untilClosed(signal);
  } finally {
    await close(server);
    // What was due by now has happened, whether somebody has looked or not.
    account.world.catchUp();
    await simulation.save();
  }
}

/** Others each time: who has the old ones may not ask the next server. */
function newCredentials(): Credentials {
  return {
    accessKeyId: `SIMULATED${randomBytes(6).toString('hex').toUpperCase()}`,
    secretAccessKey: randomBytes(30).toString('base64url'),
  };
}

/** Whoever asks while the file is being written gets the next time's, which all of them share. */
function savesTogether(save: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> = Promise.resolve();
  let next: Promise<void> | undefined;
  return () => {
    next ??= running
      .catch(() => undefined)
      .then(() => {
        next = undefined;
        running = save();
        return running;
      });
    return next;
  };
}

/** Calls that are being answered end well; connections that only wait for more are closed at once. */
async function close(server: Server): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  server.closeIdleConnections();
  await closed;
}
