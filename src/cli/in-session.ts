import { configFor } from './config-file.ts';
import type { Fault } from '../simulator/account.ts';
import type { PolicyStatement } from '../simulator/policy/documents.ts';
import { interruptible } from './interrupts.ts';
import type { CommonOptions } from './options.ts';
import type { AskedRestart } from '../steps/context.ts';
import type { Rotation } from '../steps/task/issue.ts';
import { type Session, type SessionOptions, type Visit, withSession, withVisit } from './session.ts';
import type { Terminal } from './terminal.ts';

/** A command that works on an account. */
export interface SessionCommand {
  /** Its name, for whoever finds the lock taken. */
  readonly command: string;
  readonly options: CommonOptions;
  readonly terminal: Terminal;
  /** Commands that write take the lock. */
  readonly locks: boolean;
  /** Everything is to go: `SessionOptions`. */
  readonly takesDown?: boolean;
  readonly asked?: AskedRestart;
  readonly rotation?: Rotation;
  readonly refreshesImages?: boolean;
  /** Hosts are not waited for: `SessionOptions`. */
  readonly isImpatient?: boolean;
  /** What is said at Ctrl-C, where it is not calls that end. */
  readonly stopping?: string;
}

/**
 * Reads the config, tells what is unwise in it, and works in a session that ends well on Ctrl-C.
 *
 * @throws EsEcsError of every kind that config, state, lock, credentials and lookups can have.
 */
export function inSession<Result>(
  given: SessionCommand,
  work: (session: Session) => Promise<Result>,
): Promise<Result> {
  return prepared({ ...given, warns: true }, (options) => withSession(options, work));
}

/**
 * The same with a visit, for commands that need no resource.
 *
 * @param work is told when Ctrl-C was pressed.
 * @throws EsEcsError of every kind that config, state, lock and credentials can have.
 */
export function inVisit<Result>(
  given: SessionCommand,
  work: (visit: Visit, signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  return prepared({ ...given, warns: false }, (options) =>
    withVisit(options, (visit) => work(visit, options.signal)),
  );
}

async function prepared<Result>(
  given: SessionCommand & { readonly warns: boolean },
  open: (options: SessionOptions) => Promise<Result>,
): Promise<Result> {
  const faults = await faultsFor(given.options);
  const permissions = await permissionsFor(given.options);
  const kind = await kindFor(given.options);
  const { located, notices, warnings } = await configFor(given.options);
  const notice = (text: string): void => {
    given.terminal.err(text);
  };
  [...notices, ...(given.warns ? warnings : [])].forEach(notice);
  return interruptible(
    (signal) => open({ ...given, located, signal, notice, faults, ...permissions, ...kind }),
    {
      tell: notice,
      ...(given.stopping === undefined ? {} : { stopping: given.stopping }),
    },
  );
}

/**
 * What is to go wrong in the simulated account.
 *
 * @throws EsEcsError USAGE, before anything is begun, for faults that are not understood or not simulated
 */
export async function faultsFor({ simulate, simulateFault = [] }: CommonOptions): Promise<readonly Fault[]> {
  if (simulateFault.length === 0) return [];
  const { parseFault, refuseFault } = await import('./simulated-faults.ts');
  if (simulate !== true) throw refuseFault('--simulate-fault is for rehearsals: it needs --simulate');
  return simulateFault.map(parseFault);
}

/**
 * What the caller may do in the simulated account; everything, where no policy is named.
 *
 * @throws EsEcsError USAGE, before anything is begun, for a policy that cannot be weighed
 */
export async function permissionsFor({
  simulate,
  simulatePolicy = [],
}: CommonOptions): Promise<{ readonly permissions?: readonly PolicyStatement[] }> {
  if (simulatePolicy.length === 0) return {};
  const { readPolicies, refusePolicy } = await import('./simulated-policies.ts');
  if (simulate !== true) throw refusePolicy('it is for rehearsals: it needs --simulate');
  return { permissions: await readPolicies(simulatePolicy) };
}

/**
 * As which kind the simulated account is opened for the first time.
 *
 * @throws EsEcsError USAGE, before anything is begun, for a kind that there is not
 */
export async function kindFor({
  simulate,
  simulateAccount,
}: CommonOptions): Promise<{ readonly kind?: string }> {
  if (simulateAccount === undefined) return {};
  const { checkedKind, refuseKind } = await import('./simulated-kinds.ts');
  if (simulate !== true) throw refuseKind('it is for rehearsals: it needs --simulate');
  return { kind: checkedKind(simulateAccount) };
}
