import { lookAt, type Situation } from '../elasticsearch/rules/situation.ts';
import { departureRefusal, type RemainingNode } from '../elasticsearch/rules/departure.ts';
import { shardsOn } from '../elasticsearch/rules/stopping.ts';
import type { Clock } from '../engine/clock.ts';
import type { Turn } from '../engine/lane.ts';
import type { Review } from '../engine/resource.ts';
import type { Run } from '../engine/run.ts';
import { EsEcsError } from '../errors.ts';
import type { ClusterAccess } from '../steps/adapters.ts';
import type { Departures } from '../steps/departures.ts';
import { nodeOf } from './draining.ts';
import { Farewell } from './farewell.ts';

/** What departures are driven with. */
export interface NodeDeparturesOptions {
  readonly cluster: ClusterAccess;
  readonly clock: Clock;
  /** Nodes of which something is in the account and that the config no longer has. */
  readonly leaving: readonly string[];
  /** Every node that the config asks for. */
  readonly remaining: readonly RemainingNode[];
}

/** What the cluster says to the plan: it as it is, and why nobody may leave it. */
interface Opinion {
  readonly situation?: Situation;
  readonly refusal: string | undefined;
}

/**
 * Takes nodes out of a cluster as "Add and remove nodes in your cluster" of the Elasticsearch reference has it: their shards move to
 * the others first, then their votes are taken where they have to be, and only then their services end. It is judged once while
 * planning, and again when it begins.
 */
export function nodeDepartures(options: NodeDeparturesOptions): Departures {
  let opinion: Promise<Opinion> | undefined;
  // A refusal is one of all of them together, and is said once.
  let isSaid = false;
  return {
    lane: { name: 'departures', roll: (turns, run) => leave(options, turns, run) },
    review: async (node) => {
      opinion ??= options.clock.hold(opinionOf(options));
      const { refusal, situation } = await opinion;
      if (refusal === undefined || isSaid) return reviewOf(node, situation);
      isSaid = true;
      return refused(node, refusal);
    },
  };
}

async function opinionOf({ cluster, leaving, remaining }: NodeDeparturesOptions): Promise<Opinion> {
  try {
    const control = await cluster.connect();
    if (control === undefined)
      return { refusal: 'Elasticsearch cannot be asked from here whether its shards have another place' };
    const situation = await lookAt(control);
    return { situation, refusal: departureRefusal(situation, { leaving, remaining })?.because };
  } catch (error) {
    if (!(error instanceof EsEcsError)) throw error;
    return { refusal: `Elasticsearch does not say whether its shards have another place: ${error.message}` };
  }
}

function reviewOf(node: string, situation: Situation | undefined): Review {
  const held = situation === undefined ? [] : shardsOn(situation, node);
  if (held.length === 0) return { because: 'the node leaves: it holds no shard' };
  const takesMs = movingMs(held.reduce((sum, copy) => sum + (copy.bytes ?? 0), 0));
  const shards = held.length === 1 ? 'shard moves' : `${held.length} shards move`;
  const because = `the node leaves: its ${shards} to others first (about ${Math.max(1, Math.round(takesMs / minute))} min)`;
  return { because, takesMs };
}

function refused(node: string, because: string): Review {
  return { because, refused: { path: 'node', before: node, after: undefined, impact: 'refuse', because } };
}

const minute = 60_000;

/** As fast as a node sends unless told otherwise (`indices.recovery.max_bytes_per_sec`), and some time for each to begin. */
function movingMs(bytes: number): number {
  const bytesPerMs = (40 * 1024 ** 2) / 1_000;
  return 30_000 + bytes / bytesPerMs;
}

async function leave(options: NodeDeparturesOptions, turns: readonly Turn[], run: Run): Promise<void> {
  const { cluster, remaining } = options;
  const control = await run.clock.hold(cluster.connect());
  if (control === undefined) {
    const names = turns.map(nodeOf).join(', ');
    throw new EsEcsError('NOT_SAFE', `${names} cannot leave: Elasticsearch cannot be asked from here`, {
      hint: 'es-ecs plan  says what is in the way',
    });
  }
  await new Farewell({ cluster, control, remaining, run }).all(turns);
}
