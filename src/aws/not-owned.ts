import { EsEcsError } from '../errors.ts';
import { clusterTag, type Tags } from './tags.ts';

/** Something of a name that the cluster needs, and what it is among. */
export interface Taken {
  readonly name: string;
  /** What it is among, in the plural: "launch templates". */
  readonly kind: string;
  readonly tags: Tags;
}

/** Says of a thing that it has the name that the cluster needs, and is not the cluster's. */
export function notOwned({ name, kind, tags }: Taken): EsEcsError {
  const owner = tags[clusterTag];
  if (owner === undefined) {
    return new EsEcsError('NOT_OWNED', `${name} exists among the ${kind} and has no tag ${clusterTag}`, {
      hint: `give the cluster another name, or remove or tag ${name} yourself`,
    });
  }
  const whose = `belongs to the cluster ${owner}: its tag is ${clusterTag}=${owner}`;
  return new EsEcsError('NOT_OWNED', `${name} exists among the ${kind} and ${whose}`, {
    hint: 'give this cluster another name, or the node group: es-ecs-search-hot is of the group hot of search, and of a cluster search-hot',
  });
}
