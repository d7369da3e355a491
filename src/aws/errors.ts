import { triesOf } from '../engine/tries.ts';
import { seconds } from '../engine/wait.ts';
import { EsEcsError, type ErrorDetail } from '../errors.ts';
import { CredentialsFailure } from './credentials/failure.ts';
import { sourceOf } from './credentials/origin.ts';
import { codeOf } from './failure-kind.ts';
import { actionOf } from './meter.ts';
import { dnsSuffixOf } from './partitions.ts';
import { broken, goesOn, type Refusal, refused, type Translation, translateName } from './translations.ts';
import { endOf } from './retry-ends.ts';
import { translateDistance } from './unreachable.ts';

/** Where an error happened, as far as whoever caught it knows. */
export interface ErrorPlace {
  /** The resource it happened to. */
  readonly address?: string;
  /** The call as IAM writes it (`ec2:CreateVpc`), where the error was not thrown by one of our clients. */
  readonly operation?: string;
  /** The command that was running, to be run again: `destroy`. Absent: nothing has stopped on its way, as it only reads. */
  readonly command?: string;
  readonly region?: string;
}

/**
 * Turns what the SDK throws into the error a person can act on, by error names and never by message texts. Below the sentence stands
 * what AWS itself said, and how hard it was tried.
 *
 * @throws the error itself when it comes neither from AWS nor from the way there: that is a bug and keeps its stack.
 */
export function toEsEcsError(error: unknown, place: ErrorPlace = {}): EsEcsError {
  if (error instanceof EsEcsError) return error;
  if (!(error instanceof Error)) throw error;
  const refusal: Refusal = {
    name: error.name,
    text: textOf(error),
    action: actionOf(error) ?? place.operation,
    again: place.command === undefined ? undefined : `es-ecs ${place.command}`,
    ...(place.region === undefined ? {} : { dnsSuffix: dnsSuffixOf(place.region) }),
    source: sourceOf(error),
  };
  const translation = translate(error, refusal);
  if (translation === undefined) throw error;
  const { code, message, hint } = translation;
  const detail: ErrorDetail = {
    hint,
    cause: error,
    ...(place.address === undefined ? {} : { address: place.address }),
  };
  return new EsEcsError(code, message, detail);
}

function translate(error: Error, refusal: Refusal): Translation | undefined {
  if (error instanceof CredentialsFailure) {
    const { code, message, hints } = error;
    return {
      code,
      message,
      hint: [...hints, ...goesOn(refusal.again, 'then goes on where this run stopped')],
    };
  }
  const distant = translateDistance(error, refusal);
  if (distant === undefined && !isServiceException(error)) return translateName(refusal);
  if (endOf(error) === 'cut-short') return cutShort(refusal);
  if (endOf(error) === 'unsettled') return unsettled(error, refusal, distant);
  if (distant !== undefined) return withTries(distant, error);
  return withReason(
    translateName(refusal) ?? (isServerFault(error) ? broken(refusal) : refused(refusal)),
    error,
    refusal,
  );
}

function cutShort({ action = 'a call', again, name }: Refusal): Translation {
  return {
    code: 'INTERRUPTED',
    message: `interrupted while ${action} was to be tried again (${name})`,
    hint: goesOn(again),
  };
}

/** It may have been made, and making it again could make two. */
function unsettled(error: Error, refusal: Refusal, distant: Translation | undefined): Translation {
  const { action = 'a call', again, name } = refusal;
  const told = {
    code: distant?.code ?? 'AWS',
    message: `the answer to ${action} was lost, so nobody knows whether it was carried out${distant === undefined ? '' : ` (${codeOf(error) ?? name})`}`,
    hint: goesOn(again, 'looks for what was made by its tags, makes what was not, and goes on'),
  } as const;
  return distant === undefined ? withReason(told, error, refusal) : told;
}

/** AWS's own words in a line of their own. */
function withReason(translation: Translation, error: Error, { name, text }: Refusal): Translation {
  const [words = '', encoded] = text.split(/\.? *Encoded authorization failure message: */);
  const hint =
    encoded === undefined
      ? translation.hint
      : [...translation.hint, `aws sts decode-authorization-message --encoded-message ${encoded.trim()}`];
  return {
    ...translation,
    message: `${translation.message}\nAWS: ${name}: ${words}${triesWords(error)}`,
    hint,
  };
}

function withTries(translation: Translation, error: Error): Translation {
  return { ...translation, message: `${translation.message}${triesWords(error)}` };
}

function triesWords(error: Error): string {
  const tries = triesOf(error);
  if (tries === undefined) return '';
  const over = tries.overMs < 1_000 ? '' : ` over ${seconds(tries.overMs)}`;
  return ` (tried ${String(tries.times)} times${over})`;
}

/** Exceptions that AWS itself sent carry the metadata of their response. */
function isServiceException(error: Error): boolean {
  return '$metadata' in error && '$fault' in error;
}

/** Not the caller's doing. */
function isServerFault(error: Error): boolean {
  return '$fault' in error && error.$fault === 'server';
}

/** Messages are ours: lower case and without a full stop. Words in capitals stay. */
function textOf(error: Error): string {
  const [line = ''] = error.message.split('\n');
  const text = line.trim().replace(/\.$/, '');
  if (text === '') return 'without a word why';
  return /^[A-Z][a-z]/.test(text) ? text.charAt(0).toLowerCase() + text.slice(1) : text;
}
