import type { Tags } from '../../aws/tags.ts';

/** On the certificates' secret: how often the nodes were given others, and how far the rotation of the authority has come. */
export const issueTag = 'es-ecs-issue';

/**
 * `settled`: one authority. Then, each once all nodes are where the one before says: `both trusted`, while the old one signs; `signed anew`, by the
 * new one, while the old one is trusted as well; `new alone`, while the old one is taken away; and `settled` again.
 */
export type Phase = 'settled' | 'both trusted' | 'signed anew' | 'new alone';

export interface Issue {
  readonly number: number;
  readonly phase: Phase;
}

/** What nodes are to be given other than what they have. */
export type Rotation = 'certificates' | 'authority';

/** What the tags of a secret say: `3`, or `3 both trusted`; without the tag, the first. */
export function issueOf(tags: Tags): Issue {
  const [, number = '1', words = ''] = /^(\d+) ?(.*)$/.exec(tags[issueTag] ?? '') ?? [];
  const phase = phases.find((one) => one === words) ?? 'settled';
  return { number: Number(number), phase };
}

const phases: readonly Phase[] = ['both trusted', 'signed anew', 'new alone'];

export function issueText({ number, phase }: Issue): string {
  return phase === 'settled' ? String(number) : `${String(number)} ${phase}`;
}

/** What nodes are told apart by; undefined where the certificates were never rotated. The end of a rotation is no news to them. */
export function issueOfNodes(tags: Tags): string | undefined {
  const { number, phase } = issueOf(tags);
  if (tags[issueTag] === undefined) return undefined;
  return issueText({ number, phase: phase === 'new alone' ? 'settled' : phase });
}

/** The next step of a rotation. */
export function nextIssue({ number, phase }: Issue, rotation: Rotation): Issue {
  if (rotation === 'certificates') return { number: number + 1, phase: 'settled' };
  if (phase === 'settled') return { number, phase: 'both trusted' };
  if (phase === 'both trusted') return { number, phase: 'signed anew' };
  return phase === 'signed anew' ? { number: number + 1, phase: 'new alone' } : { number, phase: 'settled' };
}
