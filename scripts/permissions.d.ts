import type { Policy } from '../src/aws/permissions/statement.ts';

/** What AWS asks for beside the calls themselves, by which calls, and on whose word. */
export declare const impliedActions: readonly {
  readonly actions: readonly string[];
  readonly because: string;
  readonly source: string;
}[];

/** Actions whose absence no run ends with: what is missing then. */
export declare const optionalActions: Readonly<Record<string, string>>;

/** What the page is made from. */
export interface PermissionsPage {
  readonly reader: Policy;
  readonly password: Policy;
  readonly operator: readonly Policy[];
  /** What stands in place of the statement `Roles` where a company demands a boundary. */
  readonly bounded: Policy;
  /** The least that such a boundary has to allow. */
  readonly boundary: Policy;
  /** The actions of the calls in the code. */
  readonly called: readonly string[];
  documentOf(policy: Policy): object;
}

/** The page `docs/permissions.md`. */
export declare function renderPermissions(page: PermissionsPage): string;
