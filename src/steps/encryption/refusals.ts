import { GetKeyPolicyCommand, paginateListGrants } from '@aws-sdk/client-kms';

import { servicePrincipals } from '../../aws/partitions.ts';
import { collectPages } from '../../aws/ec2.ts';
import type { Plan } from '../../engine/plan.ts';
import type { EsEcsError } from '../../errors.ts';
import type { StepContext } from '../context.ts';
import { volumeAddressPrefix } from '../hosts/launch-template-data.ts';
import { silently } from '../limits/silently.ts';
import { type KeyPlace, placeOfConfig, unusable, whyUnusable } from './judge-key.ts';
import { defaultDiskKey, type Key, lookAtKey } from './key.ts';
import { refusedActions } from './key-policy.ts';
import {
  callerNeed,
  executionNeed,
  grantCommand,
  hostNeed,
  type KeyNeed,
  logNeeds,
  scalingNeed,
} from './wishes.ts';

/** Addresses of what has a disk, or makes some. */
const disks = [volumeAddressPrefix, 'hosts/group/', 'hosts/launch-template', 'bastion/instance'];
/** Of what has a key without a disk. */
const others = [
  'task/secret/',
  'task/log-group',
  'network/flow-log',
  'network/log-group',
  'image/repository',
];

/** Whether a plan makes or changes something that asks for a key. */
export function asksForKey(plan: Plan): boolean {
  return asks(plan, disks) || asks(plan, others);
}

function asks({ entries }: Plan, prefixes: readonly string[]): boolean {
  const touched = entries.filter(({ action }) => ['create', 'change', 'replace'].includes(action));
  return touched.some(({ resource }) => prefixes.some((prefix) => resource.address.startsWith(prefix)));
}

/** What the policy of the config's key must allow. */
export function keyNeeds(context: StepContext, makesDisks: boolean): readonly KeyNeed[] {
  return [
    ...(makesDisks ? [scalingNeed(context), hostNeed(context)] : []),
    ...logNeeds(context),
    callerNeed(context, 'everything'),
    executionNeed(context),
  ];
}

/** Of the key that the account has chosen for its disks. */
export function defaultPlace({ facts: { region, accountId } }: Pick<StepContext, 'facts'>): KeyPlace {
  return { where: "the account's default key for disks", region, accountId };
}

/**
 * Why what a plan makes could not be encrypted: the key of the config, or else the account's own for disks, is none that can be used, or its
 * policy does not let those use it who must. Silent where it may not be looked at. Nothing is read for a plan that makes nothing with a key.
 */
export async function keyRefusals(plan: Plan, context: StepContext): Promise<readonly EsEcsError[]> {
  const { key } = context.facts;
  const makesDisks = asks(plan, disks);
  if (key !== undefined) {
    if (!asksForKey(plan)) return [];
    return judge(key, context, { place: placeOfConfig(context), needs: keyNeeds(context, makesDisks) });
  }
  if (!makesDisks) return [];
  const own = await defaultKey(context);
  if (own === undefined) return [];
  const needs = [scalingNeed(context), hostNeed(context), callerNeed(context, 'disks')];
  return judge(own, context, { place: defaultPlace(context), needs });
}

/** The customer key that the account has chosen for its disks; EBS's own may be named by its ARN, too. */
async function defaultKey({ clients }: StepContext): Promise<Key | undefined> {
  const named = await defaultDiskKey(clients);
  if (named === undefined) return undefined;
  const key = await lookAtKey(clients, named);
  return 'KeyManager' in key.seen && key.seen.KeyManager === 'AWS' ? undefined : key;
}

/** Why a key cannot be used for what is needed: by its state, or by its policy and its grants. */
export async function judge(
  key: Key,
  context: StepContext,
  { place, needs }: { readonly place: KeyPlace; readonly needs: readonly KeyNeed[] },
): Promise<readonly EsEcsError[]> {
  const why = whyUnusable(key, place);
  if (why !== undefined) return [why];
  const policy = await policyOf(key, context);
  if (policy === undefined) return [];
  const { accountId } = context.facts;
  const refused = needs
    .map((need) => ({ need, missing: refusedActions(policy, accountId, need) }))
    .filter(({ missing }) => missing.length > 0);
  if (refused.length === 0) return [];
  const grantees = refused.some(({ need }) => need.grantee !== undefined)
    ? await grantsOf(key, context)
    : new Map<string, ReadonlySet<string>>();
  // Whoever has a grant needs no policy, and who may not see grants cannot say that there is none.
  const left = refused.filter(({ need: { grantee }, missing }) => {
    if (grantee === undefined) return true;
    const granted = grantees?.get(grantee);
    return (
      grantees !== undefined && !missing.every((action) => granted?.has(action.replace('kms:', '')) === true)
    );
  });
  return distinct(left).map((one) => refusal(key, context, { ...one, place }));
}

interface Refused {
  readonly need: KeyNeed;
  readonly missing: readonly string[];
}

/** What one statement would mend is said once. */
function distinct(all: readonly Refused[]): readonly Refused[] {
  const byStatements = new Map(
    all.map((one) => [JSON.stringify(one.need.statements), one] as const).reverse(),
  );
  return all.filter((one) => byStatements.get(JSON.stringify(one.need.statements)) === one);
}

async function policyOf({ arn }: Key, { clients }: StepContext): Promise<string | undefined> {
  const command = new GetKeyPolicyCommand({ KeyId: arn, PolicyName: 'default' });
  return (await silently(clients.kms.send(command)))?.Policy;
}

/** What is granted to whom; undefined where nobody may look. */
async function grantsOf(
  { arn }: Key,
  { clients }: StepContext,
): Promise<ReadonlyMap<string, ReadonlySet<string>> | undefined> {
  const pages = paginateListGrants({ client: clients.kms }, { KeyId: arn });
  const grants = await silently(collectPages(pages, (page) => page.Grants));
  if (grants === undefined) return undefined;
  const byGrantee = new Map<string, Set<string>>();
  for (const { GranteePrincipal = '', Operations = [] } of grants) {
    byGrantee.set(GranteePrincipal, new Set([...(byGrantee.get(GranteePrincipal) ?? []), ...Operations]));
  }
  return byGrantee;
}

function refusal(
  { arn }: Key,
  { facts }: StepContext,
  { need, missing, place }: Refused & { readonly place: KeyPlace },
): EsEcsError {
  const { who, forWhat, grantee, statements } = need;
  const region = `--region ${place.region}`;
  const why = `the policy of ${arn} does not let ${who} do ${missing.join(', ')}: ${forWhat}`;
  if (grantee !== undefined) {
    return unusable(place, why, [
      grantCommand(arn, facts),
      `where that role is not there yet: aws iam create-service-linked-role --aws-service-name ${servicePrincipals.autoScaling}`,
      'or add to its policy, as docs/encryption.md shows:',
      ...statements.map((one) => JSON.stringify(one)),
    ]);
  }
  return unusable(place, why, [
    `aws kms get-key-policy ${region} --key-id ${arn} --policy-name default --query Policy --output text >key-policy.json`,
    'add to its Statement, as docs/encryption.md shows:',
    ...statements.map((one) => JSON.stringify(one)),
    `aws kms put-key-policy ${region} --key-id ${arn} --policy-name default --policy file://key-policy.json`,
  ]);
}
