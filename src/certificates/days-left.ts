import { X509Certificate } from 'node:crypto';

const dayMs = 86_400_000;

/** Whole days until a certificate (PEM) ends, below zero when it has. By the platform's own reader: `status` loads no library for it. */
export function daysLeft(certificate: string, nowMs: number): number {
  return Math.floor((Date.parse(new X509Certificate(certificate).validTo) - nowMs) / dayMs);
}
