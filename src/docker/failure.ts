import { EsEcsError } from '../errors.ts';
import type { BuilderProgram } from './arguments.ts';
import type { RunResult } from './run.ts';

/** How many lines of a program's output an error shows below the cause. */
const shownLines = 12;
/** As long as a cause may be. */
const causeLength = 300;

/** What failed, with which program. */
export interface Attempt {
  readonly program: BuilderProgram;
  /** As a person reads it: "podman cannot push 123…". */
  readonly failure: string;
  /** What the engine pulls. */
  readonly baseImage: string;
}

/**
 * A program that has failed: what it says the cause is, then the way out where one is known, then the end of its output.
 *
 * @throws EsEcsError IMAGE_BUILD, unless it has ended well
 */
export function expectSuccess(result: RunResult, attempt: Attempt): void {
  if (result.exitCode === 0) return;
  const lines = `${result.stdout}\n${result.stderr}`.split('\n').map(readable).filter(tells);
  const cause = causeAmong(lines);
  const told = `${attempt.failure} (exit ${result.exitCode})`;
  const ways = waysOut.filter(({ says }) => says.test(cause ?? '')).slice(0, 1);
  throw new EsEcsError(
    'IMAGE_BUILD',
    cause === undefined ? told : `${told}: ${cause.slice(0, causeLength)}`,
    {
      hint: [...ways.map(({ way }) => way(attempt)), ...lines.slice(-shownLines)],
    },
  );
}

/** Without what BuildKit puts before each line: the step's number and its time. */
function readable(line: string): string {
  return line.replace(/^#\d+ (?:\d+\.\d+ )?/, '').trimEnd();
}

/** Frames of a JVM's stack and rulers hide what matters. */
function tells(line: string): boolean {
  return !/^(?:[-\s]*|\s*(?:at |\.{3} )\S.*)$/.test(line);
}

/**
 * The line that says why. Programs end with what could not be done ("exit code: 1"), and the reason stands above it: so first
 * what names a reason, then what calls itself an error.
 */
function causeAmong(lines: readonly string[]): string | undefined {
  const reason = lines.find((line) => reasons.some((pattern) => pattern.test(line)));
  const cause = reason ?? lines.findLast((line) => /^\s*error\b|^e:/i.test(line)) ?? lines.at(-1);
  return cause?.trim();
}

interface WayOut {
  readonly says: RegExp;
  readonly way: (attempt: Attempt) => string;
}

/** Reasons that can be told by their words, with what gets a person out of each. */
const waysOut: readonly WayOut[] = [
  {
    says: /no space left on device|disk quota exceeded/i,
    way: ({ program }) =>
      program === 'buildah'
        ? 'buildah rmi --prune  frees space'
        : `${program} system prune  frees space of images and builds that nothing uses`,
  },
  {
    says: /zstd compression is not supported/i,
    way: () =>
      'it remembers layers that it has pushed as zstd: remove blob-info-cache-v1.* in /var/lib/containers/cache or ~/.local/share/containers/cache, then es-ecs up',
  },
  {
    says: /exec format error/i,
    way: () =>
      'the engine runs programs of another processor than it says: start it anew, or use another one',
  },
  {
    says: /tag .*(?:already exists|immutable)/i,
    way: () => 'es-ecs up  finds what is there under that tag',
  },
  {
    says: /\b(?:denied|unauthorized|forbidden|no basic auth credentials|not authorized|authentication required)\b/i,
    way: () =>
      'docs/permissions.md has what may be missing: ecr:InitiateLayerUpload, ecr:PutImage and their kin',
  },
  {
    says: /no such host|UnknownHostException|name resolution|timed? ?out|timeout|connection (?:refused|reset)|proxyconnect|network is unreachable|x509|certificate/i,
    way: ({ program, baseImage }) =>
      `${program} pull ${baseImage}  shows whether the engine has a way out: it has settings of its own for a proxy and certificates`,
  },
  {
    says: /manifest unknown|not found|does not exist/i,
    way: ({ baseImage }) =>
      `elasticsearch.version in the config names a version that was published: ${baseImage}`,
  },
];

const reasons = waysOut.map(({ says }) => says);
