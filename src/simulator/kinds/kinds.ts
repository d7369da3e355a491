import { table, type World } from '../core/world.ts';
import { openCompany } from './company.ts';
import { openFresh } from './fresh.ts';

/** How an account is that is opened for the first time. */
interface AccountKind {
  /** As `--help` and errors say it: what is otherwise than in an ordinary account. */
  readonly what: string;
  /** Makes an empty account one of this kind. All that it sets stays in the account's file. */
  readonly open: (world: World) => void;
}

/** The kinds by the names that `--simulate-account` takes. */
export const accountKinds: ReadonlyMap<string, AccountKind> = new Map<string, AccountKind>([
  [
    'company',
    {
      what: 'the guard rails of an organisation, tags that it puts on everything, and a key of its own for disks',
      open: openCompany,
    },
  ],
  [
    'fresh',
    { what: 'what a new one has: the free plan, 5 vCPUs and no roles of services yet', open: openFresh },
  ],
]);

const opened = table<{ readonly kind: string }>('account-kind');

/** As which kind the account was opened; undefined for an ordinary one. */
export function kindOf(world: World): string | undefined {
  return world.rows(opened).get('kind')?.kind;
}

/** Makes an account that was just begun one of a kind. */
export function openAs(world: World, kind: string): void {
  accountKinds.get(kind)?.open(world);
  world.rows(opened).set('kind', { kind });
}
