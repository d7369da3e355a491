import type { ESLint } from 'eslint';

/** Who may import whom, by folder under `src/`. */
export declare const layers: Readonly<
  Record<string, { readonly only?: readonly string[]; readonly never?: readonly string[] }>
>;

/** The rules `layers` and `reason-to-disable`. */
export declare const projectRules: ESLint.Plugin;
