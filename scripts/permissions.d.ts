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
  /** The document of a boundary that allows what the roles of the cluster `search` need. */
  readonly boundary: object;
  /** The actions of the calls in the code. */
  readonly called: readonly string[];
  documentOf(policy: Policy): object;
  /** What EC2 is called where it is trusted, by partition. */
  ec2Principal(partition: string): string;
}

/** The page `docs/permissions.md`. */
export declare function renderPermissions(page: PermissionsPage): string;
