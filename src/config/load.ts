import { open } from 'node:fs/promises';

import { EsEcsError } from '../errors.ts';
import type { Config } from './config.ts';
import { openSource, type Path, type Source } from './position.ts';
import { describeIssues, formatProblem, type Problem } from './problem.ts';
import { readUnderProto, withProto } from './proto-key.ts';
import { resolveConfig } from './resolve.ts';
import { checkRules, errorRules, type Finding, warningRules } from './rules.ts';
import { configSchema } from './schema.ts';

/** Something that works and is unwise. `text` is the whole line that a person reads. */
export interface Warning extends Problem {
  readonly text: string;
}

/** A valid config, and the way back to the file for whatever turns out wrong later. */
export interface Located {
  readonly config: Config;
  readonly warnings: readonly Warning[];
  /**
   * `es-ecs.yaml:9:15`: where a value stands, or the nearest thing above it. Takes paths of the file
   * (`['nodes', 0, 'instanceType']`) and of `Config` (`['nodeGroups', 0, 'instanceType']`) alike, and knows
   * that groups without an instance type or storage have the one from the top level.
   */
  at(path: Path): string;
}

/**
 * Reads and validates a config file.
 *
 * @param path as the user gave it; it stands so in messages
 * @throws EsEcsError CONFIG_NOT_FOUND, CONFIG_SYNTAX, CONFIG_INVALID
 */
export async function readConfig(path: string): Promise<Located> {
  let bytes: Uint8Array;
  try {
    bytes = await beginningOf(path, limitBytes + 1);
  } catch (cause) {
    throw unreadable(path, cause);
  }
  if (bytes.length > limitBytes) {
    throw new EsEcsError('CONFIG_INVALID', `${path}: larger than 256 KiB, and no config of a cluster is`, {
      hint: [
        'es-ecs plan --config FILE   takes another file',
        'es-ecs init                 writes a commented one',
      ],
    });
  }
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new EsEcsError('CONFIG_SYNTAX', `${path}: not a text file in UTF-8`, { cause });
  }
  return loadConfig(text, path);
}

/** What is larger is no config of a cluster, and is not parsed. */
const limitBytes = 256 * 1024;

/** No more of a file than the first bytes, however large it is, or without an end. */
async function beginningOf(path: string, most: number): Promise<Uint8Array> {
  const handle = await open(path);
  try {
    const buffer = Buffer.alloc(most);
    let length = 0;
    while (length < most) {
      const { bytesRead } = await handle.read(buffer, length, most - length);
      if (bytesRead === 0) break;
      length += bytesRead;
    }
    return buffer.subarray(0, length);
  } finally {
    await handle.close();
  }
}

function unreadable(path: string, cause: unknown): EsEcsError {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    const hint = ['es-ecs init              writes a commented one', 'es-ecs up --simulate     needs none'];
    return new EsEcsError('CONFIG_NOT_FOUND', `there is no config file ${path}`, { hint, cause });
  }
  const because = code === 'EISDIR' ? 'it is a directory' : 'it cannot be read';
  return new EsEcsError('CONFIG_NOT_FOUND', `${path} is not a config file: ${because}`, { cause });
}

/**
 * Validates the text of a config file. Every problem that is found is reported: the first is the message of
 * the error, the others are its hints. The rules between fields speak only once each field alone is right.
 *
 * @param file what the file is called in messages
 * @throws EsEcsError CONFIG_SYNTAX, CONFIG_INVALID
 */
export function loadConfig(text: string, file: string): Located {
  const source = openSource(text, file);
  if (source.value === undefined) {
    throw new EsEcsError('CONFIG_INVALID', `${file}: empty; it must be a map of settings`, {
      hint: 'es-ecs init              writes a commented one',
    });
  }
  const parsed = configSchema.safeParse(source.value);
  const underProto = readUnderProto(source.value);
  const issues = [...(parsed.error?.issues ?? []), ...underProto.issues];
  if (parsed.data === undefined || issues.length > 0) throw invalid(describeIssues(issues, source));
  const config = resolveConfig(withProto(parsed.data, underProto));
  const errors = place(checkRules(errorRules, config), source);
  if (errors.length > 0) throw invalid(errors);
  const warnings = place(checkRules(warningRules, config), source);
  return {
    config,
    warnings: warnings.map((warning) => ({ ...warning, text: formatProblem(warning) })),
    at: (path) => source.at(filePath(path, source)),
  };
}

function invalid(problems: readonly Problem[]): EsEcsError {
  const [first = '', ...rest] = problems.map(formatProblem);
  return new EsEcsError('CONFIG_INVALID', first, { hint: rest });
}

/** Gives findings their place, in the order of the file, and tells only once what several groups inherit. */
function place(findings: readonly Finding[], source: Source): readonly Problem[] {
  const placed = findings
    .map((finding) => ({ ...finding, path: filePath(finding.path, source) }))
    .map(({ path, message, ofKey }) => {
      return { path, message, at: ofKey === true ? source.atKey(path) : source.at(path) };
    })
    .sort((a, b) => source.offset(a.path) - source.offset(b.path));
  const told = new Set<string>();
  return placed.filter((problem) => {
    const text = formatProblem(problem);
    const isNew = !told.has(text);
    told.add(text);
    return isNew;
  });
}

/**
 * The path under which the file itself says it: inherited values stand at the top level, `nodes: 3` has no
 * groups.
 */
function filePath(path: Path, source: Source): Path {
  const [head, index, ...rest] = path;
  if (head !== 'nodes' && head !== 'nodeGroups') return path;
  const own = ['nodes', ...path.slice(1)];
  const [field] = rest;
  if (source.has(own) || typeof index !== 'number') return own;
  if (field === 'instanceType' || field === 'storage') return rest;
  return source.has(['nodes', index]) ? own : ['nodes'];
}
