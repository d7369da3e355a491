import { type Activity, paginateDescribeScalingActivities } from '@aws-sdk/client-auto-scaling';

import type { Clients } from '../../aws/clients.ts';
import { collectPages } from '../../aws/ec2.ts';
import { unless } from '../../aws/unless.ts';
import { clusterUuidTagKey } from '../../elasticsearch/bootstrap.ts';
import type { Node } from '../../elasticsearch/topology.ts';
import type { StepContext } from '../context.ts';
import { groupName } from '../names.ts';
import { nodeInstances, nodeKey } from './instances.ts';
import { isStillborn } from './launches.ts';

/** What of a volume says whether anything can be on it. */
export interface VolumePast {
  readonly tags: Readonly<Record<string, string>>;
  readonly holders: readonly string[];
  readonly state: string;
  readonly madeMs: number;
  /** Whether it was made from a snapshot, and so with what was on that. */
  readonly isCopy: boolean;
}

const day = 24 * 3_600_000;
/** Auto Scaling tells the activities of the past six weeks (DescribeScalingActivities); two days less than that. */
const rememberedMs = 40 * day;

/**
 * Why something may be on a node's volume; undefined where nothing can be: it was made empty, is held by nobody, and its node has never had a
 * host that could have written to it, as the activities of its group tell, and of groups of that name that are gone. EC2 itself does not say
 * what a volume was once attached to. Whatever is not sure counts as data.
 */
export async function whyUsed(
  context: StepContext,
  node: Pick<Node, 'name'>,
  past: VolumePast,
): Promise<string | undefined> {
  if (past.tags[clusterUuidTagKey] !== undefined) return 'it holds data';
  if (past.isCopy) return 'it was made from a snapshot, and holds what was on that';
  const [holder] = past.holders;
  if (holder !== undefined || past.state !== 'available')
    return holder === undefined ? `it is ${past.state}` : `${holder} holds it`;
  if (context.clock.now() - past.madeMs > rememberedMs)
    return 'it is older than what AWS tells of hosts, so that nobody knows whether it holds data';
  const key = nodeKey(context.config.name, node.name);
  const [instances, activities] = await Promise.all([
    context.inventory.find(nodeInstances, key, { id: undefined, fresh: true, name: key }),
    activitiesOf(context.clients, groupName(node.name)),
  ]);
  const living = instances?.living[0];
  if (living !== undefined) return `${living} may be writing to it`;
  const launched = activities.find((one) => hasRun(one) && !endedBefore(activities, one, past.madeMs));
  if (launched === undefined) return undefined;
  const since = launched.StartTime?.toISOString().slice(0, 16).replace('T', ' ') ?? 'some time';
  return `its node has had a host (${since} UTC), so that it may hold data`;
}

/** Whether an activity has brought a host that may have run a program. */
function hasRun(activity: Activity): boolean {
  return activity.Description?.startsWith('Launching') === true && !isStillborn(activity);
}

/** Whether the host of a launch was gone by a time: the group has ended it, and that was through. */
function endedBefore(activities: readonly Activity[], { Description = '' }: Activity, ms: number): boolean {
  const [instance] = /\bi-[0-9a-f]+/.exec(Description) ?? [];
  return activities.some(
    ({ Description: words = '', EndTime }) =>
      instance !== undefined &&
      words.startsWith('Terminating') &&
      words.includes(instance) &&
      EndTime !== undefined &&
      EndTime.getTime() < ms,
  );
}

/** All that the groups of a name have done, those that are gone as well. */
async function activitiesOf({ autoScaling }: Clients, name: string): Promise<readonly Activity[]> {
  const read = (AutoScalingGroupName: string | undefined): Promise<readonly Activity[]> =>
    collectPages(
      paginateDescribeScalingActivities(
        { client: autoScaling, pageSize: 100 },
        {
          IncludeDeletedGroups: true,
          ...(AutoScalingGroupName === undefined ? {} : { AutoScalingGroupName }),
        },
      ),
      (page) => page.Activities,
    );
  // A name that no group has is refused; whether one that is gone had it, only the account's whole list tells then.
  const own = await unless(['ValidationError'], read(name));
  return own ?? (await read(undefined)).filter(({ AutoScalingGroupName }) => AutoScalingGroupName === name);
}
