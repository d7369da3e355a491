import type { Config } from './config.ts';
import { whyOwned, whyRefused } from './owned-settings.ts';
import type { Finding, Rule } from './rules.ts';

/** The first release whose settings and plugin es-ecs writes; 7.x has other ones and is out of support. */
const firstMinorOf8 = 13;

function checkVersion({ elasticsearch: { version } }: Config): readonly Finding[] {
  const [major, minor] = version.split('.').map(Number);
  const path = ['elasticsearch', 'version'];
  if (major === undefined || minor === undefined) return [];
  if (major < 8 || (major === 8 && minor < firstMinorOf8)) {
    return [{ path, message: `${version} is too old; es-ecs runs 8.13.0 and later of 8.x, and 9.x` }];
  }
  if (major > 9) {
    return [
      {
        path,
        message: `${version} is newer than this es-ecs knows; it runs 8.13.0 and later of 8.x, and 9.x`,
      },
    ];
  }
  return [];
}

function checkSettings({ elasticsearch: { settings, version } }: Config): readonly Finding[] {
  const major = Number(version.split('.')[0]);
  return Object.entries(settings).flatMap(([setting, value]) => {
    const path = ['elasticsearch', 'settings', setting];
    if (!/^[a-z0-9_*-]+(\.[A-Za-z0-9_*-]+)*$/.test(setting)) {
      return [{ path, message: 'not the name of a setting (letters, digits, _ and - with dots between)' }];
    }
    const because = whyOwned(setting) ?? whyRefused(setting, value, major);
    return because === undefined ? [] : [{ path, message: because }];
  });
}

/** What no call would have to be made for: a key of AWS's own, and one that stands in another region. */
function checkKey({ region, encryption: { kmsKeyId } }: Config): readonly Finding[] {
  if (kmsKeyId === undefined) return [];
  const path = ['encryption', 'kmsKeyId'];
  if (/(^|:)alias\/aws\//.test(kmsKeyId)) {
    const message = `${kmsKeyId} is a key of AWS's own, which one service alone can use; leave kmsKeyId out for those`;
    return [{ path, message }];
  }
  const [, , , keyRegion] = kmsKeyId.split(':');
  return keyRegion === undefined || keyRegion === region
    ? []
    : [
        {
          path,
          message: `${kmsKeyId} is a key of ${keyRegion}, and the cluster is in ${region}; a multi-Region key has a replica of its own there`,
        },
      ];
}

/** Refused: versions, and settings that cannot work. */
export const settingErrors: readonly Rule[] = [
  { rule: 'Elasticsearch is 8.13.0 or later of 8.x, or 9.x.', check: checkVersion },
  { rule: 'Settings that es-ecs owns, and secrets, are not set here.', check: checkSettings },
  { rule: '`encryption.kmsKeyId` is a key of yours, of the very region.', check: checkKey },
];

function sayMovingImage({ image: { uri } }: Config): readonly Finding[] {
  if (uri === undefined || uri.includes('@sha256:')) return [];
  const tag = /:([\w.-]+)$/.exec(uri)?.[1];
  const path = ['image', 'uri'];
  if (tag === undefined) {
    return [
      { path, message: `${uri} has no tag, which means latest: nodes may come to run different images` },
    ];
  }
  return tag === 'latest'
    ? [{ path, message: `${uri} moves: nodes may come to run different images; name a version or a digest` }]
    : [];
}

/** Warned about: an image that changes under its name. */
export const imageWarnings: readonly Rule[] = [
  { rule: '`image.uri` names a version or a digest, and not `latest`.', check: sayMovingImage },
];
