/** What every command takes, as commander gives it. */
export interface CommonOptions {
  readonly config: string;
  readonly state?: string;
  readonly simulate?: boolean;
  /** As which kind the simulated account is opened for the first time; `simulated-kinds.ts` knows them. */
  readonly simulateAccount?: string;
  /** As typed; `simulated-faults.ts` reads them. */
  readonly simulateFault?: readonly string[];
  /** Files with the caller's IAM policies; `simulated-policies.ts` reads them. */
  readonly simulatePolicy?: readonly string[];
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
  readonly refreshAmi?: boolean;
}

export interface RestartOptions extends ApplyOptions {
  /** None: all. */
  readonly nodes: readonly string[];
}

export interface RotateAuthorityOptions extends ApplyOptions {
  /** Only the first step. */
  readonly prepare?: boolean;
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

export interface UnlockOptions extends CommonOptions {
  readonly yes?: boolean;
}

export interface RebuildOptions extends CommonOptions {
  readonly dryRun?: boolean;
}

export interface CredentialsOptions extends CommonOptions {
  readonly password?: boolean;
  /** True is to stdout. */
  readonly ca?: string | true;
  readonly show?: boolean;
}

export interface EsOptions extends CommonOptions {
  readonly method: string;
  readonly path: string;
  readonly data?: string;
  readonly raw?: boolean;
  /** In seconds. */
  readonly timeout: number;
}

export interface TunnelOptions extends CommonOptions {
  readonly port: number;
}

/** What the commands take that are about the simulated account itself. */
export interface SimulatedOptions {
  readonly config: string;
  readonly state?: string;
  /** As which kind the simulated account is opened for the first time; `simulated-kinds.ts` knows them. */
  readonly simulateAccount?: string;
  /** As typed; `simulated-faults.ts` reads them. */
  readonly simulateFault?: readonly string[];
  /** Files of the IAM policies that the caller has. */
  readonly simulatePolicy?: readonly string[];
  readonly json?: boolean;
  readonly verbose?: boolean;
}

export interface ServeOptions extends SimulatedOptions {
  readonly port: number;
  /** Seconds of the account's time in one of the real. */
  readonly pace: number;
}

/** What the commands take that make something happen in the simulated account. */
type RehearsalOptions = Pick<SimulatedOptions, 'config' | 'state' | 'json'>;

export interface LoseOptions extends RehearsalOptions {
  /** host, zone, agent, volume, image. */
  readonly what: string;
  /** Of the node or the zone. */
  readonly name?: string;
}

export interface WaitOptions extends RehearsalOptions {
  /** As typed; `time-words.ts` reads it. */
  readonly duration: string;
}

export interface WriteOptions extends RehearsalOptions {
  readonly index: string;
  readonly gib?: number;
}

export interface InitOptions {
  readonly config: string;
  readonly name?: string;
  readonly region?: string;
  readonly force?: boolean;
}
