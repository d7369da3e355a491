import { invariant } from '../../errors.ts';
import { referenceTable } from './reference-table.ts';

/** A kind of resource that an action is checked against, as in `subnet`. */
export interface ResourceKind {
  readonly name: string;
  readonly isRequired: boolean;
  /** Names of condition keys, those of tags without their tag: `aws:resourcetag`. In small letters, as IAM does not tell them apart. */
  readonly keys: ReadonlySet<string>;
}

/** What is known of an action. */
export interface ActionEntry {
  /** Empty: the action knows no resource but `*`. */
  readonly kinds: readonly ResourceKind[];
  /** Condition keys of the call as a whole. */
  readonly keys: ReadonlySet<string>;
}

const letters: Readonly<Record<string, string>> = {
  R: 'aws:resourcetag',
  E: 'ec2:resourcetag',
  Q: 'aws:requesttag',
  T: 'aws:tagkeys',
};

let entries: ReadonlyMap<string, ActionEntry> | undefined;

/** What the reference says of an action; an action that it does not say anything of must not be asked for. */
export function referenceOf(action: string): ActionEntry {
  entries ??= new Map(referenceTable.trim().split('\n').map(parseLine));
  const entry = entries.get(action);
  invariant(entry, `src/simulator/policy/reference-table.ts has no line for ${action}`);
  return entry;
}

function parseLine(line: string): readonly [string, ActionEntry] {
  const [action = '', ...words] = line.split(/ (?![^(]*\))/);
  const parsed = words.map(parseWord);
  return [
    action,
    {
      kinds: parsed.filter(({ name }) => name !== ''),
      keys: parsed.find(({ name }) => name === '')?.keys ?? new Set(),
    },
  ];
}

/** `subnet*(Q T)` */
function parseWord(word: string): ResourceKind {
  const [, name = '', star, keys = ''] = /^([^*(]*)(\*?)(?:\((.*)\))?$/.exec(word) ?? [];
  const named = keys.split(' ').filter((key) => key !== '');
  return {
    name,
    isRequired: star === '*',
    keys: new Set(named.map((key) => letters[key] ?? key.toLowerCase())),
  };
}
