import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';

import { execa } from 'execa';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { installAwsClients } from './support/boto.ts';
import { type CredentialServices, startCredentialServices } from './support/credential-services.ts';
import { startPart } from './support/part.ts';
import { openWorkplace, type Workplace } from './support/workplace.ts';

const bin = await startPart('the AWS CLI and boto3', installAwsClients);
const program = path.join(import.meta.dirname, '..', '..', 'bin', 'es-ecs.js');
const support = path.join(import.meta.dirname, 'support');

const role = 'role_arn = arn:aws:iam::123456789012:role';
const mfa = 'arn:aws:iam::123456789012:mfa/ann';
const keys = (name: string): string => `aws_access_key_id = AK-${name}\naws_secret_access_key = s\n`;
const given = (name: string): string => `{"Version":1,"AccessKeyId":"AK-${name}","SecretAccessKey":"s"}`;

/** Sections by the end of their header. */
const profiles: Readonly<Record<string, string>> = {
  default: keys('default'),
  static: keys('static'),
  half: 'aws_access_key_id = AK-half\n',
  process: `credential_process = echo '${given('process')}'\n`,
  rubbish: 'credential_process = echo rubbish\n',
  fails: "credential_process = sh -c 'exit 3'\n",
  old: `credential_process = echo '{"Version":1,"AccessKeyId":"x","SecretAccessKey":"s","SessionToken":"t","Expiration":"2020-01-01T00:00:00Z"}'\n`,
  'process-and-keys': `credential_process = echo '${given('process')}'\n${keys('beside')}`,
  role: `${role}/deploy\nsource_profile = static\n`,
  chain: `${role}/outer\nsource_profile = role\n`,
  self: `${role}/deploy\nsource_profile = self\n${keys('self')}`,
  'by-process': `${role}/deploy\nsource_profile = process\n`,
  'by-container': `${role}/deploy\ncredential_source = EcsContainer\n`,
  'by-instance': `${role}/deploy\ncredential_source = Ec2InstanceMetadata\n`,
  'by-environment': `${role}/deploy\ncredential_source = Environment\n`,
  neither: `${role}/deploy\n`,
  two: `${role}/deploy\nsource_profile = static\ncredential_source = Environment\n`,
  dangling: `${role}/deploy\nsource_profile = nowhere\n`,
  odd: `${role}/deploy\ncredential_source = Somewhere\n`,
  there: `${role}/a\nsource_profile = back\n`,
  back: `${role}/b\nsource_profile = there\n`,
  mfa: `${role}/deploy\nsource_profile = static\nmfa_serial = ${mfa}\n`,
  sso: 'sso_start_url = https://example.awsapps.com/start\nsso_region = eu-west-1\nsso_account_id = 123456789012\nsso_role_name = Deployer\n',
  'sso-half': 'sso_start_url = https://example.awsapps.com/start\nsso_account_id = 123456789012\n',
  'sso-dangling': 'sso_session = nowhere\nsso_account_id = 123456789012\nsso_role_name = Deployer\n',
  'sso-and-process': `sso_session = nowhere\nsso_account_id = 123456789012\nsso_role_name = x\ncredential_process = echo '${given('process')}'\n`,
  web: `${role}/web\nweb_identity_token_file = /nowhere/token\n`,
  'web-no-role': 'web_identity_token_file = /nowhere/token\n',
  empty: 'region = eu-west-1\n',
};

const credentialsFile = `[filed]
${keys('filed')}[process-in-both]
${keys('file')}`;

const named = (profile: string) => ({ AWS_PROFILE: profile });
const exported = { AWS_ACCESS_KEY_ID: 'AK-env', AWS_SECRET_ACCESS_KEY: 's' };
const web = { AWS_ROLE_ARN: 'arn:aws:iam::123456789012:role/ci' };

describe.skipIf(bin === undefined)('credentials', () => {
  let services: CredentialServices;
  let workplace: Workplace;
  let environment: Readonly<Record<string, string>>;

  beforeAll(async () => {
    services = await startCredentialServices();
    workplace = await openWorkplace();
    await workplace.write(
      'es-ecs.yaml',
      'name: search\nregion: eu-west-1\nnodes: 1\ninstanceType: m7i.large\nnetwork: { zones: 1 }\nelasticsearch: { version: 9.4.6 }\n',
    );
    const sections = Object.entries(profiles).map(
      ([name, text]) => `[${name === 'default' ? '' : 'profile '}${name}]\n${text}`,
    );
    await workplace.write(
      'aws-config',
      `${sections.join('')}[profile process-in-both]\ncredential_process = echo '${given('process')}'\n`,
    );
    await workplace.write('aws-credentials', credentialsFile);
    await workplace.write('token', 'ey.token');
    environment = {
      PATH: process.env['PATH'] ?? '/usr/bin:/bin',
      HOME: path.join(path.dirname(workplace.folder), 'home'),
      AWS_CONFIG_FILE: workplace.file('aws-config'),
      AWS_SHARED_CREDENTIALS_FILE: workplace.file('aws-credentials'),
      AWS_ENDPOINT_URL: services.url,
      AWS_EC2_METADATA_SERVICE_ENDPOINT: services.url,
      AWS_DEFAULT_REGION: 'eu-west-1',
      AWS_REGION: 'eu-west-1',
      // The SDK would say that its support for Node 20 ends.
      AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
    };
  });

  beforeEach(() => {
    services.forget();
  });

  afterAll(async () => {
    await workplace.close();
    await services.stop();
  });

  /** Whose key AWS sees of `es-ecs status`; every other call is refused here. */
  async function ours(
    more: Readonly<Record<string, string>>,
  ): Promise<{ readonly key: string | undefined; readonly stderr: string }> {
    services.forget();
    const ended = await execa(process.execPath, [program, 'status'], {
      cwd: workplace.folder,
      env: { ...environment, ...more },
      extendEnv: false,
      reject: false,
      stdin: 'ignore',
    });
    const key = services.asked
      .map((one) => /^GetCallerIdentity by (.*)$/.exec(one)?.[1])
      .find((one) => one !== undefined);
    if (key === undefined) expect(ended.stderr).toMatch(/^✖ (?!AWS cannot be reached)/m);
    return { key, stderr: ended.stderr };
  }

  async function theirs(more: Readonly<Record<string, string>>): Promise<string | undefined> {
    const { stdout } = await execa(path.join(bin ?? '', 'python'), ['-B', path.join(support, 'who.py')], {
      env: { ...environment, ...more },
      extendEnv: false,
      stdin: 'ignore',
    });
    const said = JSON.parse(stdout) as { readonly key?: string; readonly refused?: string };
    return said.key;
  }

  it.each([
    ['nothing', {}],
    ...[...Object.keys(profiles), 'filed', 'process-in-both', 'nowhere']
      // Both ask for a code, and one of them on a terminal alone.
      .filter((name) => name !== 'mfa')
      .map((name) => [name, named(name)] as const),
    ['exported keys', exported],
    ['exported keys and a profile', { ...exported, ...named('static') }],
    ['exported keys and a role', { ...exported, ...named('role') }],
    ['exported keys and a role that is taken with them', { ...exported, ...named('by-environment') }],
    ['exported keys and a profile that is not there', { ...exported, ...named('nowhere') }],
    ['a key alone', { AWS_ACCESS_KEY_ID: 'AK-env' }],
    ['a key alone and a profile', { AWS_ACCESS_KEY_ID: 'AK-env', ...named('static') }],
    ['a secret alone and a profile', { AWS_SECRET_ACCESS_KEY: 's', ...named('static') }],
    ['empty keys and a profile', { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '', ...named('static') }],
    [
      'exported keys that have ended',
      { ...exported, AWS_SESSION_TOKEN: 't', AWS_CREDENTIAL_EXPIRATION: '2020-01-01T00:00:00Z' },
    ],
    ['the older variable', { AWS_DEFAULT_PROFILE: 'static' }],
    ['a token', { ...web, AWS_WEB_IDENTITY_TOKEN_FILE: 'TOKEN' }],
    ['a token and a profile with keys', { ...web, AWS_WEB_IDENTITY_TOKEN_FILE: 'TOKEN', ...named('static') }],
    ['a token and a profile with a role', { ...web, AWS_WEB_IDENTITY_TOKEN_FILE: 'TOKEN', ...named('role') }],
    ['a token that is not there', { ...web, AWS_WEB_IDENTITY_TOKEN_FILE: '/nowhere/token' }],
    ['a token without a role', { AWS_WEB_IDENTITY_TOKEN_FILE: 'TOKEN', ...named('static') }],
    ['a container', { ...named('empty'), AWS_CONTAINER_CREDENTIALS_FULL_URI: 'URL/container' }],
    ['a container that gives none', { ...named('empty'), AWS_CONTAINER_CREDENTIALS_FULL_URI: 'URL/nothing' }],
    ['a container that is none', { ...named('empty'), AWS_CONTAINER_CREDENTIALS_FULL_URI: 'rubbish' }],
    ['an instance that is not to be asked', { ...named('empty'), AWS_EC2_METADATA_DISABLED: 'true' }],
    ['files that are not there', { AWS_CONFIG_FILE: '/nowhere', AWS_SHARED_CREDENTIALS_FILE: '/nowhere' }],
    ['a profile in files that are not there', { ...named('static'), AWS_CONFIG_FILE: '/nowhere' }],
  ] as const)('are those of the AWS CLI, or none where it has none: %s', async (_, more) => {
    const said: Readonly<Record<string, string>> = more;
    const filled = Object.fromEntries(
      Object.entries(said).map(([variable, value]) => [
        variable,
        value.replace(/^TOKEN$/, workplace.file('token')).replace(/^URL/, services.url),
      ]),
    );
    const { key } = await ours(filled);
    expect(key).toBe(await theirs(filled));
  });

  it('are not those of the machine where a profile is misspelt', async () => {
    const { key, stderr } = await ours(named('statik'));
    expect(key).toBeUndefined();
    expect(stderr).toContain('there is no profile statik (the one that AWS_PROFILE names)');
  });

  describe('with a code', () => {
    const onTerminal = (answers: readonly (readonly [string, string])[], ...args: readonly string[]) =>
      execa(
        'python3',
        [path.join(support, 'on-terminal.py'), JSON.stringify(answers), process.execPath, program, ...args],
        {
          cwd: workplace.folder,
          env: { ...environment, ...named('mfa'), TERM: 'xterm' },
          extendEnv: false,
          reject: false,
          stdin: 'ignore',
        },
      );
    const question = `MFA code of ${mfa} for the profile mfa: `;

    it('ask for it on a terminal, once, and show nothing of it', async () => {
      const { stdout } = await onTerminal([[question, '907532\r']], 'status');
      expect(services.asked[0]).toBe('AssumeRole by AK-static with 907532');
      expect(services.asked[1]).toBe('GetCallerIdentity by AK-deploy');
      expect(services.asked.filter((one) => one.startsWith('AssumeRole'))).toHaveLength(1);
      expect(stdout.split(question)).toHaveLength(2);
      expect(stdout).not.toContain('907532');
    });

    it('Ctrl-C ends at the question, with nothing asked of AWS and no lock left', async () => {
      const { exitCode, stdout } = await onTerminal([[question, '\u0003']], 'up');
      expect(exitCode).toBe(130);
      expect(stdout).toContain('interrupted: nothing was done');
      expect(services.asked).toEqual([]);
      expect(await workplace.files()).not.toContain('es-ecs.state.json.lock');
    });

    it('and no terminal say so, and what they name gets out: the AWS CLI asks, and its keys count', async () => {
      for (const args of [['status'], ['status', '--json'], ['up', '--yes']]) {
        const ended = await workplace.run(args, { ...environment, ...named('mfa') });
        expect(ended.exitCode).toBe(1);
        expect(ended.stderr).toContain('there is no terminal to ask for it on');
        expect(ended.stderr).toContain(
          'eval "$(aws configure export-credentials --profile mfa --format env)"',
        );
      }
      expect(services.asked).toEqual([]);
      const { key } = await ours({ ...named('mfa'), ...exported, AWS_SESSION_TOKEN: 't' });
      expect(key).toBe('AK-env');
    });
  });

  it('are of no interest to a rehearsal: no file is read for them, no process run, nobody asked', async () => {
    const ran = workplace.file('ran');
    await writeFile(workplace.file('trap'), `[default]\ncredential_process = touch ${ran}\n`);
    for (const trap of [
      { AWS_CONFIG_FILE: workplace.file('trap') },
      named('nowhere'),
      { AWS_ACCESS_KEY_ID: 'x' },
      named('mfa'),
    ]) {
      const ended = await workplace.run(['plan', '--simulate'], { ...environment, ...trap });
      expect(ended).toMatchObject({ exitCode: 0 });
      expect(ended.stderr).not.toContain('AWS_');
    }
    expect(existsSync(ran)).toBe(false);
    expect(services.asked).toEqual([]);
  });
});
