import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';

import { describe, expect, it } from 'vitest';

import { inPrivateFolder } from '../../src/cli/private-folder.ts';
import { loadConfig } from '../../src/config/load.ts';
import { buildArguments } from '../../src/docker/arguments.ts';
import { createImageBuilder } from '../../src/docker/image-builder.ts';
import type { Run } from '../../src/docker/run.ts';
import { readProxySettings } from '../../src/proxy/settings.ts';
import { configText } from '../steps/support/ground.ts';

const proxies = readProxySettings({
  HTTPS_PROXY: 'http://ann:s3cret@proxy.example.com:3128',
  no_proxy: 'example.org',
});

describe('a build behind a proxy', () => {
  it('hands the names of the variables over, and no value', () => {
    const order = {
      directory: 'd',
      platform: 'linux/arm64',
      baseImage: 'b',
      version: '1',
      reference: 'r:t',
      variables: proxies?.variables ?? [],
    } as const;
    for (const program of ['docker', 'podman', 'buildah'] as const) {
      const words = buildArguments({ program, buildKit: true, platform: 'linux/amd64' }, order).join(' ');
      expect(words).toContain('--build-arg HTTPS_PROXY --build-arg no_proxy');
      expect(words).not.toContain('s3cret');
    }
  });

  it('repeats no password that a program says', async () => {
    const run: Run = async (argv) => {
      if (argv.includes('version') || argv.includes('info'))
        return { stdout: 'linux/amd64', stderr: '', exitCode: 0 };
      return { stdout: '', stderr: 'cannot reach http://ann:s3cret@proxy.example.com:3128', exitCode: 1 };
    };
    const { config } = loadConfig(configText(), 'es-ecs.yaml');
    const builder = createImageBuilder({
      config,
      run,
      version: '1',
      inFolder: inPrivateFolder,
      ...(proxies === undefined ? {} : { proxies }),
    });
    const building = builder.buildAndPush({
      repositoryUri: '127.0.0.1:5000/search',
      tag: 't',
      architecture: 'x86_64',
      login: { registry: '127.0.0.1:5000', user: 'AWS', password: 'x' },
    });
    await expect(building).rejects.toMatchObject({
      code: 'IMAGE_BUILD',
      hints: [expect.stringContaining('http://ann:***@proxy.example.com:3128')],
    });
  });

  it.each([
    ['http://proxy.example.com:3128', '-Dhttps.proxyHost=proxy.example.com -Dhttps.proxyPort=3128'],
    [
      'http://ann:s3cret@proxy.example.com:3128/',
      '-Dhttps.proxyHost=proxy.example.com -Dhttps.proxyPort=3128',
    ],
    ['proxy.example.com:3128', '-Dhttps.proxyHost=proxy.example.com -Dhttps.proxyPort=3128'],
    ['http://proxy.example.com', '-Dhttps.proxyHost=proxy.example.com -Dhttps.proxyPort=80'],
    ['', ''],
  ])('tells elasticsearch-plugin of %s in the words of Java', (value, options) => {
    const dockerfile = readFileSync(path.join(import.meta.dirname, '../../templates/Dockerfile'), 'utf8');
    const [, assignment = ''] = /^RUN (CLI_JAVA_OPTS=.*) \/usr\/share\/\S+ install/m.exec(dockerfile) ?? [];
    for (const name of ['HTTPS_PROXY', 'https_proxy']) {
      const told = execFileSync('sh', ['-c', `${assignment}; printf %s "$CLI_JAVA_OPTS"`], {
        env: { PATH: process.env['PATH'], [name]: value },
        encoding: 'utf8',
      });
      expect(told).toBe(options);
    }
  });
});
