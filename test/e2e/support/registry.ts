import { createHash } from 'node:crypto';

import { motoAccount, motoRegion } from './moto.ts';
import type { ProxiedCall, ProxiedRequest } from './proxy.ts';

/** Where ECR's images would be: moto names the place, and nobody serves `/v2/` there. */
const ecrHost = `${motoAccount}.dkr.ecr.${motoRegion}.amazonaws.com`;

/** A manifest, as the registry keeps it. */
export interface Manifest {
  /** `sha256:…` of its bytes, which is the one that clients pin. */
  readonly digest: string;
  readonly body: string;
}

/** What ECR is, besides its control plane in moto: a registry that images are really pushed to. */
export interface ImageStore {
  /** By tag or digest; undefined when there is none. */
  manifest(repository: string, reference: string): Promise<Manifest | undefined>;
  tags(repository: string): Promise<readonly string[]>;
  blob(repository: string, digest: string): Promise<string>;
  /** A blob that is no text. */
  bytes(repository: string, digest: string): Promise<Buffer>;
  /**
   * Makes moto's ECR and the registry one, for a proxy's `rewrite`. Repositories, policies and tokens are moto's; images are
   * the registry's. In AWS a push to `/v2/` is what BatchGetImage shows; moto has no `/v2/`, and the digest that its
   * PutImage makes up is not that of the manifest. So its addresses become the registry's, what is asked of images
   * and deletes is asked and deleted there, and with a repository its images go.
   */
  rewrite(answer: string, made: ProxiedCall, request: ProxiedRequest): Promise<string>;
}

interface EcrRequest {
  readonly repositoryName?: string;
  readonly imageIds?: readonly { readonly imageTag: string }[];
}

/** The images of a registry with a user and a password. */
export function imageStore(registry: {
  readonly url: string;
  readonly host: string;
  readonly user: string;
  readonly password: string;
}): ImageStore {
  const authorization = `Basic ${Buffer.from(`${registry.user}:${registry.password}`).toString('base64')}`;
  const ask = (path: string, method = 'GET'): Promise<Response> =>
    fetch(`${registry.url}/v2/${path}`, {
      method,
      headers: { authorization, accept: 'application/vnd.docker.distribution.manifest.v2+json' },
    });

  const manifest = async (repository: string, reference: string): Promise<Manifest | undefined> => {
    const answer = await ask(`${repository}/manifests/${reference}`);
    if (answer.status === 404) return undefined;
    const body = await answer.text();
    if (!answer.ok) throw new Error(`the registry says ${answer.status} of ${repository}: ${body}`);
    return { digest: `sha256:${createHash('sha256').update(body).digest('hex')}`, body };
  };

  const tags = async (repository: string): Promise<readonly string[]> => {
    const answer = await ask(`${repository}/tags/list`);
    if (answer.status === 404) return [];
    const list = (await answer.json()) as { tags: string[] | null }; // of the distribution specification
    return list.tags ?? [];
  };

  const images = async (repository: string, asked: readonly string[]): Promise<string> => {
    const found = await Promise.all(asked.map((tag) => manifest(repository, tag)));
    const missing = asked.filter((_tag, index) => found[index] === undefined);
    return JSON.stringify({
      images: found.flatMap((image, index) =>
        image === undefined
          ? []
          : [
              {
                registryId: motoAccount,
                repositoryName: repository,
                imageId: { imageTag: asked[index], imageDigest: image.digest },
                imageManifest: image.body,
              },
            ],
      ),
      failures: missing.map((imageTag) => ({
        imageId: { imageTag },
        failureCode: 'ImageNotFound',
        failureReason: 'Requested image not found',
      })),
    });
  };

  const remove = async (repository: string, which: readonly string[]): Promise<void> => {
    for (const tag of which) {
      const image = await manifest(repository, tag);
      if (image !== undefined) await ask(`${repository}/manifests/${image.digest}`, 'DELETE');
    }
  };

  return {
    manifest,
    tags,
    blob: async (repository, digest) => (await ask(`${repository}/blobs/${digest}`)).text(),
    bytes: async (repository, digest) =>
      Buffer.from(await (await ask(`${repository}/blobs/${digest}`)).arrayBuffer()),
    rewrite: async (answer, { action, status }, { service, body }) => {
      if (service !== 'ecr' || status !== 200) return answer;
      const asked = JSON.parse(body) as EcrRequest; // of ECR's API
      const { repositoryName = '', imageIds = [] } = asked;
      const asTags = imageIds.map(({ imageTag }) => imageTag);
      switch (action) {
        case 'BatchGetImage':
          return images(repositoryName, asTags);
        case 'BatchDeleteImage':
          await remove(repositoryName, asTags);
          return JSON.stringify({ imageIds, failures: [] });
        case 'DeleteRepository':
          await remove(repositoryName, await tags(repositoryName));
          return answer;
        default:
          return answer.replaceAll(ecrHost, registry.host);
      }
    },
  };
}
