/** What AWS asks for beside the calls themselves, and why. */
export declare const impliedActions: readonly {
  readonly actions: readonly string[];
  readonly because: string;
}[];

/** The IAM actions of the calls that the code under a repository's `src/` makes, sorted. */
export declare function calledActions(root: string): readonly string[];

/** The page `docs/permissions.md`. */
export declare function renderPermissions(root: string): string;
