import { afterEach, describe, expect, it, vi } from 'vitest';

import { createVirtualClock } from '../../../src/engine/clock.ts';
import { AwsHome, toldOf } from './aws-home.ts';

afterEach(() => {
  vi.unstubAllEnvs();
});

const role = 'role_arn = arn:aws:iam::123456789012:role/deploy';
const config = `[default]
aws_access_key_id = AK-default
aws_secret_access_key = s
[profile static]
aws_access_key_id = AK-static
aws_secret_access_key = s
aws_session_token = token
[profile half]
aws_access_key_id = AK-half
[profile process]
credential_process = echo '{"Version":1,"AccessKeyId":"AK-process","SecretAccessKey":"s"}'
[profile both]
credential_process = echo '{"Version":1,"AccessKeyId":"AK-process","SecretAccessKey":"s"}'
aws_access_key_id = AK-both
aws_secret_access_key = s
[profile role]
${role}
source_profile = static
[profile self]
${role}
source_profile = self
aws_access_key_id = AK-self
aws_secret_access_key = s
[profile chain]
role_arn = arn:aws:iam::123456789012:role/outer
source_profile = role
[profile by-environment]
${role}
credential_source = Environment
[profile neither]
${role}
[profile two]
${role}
source_profile = static
credential_source = Environment
[profile dangling]
${role}
source_profile = nowhere
[profile odd]
${role}
credential_source = Somewhere
[profile hollow]
${role}
source_profile = empty
[profile there]
${role}
source_profile = back
[profile back]
${role}
source_profile = there
[profile empty]
region = eu-west-1
[profile sso-half]
sso_start_url = https://example.awsapps.com/start
sso_account_id = 123456789012
[profile sso-dangling]
sso_session = nowhere
sso_account_id = 123456789012
sso_role_name = Deployer
[profile token]
web_identity_token_file = /nowhere/token
[profile it's mine]
region = eu-west-1
[sso-session static]
sso_region = eu-west-1
`;
const clock = createVirtualClock({ startMs: 0 });
const keys = { AWS_ACCESS_KEY_ID: 'AK-env', AWS_SECRET_ACCESS_KEY: 's' };

function homeWith(environment: Readonly<Record<string, string>>, credentials = ''): AwsHome {
  const home = new AwsHome({ config, credentials });
  for (const [variable, value] of Object.entries(environment)) vi.stubEnv(variable, value);
  return home;
}

/** Each as AWS CLI 1.46.3 has it with the same files, where nothing else is said. */
describe('the source that counts', () => {
  it.each([
    ['keys in the environment', keys, 'AK-env'],
    ['keys in the environment, also where it names a profile', { ...keys, AWS_PROFILE: 'static' }, 'AK-env'],
    ['the profile that AWS_PROFILE names', { AWS_PROFILE: 'static' }, 'AK-static'],
    ['the one that AWS_DEFAULT_PROFILE names', { AWS_DEFAULT_PROFILE: 'static' }, 'AK-static'],
    [
      'AWS_PROFILE before it, as in AWS CLI 2',
      { AWS_PROFILE: 'process', AWS_DEFAULT_PROFILE: 'static' },
      'AK-process',
    ],
    ['the default profile', {}, 'AK-default'],
    ['the default profile, where the variable is empty', { AWS_PROFILE: '' }, 'AK-default'],
    [
      'a profile, with a secret alone in the environment',
      { AWS_SECRET_ACCESS_KEY: 'x', AWS_PROFILE: 'static' },
      'AK-static',
    ],
    [
      'a profile, with empty keys in the environment',
      { AWS_ACCESS_KEY_ID: '', AWS_PROFILE: 'static' },
      'AK-static',
    ],
    ['a process before keys in the config file', { AWS_PROFILE: 'both' }, 'AK-process'],
    ['a role before all else of its profile', { AWS_PROFILE: 'self' }, 'AK-deploy'],
    ['a role', { AWS_PROFILE: 'role' }, 'AK-deploy'],
    ['a role that is taken with another', { AWS_PROFILE: 'chain' }, 'AK-outer'],
  ])('%s', async (_, environment, key) => {
    const chain = homeWith(environment).chain({ clock });
    expect((await chain.identity()).accessKeyId).toBe(key);
  });

  it('is the credentials file where both name keys, and before a process', async () => {
    const credentials = '[both]\naws_access_key_id = AK-file\naws_secret_access_key = s\n';
    const chain = homeWith({ AWS_PROFILE: 'both' }, credentials).chain({ clock });
    expect((await chain.identity()).accessKeyId).toBe('AK-file');
  });

  it('has the session token with its keys', async () => {
    const chain = homeWith({ AWS_PROFILE: 'static' }).chain({ clock });
    expect(await chain.identity()).toEqual({
      accessKeyId: 'AK-static',
      secretAccessKey: 's',
      sessionToken: 'token',
    });
  });

  it('says that AWS_PROFILE does not count where keys do, once, and nothing where it does', async () => {
    const notices: string[] = [];
    const notice = (text: string): void => void notices.push(text);
    const chain = homeWith({ ...keys, AWS_PROFILE: 'static' }).chain({ clock, notice });
    await chain.identity();
    await chain.identity();
    expect(notices).toEqual([
      'AWS_ACCESS_KEY_ID is set, so the keys in the environment count and not AWS_PROFILE=static, as for the AWS CLI',
    ]);
    await homeWith({ AWS_PROFILE: 'static', AWS_ACCESS_KEY_ID: '' }).chain({ clock, notice }).identity();
    expect(notices).toHaveLength(1);
  });
});

/** The AWS CLI refuses each of them as well; the SDK's own chain goes on to whatever else there is. */
describe('what is half said, or contradicts itself', () => {
  it.each([
    [
      'no such profile',
      { AWS_PROFILE: 'nowhere' },
      'there is no profile nowhere (the one that AWS_PROFILE names)',
      'aws configure list-profiles',
    ],
    [
      'no such profile, for all the keys',
      { ...keys, AWS_PROFILE: 'nowhere' },
      'there is no profile nowhere',
      'unset AWS_PROFILE',
    ],
    ['a section of another kind', { AWS_PROFILE: 'sso-session' }, 'there is no profile sso-session', ''],
    ['a name that every object has', { AWS_PROFILE: 'constructor' }, 'there is no profile constructor', ''],
    [
      'a key without a secret',
      { AWS_ACCESS_KEY_ID: 'x' },
      'AWS_SECRET_ACCESS_KEY is not',
      'unset AWS_ACCESS_KEY_ID',
    ],
    [
      'the same beside a profile',
      { AWS_ACCESS_KEY_ID: 'x', AWS_PROFILE: 'static' },
      'AWS_SECRET_ACCESS_KEY is not',
      'export AWS_SECRET_ACCESS_KEY',
    ],
    ['half a profile', { AWS_PROFILE: 'half' }, 'no aws_secret_access_key', 'aws configure --profile half'],
    [
      'a token and no role',
      { AWS_WEB_IDENTITY_TOKEN_FILE: '/t' },
      'AWS_ROLE_ARN is not',
      'export AWS_ROLE_ARN',
    ],
    [
      'a token and no role in a profile',
      { AWS_PROFILE: 'token' },
      'no role_arn',
      'aws configure set role_arn',
    ],
    [
      'a role with nothing to take it with',
      { AWS_PROFILE: 'neither' },
      'neither source_profile nor',
      'aws configure set source_profile NAME --profile neither',
    ],
    ['a role with two', { AWS_PROFILE: 'two' }, 'both source_profile and', 'take one of the two out'],
    [
      'a source that is not there',
      { AWS_PROFILE: 'dangling' },
      'there is no profile nowhere (the source_profile of the profile dangling)',
      'list-profiles',
    ],
    [
      'a source that has nothing',
      { AWS_PROFILE: 'hollow' },
      'the profile empty has no credentials',
      'aws configure --profile empty',
    ],
    [
      'a source of a kind that is not known',
      { AWS_PROFILE: 'odd' },
      'credential_source = Somewhere',
      'look at [profile odd]',
    ],
    [
      'the environment as source, which holds none',
      { AWS_PROFILE: 'by-environment' },
      'the keys in the environment, and there are none',
      'export',
    ],
    [
      'a circle',
      { AWS_PROFILE: 'there' },
      'in a circle, each with the next as its source_profile: there, back, there',
      'one of them',
    ],
    [
      'half of single sign-on',
      { AWS_PROFILE: 'sso-half' },
      'lacks sso_region, sso_role_name',
      'aws configure sso --profile sso-half',
    ],
    [
      'a session of single sign-on that is not there',
      { AWS_PROFILE: 'sso-dangling' },
      'no [sso-session nowhere]',
      'aws configure sso',
    ],
    [
      'a token that cannot be read',
      { AWS_WEB_IDENTITY_TOKEN_FILE: '/nowhere/t', AWS_ROLE_ARN: 'arn:aws:iam::123456789012:role/x' },
      '/nowhere/t cannot be read (ENOENT)',
      'ls -l /nowhere/t',
    ],
  ])('%s', async (_, environment, sentence, hint) => {
    const { code, message, hints } = await toldOf(homeWith(environment).chain({ clock }));
    expect(code).toBe('CREDENTIALS');
    expect(message).toContain(sentence);
    expect(hints.join('\n')).toContain(hint);
    expect(hints.at(-1)).toMatch(/^es-ecs up +then goes on/);
  });

  it('names the files that were looked at, and quotes for a shell what it must', async () => {
    const home = homeWith({ AWS_PROFILE: "o'hara" });
    const { message, hints } = await toldOf(home.chain({ clock }));
    expect(message).toContain(`in ${home.configPath} or ${home.credentialsPath}`);
    expect(hints.join('\n')).toContain("aws configure --profile 'o'\\''hara'  makes it");
  });

  it('nothing anywhere: where it was looked, and what there is to do', async () => {
    const home = homeWith({ AWS_PROFILE: 'empty', AWS_SECRET_ACCESS_KEY: 'alone' });
    const { message, hints } = await toldOf(home.chain({ clock }));
    expect(message).toMatch(
      /^there are no AWS credentials: the environment holds no keys, the profile empty of /,
    );
    expect(hints[0]).toMatch(/^export AWS_ACCESS_KEY_ID=… +AWS_SECRET_ACCESS_KEY is set/);
    expect(hints.join('\n')).toContain('es-ecs up --simulate');
  });
});
