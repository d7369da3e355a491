import type { Plan } from '../../engine/plan.ts';
import { EsEcsError } from '../../errors.ts';
import type { StepContext } from '../context.ts';
import { volumeAddressPrefix } from '../hosts/launch-template-data.ts';
import { keyConcern, keyRefusals } from '../encryption/refusals.ts';
import { planRefusals } from './plan-of-account.ts';
import { quotaRefusals } from './quotas.ts';

/**
 * Why a plan could not be carried out, though nothing in it is refused: what the account may not have, and what nobody could reach.
 * Looked at before anything is made. Reads only, and only for what the plan makes.
 */
export async function refusalsOf(plan: Plan, context: StepContext): Promise<readonly EsEcsError[]> {
  const looked = await Promise.all([
    keyRefusals(plan, context),
    planRefusals(plan, context),
    quotaRefusals(plan, context),
  ]);
  return [...noWayIn(plan, context), ...looked.flat()];
}

/** What people should know of a cluster that a plan leaves as it is, or changes in something else; what is refused anyway is not said twice. */
export function concernsOf(
  context: StepContext,
  refusals: readonly EsEcsError[] = [],
): readonly EsEcsError[] {
  const concern = keyConcern(context);
  return concern === undefined || refusals.some(({ code }) => code === concern.code) ? [] : [concern];
}

/** A cluster that es-ecs itself cannot reach never forms in earnest: nobody withdraws the right to bootstrap, and no node could be restarted. */
function noWayIn({ entries }: Plan, { config, located }: StepContext): readonly EsEcsError[] {
  const { bastion, access } = config;
  if (bastion.enabled || access.endpoint !== undefined) return [];
  const isNew = entries.some(
    ({ action, resource }) => action === 'create' && resource.address.startsWith(volumeAddressPrefix),
  );
  const has = entries.some(
    ({ observed, resource }) => observed !== undefined && resource.address.startsWith(volumeAddressPrefix),
  );
  if (!isNew || has) return [];
  return [
    new EsEcsError(
      'REFUSED',
      `${located.at(['bastion'])}: with the bastion off and no access.endpoint, es-ecs has no way to Elasticsearch`,
      {
        hint: [
          'set access.endpoint to an address of a node or of a balancer that is reached from here, as in https://search.example.com:9200',
          'or leave bastion out of the config',
        ],
      },
    ),
  ];
}
