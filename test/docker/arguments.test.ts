import { describe, expect, it } from 'vitest';

import {
  buildArguments,
  buildEnvironment,
  credentialsFile,
  digestArguments,
  digestOf,
  emptyCredentials,
  loginArguments,
  pushArguments,
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
    `--platform linux/arm64 --build-arg BASE_IMAGE=base:1 --build-arg PLUGIN_PLATFORM=${platform} --build-arg ES_ECS_VERSION=0.1.0 --tag registry:5000/es-ecs/search:abc /tmp/context`;

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
  it('uses that login', () => {
    expect(pushArguments(docker, credentials, 'r/x:1').join(' ')).toBe(
      'docker --config /tmp/login push r/x:1',
    );
    expect(pushArguments(podman, credentials, 'r/x:1').join(' ')).toBe(
      'podman push --authfile /tmp/login/auth.json --digestfile /tmp/login/digest r/x:1',
    );
  });

  it("tells the digest of the image's own repository", () => {
    const [a, b] = ['a'.repeat(64), 'b'.repeat(64)];
    const output = `["other/x@sha256:${a}","registry:5000/x@sha256:${b}"]\n`;
    expect(digestArguments('r/x:1').join(' ')).toBe(
      'docker image inspect --format {{json .RepoDigests}} r/x:1',
    );
    expect(digestOf(output, 'registry:5000/x:1')).toBe(`sha256:${b}`);
    expect(digestOf(output, 'registry:5000/x')).toBe(`sha256:${b}`);
    expect(digestOf(output, 'other/x:2')).toBe(`sha256:${a}`);
    expect(digestOf('[]', 'other/x:2')).toBeUndefined();
  });
});
