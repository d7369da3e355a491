/**
 * The IAM actions of the calls that the code under a repository's `src/` makes, sorted.
 *
 * @throws Error for anything by which a call could be made without being seen here.
 */
export declare function calledActions(root: string): readonly string[];
