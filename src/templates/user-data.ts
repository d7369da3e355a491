import { readTemplate, render, shellWords } from './render.ts';

/** What user data knows when it is written; the rest comes from the instance's metadata. The same for every node. */
export interface UserDataInput {
  /** The config's name. */
  readonly cluster: string;
  /** The ECS cluster that the host joins. */
  readonly ecsCluster: string;
  /** Addresses of data volumes up to the node's name, as in the tag es-ecs-resource: `hosts/volume/`. */
  readonly volumeAddressPrefix: string;
}

/** EC2's limit, before base64. */
export const userDataLimitBytes = 16_384;

const boundary = '==es-ecs==';

/**
 * User data of every host: a MIME message of a piece of cloud-config, which makes the script run on every boot
 * (re:Post, "run user data on every restart"), and `templates/user-data.sh`. Plain text; the launch template takes it
 * in base64.
 */
export function renderUserData(input: UserDataInput): string {
  const script = render(readTemplate('user-data.sh'), shellWords({ ...input }));
  const cloudConfig = '#cloud-config\ncloud_final_modules:\n  - [scripts-user, always]\n';
  return [
    'MIME-Version: 1.0',
    `Content-Type: multipart/mixed; boundary="${boundary}"`,
    '',
    ...part('text/cloud-config', 'es-ecs.cfg', cloudConfig),
    ...part('text/x-shellscript', 'es-ecs.sh', script),
    `--${boundary}--`,
    '',
  ].join('\n');
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
