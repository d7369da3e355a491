import type { Run } from '../engine/run.ts';
import { throwIfInterrupted } from '../engine/wait.ts';
import { EsEcsError } from '../errors.ts';
import type { StepContext } from '../steps/context.ts';
import { assertOurs } from '../steps/service/ask-cluster.ts';
import { bringIntoForce, stageNext } from '../steps/task/password-value.ts';
import { Conversation } from './conversation.ts';

/** A cluster that answers, to the password in force. */
export interface Answering {
  readonly talk: Conversation;
  readonly uuid: string;
}

const address = 'task/secret/password';

/**
 * Whether the cluster can be given another password now. Asked before anything is written: one that is down keeps the one that it has.
 *
 * @throws EsEcsError of the way in, CLUSTER_UNREACHABLE, CLUSTER_NO_MASTER, CLUSTER_PASSWORD, CLUSTER_FOREIGN
 */
export async function greet({ adapters, inventory }: StepContext, run: Run): Promise<Answering> {
  const { cluster } = adapters;
  const control = await run.clock.hold(cluster.connect());
  if (control === undefined) {
    throw new EsEcsError('SSH', 'there is no way in to the cluster from here, and nothing was changed', {
      hint: 'run this where es-ecs up was run, or set access.endpoint in the config',
    });
  }
  const talk = new Conversation(cluster, control, run);
  const uuid = await talk.with((one) => one.clusterUuid());
  if (uuid === undefined) {
    throw new EsEcsError('CLUSTER_UNREACHABLE', 'Elasticsearch answers, and has not formed a cluster', {
      hint: 'es-ecs up  waits until it has',
    });
  }
  await assertOurs({ inventory }, uuid, address);
  return { talk, uuid };
}

/**
 * Gives the user `elastic` another password. It is in the secret before any node hears of it, and alone there only once it is in force: whoever
 * comes after a run that was cut off anywhere finds both, tries both, and goes on with the same one. No node restarts.
 *
 * @returns whether a rotation that was cut off was brought to its end
 * @throws EsEcsError INTERRUPTED, WAIT_TIMEOUT, CLUSTER_REFUSED
 */
export async function rotatePassword(
  context: StepContext,
  { talk, uuid }: Answering,
  run: Run,
): Promise<boolean> {
  const isResumed = await stageNext(context);
  throwIfInterrupted(run);
  // With both, so that it does not matter which one is in force, now or when a lost answer is asked for again.
  await talk.reconnect();
  await bringIntoForce(context, uuid, (work) => talk.insist(address, work));
  // With the new one alone.
  await talk.reconnect();
  await talk.insist(address, (control) => control.health());
  return isResumed;
}
