import type { ClusterControl } from '../elasticsearch/client.ts';
import type { Architecture } from './facts.ts';

/** What resources need beyond AWS; the command decides which: real ones, or those of the simulated account. */
export interface Adapters {
  readonly images: ImageBuilder;
  readonly keys: KeyStore;
  readonly secrets: SecretMaker;
  readonly cluster: ClusterAccess;
}

/** Builds the image and pushes it; the real one drives docker, podman or buildah. */
export interface ImageBuilder {
  /**
   * Whether there is a program to build with.
   *
   * @throws EsEcsError NO_IMAGE_BUILDER
   */
  check(): Promise<void>;
  /**
   * Builds from `templates/` and pushes under `repositoryUri:tag`. By which digest it is known, the registry says.
   *
   * @throws EsEcsError IMAGE_BUILD with the cause and the last lines of the program's output; INTERRUPTED.
   */
  buildAndPush(order: ImageOrder): Promise<void>;
}

export interface ImageOrder {
  /** `123456789012.dkr.ecr.eu-west-1.amazonaws.com/es-ecs/search`. */
  readonly repositoryUri: string;
  readonly tag: string;
  readonly architecture: Architecture;
  readonly elasticsearchVersion: string;
  /** From GetAuthorizationToken, decoded; never written where others can read it, never on a command line. */
  readonly login: { readonly registry: string; readonly user: string; readonly password: string };
}

/** The bastion's key pair: the private half is a 0600 file beside the state and never leaves this machine. */
export interface KeyStore {
  /** Makes the pair when there is none yet; the same one ever after. */
  ensure(): Promise<{ readonly publicKey: string; readonly privateKeyFile: string }>;
  /** The public half if there is a pair, e.g. `ssh-ed25519 AAAA… es-ecs`. */
  read(): Promise<{ readonly publicKey: string; readonly privateKeyFile: string } | undefined>;
  /** After `destroy`. */
  remove(): Promise<void>;
}

/** Makes secret values; pure but for time and chance, which are the adapter's. */
export interface SecretMaker {
  /** A CA that signs the nodes' certificates: PEM certificate and PKCS#8 private key. */
  authority(cluster: string): Promise<{ readonly certificate: string; readonly privateKey: string }>;
  /** A certificate for all nodes of the cluster, signed by the authority. */
  nodeCertificate(
    cluster: string,
    authority: { readonly certificate: string; readonly privateKey: string },
  ): Promise<{
    readonly certificate: string;
    readonly privateKey: string;
    /** When it ends, in milliseconds since 1970. */
    readonly notAfterMs: number;
  }>;
  password(): string;
}

/** The way in to Elasticsearch. */
export interface ClusterAccess {
  /**
   * Undefined where there is no way in from here, once it has been said why: then ECS's word is the last one. What was
   * opened before is closed, and hosts and secrets are looked up anew.
   *
   * @throws EsEcsError when there should be a way in and is none, such as BASTION_UNREACHABLE.
   */
  connect(): Promise<ClusterControl | undefined>;
  /** Gets leave to change something; absent where none is needed. Whoever has not asked is made to at the first change. */
  allowWrites?(): Promise<void>;
  /** Ends what is open; absent where nothing ever is. */
  close?(): void;
}
