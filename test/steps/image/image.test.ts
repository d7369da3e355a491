import { describe, expect, it } from 'vitest';

import { EsEcsError } from '../../../src/errors.ts';
import { pushImage } from '../../../src/simulator/ecr/images.ts';
import { repositories } from '../../../src/simulator/ecr/repositories.ts';
import type { ImageBuilder, ImageOrder } from '../../../src/steps/adapters.ts';
import { imageStep } from '../../../src/steps/image/index.ts';
import { type Build, createGround, type Ground } from '../support/ground.ts';

/** The step with a builder that does as it is told. */
function withBuilder(buildAndPush: ImageBuilder['buildAndPush']): Build {
  return (context) =>
    imageStep({
      ...context,
      adapters: { ...context.adapters, images: { check: () => Promise.resolve(), buildAndPush } },
    }).resources;
}

/** Puts an image under the tag, as whoever pushes does. */
function push(ground: Ground, { tag, architecture }: ImageOrder, contents = 'one'): string {
  const repository = ground.account.world.rows(repositories).get('es-ecs/search');
  if (repository === undefined) throw new Error('the repository comes first');
  const { digest } = pushImage(ground.account.world, repository, {
    manifest: `{"${architecture}":"${contents}"}`,
    tag,
  });
  return digest;
}

const refused = new EsEcsError('IMAGE_BUILD', 'docker cannot push x (exit 1): tag invalid: it is immutable');

describe('the image', () => {
  it('is known by the digest that ECR has for its tag', async () => {
    const ground = createGround();
    let digest = '';
    const build = withBuilder(async (order) => {
      digest = push(ground, order);
    });
    await (await ground.view(build)).up();
    expect(ground.memory.id('image/image')).toBe(digest);
    expect(
      (await (await ground.view(build)).plan()).entries.every(({ action }) => action === 'in-sync'),
    ).toBe(true);
  });

  it('of a tag that somebody else has pushed meanwhile is that one', async () => {
    const ground = createGround();
    let digest = '';
    const build = withBuilder(async (order) => {
      digest = push(ground, order, 'of another run');
      throw refused;
    });
    await (await ground.view(build)).up();
    expect(ground.memory.id('image/image')).toBe(digest);
  });

  it('that was not pushed is a failure, in the words of what went wrong', async () => {
    const ground = createGround();
    const build = withBuilder(() => Promise.reject(refused));
    await expect((await ground.view(build)).up()).rejects.toThrow('it is immutable');
    expect(ground.memory.id('image/image')).toBeUndefined();
  });

  it('that was pushed and that ECR does not have is a failure too', async () => {
    const ground = createGround();
    const build = withBuilder(() => Promise.resolve());
    await expect((await ground.view(build)).up()).rejects.toMatchObject({
      code: 'IMAGE_BUILD',
      message: expect.stringContaining('was pushed, and ECR has no image of that tag'),
    });
  });

  it('of an interrupted run is looked for by the next', async () => {
    const ground = createGround();
    const interrupted = withBuilder(async (order) => {
      push(ground, order);
      throw new EsEcsError('INTERRUPTED', 'interrupted: the image is not pushed');
    });
    await expect((await ground.view(interrupted)).up()).rejects.toMatchObject({ code: 'INTERRUPTED' });
    const again = withBuilder(() => Promise.reject(new Error('it is there already')));
    await (await ground.view(again)).up();
    expect(ground.memory.id('image/image')).toMatch(/^sha256:/);
  });
});
