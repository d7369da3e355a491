import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterEach, describe, expect, it } from 'vitest';

import { type CurlFiles, writeCurlFiles } from '../../src/cli/curl-files.ts';

let files: CurlFiles | undefined;
afterEach(() => {
  files?.remove();
});

const credentials = { user: 'elastic', password: 'a "b\\c', caCertificate: 'CA\n' };

describe('the files for curl', () => {
  it('are for nobody else to read, quoted as curl reads them, and gone in the end', () => {
    files = writeCurlFiles(credentials);
    const { config, ca, remove } = files;
    const folder = path.dirname(config);
    expect([folder, config, ca].map((file) => statSync(file).mode & 0o777)).toEqual([0o700, 0o600, 0o600]);
    expect(readFileSync(config, 'utf8')).toBe(`user = "elastic:a \\"b\\\\c"\ncacert = "${ca}"\n`);
    expect(readFileSync(ca, 'utf8')).toBe('CA\n');
    remove();
    expect(existsSync(folder)).toBe(false);
  });

  it('of a process that was killed are removed by the next, those of one that lives are not', () => {
    // No process has this number on any system (the most that Linux allows is 4194304).
    const dead = mkdtempSync(path.join(tmpdir(), 'es-ecs-tunnel-99999999-'));
    const alive = mkdtempSync(path.join(tmpdir(), `es-ecs-tunnel-${process.ppid}-`));
    files = writeCurlFiles(credentials);
    const left = [dead, alive].map((folder) => existsSync(folder));
    rmSync(alive, { recursive: true });
    expect(left).toEqual([false, true]);
  });
});
