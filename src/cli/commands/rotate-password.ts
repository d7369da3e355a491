import { greet, rotatePassword } from '../../operations/password-rotation.ts';
import { confirm } from '../confirm.ts';
import { inSession } from '../in-session.ts';
import type { ApplyOptions } from '../options.ts';
import { reported } from '../reporters/reported.ts';
import type { Session } from '../session.ts';
import type { Terminal } from '../terminal.ts';

/**
 * `es-ecs rotate password`: gives the user `elastic` another password, and refuses the one before from then on. No node restarts.
 *
 * @throws EsEcsError NOT_CONFIRMED, LOCKED, and of the way in
 */
export async function rotateThePassword(options: ApplyOptions, terminal: Terminal): Promise<void> {
  const command = 'rotate password';
  await inSession({ options, command, terminal, locks: true }, async (session) => {
    const isResumed = await reported({ session, options, terminal, awaitGates: true }, async (run) => {
      const answering = await greet(session.context, run);
      await agree(session, options, terminal);
      await session.lock.take();
      return rotatePassword(session.context, answering, run);
    });
    tell(isResumed, session, { options, terminal });
  });
}

async function agree(
  { simulation, config }: Session,
  { yes }: ApplyOptions,
  terminal: Terminal,
): Promise<void> {
  if (yes === true || simulation !== undefined) return;
  const question = `Whoever has the password of elastic of ${config.name} needs the new one from then on. Go ahead? [y/N] `;
  await confirm({ question, expected: (answer) => /^y(es)?$/i.test(answer), flag: '--yes' }, terminal);
}

function tell(
  isResumed: boolean,
  { simulation }: Session,
  { options, terminal }: { readonly options: ApplyOptions; readonly terminal: Terminal },
): void {
  if (options.json === true) {
    terminal.out(JSON.stringify({ outcome: 'rotated', resumed: isResumed }, undefined, 2));
    return;
  }
  const flag = simulation === undefined ? '' : ' --simulate';
  const first = isResumed ? 'a rotation that was cut off is at its end: ' : '';
  terminal.out(`${first}the user elastic has another password, and the one before is refused`);
  terminal.out(`  es-ecs credentials${flag}  shows it; no node was restarted`);
}
