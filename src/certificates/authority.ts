import 'reflect-metadata';

import { webcrypto } from 'node:crypto';

import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509';

import type { RandomBytes } from './password.ts';

/** A certificate and its key, as Elasticsearch reads them. */
export interface CertifiedKey {
  /** PEM. */
  readonly certificate: string;
  /** PEM, PKCS#8, unencrypted. */
  readonly privateKey: string;
}

/** Time and chance. The keys themselves come from the platform's own generator, which nothing replaces. */
export interface Source {
  readonly nowMs: number;
  readonly random: RandomBytes;
}

const dayMs = 86_400_000;

/** The CA is never made again by itself: ten years. */
const authorityDays = 3652;

/** A node certificate is renewed by `up`: three years, as Elastic's own certutil has it. */
const nodeDays = 1096;

/** Clocks differ; a certificate that is valid from now on is refused by a host that is a little behind. */
const backdatedMs = 3_600_000;

/** ECDSA on P-256: a key is made in a millisecond, and Java, OpenSSL and Node all verify it. */
const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;

/** The cluster's own certificate authority; its key signs node certificates and nothing else. */
export async function makeAuthority(cluster: string, source: Source): Promise<CertifiedKey> {
  const keys = await makeKeys();
  const certificate = await X509CertificateGenerator.createSelfSigned(
    {
      serialNumber: serialNumber(source.random),
      name: [{ CN: [`es-ecs ${cluster} CA`] }],
      ...validity(source.nowMs, authorityDays),
      signingAlgorithm: algorithm,
      keys,
      extensions: [
        new BasicConstraintsExtension(true, 0, true),
        new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
        await SubjectKeyIdentifierExtension.create(keys.publicKey, false, webcrypto),
      ],
    },
    webcrypto,
  );
  return { certificate: pem(certificate.toString('pem')), privateKey: await privatePem(keys) };
}

/**
 * One certificate for all nodes: hosts come and go with their addresses, and nodes check each other by the CA, not by
 * name. The names in it are for clients, which reach a node under `localhost` through a tunnel, or under the cluster's
 * own names.
 *
 * @param names DNS names besides localhost.
 */
export async function makeNodeCertificate(
  cluster: string,
  authority: CertifiedKey,
  options: Source & { readonly names?: readonly string[] },
): Promise<CertifiedKey> {
  const issuer = new X509Certificate(authority.certificate);
  const keys = await makeKeys();
  const names = [...new Set(['localhost', ...nodeNames(cluster), ...(options.names ?? [])])];
  const certificate = await X509CertificateGenerator.create(
    {
      serialNumber: serialNumber(options.random),
      subject: [{ CN: [cluster] }],
      issuer: issuer.subjectName,
      ...validity(options.nowMs, nodeDays, issuer.notAfter.getTime()),
      signingAlgorithm: algorithm,
      publicKey: keys.publicKey,
      signingKey: await importSigningKey(authority.privateKey),
      extensions: [
        new BasicConstraintsExtension(false, undefined, true),
        new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
        // Between nodes each is the other's client.
        new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth, ExtendedKeyUsage.clientAuth]),
        new SubjectAlternativeNameExtension([
          ...names.map((value) => ({ type: 'dns' as const, value })),
          { type: 'ip' as const, value: '127.0.0.1' },
        ]),
        await SubjectKeyIdentifierExtension.create(keys.publicKey, false, webcrypto),
        await AuthorityKeyIdentifierExtension.create(issuer.publicKey, false, webcrypto),
      ],
    },
    webcrypto,
  );
  return { certificate: pem(certificate.toString('pem')), privateKey: await privatePem(keys) };
}

/** The names under which clients know the cluster: its own, and those of a private zone. */
function nodeNames(cluster: string): readonly string[] {
  return [cluster, `${cluster}.internal`, `*.${cluster}.internal`];
}

function validity(
  nowMs: number,
  days: number,
  latestMs = Number.POSITIVE_INFINITY,
): { readonly notBefore: Date; readonly notAfter: Date } {
  // No certificate outlives the one that signed it.
  return {
    notBefore: new Date(nowMs - backdatedMs),
    notAfter: new Date(Math.min(nowMs + days * dayMs, latestMs)),
  };
}

/** 127 random bits, hexadecimal: positive, and never zero (RFC 5280, section 4.1.2.2). */
function serialNumber(random: RandomBytes): string {
  const bytes = Buffer.from(random(16));
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40;
  return bytes.toString('hex');
}

function makeKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
}

async function privatePem(keys: webcrypto.CryptoKeyPair): Promise<string> {
  const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey));
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return ['-----BEGIN PRIVATE KEY-----', ...lines, '-----END PRIVATE KEY-----', ''].join('\n');
}

function importSigningKey(privateKey: string): Promise<webcrypto.CryptoKey> {
  const base64 = privateKey.replace(/-----[A-Z ]+-----/g, '').replace(/\s+/g, '');
  return webcrypto.subtle.importKey('pkcs8', Buffer.from(base64, 'base64'), algorithm, false, ['sign']);
}

function pem(text: string): string {
  return text.endsWith('\n') ? text : `${text}\n`;
}
