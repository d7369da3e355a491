import { getHomeDir, loadSharedConfigFiles } from '@smithy/core/config';
import type { IniSection } from '@smithy/types';

/** What people have written into the two files of the AWS CLI and the SDKs. */
export interface SharedFiles {
  /** All that is said of a profile, where it is said twice as the credentials file has it; undefined: it is in neither. */
  profile(name: string): IniSection | undefined;
  /** Whether the credentials file names keys for a profile. */
  hasKeysOfItsOwn(name: string): boolean;
  /** A section `[sso-session NAME]`. */
  session(name: string): IniSection | undefined;
  readonly configPath: string;
  readonly credentialsPath: string;
}

/**
 * Reads both, anew each time: they may have changed since a run began. One that is not there, or that cannot be read, is empty, as for the SDK.
 */
export async function readSharedFiles(environment: Environment): Promise<SharedFiles> {
  const { configFile, credentialsFile } = await loadSharedConfigFiles({ ignoreCache: true });
  const home = getHomeDir();
  const pathOf = (variable: string, name: string): string =>
    (environment[variable] ?? '') || `${home}/.aws/${name}`;
  const at = (sections: Readonly<Record<string, IniSection>>, name: string): IniSection | undefined =>
    Object.hasOwn(sections, name) ? sections[name] : undefined;
  return {
    profile: (name) => {
      const inConfig = at(configFile, name);
      const inCredentials = at(credentialsFile, name);
      return inConfig === undefined && inCredentials === undefined
        ? undefined
        : { ...inConfig, ...inCredentials };
    },
    hasKeysOfItsOwn: (name) => at(credentialsFile, name)?.['aws_access_key_id'] !== undefined,
    session: (name) => at(configFile, `sso-session.${name}`),
    configPath: pathOf('AWS_CONFIG_FILE', 'config'),
    credentialsPath: pathOf('AWS_SHARED_CREDENTIALS_FILE', 'credentials'),
  };
}

/** The process's environment, or one that a test plays. */
export type Environment = Readonly<Record<string, string | undefined>>;
