import { hintLine } from '../hint-line.ts';
import { awsLine } from './failure.ts';
import type { Source } from './source.ts';

/** Whose credentials they are, as a part of a sentence. */
export function nameOf(source: Source): string {
  switch (source.kind) {
    case 'environment':
      return 'the environment (AWS_ACCESS_KEY_ID)';
    case 'container':
      return 'this container';
    case 'instance':
      return 'this instance';
    default:
      return `the profile ${source.profile}`;
  }
}

/** What brings new ones. */
export function renewal(source: Source): readonly string[] {
  switch (source.kind) {
    case 'environment':
      return [
        'export new ones, by whatever gave you these',
        hintLine(
          'unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN',
          'a profile or single sign-on counts then',
        ),
      ];
    case 'keys':
      return [
        awsLine('configure', source.profile, 'writes new keys; what wrote a session token writes a new one'),
      ];
    case 'sso':
      return [awsLine('sso login', source.profile, 'signs on again')];
    case 'login':
      return [awsLine('login', source.profile, 'signs on again')];
    case 'process':
      return [
        awsLine('configure get credential_process', source.profile, 'shows the command that gives them'),
      ];
    case 'role':
    case 'web-identity':
      return [awsLine('sts get-caller-identity', source.profile, 'takes the role again, and says as whom')];
    case 'container':
    case 'instance':
      return ['the machine gets new ones by itself: wait a minute'];
  }
}
