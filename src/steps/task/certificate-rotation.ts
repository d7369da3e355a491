import type { Change, Needs, Resource } from '../../engine/resource.ts';
import { EsEcsError } from '../../errors.ts';
import type { StepContext } from '../context.ts';
import { secretName } from '../names.ts';
import {
  type Authority,
  type Certificates,
  readAuthority,
  readNodeCertificates,
  signerIn,
  trustedIn,
} from './authority-value.ts';
import { type Issue, issueOf, issueTag, issueText, nextIssue, type Rotation } from './issue.ts';
import { type Secret, type SecretDesired, untilTags } from './secret.ts';
import { putSecret, tagSecret } from './secret-value.ts';

type CertificatesResource<N extends Needs> = Resource<SecretDesired<N>, Secret, N>;

/**
 * The certificates' secret with the next step of a rotation as one of its differences, where a person has asked for it. Nodes get it as they restart,
 * one by one: the step is in a label of their task definition. Once in a run; the next step is for the next run, when every node has this one.
 */
export function rotating<N extends Needs>(
  context: StepContext,
  resource: CertificatesResource<N>,
): CertificatesResource<N> {
  const { rotation } = context;
  if (rotation === undefined) return { ...resource, kept: (_desired, { tags }) => cutOff(issueOf(tags)) };
  let hasBegun = false;
  const begin = (): void => {
    hasBegun = true;
  };
  return {
    ...resource,
    predict: (desired, observed) => {
      const before = resource.predict?.(desired, observed) ?? observed;
      if (hasBegun) return before;
      const next = nextIssue(issueOf(observed.tags), rotation);
      return { ...before, tags: { ...before.tags, [issueTag]: issueText(next) } };
    },
    diff: (desired, observed) => {
      const changes = resource.diff(desired, observed);
      if (hasBegun) return changes;
      const step = stepOf(context, { rotation, observed, begin });
      // What is made anew now need not be renewed as well.
      return [...changes.filter(({ path }) => path !== 'until'), step];
    },
  };
}

function cutOff({ phase }: Issue): string | undefined {
  if (phase === 'settled') return undefined;
  if (phase === 'new alone')
    return 'a rotation of the authority was cut off at its last roll: es-ecs rotate authority  ends it';
  return 'the authority is being rotated, and nodes trust the old one and the new one: es-ecs rotate authority  goes on with it';
}

interface Step {
  readonly rotation: Rotation;
  readonly observed: Secret;
  readonly begin: () => void;
}

function stepOf(context: StepContext, { rotation, observed, begin }: Step): Change {
  const issue = issueOf(observed.tags);
  const next = nextIssue(issue, rotation);
  const words = { path: 'issue', before: issueText(issue), after: issueText(next) };
  if (rotation === 'certificates' && issue.phase !== 'settled') {
    const because =
      'the authority is being rotated: es-ecs rotate authority  ends that, with new certificates';
    return { ...words, impact: 'refuse', because };
  }
  return {
    ...words,
    impact: 'in-place',
    because: becauseOf(rotation, next),
    apply: async () => {
      await take(context, { issue, next, rotation });
      begin();
    },
  };
}

function becauseOf(rotation: Rotation, { phase }: Issue): string {
  if (rotation === 'certificates') return 'asked for: another key and certificate, by the same authority';
  if (phase === 'both trusted') return 'asked for: a new authority is trusted beside the old one';
  if (phase === 'signed anew') return 'asked for: another key and certificate, by the new authority';
  return 'asked for: the old authority is trusted no more';
}

/** The end of a rotation of the authority: every node has the new one alone. */
export async function settleIssue({ clients, config }: StepContext, { number }: Issue): Promise<void> {
  await tagSecret(clients.secretsManager, secretName(config, 'certificates'), {
    [issueTag]: issueText({ number, phase: 'settled' }),
  });
}

/** Every value before the tag: a run that dies in between does the same step once more, with the same new authority. */
async function take(
  context: StepContext,
  step: { readonly issue: Issue; readonly next: Issue; readonly rotation: Rotation },
): Promise<void> {
  const { clients, config } = context;
  const { next } = step;
  const names = {
    authority: secretName(config, 'authority'),
    certificates: secretName(config, 'certificates'),
  };
  const [authority, before] = await Promise.all([
    readAuthority(clients, names.authority),
    readNodeCertificates(clients, names.certificates),
  ]);
  const staged = await withSuccessor(context, step, { authority, name: names.authority });
  const made = await valueOf(context, step, { authority: staged, before });
  const { secretsManager } = clients;
  await putSecret(secretsManager, names.certificates, made.value);
  if (step.issue.phase === 'signed anew')
    await putSecret(secretsManager, names.authority, successorOf(staged));
  const until = made.notAfterMs === undefined ? {} : untilTags({ notAfterMs: made.notAfterMs });
  await tagSecret(secretsManager, names.certificates, { [issueTag]: issueText(next), ...until });
}

/** In the secret before any node hears of it. */
async function withSuccessor(
  { clients, config, clock, adapters }: StepContext,
  { next }: { readonly next: Issue },
  { authority, name }: { readonly authority: Authority; readonly name: string },
): Promise<Authority> {
  if (['settled', 'new alone'].includes(next.phase) || authority.next !== undefined) return authority;
  if (next.phase === 'signed anew') {
    throw new EsEcsError('NOT_FOUND', `the secret ${name} does not hold the new authority that nodes trust`, {
      hint: 'somebody else has written it: restore the version that carries AWSPREVIOUS',
    });
  }
  const { certificate, privateKey } = await clock.hold(adapters.secrets.authority(config.name));
  const staged = { ...authority, next: { certificate, privateKey } };
  await putSecret(clients.secretsManager, name, staged);
  return staged;
}

async function valueOf(
  { config, clock, adapters }: StepContext,
  { next, rotation, issue }: { readonly next: Issue; readonly rotation: Rotation; readonly issue: Issue },
  { authority, before }: { readonly authority: Authority; readonly before: Certificates },
): Promise<{ readonly value: Certificates; readonly notAfterMs?: number }> {
  const isLast = rotation === 'authority' && issue.phase === 'signed anew';
  const caCertificate = isLast ? successorOf(authority).certificate : trustedIn(authority, next);
  if (rotation === 'authority' && next.phase !== 'signed anew')
    return { value: { ...before, caCertificate } };
  const node = await clock.hold(adapters.secrets.nodeCertificate(config.name, signerIn(authority, next)));
  return {
    value: { caCertificate, nodeCertificate: node.certificate, nodeKey: node.privateKey },
    notAfterMs: node.notAfterMs,
  };
}

/** The authority that stays; a run that died at the end may have left it alone in the secret already. */
function successorOf({ certificate, privateKey, next }: Authority): Authority {
  return next ?? { certificate, privateKey };
}
