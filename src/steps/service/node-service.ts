import type { Tags } from '../../aws/tags.ts';
import type { Host } from '../hosts/host.ts';
import type { HostTrouble } from '../hosts/host-trouble.ts';
import type { Service } from './services.ts';
import type { NodeTask } from './tasks.ts';

/** Which Elasticsearch a node's service was last told to run: from it, a step back is refused before anything is touched. */
export const versionTag = 'es-ecs-version';

export interface ServiceDesired {
  readonly clusterName: string;
  readonly serviceName: string;
  readonly taskDefinitionArn: string;
  /** Of Elasticsearch. */
  readonly version: string;
  /** That the node's host is to be made from. */
  readonly launchTemplateId: string;
  readonly launchTemplateVersion: number;
  /** Versions of it that make the same hosts, this one among them. */
  readonly versionsAlike: readonly number[];
  readonly placement: string;
  /** What the gate of its host has seen of that; undefined where it was not waited for. */
  readonly host: Pick<Host, 'instanceId' | 'trouble'> | undefined;
  readonly tags: Tags;
}

/** What `find` sees of a node: its service, its hosts, and whether this very run has restarted it and it is not back. */
export interface NodeService extends Service {
  readonly hosts: readonly {
    readonly instanceId: string;
    readonly launchTemplateId: string | undefined;
    readonly launchTemplateVersion: number | undefined;
    /** What was wrong with it when it was planned. */
    readonly trouble?: HostTrouble | undefined;
  }[];
  readonly isRecovering: boolean;
  /** ECS gave it the tags that the service had as it began. */
  readonly task: Pick<NodeTask, 'taskArn' | 'ownTags'> | undefined;
}
