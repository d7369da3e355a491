import type { Config } from './config.ts';
import { whyOwned } from './owned-settings.ts';
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

function checkSettings({ elasticsearch: { settings } }: Config): readonly Finding[] {
  return Object.keys(settings).flatMap((setting) => {
    const path = ['elasticsearch', 'settings', setting];
    if (!/^[a-z0-9_*-]+(\.[A-Za-z0-9_*-]+)*$/.test(setting)) {
      return [{ path, message: 'not the name of a setting (letters, digits, _ and - with dots between)' }];
    }
    const because = whyOwned(setting);
    return because === undefined ? [] : [{ path, message: because }];
  });
}

/** AWS allows 50 on a thing; the rest is for es-ecs's own. */
const mostTags = 40;

function whyNotATagKey(key: string): string | undefined {
  if (/^aws:/i.test(key)) return 'keys that begin with aws: belong to AWS';
  if (key.startsWith('es-ecs-'))
    return 'keys that begin with es-ecs- are how es-ecs finds its own things again';
  if (key === 'Name') return 'es-ecs sets it on each thing, so that the console shows what it is';
  if (key === '.' || key === '..' || key === '_index')
    return 'instance metadata cannot show a tag of this name';
  if (key.length > 128) return `${key.length} characters is more than AWS allows for a key (128)`;
  if (!/^[A-Za-z0-9+\-=.,_:@]+$/.test(key)) {
    return 'a key may hold only letters, digits and + - = . , _ : @, as hosts read their tags from instance metadata';
  }
  return undefined;
}

function checkTags({ tags }: Config): readonly Finding[] {
  const keys = Object.keys(tags);
  const tooMany =
    keys.length > mostTags
      ? [{ path: ['tags'], message: `${keys.length} tags is more than ${mostTags}` }]
      : [];
  const wrong = Object.entries(tags).flatMap(([key, value]) => {
    const path = ['tags', key];
    const because = whyNotATagKey(key);
    if (because !== undefined) return [{ path, message: because }];
    if (/^aws:/i.test(value)) return [{ path, message: `${value} begins with aws:, which belongs to AWS` }];
    if (!/^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u.test(value)) {
      return [{ path, message: `${value} may hold only letters, digits, spaces and _ . : / = + - @` }];
    }
    return [];
  });
  return [...tooMany, ...wrong];
}

/** Refused: versions, settings and tags that cannot work. */
export const settingErrors: readonly Rule[] = [
  { rule: 'Elasticsearch is 8.13.0 or later of 8.x, or 9.x.', check: checkVersion },
  { rule: 'Settings that es-ecs owns, and secrets, are not set here.', check: checkSettings },
  {
    rule:
      `At most ${mostTags} tags. Keys are letters, digits and \`+ - = . , _ : @\`, do not begin with \`aws:\` or ` +
      '`es-ecs-`, and are not `Name`.',
    check: checkTags,
  },
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
