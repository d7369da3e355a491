import { spawnSync } from 'node:child_process';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { makeAuthority, makeNodeCertificate } from '../../src/certificates/authority.ts';
import { daysLeft } from '../../src/certificates/days-left.ts';
import type { CertifiedKey } from '../../src/certificates/authority.ts';

const nowMs = Date.UTC(2026, 10, 23, 12);
let next = 0;
const random = (size: number): Uint8Array =>
  Uint8Array.from({ length: size }, () => (next = (next * 75 + 74) % 65_537) & 255);

let directory: string;
let authority: CertifiedKey;
let node: CertifiedKey;
beforeAll(async () => {
  directory = mkdtempSync(path.join(tmpdir(), 'es-ecs-certificates-'));
  authority = await makeAuthority('search', { nowMs, random });
  node = await makeNodeCertificate('search', authority, { nowMs, random, names: ['search.example.com'] });
});
afterAll(() => {
  rmSync(directory, { recursive: true, force: true });
});

describe('the certificate authority', () => {
  it('signs itself and nodes, and can sign no further authority', () => {
    const certificate = new X509Certificate(authority.certificate);
    expect(certificate.ca).toBe(true);
    expect(certificate.subject).toBe('CN=es-ecs search CA');
    expect(certificate.checkIssued(certificate)).toBe(true);
    expect(certificate.verify(certificate.publicKey)).toBe(true);
    expect(certificate.checkPrivateKey(createPrivateKey(authority.privateKey))).toBe(true);
    expect(daysLeft(authority.certificate, nowMs)).toBe(3652);
  });

  it('is another one each time', async () => {
    const other = await makeAuthority('search', { nowMs, random });
    expect(
      new X509Certificate(node.certificate).verify(new X509Certificate(other.certificate).publicKey),
    ).toBe(false);
    expect(new X509Certificate(other.certificate).serialNumber).not.toBe(
      new X509Certificate(authority.certificate).serialNumber,
    );
  });
});

describe("a node's certificate", () => {
  it('is signed by the authority, for the names that clients use', () => {
    const certificate = new X509Certificate(node.certificate);
    const issuer = new X509Certificate(authority.certificate);
    expect(certificate.ca).toBe(false);
    expect(certificate.checkIssued(issuer)).toBe(true);
    expect(certificate.verify(issuer.publicKey)).toBe(true);
    expect(certificate.checkPrivateKey(createPrivateKey(node.privateKey))).toBe(true);
    for (const name of [
      'localhost',
      'search',
      'search.internal',
      'a.search.internal',
      'search.example.com',
    ]) {
      expect(certificate.checkHost(name), name).toBeDefined();
    }
    expect(certificate.checkHost('other.example.com')).toBeUndefined();
    expect(certificate.checkIP('127.0.0.1')).toBe('127.0.0.1');
    expect(certificate.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2']);
  });

  it('has a PKCS#8 key, which is the form that Elasticsearch reads for EC', () => {
    expect(node.privateKey).toMatch(/^-----BEGIN PRIVATE KEY-----\n/);
    expect(createPrivateKey(node.privateKey).asymmetricKeyDetails).toEqual({ namedCurve: 'prime256v1' });
  });

  it('lasts three years, and never longer than the authority', async () => {
    expect(daysLeft(node.certificate, nowMs)).toBe(1096);
    expect(daysLeft(node.certificate, nowMs + 1097 * 86_400_000)).toBe(-1);
    const late = nowMs + 3600 * 86_400_000;
    const last = await makeNodeCertificate('search', authority, { nowMs: late, random });
    expect(daysLeft(last.certificate, late)).toBe(52);
  });

  it('is accepted by OpenSSL for both ends of a connection', (context) => {
    if (spawnSync('openssl', ['version']).error !== undefined) {
      if (process.env['CI'] !== undefined) throw new Error('openssl is missing');
      context.skip('openssl is not installed');
      return;
    }
    const [ca, leaf] = [path.join(directory, 'ca.crt'), path.join(directory, 'node.crt')];
    writeFileSync(ca, authority.certificate);
    writeFileSync(leaf, node.certificate);
    for (const purpose of ['sslserver', 'sslclient']) {
      const at = `${nowMs / 1000}`;
      const said = spawnSync(
        'openssl',
        ['verify', '-x509_strict', '-attime', at, '-purpose', purpose, '-CAfile', ca, leaf],
        { encoding: 'utf8' },
      );
      expect(`${said.stdout}${said.stderr}`).toBe(`${leaf}: OK\n`);
    }
  });
});
