import { describe, expect, it } from 'vitest';

import {
  buildArguments,
  buildEnvironment,
  credentialsFile,
  emptyCredentials,
  loginArguments,
  pushArguments,
  pushHelpArguments,
} from '../../src/docker/arguments.ts';
import type { Builder } from '../../src/docker/arguments.ts';

const docker: Builder = { program: 'docker', buildKit: true, platform: 'linux/amd64' };
const classic: Builder = { ...docker, buildKit: false };
const podman: Builder = { program: 'podman', buildKit: false, platform: 'linux/arm64' };
const buildah: Builder = { ...podman, program: 'buildah' };

const order = {
  directory: '/tmp/context',
  platform: 'linux/arm64',
  baseImage: 'base:1',
  version: '0.1.0',
  reference: 'registry:5000/es-ecs/search:abc',
} as const;
const credentials = { directory: '/tmp/login' };
const login = { registry: 'registry:5000', user: 'AWS' };

describe('a build', () => {
  const rest = (platform: string): string =>
    `--platform linux/arm64 --build-arg BASE_IMAGE=base:1 --build-arg PLUGIN_PLATFORM=${platform} --build-arg NODE_PLATFORM=linux/arm64 --build-arg ES_ECS_VERSION=0.1.0 --tag registry:5000/es-ecs/search:abc /tmp/context`;

  it('is spelt for each program', () => {
    expect(buildArguments(docker, order).join(' ')).toBe(
      `docker buildx build --load --provenance=false --progress=plain ${rest('linux/amd64')}`,
    );
    expect(buildArguments(classic, order).join(' ')).toBe(`docker build ${rest('linux/amd64')}`);
    expect(buildArguments(podman, order).join(' ')).toBe(
      `podman build --format docker ${rest('linux/arm64')}`,
    );
    expect(buildArguments(buildah, order).join(' ')).toBe(
      `buildah build --format docker ${rest('linux/arm64')}`,
    );
  });

  it('tells the classic builder to pull where the base is another’s, and none that knows better', () => {
    const pulls = { ...order, pulls: true };
    expect(buildArguments(classic, pulls).slice(0, 4)).toEqual(['docker', 'build', '--pull', '--platform']);
    for (const builder of [docker, podman, buildah]) {
      expect(buildArguments(builder, pulls)).toEqual(buildArguments(builder, order));
    }
  });

  it('asks Docker for the builder that is there', () => {
    expect(buildEnvironment(docker)).toEqual({ DOCKER_BUILDKIT: '1' });
    expect(buildEnvironment(classic)).toEqual({ DOCKER_BUILDKIT: '0' });
    expect(buildEnvironment(podman)).toEqual({});
  });
});

describe('a login', () => {
  it('is kept in the private directory, and the password is not on the command line', () => {
    expect(loginArguments(docker, credentials, login).join(' ')).toBe(
      'docker --config /tmp/login login --username AWS --password-stdin registry:5000',
    );
    expect(loginArguments(buildah, credentials, login).join(' ')).toBe(
      'buildah login --authfile /tmp/login/auth.json --username AWS --password-stdin registry:5000',
    );
    expect(credentialsFile(docker, credentials)).toBe('/tmp/login/config.json');
    expect(emptyCredentials('registry:5000')).toBe('{"auths":{"registry:5000":{}}}\n');
  });
});

describe('a push', () => {
  it('uses that login, and says what it is to make as far as the program understands it', () => {
    expect(pushArguments(docker, credentials, { reference: 'r/x:1', help: '' }).join(' ')).toBe(
      'docker --config /tmp/login push r/x:1',
    );
    const pushed = (help: string): string =>
      pushArguments(podman, credentials, { reference: 'r/x:1', help }).join(' ');
    expect(pushed('')).toBe('podman push --authfile /tmp/login/auth.json --format v2s2 r/x:1');
    expect(pushed('--compression-format string')).toBe(
      'podman push --authfile /tmp/login/auth.json --format v2s2 --compression-format gzip r/x:1',
    );
    expect(pushed('--compression-format string\n --force-compression')).toBe(
      'podman push --authfile /tmp/login/auth.json --format v2s2 --compression-format gzip --force-compression r/x:1',
    );
    expect([docker, buildah].map(pushHelpArguments)).toEqual([undefined, ['buildah', 'push', '--help']]);
  });
});
