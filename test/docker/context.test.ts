import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { describe, expect, it } from 'vitest';

import { buildContext, contentHash, platformOf, writeContext } from '../../src/docker/context.ts';
import { imageTag } from '../../src/docker/image-builder.ts';
import { containerPaths, containerUser } from '../../src/elasticsearch/container.ts';

const config = {
  name: 'search',
  region: 'eu-west-1',
  bastion: { enabled: true },
  access: { endpoint: undefined },
  elasticsearch: { version: '9.4.6', settings: {} },
};

describe('the build context', () => {
  it('is the templates and the rendered settings, the same every time', () => {
    const files = buildContext(config);
    expect(files.map((file) => [file.path, file.mode.toString(8)])).toEqual([
      ['Dockerfile', '644'],
      ['elasticsearch.yml', '644'],
      ['entrypoint.sh', '755'],
      ['es-ecs.options', '644'],
      ['health.sh', '755'],
    ]);
    expect(buildContext(config)).toEqual(files);
  });

  it('holds every file that the Dockerfile copies, and puts them where the task definition looks', () => {
    const files = buildContext(config);
    const dockerfile = files[0]?.content ?? '';
    const copied = [...dockerfile.matchAll(/^COPY --chown=\S+ (\S+) (\S+)$/gm)].map(([, from, to]) => [
      from,
      to,
    ]);
    expect(copied.map(([from]) => from).sort()).toEqual(
      files
        .slice(1)
        .map((file) => file.path)
        .sort(),
    );
    expect(copied).toContainEqual(['entrypoint.sh', containerPaths.entrypoint]);
    expect(copied).toContainEqual(['health.sh', containerPaths.healthCheck]);
    expect(dockerfile).toContain(`\nUSER ${containerUser}\nENTRYPOINT ["${containerPaths.entrypoint}"]\n`);
  });

  it('is written with its modes, whatever the umask', async () => {
    const files = buildContext(config);
    const directory = mkdtempSync(path.join(tmpdir(), 'es-ecs-context-'));
    try {
      await writeContext(files, directory);
      expect(readdirSync(directory).sort()).toEqual(files.map((file) => file.path).sort());
      expect(statSync(path.join(directory, 'entrypoint.sh')).mode & 0o777).toBe(0o755);
      expect(readFileSync(path.join(directory, 'elasticsearch.yml'), 'utf8')).toBe(files[1]?.content);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  it('names the platform of every stage', () => {
    const dockerfile = buildContext(config)[0]?.content ?? '';
    const stages = [...dockerfile.matchAll(/^FROM .*$/gm)].map(([stage]) => stage);
    expect(stages).toHaveLength(2);
    for (const stage of stages) expect(stage).toMatch(/^FROM --platform=\$(?:PLUGIN|NODE)_PLATFORM /);
  });
});

describe('the content hash', () => {
  const files = [
    { path: 'a', mode: 0o644, content: 'x' },
    { path: 'b', mode: 0o755, content: 'y' },
  ];
  const hash = contentHash(files, 'linux/amd64', 'base:1');

  it('is the same for the same content in any order, and a legal tag', () => {
    expect(contentHash([...files].reverse(), 'linux/amd64', 'base:1')).toBe(hash);
    expect(hash).toMatch(/^[0-9a-f]{20}$/);
  });

  it('is another for anything that differs', () => {
    const [a, b] = files;
    if (a === undefined || b === undefined) throw new Error('two files');
    const others = [
      contentHash(files, 'linux/arm64', 'base:1'),
      contentHash(files, 'linux/amd64', 'base:2'),
      contentHash([a], 'linux/amd64', 'base:1'),
      contentHash([{ ...a, mode: 0o755 }, b], 'linux/amd64', 'base:1'),
      contentHash([{ ...a, content: 'xx' }, b], 'linux/amd64', 'base:1'),
      contentHash([{ ...a, path: 'aa' }, b], 'linux/amd64', 'base:1'),
    ];
    expect(new Set([hash, ...others]).size).toBe(7);
  });

  it('of a config changes with its settings, its version and the architecture', () => {
    const tags = [
      imageTag({ config, architecture: 'arm64' }),
      imageTag({ config, architecture: 'x86_64' }),
      imageTag({
        config: { ...config, elasticsearch: { version: '9.4.5', settings: {} } },
        architecture: 'arm64',
      }),
      imageTag({
        config: {
          ...config,
          elasticsearch: { version: '9.4.6', settings: { 'thread_pool.write.queue_size': 1 } },
        },
        architecture: 'arm64',
      }),
    ];
    expect(new Set(tags).size).toBe(4);
    const dynamic = { version: '9.4.6', settings: { 'search.max_buckets': 1 } };
    expect(imageTag({ config: { ...config, elasticsearch: dynamic }, architecture: 'arm64' })).toBe(tags[0]);
    expect(imageTag({ config, architecture: 'arm64' })).toBe(tags[0]);
    expect([platformOf('arm64'), platformOf('x86_64')]).toEqual(['linux/arm64', 'linux/amd64']);
  });
});
