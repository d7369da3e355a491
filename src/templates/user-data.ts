import { invariant } from '../errors.ts';
import { readTemplate, render, shellWords, withoutComments } from './render.ts';

/** What user data knows when it is written; the rest comes from the instance's metadata. The same for every node. */
export interface UserDataInput {
  /** The config's name. */
  readonly cluster: string;
  /** The ECS cluster that the host joins. */
  readonly ecsCluster: string;
  /** Addresses of data volumes up to the node's name, as in the tag es-ecs-resource: `hosts/volume/`. */
  readonly volumeAddressPrefix: string;
  /** Where the host is, and so what signs its calls. */
  readonly region: string;
  /** What the names of AWS's endpoints end in there. */
  readonly dnsSuffix: string;
}

/** EC2's limit, before base64. */
export const userDataLimitBytes = 16_384;

const boundary = '==es-ecs==';

/**
 * User data of every host: a MIME message of a piece of cloud-config (`templates/cloud-config.yaml`), which holds the agent and makes the
 * script run on every boot (re:Post, "run user data on every restart"), and of `templates/user-data.sh` with `templates/ask-aws.py` in it.
 * Plain text; the launch template takes it in base64.
 *
 * @throws Error (a bug) for what is not ASCII: cloud-init drops a part that says it is and is not, says that all is done, and the agent
 *   starts as if there were no script.
 */
export function renderUserData(input: UserDataInput): string {
  const askProgram = withoutComments(readTemplate('ask-aws.py'));
  const script = render(withoutComments(readTemplate('user-data.sh')), shellWords({ ...input, askProgram }));
  const message = [
    'MIME-Version: 1.0',
    `Content-Type: multipart/mixed; boundary="${boundary}"`,
    '',
    ...part('text/cloud-config', 'es-ecs.cfg', withoutComments(readTemplate('cloud-config.yaml'))),
    ...part('text/x-shellscript', 'es-ecs.sh', script),
    `--${boundary}--`,
    '',
  ].join('\n');
  const foreign = /[^\n\t -~].*/.exec(message)?.[0];
  invariant(foreign === undefined, `user data are ASCII, and this is not: ${String(foreign)}`);
  const bytes = Buffer.byteLength(message);
  invariant(
    bytes <= userDataLimitBytes,
    `user data of ${String(bytes)} bytes, and EC2 takes ${String(userDataLimitBytes)}`,
  );
  return message;
}

function part(type: string, file: string, content: string): readonly string[] {
  return [
    `--${boundary}`,
    `Content-Type: ${type}; charset="us-ascii"`,
    'MIME-Version: 1.0',
    'Content-Transfer-Encoding: 7bit',
    `Content-Disposition: attachment; filename="${file}"`,
    '',
    content,
  ];
}
