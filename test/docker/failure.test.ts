import { describe, expect, it } from 'vitest';

import { expectSuccess } from '../../src/docker/failure.ts';
import { EsEcsError } from '../../src/errors.ts';

const attempt = {
  program: 'podman',
  failure: 'podman cannot build r/x:abc',
  baseImage: 'docker.elastic.co/elasticsearch/elasticsearch:9.4.6',
} as const;

function failureOf(output: { readonly stdout?: string; readonly stderr?: string }): EsEcsError {
  try {
    expectSuccess({ stdout: '', stderr: '', exitCode: 1, ...output }, attempt);
  } catch (error) {
    if (error instanceof EsEcsError) return error;
  }
  throw new Error('it has not failed');
}

describe('a program that has failed', () => {
  it('says nothing where it has ended well', () => {
    expect(() => {
      expectSuccess({ stdout: 'error', stderr: 'denied', exitCode: 0 }, attempt);
    }).not.toThrow();
  });

  it('says the cause first, wherever it stands, then the way out, then the end of its output', () => {
    const frames = Array.from(
      { length: 30 },
      (_, line) => `\tat java.base/sun.nio.Ch.connect(Ch.java:${line})`,
    );
    const { message, hints } = failureOf({
      stdout: [
        'STEP 2/2: RUN elasticsearch-plugin install --batch discovery-ec2',
        'Exception in thread "main" java.net.UnknownHostException: artifacts.elastic.co',
        ...frames,
      ].join('\n'),
      stderr: 'Error: building at STEP "RUN …": while running runtime: exit status 1',
    });
    expect(message).toBe(
      'podman cannot build r/x:abc (exit 1): Exception in thread "main" java.net.UnknownHostException: artifacts.elastic.co',
    );
    expect(hints[0]).toMatch(/^podman pull docker\.elastic\.co\S+ {2}shows whether the engine has a way out/);
    expect(hints.slice(1)).toEqual([
      'STEP 2/2: RUN elasticsearch-plugin install --batch discovery-ec2',
      'Exception in thread "main" java.net.UnknownHostException: artifacts.elastic.co',
      'Error: building at STEP "RUN …": while running runtime: exit status 1',
    ]);
  });

  it('finds it in what BuildKit prints, without the numbers of its steps', () => {
    const { message, hints } = failureOf({
      stderr: [
        '#7 [plugins 2/2] RUN /usr/share/elasticsearch/bin/elasticsearch-plugin install',
        '#7 0.412 java.io.IOException: No space left on device',
        '#7 ERROR: process "/bin/sh -c …" did not complete successfully: exit code: 1',
        '------',
        'Dockerfile:14',
        '--------------------',
        'ERROR: failed to solve: process "/bin/sh -c …" did not complete successfully: exit code: 1',
      ].join('\n'),
    });
    expect(message).toBe(
      'podman cannot build r/x:abc (exit 1): java.io.IOException: No space left on device',
    );
    expect(hints[0]).toBe('podman system prune  frees space of images and builds that nothing uses');
    expect(hints).not.toContain('------');
  });

  it.each([
    ['denied: User: arn:aws:iam::1:user/x is not authorized to perform: ecr:PutImage', 'docs/permissions.md'],
    [
      "tag invalid: The image tag 'abc' already exists in the 'x' repository and cannot be overwritten because the repository is immutable.",
      'es-ecs up  finds',
    ],
    [
      'Error response from daemon: manifest for docker.elastic.co/x:1.2.3 not found: manifest unknown',
      'elasticsearch.version',
    ],
    ['tls: failed to verify certificate: x509: certificate signed by unknown authority', 'podman pull'],
    [
      'Error: layer "sha256:1": zstd compression is not supported for type "application/vnd.docker.image.rootfs.diff.tar"',
      'blob-info-cache',
    ],
    ['standard_init_linux.go:228: exec user process caused: exec format error', 'another processor'],
  ])('has a way out of: %s', (line, way) => {
    const { message, hints } = failureOf({ stderr: `before\n${line}\nafter` });
    expect(message).toBe(`podman cannot build r/x:abc (exit 1): ${line}`);
    expect(hints[0]).toContain(way);
  });

  it('names what calls itself an error, or the last line, where no cause is known; or nothing', () => {
    expect(failureOf({ stderr: 'Error: one\nError: two\nbye' }).message).toBe(
      'podman cannot build r/x:abc (exit 1): Error: two',
    );
    expect(failureOf({ stdout: 'a\nb' })).toMatchObject({
      message: 'podman cannot build r/x:abc (exit 1): b',
      hints: ['a', 'b'],
    });
    expect(failureOf({})).toMatchObject({ message: 'podman cannot build r/x:abc (exit 1)', hints: [] });
  });
});
