/**
 * The validated configuration, with every default filled in. Everything behind `config/` reads only this.
 * Sizes carry their unit in the name. Lists are never empty where the comment says so.
 */
export interface Config {
  /**
   * 2 to 24 of a-z, 0-9 and single '-' between, starting with a letter; part of every name in the account.
   */
  readonly name: string;
  readonly region: string;
  readonly elasticsearch: {
    /** For the JVM of each node, beside those that es-ecs sets. */
    readonly jvmOptions?: readonly string[];
    /** What names of plugins' own settings begin with, which no list knows. */
    readonly pluginSettings?: readonly string[];
    /** x.y.z, 8.x from 8.13 on, or 9.x. */
    readonly version: string;
    /** Dynamic ones go to the cluster by API, static ones into elasticsearch.yml; keys that es-ecs owns are refused by the schema with the reason. */
    readonly settings: Readonly<Record<string, SettingValue>>;
    /** Undefined: by rule from the instance's memory. */
    readonly heapMiB: number | undefined;
  };
  /** At least one; `nodes: 3` is one group called "default" with all roles. */
  readonly nodeGroups: readonly NodeGroup[];
  readonly network: {
    /** A network address of prefix /16 to /24; `subnetCidrs` splits it. */
    readonly cidr: string;
    /** 1 to 6 zones. */
    readonly zones: ZoneChoice;
    readonly nat: 'per-zone' | 'single' | 'none';
    readonly flowLogs: boolean;
  };
  readonly bastion:
    | { readonly enabled: false }
    | {
        readonly enabled: true;
        readonly instanceType: string;
        /** 'caller': the caller's own public address, asked only when it is needed. */
        readonly allowedCidrs: readonly string[] | 'caller';
      };
  readonly image: { readonly uri: string | undefined };
  readonly access: {
    /** Beside the nodes and the bastion, who may reach 9200. */
    readonly cidrs: readonly string[];
    /** `https://host:9200`, where es-ecs itself reaches Elasticsearch; undefined: through the bastion. */
    readonly endpoint: string | undefined;
  };
  readonly logs: { readonly retentionDays: number };
  readonly iam: {
    /** The ARN of a managed policy; undefined: roles have no boundary. */
    readonly permissionsBoundary: string | undefined;
    /** Begins and ends with a slash. */
    readonly path: string;
  };
  readonly encryption: {
    /** A KMS key by its id, its ARN, an alias or the ARN of an alias; undefined: keys of AWS's own, and for disks the account's default key. */
    readonly kmsKeyId: string | undefined;
  };
  /**
   * On everything, beside es-ecs's own. Keys are letters, digits and _ . : = + - @, and may be called anything: `constructor` is one.
   */
  readonly tags: Readonly<Record<string, string>>;
}

export type SettingValue = string | number | boolean | readonly (string | number | boolean)[];

/** Named zones, or how many to take of the region's. */
export type ZoneChoice = { readonly names: readonly string[] } | { readonly count: number };

export interface NodeGroup {
  /** 1 to 16 of a-z, 0-9 and single '-' between, starting with a letter; unique. */
  readonly name: string;
  readonly count: number;
  /**
   * `node.roles`. All of Elasticsearch's default roles where the file says nothing; empty: coordinating
   * only.
   */
  readonly roles: readonly string[];
  readonly instanceType: string;
  readonly storage: {
    readonly sizeGiB: number;
    readonly iops: number;
    readonly throughputMiBps: number;
  };
}
