import { generateKeyPairSync } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { link, mkdir, open, readFile, rm } from 'node:fs/promises';
import path from 'node:path';

import { EsEcsError } from '../errors.ts';

/** An ed25519 key pair as OpenSSH writes it. */
export interface KeyPair {
  /** `ssh-ed25519 AAAA… comment`, one line without its end. */
  readonly publicKey: string;
  /** An unencrypted `OPENSSH PRIVATE KEY`. */
  readonly privateKey: string;
}

const keyType = 'ssh-ed25519';

/** Makes a key pair. ed25519, as it is short and every OpenSSH since 2014 knows it; EC2 imports it for Linux. */
export function makeKeyPair(comment: string): KeyPair {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  return {
    publicKey: encodePublic(publicKey, comment),
    privateKey: encodePrivate(publicKey, privateKey, comment),
  };
}

/** The public half of an OpenSSH private key that `makeKeyPair` made. */
export function publicKeyOf(privateKey: string): string {
  const base64 = privateKey.replace(/-----[A-Z ]+-----/g, '').replace(/\s+/g, '');
  const reader = new Reader(Buffer.from(base64, 'base64'));
  const magic = reader.bytes(authMagic.length);
  const [cipher, , kdfOptions] = [reader.string(), reader.string(), reader.string()];
  const count = reader.uint32();
  if (!magic.equals(authMagic) || cipher.toString() !== 'none' || kdfOptions.length > 0 || count !== 1) {
    throw new RangeError('not an unencrypted OpenSSH private key');
  }
  const blob = reader.string();
  const secret = new Reader(reader.string());
  secret.bytes(8);
  if (secret.string().toString() !== keyType) throw new RangeError('not an ed25519 key');
  secret.string();
  secret.string();
  return `${keyType} ${blob.toString('base64')} ${secret.string().toString()}`;
}

/** A private key's file: 0600, in a directory that must exist or is made 0700. */
export interface KeyFile {
  readonly file: string;
  readonly comment: string;
}

/** The pair in a file, made when there is none; a file that is there is never overwritten. */
export async function ensureKeyPair(
  key: KeyFile,
): Promise<{ readonly publicKey: string; readonly privateKeyFile: string }> {
  const existing = await readKeyPair(key.file);
  if (existing !== undefined) return existing;
  await createExclusively(key.file, makeKeyPair(key.comment).privateKey);
  const made = await readKeyPair(key.file);
  if (made === undefined) throw new EsEcsError('SSH', `${key.file} is gone right after it was written`);
  return made;
}

/**
 * The pair in a file, or undefined where there is no such file. A mode that ssh would refuse is left as it is: whoever
 * opened the key to others is to hear of it (`checkKeyFile`).
 *
 * @throws EsEcsError SSH when the file is no key of ours.
 */
export async function readKeyPair(
  file: string,
): Promise<{ readonly publicKey: string; readonly privateKeyFile: string } | undefined> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    if (isMissing(cause)) return undefined;
    throw new EsEcsError('SSH', `the key ${file} cannot be read`, { cause, hint: `chmod 600 ${file}` });
  }
  try {
    return { publicKey: publicKeyOf(text), privateKeyFile: file };
  } catch (cause) {
    throw new EsEcsError('SSH', `${file} is not a private key that es-ecs made`, {
      cause,
      hint: `move ${file} away and run es-ecs up, which makes a new one and replaces the bastion`,
    });
  }
}

/**
 * Removes the private half, and what a run left that was killed while making it; already gone is success.
 *
 * @throws EsEcsError STATE_UNWRITABLE
 */
export async function removeKeyPair(file: string): Promise<void> {
  try {
    await rm(file, { force: true });
    await rm(asideOf(file), { force: true });
  } catch (cause) {
    throw unwritable(file, cause);
  }
}

/**
 * Writes beside the target and links it into place: the link fails when somebody else was first, and nobody ever
 * sees half a key.
 */
async function createExclusively(file: string, content: string): Promise<void> {
  const aside = asideOf(file);
  try {
    await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
    await rm(aside, { force: true });
    const handle = await open(aside, 'wx', 0o600);
    try {
      await handle.writeFile(content);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await link(aside, file);
  } catch (cause) {
    if (!(cause instanceof Error && 'code' in cause && cause.code === 'EEXIST'))
      throw unwritable(file, cause);
  } finally {
    await rm(aside, { force: true }).catch(() => undefined);
  }
}

function asideOf(file: string): string {
  return `${file}.new`;
}

function unwritable(file: string, cause: unknown): EsEcsError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new EsEcsError('STATE_UNWRITABLE', `the key ${file} cannot be written: ${why}`, {
    cause,
    hint: 'make room or make the directory writable, then run the same command again',
  });
}

function isMissing(cause: unknown): boolean {
  return cause instanceof Error && 'code' in cause && cause.code === 'ENOENT';
}

/** See PROTOCOL.key in OpenSSH's source: the magic, then how it is encrypted, then the keys. */
const authMagic = Buffer.from('openssh-key-v1\0');

/** The last 32 bytes of ed25519's SPKI and PKCS#8 encodings are the bare key and the bare seed (RFC 8410). */
function bare(der: Buffer): Buffer {
  return der.subarray(-32);
}

function publicBlob(publicKey: KeyObject): Buffer {
  return Buffer.concat([string(keyType), string(bare(publicKey.export({ type: 'spki', format: 'der' })))]);
}

function encodePublic(publicKey: KeyObject, comment: string): string {
  return `${keyType} ${publicBlob(publicKey).toString('base64')} ${comment}`;
}

function encodePrivate(publicKey: KeyObject, privateKey: KeyObject, comment: string): string {
  const point = bare(publicKey.export({ type: 'spki', format: 'der' }));
  const seed = bare(privateKey.export({ type: 'pkcs8', format: 'der' }));
  // Two equal numbers by which a wrong passphrase is noticed; without one, any will do.
  const check = Buffer.alloc(8, point.subarray(0, 4));
  const secret = Buffer.concat([
    check,
    string(keyType),
    string(point),
    string(Buffer.concat([seed, point])),
    string(comment),
  ]);
  const whole = Buffer.concat([
    authMagic,
    string('none'),
    string('none'),
    string(''),
    uint32(1),
    string(publicBlob(publicKey)),
    string(padded(secret)),
  ]);
  const lines = whole.toString('base64').match(/.{1,70}/g) ?? [];
  return ['-----BEGIN OPENSSH PRIVATE KEY-----', ...lines, '-----END OPENSSH PRIVATE KEY-----', ''].join(
    '\n',
  );
}

/** To a multiple of 8 bytes, the block of the cipher "none", with 1, 2, 3, …. */
function padded(secret: Buffer): Buffer {
  const missing = (8 - (secret.length % 8)) % 8;
  return Buffer.concat([secret, Buffer.from(Array.from({ length: missing }, (_, index) => index + 1))]);
}

function uint32(value: number): Buffer {
  const buffer = Buffer.alloc(4);
  buffer.writeUInt32BE(value);
  return buffer;
}

function string(value: string | Buffer): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([uint32(bytes.length), bytes]);
}

/** Reads the encodings of RFC 4251, section 5; RangeError past the end. */
class Reader {
  readonly #buffer: Buffer;
  #offset = 0;

  constructor(buffer: Buffer) {
    this.#buffer = buffer;
  }

  uint32(): number {
    return this.bytes(4).readUInt32BE();
  }

  string(): Buffer {
    return this.bytes(this.uint32());
  }

  bytes(length: number): Buffer {
    const end = this.#offset + length;
    if (end > this.#buffer.length) throw new RangeError('the key ends too early');
    const bytes = this.#buffer.subarray(this.#offset, end);
    this.#offset = end;
    return bytes;
  }
}
