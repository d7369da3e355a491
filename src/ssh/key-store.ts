import { ensureKeyPair, readKeyPair, removeKeyPair } from './key-pair.ts';

/** The bastion's key pair; the private half is a 0600 file and never leaves this machine. */
export interface KeyStore {
  ensure(): Promise<{ readonly publicKey: string; readonly privateKeyFile: string }>;
  read(): Promise<{ readonly publicKey: string; readonly privateKeyFile: string } | undefined>;
  remove(): Promise<void>;
}

/** A key pair in a file. */
export function createKeyStore(key: { readonly file: string; readonly comment: string }): KeyStore {
  return {
    ensure: () => ensureKeyPair(key),
    read: () => readKeyPair(key.file),
    remove: () => removeKeyPair(key.file),
  };
}
