import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { GetCallerIdentityCommand } from '@aws-sdk/client-sts';
import { DescribeVpcsCommand } from '@aws-sdk/client-ec2';
import { afterEach, describe, expect, it, vi } from 'vitest';

import { createClients } from '../../../src/aws/clients.ts';
import { toEsEcsError } from '../../../src/aws/errors.ts';
import { CallMeter } from '../../../src/aws/meter.ts';
import { createVirtualClock, type VirtualClock } from '../../../src/engine/clock.ts';
import { EsEcsError } from '../../../src/errors.ts';
import { createSimulatedAccount } from '../../../src/simulator/index.ts';
import { AwsHome, PlayedServices, refused, roleGiven, toldOf } from './aws-home.ts';

afterEach(() => {
  vi.unstubAllEnvs();
});

const clockAt = (startMs = Date.parse('2026-12-01T12:00:00Z')): VirtualClock =>
  createVirtualClock({ startMs });
const hourMs = 3_600_000;
const keys = 'aws_access_key_id = AK-keys\naws_secret_access_key = s\n';
const ann = 'arn:aws:iam::123456789012:mfa/ann';
const roleProfile = (name: string, more: string): string =>
  `[profile ${name}]\nrole_arn = arn:aws:iam::123456789012:role/${name}\n${more}\n`;

describe('a role', () => {
  it('is asked for with all that its profile says of it, by the keys of its source, where the profile is', async () => {
    const config = `${roleProfile('deploy', 'source_profile = base\nexternal_id = x-1\nrole_session_name = ann\nduration_seconds = 7200\nregion = eu-central-1')}[profile base]\n${keys}`;
    const services = new PlayedServices();
    const home = new AwsHome({ config });
    vi.stubEnv('AWS_PROFILE', 'deploy');
    await home.chain({ clock: clockAt(), services }).identity();
    expect(services.asked).toMatchObject([
      {
        host: 'sts.eu-central-1.amazonaws.com',
        signedBy: 'AK-keys',
        fields: {
          Action: 'AssumeRole',
          RoleArn: 'arn:aws:iam::123456789012:role/deploy',
          ExternalId: 'x-1',
          RoleSessionName: 'ann',
          DurationSeconds: '7200',
        },
      },
    ]);
  });

  it("is asked for in the config's region where the profile names none, for as long as STS gives it", async () => {
    const config = `${roleProfile('deploy', 'source_profile = base\nduration_seconds = an hour')}[profile base]\n${keys}`;
    const services = new PlayedServices();
    const home = new AwsHome({ config });
    vi.stubEnv('AWS_PROFILE', 'deploy');
    await home.chain({ clock: clockAt(), services, region: 'eu-north-1' }).identity();
    const [asked] = services.asked;
    expect(asked?.host).toBe('sts.eu-north-1.amazonaws.com');
    expect(asked?.fields['RoleSessionName']).toMatch(/^es-ecs-\d+$/);
    expect(asked?.fields).not.toHaveProperty('DurationSeconds');
  });

  it('counts after keys in the environment, also where it is to be taken with them, as for the CLI', async () => {
    const services = new PlayedServices();
    const home = new AwsHome({ config: roleProfile('deploy', 'credential_source = Environment') });
    vi.stubEnv('AWS_PROFILE', 'deploy');
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'AK-env');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 's');
    expect((await home.chain({ clock: clockAt(), services }).identity()).accessKeyId).toBe('AK-env');
    home.write(
      `[default]\nrole_arn = arn:aws:iam::123456789012:role/deploy\ncredential_source = Environment\n`,
    );
    vi.stubEnv('AWS_PROFILE', undefined);
    expect((await home.chain({ clock: clockAt(), services }).identity()).accessKeyId).toBe('AK-env');
    expect(services.asked).toEqual([]);
  });

  it.each([
    [
      refused('AccessDenied', 'User: u is not authorized to perform: sts:AssumeRole'),
      'AWS does not give the profile deploy the role arn:aws:iam::123456789012:role/deploy\nAWS: AccessDenied: User: u',
      'must trust the profile base',
    ],
    [
      refused('ValidationError', 'The requested DurationSeconds exceeds the 1 hour session limit', 400),
      'AWS: ValidationError: The requested DurationSeconds',
      'aws configure set duration_seconds 3600 --profile deploy',
    ],
    [
      refused('ExpiredToken', 'The security token included in the request is expired'),
      'the credentials of the profile base have expired, with which the profile deploy takes the role',
      'aws configure --profile base',
    ],
    [
      refused('InvalidClientTokenId', 'The security token included in the request is invalid.'),
      'AWS does not accept the credentials of the profile base',
      'aws configure --profile base',
    ],
  ])('that is not given: whose, with what, and what there is to do', async (answer, sentence, hint) => {
    const config = `${roleProfile('deploy', 'source_profile = base\nduration_seconds = 43200')}[profile base]\n${keys}`;
    const home = new AwsHome({ config });
    vi.stubEnv('AWS_PROFILE', 'deploy');
    const { code, message, hints } = await toldOf(
      home.chain({ clock: clockAt(), services: new PlayedServices(answer) }),
    );
    expect(code).toBe('CREDENTIALS');
    expect(message).toContain(sentence);
    expect(hints.join('\n')).toContain(hint);
  });
});

describe('a code of an MFA device', () => {
  const config = `${roleProfile('outer', `source_profile = inner\nmfa_serial = ${ann}`)}${roleProfile('inner', `source_profile = base\nmfa_serial = ${ann}`)}[profile base]\n${keys}`;
  const asking = (...answers: readonly (string | Error)[]) => {
    const questions: string[] = [];
    const askSecret = (question: string): Promise<string> => {
      questions.push(question);
      const answer = answers[questions.length - 1] ?? '';
      return typeof answer === 'string' ? Promise.resolve(answer) : Promise.reject(answer);
    };
    return { questions, askSecret };
  };

  it('is asked for once a run: by all clients, and by nested roles of the same device', async () => {
    const { questions, askSecret } = asking(' 123 456 ');
    const services = new PlayedServices();
    const home = new AwsHome({ config });
    vi.stubEnv('AWS_PROFILE', 'outer');
    const chain = home.chain({ clock: clockAt(), services, askSecret });
    const all = await Promise.all([chain.identity(), chain.identity(), chain.identity()]);
    expect(all.map(({ accessKeyId }) => accessKeyId)).toEqual(['AK-outer', 'AK-outer', 'AK-outer']);
    expect(questions).toEqual([`MFA code of ${ann} for the profile inner: `]);
    expect(
      services.asked.map(({ signedBy, fields }) => [signedBy, fields['SerialNumber'], fields['TokenCode']]),
    ).toEqual([
      ['AK-keys', ann, '123456'],
      ['AK-inner', ann, '123456'],
    ]);
  });

  it('is asked for by two clients of ours at once, and once', async () => {
    const { questions, askSecret } = asking('123456');
    const home = new AwsHome({
      config: `${roleProfile('deploy', `source_profile = base\nmfa_serial = ${ann}`)}[profile base]\n${keys}`,
    });
    vi.stubEnv('AWS_PROFILE', 'deploy');
    const clock = clockAt();
    const account = createSimulatedAccount({ clock });
    const chain = home.chain({ clock, askSecret });
    const { sts, ec2 } = createClients({
      region: 'eu-west-1',
      clock,
      meter: new CallMeter(),
      credentials: { environment: process.env },
      attach: (client) => {
        account.attach(client);
        client.config.credentials = () => chain.identity();
      },
    });
    await Promise.all([sts.send(new GetCallerIdentityCommand({})), ec2.send(new DescribeVpcsCommand({}))]);
    expect(questions).toHaveLength(1);
  });

  it('is not asked for before its role has something to be taken with', async () => {
    const { questions, askSecret } = asking('123456');
    const home = new AwsHome({
      config: roleProfile('deploy', `source_profile = nowhere\nmfa_serial = ${ann}`),
    });
    vi.stubEnv('AWS_PROFILE', 'deploy');
    const { message } = await toldOf(home.chain({ clock: clockAt(), askSecret }));
    expect(message).toContain('there is no profile nowhere');
    expect(questions).toEqual([]);
  });

  it('without a terminal: one sentence, and the command that hands credentials on', async () => {
    const home = new AwsHome({ config });
    vi.stubEnv('AWS_PROFILE', 'outer');
    const services = new PlayedServices();
    const { code, message, hints } = await toldOf(home.chain({ clock: clockAt(), services }));
    expect(code).toBe('CREDENTIALS');
    expect(message).toBe(
      `the profile inner wants a code of the MFA device ${ann}, and there is no terminal to ask for it on`,
    );
    expect(hints[0]).toMatch(
      /^eval "\$\(aws configure export-credentials --profile inner --format env\)" {2}/,
    );
    expect(services.asked).toEqual([]);
  });

  it('is asked for again where it cannot be one, three times', async () => {
    const again = asking('12345', '1234567', '123456');
    const home = new AwsHome({ config });
    vi.stubEnv('AWS_PROFILE', 'outer');
    await home.chain({ clock: clockAt(), askSecret: again.askSecret }).identity();
    expect(again.questions).toHaveLength(3);
    const never = asking('', 'abcdef', '');
    const { message } = await toldOf(home.chain({ clock: clockAt(), askSecret: never.askSecret }));
    expect(message).toBe(`no MFA code of ${ann} was given: a code has six digits`);
    expect(never.questions).toHaveLength(3);
  });

  it('that AWS does not take is told, and nobody is asked a second time', async () => {
    const { questions, askSecret } = asking('123456', '654321');
    const home = new AwsHome({ config });
    vi.stubEnv('AWS_PROFILE', 'outer');
    const services = new PlayedServices(
      refused('AccessDenied', 'MultiFactorAuthentication failed with invalid MFA one time pass code. '),
    );
    const chain = home.chain({ clock: clockAt(), services, askSecret });
    const first = await toldOf(chain);
    expect(first.message).toContain(
      'AccessDenied: MultiFactorAuthentication failed with invalid MFA one time pass code',
    );
    expect(first.hints[0]).toContain('taken once');
    expect((await toldOf(chain)).message).toBe(first.message);
    expect(questions).toHaveLength(1);
    expect(services.asked).toHaveLength(1);
  });

  it('Ctrl-C ends the question and the run, and is no matter of credentials', async () => {
    const { questions, askSecret } = asking(new EsEcsError('INTERRUPTED', 'interrupted: nothing was done'));
    const home = new AwsHome({ config });
    vi.stubEnv('AWS_PROFILE', 'outer');
    const chain = home.chain({ clock: clockAt(), askSecret });
    const told = await Promise.all([toldOf(chain), toldOf(chain)]);
    expect(told.map(({ code }) => code)).toEqual(['INTERRUPTED', 'INTERRUPTED']);
    expect((await toldOf(chain)).code).toBe('INTERRUPTED');
    expect(questions).toHaveLength(1);
  });

  it('is not asked for in mid-run: what it brought holds to its end, which is told', async () => {
    const { questions, askSecret } = asking('123456');
    const clock = clockAt();
    const home = new AwsHome({ config });
    vi.stubEnv('AWS_PROFILE', 'outer');
    const services = new PlayedServices(roleGiven(clock.now() + hourMs));
    const chain = home.chain({ clock, services, askSecret });
    await chain.identity();
    await clock.sleep(hourMs - 60_000);
    expect((await chain.identity()).accessKeyId).toBe('AK-outer');
    await clock.sleep(60_000);
    const { code, message, hints } = await toldOf(chain);
    expect(code).toBe('CREDENTIALS');
    expect(message).toContain(
      'the credentials of the profile inner have ended, and new ones want another code',
    );
    expect(hints[0]).toContain('duration_seconds');
    expect(questions).toHaveLength(1);
  });
});

describe('credentials that end', () => {
  it('are renewed before they do, once for all who ask, and not before five minutes are left', async () => {
    const clock = clockAt();
    const services = new PlayedServices((asked) => roleGiven(clock.now() + hourMs)(asked));
    const home = new AwsHome({
      config: `${roleProfile('deploy', 'source_profile = base')}[profile base]\n${keys}`,
    });
    vi.stubEnv('AWS_PROFILE', 'deploy');
    const chain = home.chain({ clock, services });
    const first = await chain.identity();
    await clock.sleep(hourMs - 301_000);
    expect(await chain.identity()).toBe(first);
    expect(services.asked).toHaveLength(1);
    await clock.sleep(2_000);
    // The old ones hold meanwhile: nobody waits.
    expect(await Promise.all([chain.identity(), chain.identity()])).toEqual([first, first]);
    await vi.waitFor(async () => {
      expect(await chain.identity()).not.toBe(first);
    });
    expect(services.asked).toHaveLength(2);
    expect((await chain.identity()).expiration?.getTime()).toBeGreaterThan(clock.now() + hourMs - 1_000);
  });

  it('are tried for while the old ones hold, and what goes wrong is told after them', async () => {
    const clock = clockAt();
    const services = new PlayedServices(roleGiven(clock.now() + hourMs));
    const home = new AwsHome({
      config: `${roleProfile('deploy', 'source_profile = base')}[profile base]\n${keys}`,
    });
    vi.stubEnv('AWS_PROFILE', 'deploy');
    const chain = home.chain({ clock, services });
    await chain.identity();
    services.answer = refused('AccessDenied', 'no longer');
    await clock.sleep(hourMs - 120_000);
    for (let asked = 0; asked < 5; asked++) expect((await chain.identity()).accessKeyId).toBe('AK-deploy');
    await vi.waitFor(() => {
      expect(services.asked).toHaveLength(2);
    });
    for (let asked = 0; asked < 5; asked++) await chain.identity();
    expect(services.asked).toHaveLength(2);
    await clock.sleep(120_000);
    expect((await toldOf(chain)).message).toContain('AWS: AccessDenied: no longer');
    services.answer = roleGiven(clock.now() + hourMs);
    expect((await chain.identity()).accessKeyId).toBe('AK-deploy');
  });

  it('are had from a file that was written anew, by a process that is run again', async () => {
    const clock = clockAt();
    const home = new AwsHome();
    const answer = path.join(home.folder, 'answer.json');
    const write = (key: string, ms: number): void => {
      writeFileSync(
        answer,
        JSON.stringify({
          Version: 1,
          AccessKeyId: key,
          SecretAccessKey: 's',
          Expiration: new Date(ms).toISOString(),
        }),
      );
    };
    // The SDK holds the end that a process tells against the real clock.
    const farMs = Date.parse('2999-01-01T00:00:00Z');
    const late = createVirtualClock({ startMs: farMs - hourMs });
    write('AK-1', farMs);
    home.write(`[default]\ncredential_process = cat ${answer}\n`);
    const chain = home.chain({ clock: late });
    expect((await chain.identity()).accessKeyId).toBe('AK-1');
    write('AK-2', farMs + hourMs);
    expect((await chain.identity()).accessKeyId).toBe('AK-1');
    await late.sleep(hourMs);
    expect((await chain.identity()).accessKeyId).toBe('AK-2');
    home.write(`[default]\n${keys}`);
    await late.sleep(hourMs);
    expect((await chain.identity()).accessKeyId).toBe('AK-keys');
    expect(clock.now()).toBeLessThan(farMs);
  });

  it('and were exported: their own end is looked at before a call is made', async () => {
    const home = new AwsHome();
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'AK-env');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 's');
    vi.stubEnv('AWS_CREDENTIAL_EXPIRATION', '2026-12-01T11:59:59+00:00');
    const { message, hints } = await toldOf(home.chain({ clock: clockAt() }));
    expect(message).toBe(
      'the AWS credentials in the environment have expired: AWS_CREDENTIAL_EXPIRATION is 2026-12-01T11:59:59+00:00',
    );
    expect(hints.join('\n')).toContain('unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN');
  });

  it('and that AWS alone knows to have ended: whose they are, and how there are new ones', async () => {
    const home = new AwsHome({ config: `[profile saml]\n${keys}aws_session_token = old\n` });
    vi.stubEnv('AWS_PROFILE', 'saml');
    const clock = clockAt();
    const account = createSimulatedAccount({
      clock,
      faults: [{ operation: 'DescribeVpcs', code: 'ExpiredToken', message: 'Expired.', times: 9 }],
    });
    const { ec2 } = createClients({
      region: 'eu-west-1',
      clock,
      meter: new CallMeter(),
      credentials: { environment: process.env },
      attach: account.attach.bind(account),
    });
    const error = await ec2
      .send(new DescribeVpcsCommand({}))
      .catch((thrown: unknown) => toEsEcsError(thrown, { command: 'up' }));
    if (!(error instanceof EsEcsError)) throw new Error('it was no failure');
    expect(error.code).toBe('CREDENTIALS');
    expect(error.message).toBe(
      'the AWS credentials of the profile saml have expired; what was done is recorded\nAWS: RequestExpired: expired',
    );
    expect(error.hints[0]).toMatch(/^aws configure --profile saml +writes new keys/);
    expect(home.configPath).toContain('.aws');
  });
});

describe('credential_process', () => {
  it.each([
    ["sh -c 'echo one; echo no vault here >&2; exit 3'", 'no vault here'],
    ['/nowhere/program', '/nowhere/program: not found'],
    ['echo rubbish', 'it returned invalid JSON'],
    ['echo \'{"Version":2}\'', 'it did not return Version 1'],
    ['echo \'{"Version":1,"AccessKeyId":"x"}\'', 'it returned invalid credentials'],
    [
      'echo \'{"Version":1,"AccessKeyId":"x","SecretAccessKey":"s","Expiration":"2020-01-01T00:00:00Z"}\'',
      'it returned expired credentials',
    ],
    ['false', 'it failed without a word why'],
  ])('%s', async (command, words) => {
    const home = new AwsHome({ config: `[profile vault]\ncredential_process = ${command}\n` });
    vi.stubEnv('AWS_PROFILE', 'vault');
    const { message, hints } = await toldOf(home.chain({ clock: clockAt() }));
    expect(message).toContain('the credential_process of the profile vault gives no credentials: ');
    expect(message).toContain(words);
    expect(message).not.toContain('Command failed');
    expect(hints[0]).toContain('aws configure get credential_process --profile vault');
  });

  it('is run once, also where it fails: the SDK runs it again in the search for another source', async () => {
    const home = new AwsHome();
    const ran = path.join(home.folder, 'ran');
    home.write(`[default]\ncredential_process = sh -c 'echo x >> ${ran}; exit 1'\n`);
    await toldOf(home.chain({ clock: clockAt() }));
    expect(readFileSync(ran, 'utf8')).toBe('x\n');
  });
});

describe('single sign-on', () => {
  const session = `[profile person]
sso_session = corp
sso_account_id = 123456789012
sso_role_name = Deployer
[sso-session corp]
sso_start_url = https://example.awsapps.com/start
sso_region = eu-central-1
`;
  const legacy = `[profile person]
sso_start_url = https://example.awsapps.com/start
sso_region = eu-central-1
sso_account_id = 123456789012
sso_role_name = Deployer
`;
  const signedOn = { accessToken: 'a token', expiresAt: '2999-01-01T00:00:00Z' };
  const given = JSON.stringify({
    roleCredentials: {
      accessKeyId: 'AK-sso',
      secretAccessKey: 's',
      sessionToken: 't',
      expiration: Date.parse('2999-01-01T00:00:00Z'),
    },
  });
  const forms = [
    ['by session', session, 'corp'],
    ['of old', legacy, 'https://example.awsapps.com/start'],
  ] as const;

  it.each(forms)('%s: gives the role, asked where its region says', async (_, config, name) => {
    const home = new AwsHome({ config });
    home.signOn(name, signedOn);
    vi.stubEnv('AWS_PROFILE', 'person');
    const services = new PlayedServices(() => ({ status: 200, body: given }));
    expect((await home.chain({ clock: clockAt(), services }).identity()).accessKeyId).toBe('AK-sso');
    expect(services.asked).toMatchObject([
      {
        host: 'portal.sso.eu-central-1.amazonaws.com',
        fields: { role_name: 'Deployer', account_id: '123456789012' },
      },
    ]);
  });

  it.each(forms)('%s: never begun, ended, or ended on the other side: sign on', async (_, config, name) => {
    vi.stubEnv('AWS_PROFILE', 'person');
    const ended = (home: AwsHome, services = new PlayedServices()) => {
      vi.stubEnv('AWS_PROFILE', 'person');
      return toldOf(home.chain({ clock: clockAt(), services }));
    };
    const never = new AwsHome({ config });
    const old = new AwsHome({ config });
    old.signOn(name, { ...signedOn, expiresAt: '2020-01-01T00:00:00Z' });
    const revoked = new AwsHome({ config });
    revoked.signOn(name, signedOn);
    const unauthorized = new PlayedServices(() => ({
      status: 401,
      body: JSON.stringify({
        __type: 'UnauthorizedException',
        message: 'Session token not found or invalid',
      }),
    }));
    for (const home of [never, old, revoked]) {
      vi.stubEnv('HOME', home.folder);
      vi.stubEnv('AWS_CONFIG_FILE', home.configPath);
      vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', home.credentialsPath);
      const { code, message, hints } = await ended(home, unauthorized);
      expect(code).toBe('CREDENTIALS');
      expect(message).toBe('the single sign-on session of the profile person has ended, or was never begun');
      expect(hints[0]).toMatch(/^aws sso login --profile person {2,}signs on$/);
    }
    expect(unauthorized.asked).toHaveLength(1);
  });

  it('whose role is not assigned says so', async () => {
    const home = new AwsHome({ config: legacy });
    home.signOn('https://example.awsapps.com/start', signedOn);
    vi.stubEnv('AWS_PROFILE', 'person');
    const services = new PlayedServices(() => ({
      status: 403,
      body: JSON.stringify({ __type: 'ForbiddenException', message: 'No access' }),
    }));
    const { message, hints } = await toldOf(home.chain({ clock: clockAt(), services }));
    expect(message).toBe(
      'single sign-on does not give the profile person its role\nAWS: ForbiddenException: No access',
    );
    expect(hints.join('\n')).toContain('sso_role_name');
  });

  it('as the source of a role: it is its own profile that signs on', async () => {
    const home = new AwsHome({ config: legacy + roleProfile('deploy', 'source_profile = person') });
    vi.stubEnv('AWS_PROFILE', 'deploy');
    const { hints } = await toldOf(home.chain({ clock: clockAt() }));
    expect(hints[0]).toContain('aws sso login --profile person');
  });
});

describe('a web identity', () => {
  it('gives its role for the token in the file, as the environment or the profile says', async () => {
    const home = new AwsHome();
    const token = path.join(home.folder, 'token');
    writeFileSync(token, 'ey.token');
    const services = new PlayedServices();
    vi.stubEnv('AWS_WEB_IDENTITY_TOKEN_FILE', token);
    vi.stubEnv('AWS_ROLE_ARN', 'arn:aws:iam::123456789012:role/ci');
    vi.stubEnv('AWS_ROLE_SESSION_NAME', 'build-7');
    expect((await home.chain({ clock: clockAt(), services }).identity()).accessKeyId).toBe('AK-ci');
    expect(services.asked).toMatchObject([
      {
        fields: {
          Action: 'AssumeRoleWithWebIdentity',
          WebIdentityToken: 'ey.token',
          RoleSessionName: 'build-7',
        },
        signedBy: undefined,
      },
    ]);
  });

  it('that AWS does not take: which role, which token', async () => {
    const home = new AwsHome();
    const token = path.join(home.folder, 'token');
    writeFileSync(token, 'ey.token');
    home.write(
      `[profile ci]\nrole_arn = arn:aws:iam::123456789012:role/ci\nweb_identity_token_file = ${token}\n`,
    );
    vi.stubEnv('AWS_PROFILE', 'ci');
    const services = new PlayedServices(
      refused('ExpiredTokenException', 'Token expired: current date/time must be before', 400),
    );
    const { message, hints } = await toldOf(home.chain({ clock: clockAt(), services }));
    expect(message).toContain(
      `AWS does not give the role arn:aws:iam::123456789012:role/ci for the web identity token ${token}`,
    );
    expect(message).toContain('AWS: ExpiredTokenException: Token expired');
    expect(hints[0]).toContain('write a new one');
  });
});
