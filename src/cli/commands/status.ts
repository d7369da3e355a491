import { daysLeft } from '../../certificates/days-left.ts';
import { inspect } from '../../engine/inspect.ts';
import { EsEcsError } from '../../errors.ts';
import { concernsOf } from '../../steps/limits/examine.ts';
import { readCertificates } from '../../steps/way-in.ts';
import type { Ending } from '../ending.ts';
import { inSession } from '../in-session.ts';
import type { StatusOptions } from '../options.ts';
import { readStatus, renderStatus, statusDocument } from '../render/status.ts';
import type { Session } from '../session.ts';
import type { Terminal } from '../terminal.ts';

const degradedStatus = 3;

/** `es-ecs status`: every layer as it is now. Takes no lock and writes nothing. */
export async function status(options: StatusOptions, terminal: Terminal, ending: Ending): Promise<void> {
  await inSession({ options, command: 'status', terminal, locks: false }, async (session) => {
    const [inspection, daysLeft] = await Promise.all([
      inspect(session.graph, session.state),
      certificateDaysLeft(session),
    ]);
    const { pins } = session.state;
    const { concerns } = await concernsOf(inspection.plan, session.context, { refusals: [], pins });
    const seen = readStatus(inspection, session, { certificateDaysLeft: daysLeft, concerns });
    if (options.exitCode === true && seen.outcome !== 'healthy') ending.status = degradedStatus;
    if (options.json === true) terminal.out(JSON.stringify(statusDocument(seen, session), undefined, 2));
    else terminal.out(renderStatus(seen, session, { ...terminal, verbose: options.verbose === true }));
  });
}

/** Until the first of the two certificates ends; undefined where there are none yet, or they may not be read from here. */
async function certificateDaysLeft(session: Session): Promise<number | undefined> {
  try {
    const { caCertificate, nodeCertificate } = await readCertificates(session);
    const nowMs = session.clock.now();
    return Math.min(...[caCertificate, nodeCertificate].map((one) => daysLeft(one, nowMs)));
  } catch (error) {
    if (error instanceof EsEcsError) return undefined;
    throw error;
  }
}
