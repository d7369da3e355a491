import { type Doomed, planDestroy } from '../engine/destroy.ts';
import type { Graph } from '../engine/graph.ts';
import type { Run } from '../engine/run.ts';
import { waitUntil } from '../engine/wait.ts';
import { EsEcsError } from '../errors.ts';
import { type Volume, volumesWithoutAddress } from '../steps/hosts/volume.ts';
import type { Session } from './session.ts';

/** Where the last look is taken. */
export interface AuditedAccount {
  readonly session: Session;
  readonly graph: Graph;
  readonly run: Run;
}

/** What a destroy left on purpose. */
export interface LeftOnPurpose {
  readonly kept: readonly Doomed[];
  /** Data was to go as well. */
  readonly deleteData: boolean;
  /** Volumes that shared their address with one of the cluster's when it began. */
  readonly copies: readonly Volume[];
}

/** Lists lag behind a deletion by seconds ("Eventual consistency in the Amazon EC2 API"); what lags longer is really there. */
const settling = {
  for: 'the last of it to leave the lists',
  usualMs: 0,
  everyMs: 15_000,
  limitMs: 60_000,
} as const;

/**
 * The last look, by tags: nothing may be left but what was kept on purpose.
 *
 * @returns volumes that carry the cluster's tag and do not say whose data they hold, which no destroy takes.
 * @throws EsEcsError LEFTOVERS, with the exact list; with `deleteData` those volumes are in it.
 */
export async function audit(
  account: AuditedAccount,
  { kept, deleteData, copies }: LeftOnPurpose,
): Promise<readonly Volume[]> {
  const stays = new Set([...kept.map((one) => one.id), ...copies.map((one) => one.volumeId)]);
  const { doomed, unclear } = await leftAfterSettling(account, stays);
  const left = doomed.map((one) => `${one.resource.address} ${one.id}`);
  const named = (some: readonly Volume[]): readonly string[] =>
    deleteData ? some.map((one) => `${one.volumeId} (${one.sizeGiB} GiB)`) : [];
  const [volumes, copied] = [named(unclear), named(copies)];
  if (left.length + volumes.length + copied.length === 0) return unclear;
  const sentences = [
    ...(left.length === 0 ? [] : [`still there after everything was deleted: ${left.join(', ')}`]),
    ...(volumes.length === 0
      ? []
      : [`not deleted, as the tag says of no node that it holds its data: ${volumes.join(', ')}`]),
    ...(copied.length === 0
      ? []
      : [
          `not deleted, as another volume had the same tags and these may be its copies: ${copied.join(', ')}`,
        ]),
  ];
  throw new EsEcsError('LEFTOVERS', sentences.join('; '), {
    hint: [
      ...(left.length === 0 ? [] : ['es-ecs destroy  tries again']),
      ...(volumes.length + copied.length === 0
        ? []
        : [...unclear, ...copies].map(
            (one) => `aws ec2 delete-volume --volume-id ${one.volumeId}  once you are sure`,
          )),
    ],
  });
}

interface Left {
  readonly doomed: readonly Doomed[];
  readonly unclear: readonly Volume[];
}

async function leftAfterSettling(
  { session, graph, run }: AuditedAccount,
  stays: ReadonlySet<string>,
): Promise<Left> {
  let left: Left = { doomed: [], unclear: [] };
  try {
    await waitUntil(run, {
      address: 'audit',
      waits: settling,
      look: async () => {
        session.context.inventory.forget();
        session.context.inventory.narrow();
        const id = (address: string): string | undefined => session.state.id(address);
        const { doomed } = await planDestroy(graph, { id, deleteData: true });
        const unclear = await volumesWithoutAddress(session.context);
        left = { doomed: doomed.filter((one) => !stays.has(one.id)), unclear };
        // The root disk of a host that has ended may still be shown as attached to it.
        const isSettled = left.doomed.length === 0 && unclear.every((one) => one.state === 'available');
        return isSettled ? { value: true } : undefined;
      },
    });
  } catch (error) {
    if (!(error instanceof EsEcsError) || error.code !== 'WAIT_TIMEOUT') throw error;
  }
  return left;
}
