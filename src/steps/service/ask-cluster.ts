import { resourceTag } from '../../aws/tags.ts';
import { clusterUuidTagKey } from '../../elasticsearch/bootstrap.ts';
import type { ClusterControl, ClusterHealth } from '../../elasticsearch/client.ts';
import type { Address } from '../../engine/resource.ts';
import { EsEcsError, type ErrorCode } from '../../errors.ts';
import type { StepContext } from '../context.ts';
import { volumeAddressPrefix } from '../hosts/launch-template-data.ts';
import { volumes } from '../hosts/volume.ts';

const minute = 60_000;

/**
 * How long a problem may last while the cluster is waited for. Those that are not here may last as long as the wait: a
 * cluster that has not elected its master yet answers with an error too.
 */
const patienceMs: Partial<Record<ErrorCode, number>> = {
  ACCESS_DENIED: 0,
  CLUSTER_FOREIGN: 0,
  CLUSTER_UNTRUSTED: 0,
  HOST_KEY_CHANGED: 0,
  NOT_FOUND: 0,
  SSH: 0,
  // A node that has just started may not have read its users yet.
  CLUSTER_PASSWORD: minute,
  // A bastion runs some time before it lets anybody in.
  BASTION_UNREACHABLE: 3 * minute,
  KEY_UNUSABLE: minute,
};

/** After these the way in itself may have changed: another bastion, other hosts. */
const reconnects: readonly ErrorCode[] = ['BASTION_UNREACHABLE', 'CLUSTER_UNREACHABLE', 'KEY_UNUSABLE'];

/** After these it is told again what it was told, so long and so often. */
const toldAgain: readonly ErrorCode[] = ['CLUSTER_BUSY', 'CLUSTER_NO_MASTER'];
const toldLimitMs = 3 * minute;
const toldEveryMs = 5_000;

/** What came of a question. */
export type Reply<Answer> =
  | { readonly kind: 'answer'; readonly answer: Answer }
  /** From here nobody can ask it, which has been said. */
  | { readonly kind: 'no way in' }
  | { readonly kind: 'problem'; readonly problem: string };

/** What is known of the cluster before the question itself is put. */
export interface Greeting {
  readonly health: ClusterHealth;
  /** Undefined while it has not formed. */
  readonly uuid: string | undefined;
}

type Question<Answer> = (control: ClusterControl, greeting: Greeting) => Promise<Answer>;

/** Asks the cluster, keeping the way in open from one question to the next. */
export class ClusterAsker {
  readonly #context: StepContext;
  #control: ClusterControl | undefined;
  /** The problem of the last look, and since when it has been the same. */
  #lasting: { readonly code: ErrorCode; readonly sinceMs: number } | undefined;

  constructor(context: StepContext) {
    this.#context = context;
  }

  /**
   * Changes something in the cluster that has just been asked; nothing where it could not be. While that has too much to do or elects its
   * master it is told again, as all that is told can be repeated, and nobody knows whether it was done.
   */
  async tell(work: (control: ClusterControl) => Promise<void>): Promise<void> {
    const control = this.#control;
    if (control === undefined) return;
    const { adapters, clock } = this.#context;
    // Beforehand, as that takes time of the account's, which stands still while Elasticsearch is told.
    await adapters.cluster.allowWrites?.();
    const untilMs = clock.now() + toldLimitMs;
    for (;;) {
      try {
        await clock.hold(work(control));
        return;
      } catch (error) {
        const passes = error instanceof EsEcsError && toldAgain.includes(error.code);
        if (!passes || clock.now() >= untilMs) throw error;
        await clock.sleep(toldEveryMs);
      }
    }
  }

  /**
   * @param insists that an answer is being waited for: then a problem that no waiting ends is thrown.
   * @throws EsEcsError of the codes in `patienceMs`.
   */
  async ask<Answer>(insists: boolean, question: Question<Answer>): Promise<Reply<Answer>> {
    const { clock } = this.#context;
    try {
      const reply = await this.#askAnew(question);
      this.#lasting = undefined;
      return reply;
    } catch (error) {
      // A bug is still a bug.
      if (!(error instanceof EsEcsError)) throw error;
      if (reconnects.includes(error.code)) this.#control = undefined;
      const nowMs = clock.now();
      if (this.#lasting?.code !== error.code) this.#lasting = { code: error.code, sinceMs: nowMs };
      const limitMs = patienceMs[error.code];
      if (insists && limitMs !== undefined && nowMs - this.#lasting.sinceMs >= limitMs) throw error;
      return { kind: 'problem', problem: error.message };
    }
  }

  /** What was kept open may lead to hosts that are no more, or may have been closed for another way in: that is no answer yet. */
  async #askAnew<Answer>(question: Question<Answer>): Promise<Reply<Answer>> {
    const isKept = this.#control !== undefined;
    try {
      return await this.#put(question);
    } catch (error) {
      if (!isKept || !(error instanceof EsEcsError) || !reconnects.includes(error.code)) throw error;
      this.#control = undefined;
      return this.#put(question);
    }
  }

  async #put<Answer>(question: Question<Answer>): Promise<Reply<Answer>> {
    this.#control ??= await this.#context.adapters.cluster.connect();
    const control = this.#control;
    if (control === undefined) return { kind: 'no way in' };
    const { clock } = this.#context;
    // First by itself: what has no master takes its time to say so, and says it to every question.
    const health = await clock.hold(control.health());
    const uuid = await clock.hold(control.clusterUuid());
    if (uuid !== undefined) await assertOurs(this.#context, uuid);
    return { kind: 'answer', answer: await clock.hold(question(control, { health, uuid })) };
  }
}

/**
 * Compares with what the data volumes have noted, as the run saw them at its beginning.
 *
 * @throws EsEcsError CLUSTER_FOREIGN
 */
export async function assertOurs(
  { inventory }: Pick<StepContext, 'inventory'>,
  uuid: string,
  address: Address = 'service/cluster',
): Promise<void> {
  const noted = (await inventory.owned(volumes)).filter((volume) =>
    volume.tags[resourceTag]?.startsWith(volumeAddressPrefix),
  );
  const foreign = noted.find((volume) => (volume.tags[clusterUuidTagKey] ?? uuid) !== uuid);
  if (foreign === undefined) return;
  throw new EsEcsError(
    'CLUSTER_FOREIGN',
    `the cluster that answers is ${uuid}, and ${foreign.volumeId} holds data of ${foreign.tags[clusterUuidTagKey] ?? ''}`,
    {
      address,
      hint: [
        `aws ec2 describe-volumes --filters Name=tag-key,Values=${clusterUuidTagKey}`,
        'es-ecs ssh  looks at what the nodes say of themselves; nothing was changed',
      ],
    },
  );
}
