import type { ClusterControl } from '../../elasticsearch/client.ts';
import type { StepContext } from '../context.ts';
import { secretName } from '../names.ts';
import { readPassword } from '../way-in.ts';
import { type MarkedPassword, passwordMark, setInTag } from './password-mark.ts';
import { putSecret, tagSecret } from './secret-value.ts';

type Context = Pick<StepContext, 'clients' | 'config' | 'adapters'>;

/** How the cluster is told, by whichever of the secret's two passwords it takes. */
type Tell = (work: (control: ClusterControl) => Promise<void>) => Promise<void>;

/**
 * Begins a rotation, or takes up one that was cut off: the new password is in the secret, beside the one in force, before any node hears of it.
 *
 * @returns whether one was taken up
 */
export async function stageNext(context: Context): Promise<boolean> {
  const { password, next } = await readPassword(context);
  if (next !== undefined) return true;
  await put(context, { password, next: context.adapters.secrets.password() });
  return false;
}

/**
 * Sets by API what the secret says, the new password of a rotation if one has begun; then makes that the only one, and notes in which cluster.
 * Each call can be repeated: cut off anywhere, it is done again from the beginning.
 *
 * @returns what the secret says of itself then
 */
export async function bringIntoForce(
  context: Context,
  clusterUuid: string,
  tell: Tell,
): Promise<MarkedPassword> {
  const { password, next, versionId } = await readPassword(context);
  await tell((control) => control.setPassword(next ?? password));
  const inForce = next === undefined ? versionId : await put(context, { password: next });
  const setIn = passwordMark(clusterUuid, inForce);
  const { clients, config } = context;
  await tagSecret(clients.secretsManager, secretName(config, 'password'), { [setInTag]: setIn });
  return { versionId: inForce, setIn };
}

function put(
  { clients, config }: Context,
  value: { readonly password: string; readonly next?: string },
): Promise<string> {
  return putSecret(clients.secretsManager, secretName(config, 'password'), value);
}
