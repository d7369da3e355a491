/** Lists and fields are absent where they were not registered and ECS has no default for them. */
type Maybe<Value> = Value | undefined;

interface NameAndValue {
  readonly name?: Maybe<string>;
  readonly value?: Maybe<string>;
}

/**
 * A container definition as registered, with ECS's defaults: what a runtime may want to start it by (API reference, ContainerDefinition).
 * Not the SDK's type, for the reason that `SdkClient` gives.
 */
export interface RegisteredContainer {
  readonly name?: Maybe<string>;
  readonly image?: Maybe<string>;
  readonly user?: Maybe<string>;
  readonly workingDirectory?: Maybe<string>;
  readonly entryPoint?: Maybe<readonly string[]>;
  readonly command?: Maybe<readonly string[]>;
  readonly environment?: Maybe<readonly NameAndValue[]>;
  /** In CPU units: 1,024 are a core. */
  readonly cpu?: Maybe<number>;
  /** In MiB; the container is killed beyond it. */
  readonly memory?: Maybe<number>;
  /** In MiB. */
  readonly memoryReservation?: Maybe<number>;
  readonly essential?: Maybe<boolean>;
  readonly privileged?: Maybe<boolean>;
  readonly readonlyRootFilesystem?: Maybe<boolean>;
  /** In seconds, from SIGTERM to SIGKILL. */
  readonly stopTimeout?: Maybe<number>;
  readonly ulimits?: Maybe<readonly Ulimit[]>;
  readonly mountPoints?: Maybe<readonly MountPoint[]>;
  readonly portMappings?: Maybe<readonly PortMapping[]>;
  readonly healthCheck?: Maybe<HealthCheck>;
  readonly logConfiguration?: Maybe<LogConfiguration>;
  readonly dockerLabels?: Maybe<Readonly<Record<string, string>>>;
}

interface Ulimit {
  /** `nofile` */
  readonly name?: Maybe<string>;
  readonly softLimit?: Maybe<number>;
  readonly hardLimit?: Maybe<number>;
}

interface MountPoint {
  /** The name of one of the task definition's volumes. */
  readonly sourceVolume?: Maybe<string>;
  readonly containerPath?: Maybe<string>;
  readonly readOnly?: Maybe<boolean>;
}

interface PortMapping {
  readonly containerPort?: Maybe<number>;
  readonly hostPort?: Maybe<number>;
  readonly protocol?: Maybe<string>;
}

/** All times in seconds. */
interface HealthCheck {
  readonly command?: Maybe<readonly string[]>;
  readonly interval?: Maybe<number>;
  readonly timeout?: Maybe<number>;
  readonly retries?: Maybe<number>;
  readonly startPeriod?: Maybe<number>;
}

interface LogConfiguration {
  readonly logDriver?: Maybe<string>;
  readonly options?: Maybe<Readonly<Record<string, string>>>;
}

/** A task definition as registered, as far as a runtime may want it (API reference, TaskDefinition). */
export interface RegisteredTask {
  readonly taskDefinitionArn?: Maybe<string>;
  readonly family?: Maybe<string>;
  readonly revision?: Maybe<number>;
  readonly networkMode?: Maybe<string>;
  readonly taskRoleArn?: Maybe<string>;
  readonly executionRoleArn?: Maybe<string>;
  /** In CPU units, of the whole task. */
  readonly cpu?: Maybe<string>;
  /** In MiB, of the whole task. */
  readonly memory?: Maybe<string>;
  readonly volumes?: Maybe<readonly TaskVolume[]>;
}

interface TaskVolume {
  readonly name?: Maybe<string>;
  /** A folder of the host. */
  readonly host?: Maybe<{ readonly sourcePath?: Maybe<string> }>;
}
