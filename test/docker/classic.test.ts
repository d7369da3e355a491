import { describe, expect, it } from 'vitest';

import type { Builder } from '../../src/docker/arguments.ts';
import {
  copyArguments,
  createArguments,
  needsTwoBuilds,
  removeArguments,
  secondBuildArguments,
  stageArguments,
  withPluginFromContext,
} from '../../src/docker/classic.ts';
import { readTemplate } from '../../src/templates/render.ts';

const classic: Builder = { program: 'docker', buildKit: false, platform: 'linux/amd64' };
const order = {
  directory: '/tmp/context',
  platform: 'linux/arm64',
  baseImage: 'base:1',
  version: '0.1.0',
  reference: 'r/x:abc',
} as const;

describe('the classic builder', () => {
  it('needs two builds only for a platform that is not the engine’s own', () => {
    expect(needsTwoBuilds(classic, order)).toBe(true);
    expect(needsTwoBuilds(classic, { ...order, platform: 'linux/amd64' })).toBe(false);
    expect(needsTwoBuilds({ ...classic, buildKit: true }, order)).toBe(false);
    expect(needsTwoBuilds({ ...classic, program: 'podman' }, order)).toBe(false);
  });

  it('builds the plugin for the engine, takes it out, and builds the image with it', () => {
    const common =
      '--build-arg BASE_IMAGE=base:1 --build-arg PLUGIN_PLATFORM=linux/amd64 --build-arg NODE_PLATFORM=linux/arm64 --build-arg ES_ECS_VERSION=0.1.0';
    expect(stageArguments(classic, order).join(' ')).toBe(
      `docker build --platform linux/amd64 ${common} --tag r/x:abc-plugins --target plugins /tmp/context`,
    );
    expect(createArguments(order).join(' ')).toBe('docker create r/x:abc-plugins none');
    expect(copyArguments('c0ffee', order).join(' ')).toBe(
      'docker cp c0ffee:/usr/share/elasticsearch/plugins/discovery-ec2 /tmp/context/discovery-ec2',
    );
    expect(removeArguments('c0ffee').join(' ')).toBe('docker rm --force c0ffee');
    expect(secondBuildArguments(classic, order).join(' ')).toBe(
      `docker build --platform linux/arm64 ${common} --tag r/x:abc --file /tmp/context/Dockerfile.second /tmp/context`,
    );
  });

  it('finds the stage in the Dockerfile that ships', async () => {
    const second = withPluginFromContext(readTemplate('Dockerfile'));
    expect(second).toContain(
      '\nFROM scratch AS plugins\nCOPY discovery-ec2 /usr/share/elasticsearch/plugins/discovery-ec2\n\n# hadolint ignore=DL3029\nFROM --platform=$NODE_PLATFORM ${BASE_IMAGE}\n',
    );
    expect(second).not.toContain('RUN');
    expect(() => withPluginFromContext('FROM x\n')).toThrow('no stage "plugins"');
  });
});
