import type { Config } from './config.ts';
import { knownSetting } from './known-settings.ts';
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

function isName(setting: string): boolean {
  return /^[a-z0-9_*-]+(\.[A-Za-z0-9_*-]+)*$/.test(setting);
}

function checkSettings({ elasticsearch: { settings, version } }: Config): readonly Finding[] {
  const major = Number(version.split('.')[0]);
  return Object.entries(settings).flatMap(([setting, value]) => {
    const path = ['elasticsearch', 'settings', setting];
    if (!isName(setting)) {
      return [{ path, message: 'not the name of a setting (letters, digits, _ and - with dots between)' }];
    }
    const because = whyOwned(setting) ?? whyRefused(setting, value, major);
    return because === undefined ? [] : [{ path, message: because }];
  });
}

/** Unknown names that are held against all known ones, which takes a millisecond each; of a file with more the first lines tell what is wrong. */
const mostCompared = 20;

/** Names that the version does not know: with one of them no node starts, or the cluster refuses it. */
function unknownSettings(
  { elasticsearch: { settings, version, pluginSettings = [] } }: Config,
  isMeant: (isSure: boolean) => boolean,
): readonly Finding[] {
  const major = Number(version.split('.')[0]);
  let compared = 0;
  return Object.entries(settings).flatMap(([setting, value]) => {
    // Of what is refused in any case the reason is said once.
    const because = whyOwned(setting) ?? whyRefused(setting, value, major);
    if (because !== undefined || !isName(setting)) return [];
    if (pluginSettings.some((prefix) => setting.startsWith(prefix))) return [];
    const known = knownSetting(setting, version);
    if (known.kind === 'known' || !isMeant(known.isSure)) return [];
    compared += 1;
    const near = compared > mostCompared ? [] : known.nearest;
    const nearest = near.length === 0 ? '' : `; did you mean ${near.join(' or ')}?`;
    const plugins = "a plugin's own is allowed by elasticsearch.pluginSettings";
    const words = known.isSure ? 'does not know it' : 'may not know it';
    const path = ['elasticsearch', 'settings', setting];
    return [
      { path, message: `Elasticsearch ${version} ${words}${nearest === '' ? `; ${plugins}` : nearest}` },
    ];
  });
}

interface OwnedOption {
  readonly option: RegExp;
  readonly because: string;
}

/** Options of the JVM that are not the user's to set: es-ecs or Elasticsearch's own launcher does. */
const ownedOptions: readonly OwnedOption[] = [
  {
    option: /^-Xm[sxn]|^-XX:(Initial|Max|Min|Soft)?(Max)?HeapSize=|^-XX:(Initial|Max|Min)RAM/,
    because: 'the heap is elasticsearch.heapMiB, or by rule from the memory of the instance type',
  },
  {
    option: /^-XX:[+-]?HeapDump/,
    because:
      'a dump of the heap goes to the data volume and can push it over its watermark; es-ecs has them off',
  },
  {
    option: /^-XX:[+-](ExitOnOutOfMemoryError|CrashOnOutOfMemoryError)$|^-XX:OnOutOfMemoryError/,
    because: 'a node that has run out of memory ends, and ECS starts it again',
  },
  {
    option:
      /^-D(es|jna|io\.netty|log4j2?|java\.(io\.tmpdir|security\.(manager|policy)|locale\.providers|library\.path))\b/,
    because: "Elasticsearch's launcher sets it",
  },
  {
    option: /^-(cp|classpath|-class-path|jar|-module-path|p|m|-module)\b/,
    because: 'Elasticsearch is what runs',
  },
  {
    option: /^-(version|showversion|help|h|\?|X|-version|-help|-dry-run)$/,
    because: 'the JVM would end at once',
  },
  {
    option: /^-(XX:)?(Flags|VMOptionsFile)=|^-XX:CompileCommandFile/,
    because: 'files of options are in the image',
  },
  { option: /^-D\S*(password|secret|token)\S*=/i, because: 'secrets do not belong into this file' },
];

function checkOptions({ elasticsearch: { jvmOptions = [] } }: Config): readonly Finding[] {
  return jvmOptions.flatMap((option, at) => {
    const owned = ownedOptions.find((one) => one.option.test(option));
    if (owned === undefined) return [];
    return [{ path: ['elasticsearch', 'jvmOptions', at], message: `not yours to set: ${owned.because}` }];
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
  {
    rule: 'The version of Elasticsearch knows each setting by its name, or it begins as `elasticsearch.pluginSettings` says.',
    check: (config) => unknownSettings(config, (isSure) => isSure),
  },
  { rule: 'Options of the JVM are not those that es-ecs or Elasticsearch sets.', check: checkOptions },
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

/** Warned about: names that a version of Elasticsearch may or may not know which no list is of. */
export const settingWarnings: readonly Rule[] = [
  {
    rule: 'Settings are known by name, where Elasticsearch is newer or older than the versions whose names are listed.',
    check: (config) => unknownSettings(config, (isSure) => !isSure),
  },
];

/** Warned about: an image that changes under its name. */
export const imageWarnings: readonly Rule[] = [
  { rule: '`image.uri` names a version or a digest, and not `latest`.', check: sayMovingImage },
];
