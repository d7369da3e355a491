import type { Docker } from './docker.ts';
import { runScript } from './part.ts';

/** As Elastic's Dockerfile has it. */
const imageSettings = [
  'USER 1000:0',
  'WORKDIR /usr/share/elasticsearch',
  'ENV PATH=/usr/share/elasticsearch/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  'ENV ELASTIC_CONTAINER=true',
  'EXPOSE 9200 9300',
  'ENTRYPOINT ["/bin/tini", "--", "/usr/local/bin/docker-entrypoint.sh"]',
  'CMD ["eswrapper"]',
];

/** An image with the real server, under the official one's name. */
export interface ElasticsearchBase {
  readonly version: string;
  /** In what it is not the official one. */
  readonly differences: readonly string[];
}

/**
 * Puts the stand-in for the official image into an engine, so that a build finds its base and pulls nothing.
 *
 * @param asked left out: the newest version that can be had
 * @throws PartUnavailable where its parts cannot be had
 */
export async function loadElasticsearchBase(docker: Docker, asked?: string): Promise<ElasticsearchBase> {
  const version = asked ?? (await runScript('elasticsearch.sh', ['version']));
  const tar = await runScript('elasticsearch.sh', ['base', version]);
  const differences = await runScript('elasticsearch.sh', ['differences']);
  const settings = imageSettings.flatMap((setting) => ['--change', setting]);
  const image = `docker.elastic.co/elasticsearch/elasticsearch:${version}`;
  const imported = await docker.run(['import', ...settings, tar, image]);
  if (imported.exitCode !== 0) throw new Error(`the base image was not imported: ${imported.stderr}`);
  return { version, differences: differences.split('\n') };
}
