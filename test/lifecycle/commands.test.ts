import { readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { PutSecretValueCommand } from '@aws-sdk/client-secrets-manager';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { configText, Story } from './story.ts';

// One cluster for all: nothing here changes it.
let story: Story;
beforeAll(async () => {
  story = await Story.standing();
});
afterAll(() => {
  story.end();
});

const secretText = '"pass\\word, äöü"';

describe('es-ecs credentials', () => {
  it('prints nothing into a pipe, and asks nobody for the password, unless told to', async () => {
    const told = await story.run('credentials');
    expect(told).toMatchObject({ status: 1, stdout: '' });
    expect(told.stderr).toContain('✖ nothing was printed: stdout is no terminal');
    expect(told.stderr).toContain('es-ecs credentials --password');
    expect((await story.run('credentials', '--json')).status).toBe(1);
  });

  it('prints the password of now, alone or with all else, and keeps it nowhere', async () => {
    // Elasticsearch has another then, so that nobody else gets in.
    const changed = await Story.standing();
    await changed.behindTheBack((clients) =>
      clients.secretsManager.send(
        new PutSecretValueCommand({
          SecretId: 'es-ecs/search/password',
          SecretString: JSON.stringify({ password: secretText }),
        }),
      ),
    );
    expect(await changed.run('credentials', '--password')).toEqual({
      status: 0,
      stdout: secretText,
      stderr: '',
    });
    const all = await changed.run('credentials', '--show');
    expect(all.stdout).toBe(`user      elastic\npassword  ${secretText}`);
    expect(all.stderr).not.toContain(secretText);
    expect(await changed.json('credentials', '--show')).toMatchObject({
      user: 'elastic',
      password: secretText,
      caCertificate: expect.stringMatching(/^-----BEGIN CERTIFICATE-----\n/),
    });
    expect(readFileSync(changed.stateFile, 'utf8')).not.toContain('äöü');
    changed.end();
  });

  it('prints it on a terminal', async () => {
    const told = await story.run('credentials', { isOutTerminal: true });
    expect(told).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/^user {6}elastic\npassword {2}\S/),
    });
  });

  it('writes the certificate, and over no other file', async () => {
    const file = path.join(story.directory, 'ca.crt');
    const printed = await story.run('credentials', '--ca');
    expect(printed.stdout).toMatch(/^-----BEGIN CERTIFICATE-----\n[^]*-----END CERTIFICATE-----$/);
    expect(await story.run('credentials', '--ca', file)).toEqual({
      status: 0,
      stdout: '',
      stderr: `wrote ${file}`,
    });
    expect(readFileSync(file, 'utf8')).toBe(`${printed.stdout}\n`);
    expect((await story.run('credentials', '--ca', file)).status).toBe(0);
    writeFileSync(file, 'something else');
    const refused = await story.run('credentials', '--ca', file);
    expect(refused).toMatchObject({ status: 2, stdout: '' });
    expect(refused.stderr).toContain('is there already, and is another one');
    expect(readFileSync(file, 'utf8')).toBe('something else');
    expect(statSync(file).size).toBe(14);
  });

  it('says that there is no cluster yet', async () => {
    const empty = new Story();
    const told = await empty.run('credentials', '--password');
    empty.end();
    expect(told).toMatchObject({ status: 1, stdout: '' });
    expect(told.stderr).toBe('✖ there is no secret es-ecs/search/password\n  es-ecs up  makes it');
  });

  it('prints one thing alone', async () => {
    expect((await story.run('credentials', '--password', '--ca')).status).toBe(2);
  });
});

describe('es-ecs es', () => {
  it('prints the answer as it came, and on a terminal so that a person can read it', async () => {
    const piped = await story.run('es', 'GET', '/_cluster/health');
    expect(piped).toMatchObject({ status: 0, stderr: '' });
    expect(piped.stdout).toMatch(/^\{"cluster_name":"search","status":"green"/);
    const seen = await story.run('es', { isOutTerminal: true }, 'get', '_cluster/health');
    expect(seen.stdout).toMatch(/^\{\n {2}"cluster_name": "search",\n {2}"status": "green",\n/);
    const raw = await story.run('es', { isOutTerminal: true }, 'GET', '/_cluster/health', '--raw');
    expect(raw.stdout).toBe(piped.stdout);
  });

  it('gives one document with the status', async () => {
    expect(await story.json('es', 'GET', '/_cluster/health')).toMatchObject({
      status: 200,
      body: { status: 'green', number_of_nodes: 3 },
    });
  });

  it('says what the simulated cluster does not know, as an error and not as a bug', async () => {
    const told = await story.run('es', 'GET', '/_nothing');
    expect(told).toMatchObject({ status: 1, stdout: '' });
    expect(told.stderr).toMatch(/^✖ the simulated Elasticsearch does not know GET \/_nothing\n/);
  });

  it.each([
    [['FETCH', '/'], '✖ FETCH is no method of Elasticsearch'],
    [['GET'], "✖ missing required argument 'path'"],
    [['PUT', '/x', '--data', '@/no/such/file'], '✖ /no/such/file cannot be read: ENOENT'],
    [['GET', '/', '--timeout', '0'], '0 is not a whole number from 1'],
  ])('%j is not understood', async (words, sentence) => {
    const told = await story.run('es', ...words);
    expect(told).toMatchObject({ status: 2, stdout: '' });
    expect(told.stderr).toContain(sentence);
  });
});

describe('es-ecs tunnel', () => {
  it('knows ports', async () => {
    const told = await story.run('tunnel', '--port', '65536');
    expect(told.status).toBe(2);
    expect(told.stderr).toContain('65536 is not a port (1 to 65535)');
  });

  it('says that there is no way in, before anything is opened', async () => {
    const shut = await Story.standing();
    shut.write(configText('bastion: false\n'));
    const told = await shut.run('tunnel');
    shut.end();
    expect(told).toEqual({
      status: 1,
      stdout: '',
      stderr:
        '✖ the bastion is off, and the config has no access.endpoint\n  set bastion: true or access.endpoint in the config, then es-ecs up',
    });
  });
});

describe('the end of es-ecs up', () => {
  it('says how to get in', async () => {
    const first = new Story();
    const told = await first.run('up');
    first.end();
    expect(told.stdout.split('\n').slice(-3)).toEqual([
      '  password        es-ecs credentials --simulate',
      '  reach it        es-ecs tunnel --simulate',
      '  next            es-ecs status --simulate',
    ]);
  });
});
