import type { EventRule } from '../core/world.ts';
import { settle } from './coordination.ts';
import { elasticsearchEvents } from './rows.ts';
import {
  nodeUp,
  programHealthy,
  programKilled,
  programRefused,
  programRunning,
  programTerminated,
} from './runtime.ts';

/** What happens by itself in the simulated Elasticsearch. */
export const elasticsearchRules: Readonly<Record<string, EventRule>> = {
  [elasticsearchEvents.running]: programRunning,
  [elasticsearchEvents.up]: nodeUp,
  [elasticsearchEvents.refused]: programRefused,
  [elasticsearchEvents.healthy]: programHealthy,
  [elasticsearchEvents.terminated]: programTerminated,
  [elasticsearchEvents.killed]: programKilled,
  [elasticsearchEvents.settle]: settle,
};
