/** What every command takes, as commander gives it. */
export interface CommonOptions {
  readonly config: string;
  readonly state?: string;
  readonly simulate?: boolean;
  readonly json?: boolean;
  readonly progress: ProgressStyle;
  readonly verbose?: boolean;
}

export type ProgressStyle = 'auto' | 'tty' | 'plain' | 'json';

/** What the commands that write take as well. */
export interface ApplyOptions extends CommonOptions {
  readonly yes?: boolean;
  readonly concurrency: number;
}

export interface UpOptions extends ApplyOptions {
  /** False with `--no-wait`. */
  readonly wait: boolean;
}

export interface DestroyOptions extends ApplyOptions {
  readonly deleteData?: boolean;
}

export interface PlanOptions extends CommonOptions {
  readonly exitCode?: boolean;
}

export interface StatusOptions extends CommonOptions {
  readonly exitCode?: boolean;
}

export interface InitOptions {
  readonly config: string;
  readonly name?: string;
  readonly region?: string;
  readonly force?: boolean;
}
