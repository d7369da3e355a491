import { X509Certificate } from 'node:crypto';

const dayMs = 86_400_000;

/** When a certificate (PEM) ends, in milliseconds since 1970. By the platform's own reader: no library is loaded for it. */
export function notAfterMs(certificate: string): number {
  return Date.parse(new X509Certificate(certificate).validTo);
}

/** Whole days until a certificate (PEM) ends, below zero when it has. */
export function daysLeft(certificate: string, nowMs: number): number {
  return Math.floor((notAfterMs(certificate) - nowMs) / dayMs);
}
