import type { AnyResource, Resource } from '../../engine/resource.ts';
import { invariant } from '../../errors.ts';
import type { StepContext } from '../context.ts';
import type { Architecture } from '../facts.ts';
import { type Image, image } from './image.ts';
import { type Repository, repository } from './repository.ts';

/** Where the image of each kind of processor comes from. */
export type ImageSource =
  /** Given in the config, used as it stands. */
  | { readonly uri: string }
  | {
      readonly repository: Resource<unknown, Repository>;
      readonly images: ReadonlyMap<Architecture, Resource<unknown, Image>>;
    };

/** The step and what later ones need of it. */
export interface ImageStep {
  readonly resources: readonly AnyResource[];
  readonly source: ImageSource;
}

/**
 * The image: a repository, and in it one image for each kind of processor among the nodes. With `image.uri` neither is made, and
 * a repository from before goes once nothing runs from it.
 */
export function imageStep(context: StepContext): ImageStep {
  const { uri } = context.config.image;
  const own = repository(context);
  if (uri !== undefined) return { resources: [{ ...own, unwanted: true }], source: { uri } };
  const images = new Map(
    architectures(context).map((architecture, index) => {
      const address = index === 0 ? 'image/image' : `image/image/${architecture}`;
      return [architecture, image(context, { address, architecture }, { repository: own })];
    }),
  );
  return { resources: [own, ...images.values()], source: { repository: own, images } };
}

/** Of the nodes' instance types, in the order of the node groups. */
function architectures(context: StepContext): readonly Architecture[] {
  const all = context.config.nodeGroups.map((group) => {
    const known = context.facts.instanceTypes.get(group.instanceType);
    invariant(known, `nothing is known of the instance type ${group.instanceType}`);
    return known.architecture;
  });
  return [...new Set(all)];
}
