import { afterEach, describe, expect, it, vi } from 'vitest';

import { createProxyAgents } from '../../src/proxy/agents.ts';
import { noteProxy, proxyOf, ProxyRefusal, refusalOf } from '../../src/proxy/failure.ts';
import { isNear, readProxySettings } from '../../src/proxy/settings.ts';

afterEach(() => {
  vi.unstubAllEnvs();
});

describe('readProxySettings', () => {
  it('says nothing where no variable does', () => {
    expect(readProxySettings({})).toBeUndefined();
    expect(readProxySettings({ HTTPS_PROXY: '', http_proxy: '  ', NO_PROXY: '*' })).toBeUndefined();
  });

  it.each([
    ['http://proxy.example.com:3128', 'proxy.example.com:3128'],
    ['proxy.example.com:3128', 'proxy.example.com:3128'],
    ['http://proxy.example.com', 'proxy.example.com:80'],
    ['https://proxy.example.com/', 'proxy.example.com:443'],
    ['http://[2001:db8::1]:3128', '[2001:db8::1]:3128'],
    ['http://ann:s%40crt@proxy.example.com:3128', 'proxy.example.com:3128'],
  ])('reads %s', (value, host) => {
    expect(readProxySettings({ HTTPS_PROXY: value })?.https).toMatchObject({ variable: 'HTTPS_PROXY', host });
  });

  it('takes small letters before capitals, and each scheme by itself', () => {
    const settings = readProxySettings({
      HTTPS_PROXY: 'http://capital.example.com:1',
      https_proxy: 'http://small.example.com:2',
      NO_PROXY: 'example.org',
    });
    expect(settings).toMatchObject({
      https: { variable: 'https_proxy', host: 'small.example.com:2' },
      http: undefined,
      variables: ['https_proxy', 'HTTPS_PROXY', 'NO_PROXY'],
    });
  });

  it('keeps user and password out of all but the header, and out of what others say', () => {
    const settings = readProxySettings({ HTTPS_PROXY: 'http://ann:s%40crt@proxy.example.com:3128' });
    const { authorization = '', ...shown } = settings?.https ?? {};
    expect(Buffer.from(authorization.replace('Basic ', ''), 'base64').toString()).toBe('ann:s@crt');
    expect(JSON.stringify(shown)).not.toMatch(/ann|crt/);
    const said = 'curl: http://ann:s%40crt@proxy.example.com:3128 and s@crt';
    expect(settings?.redact(said)).toBe('curl: http://ann:***@proxy.example.com:3128 and ***');
  });

  it.each([
    ['http://', 'is not the address of a proxy'],
    ['http://ann:secret@ not one', 'is not the address of a proxy'],
    ['http://ann:12/secret@proxy.example.com:3128', 'is not the address of a proxy'],
    ['http://corp\\ann:secret@proxy.example.com:3128', 'is not the address of a proxy'],
    ['http:/proxy.example.com:3128', 'is not the address of a proxy'],
    ['socks5://ann:secret@proxy.example.com:1080', 'names a proxy of the kind socks5'],
  ])('refuses %s without showing it', (value, sentence) => {
    const read = (): unknown => readProxySettings({ HTTPS_PROXY: value });
    expect(read).toThrow(sentence);
    expect(read).not.toThrow('secret');
    expect(read).toThrow(expect.objectContaining({ code: 'USAGE' }));
  });
});

describe('which host is asked through a proxy', () => {
  const throughProxy = (host: string, noProxy: string, port = 443): boolean => {
    const env = { HTTPS_PROXY: 'http://proxy.example.com:3128', NO_PROXY: noProxy };
    vi.stubEnv('https_proxy', '');
    vi.stubEnv('no_proxy', '');
    vi.stubEnv('HTTPS_PROXY', env.HTTPS_PROXY);
    vi.stubEnv('NO_PROXY', env.NO_PROXY);
    const settings = readProxySettings(env);
    if (settings === undefined) throw new Error('there is a proxy');
    return createProxyAgents(settings).proxyFor({ protocol: 'https', host, port }) !== undefined;
  };

  it.each([
    ['ec2.eu-west-1.amazonaws.com', '', true],
    ['ec2.eu-west-1.amazonaws.com', 'example.org', true],
    ['ec2.eu-west-1.amazonaws.com', 'ec2.eu-west-1.amazonaws.com', false],
    ['ec2.eu-west-1.amazonaws.com', 'amazonaws.com', false],
    ['ec2.eu-west-1.amazonaws.com', '.amazonaws.com', false],
    ['ec2.eu-west-1.amazonaws.com', 'example.org, *.amazonaws.com', false],
    ['ec2.eu-west-1.amazonaws.com', 'zonaws.com', true],
    ['ec2.eu-west-1.amazonaws.com', '*', false],
    ['ec2.eu-west-1.amazonaws.com.', 'example.org', true],
    ['ec2.eu-west-1.amazonaws.com.', 'amazonaws.com', false],
    ['example.com', '.example.com', false],
    ['com', '.example.com', true],
    ['192.0.2.7', '192.0.2.7', false],
    ['192.0.2.7', '0.0.0.7', true],
    ['192.0.2.7', '192.0.2.8', true],
    ['2001:db8::1', '[2001:db8::1]', false],
    ['2001:db8::1', 'example.org, 2001:db8::1', false],
    ['[2001:db8::a]', '2001:DB8:0::A', false],
    ['2001:db8::2', '2001:db8::1', true],
    ['127.0.0.1', '', false],
    ['localhost', '', false],
    ['169.254.169.254', '', false],
    ['169.254.170.2', '', false],
    ['fd00:ec2::254', '', false],
  ])('%s with NO_PROXY=%s: %s', (host, noProxy, isThrough) => {
    expect(throughProxy(host, noProxy)).toBe(isThrough);
  });

  it('looks at ports', () => {
    expect(throughProxy('es.example.com', 'es.example.com:9200', 9200)).toBe(false);
    expect(throughProxy('es.example.com', 'es.example.com:9200', 443)).toBe(true);
  });

  it('asks nobody for http where only https has one', () => {
    const settings = readProxySettings({ HTTPS_PROXY: 'http://proxy.example.com:3128' });
    if (settings === undefined) throw new Error('there is a proxy');
    const { proxyFor } = createProxyAgents(settings);
    expect(proxyFor({ protocol: 'http', host: 'example.com', port: 80 })).toBeUndefined();
  });

  it('knows what only this machine reaches', () => {
    expect(
      ['::1', '[::1]', '127.9.9.9', 'LOCALHOST', 'a.localhost', '169.254.169.254'].map(isNear),
    ).not.toContain(false);
    expect(['10.0.0.1', 'localhost.example.com', '2001:db8::1'].map(isNear)).not.toContain(true);
  });
});

describe('the error of a call that went through a proxy', () => {
  it('says through which, also once the SDK has made another of it', () => {
    const error = new ProxyRefusal(407);
    noteProxy(error, { host: 'proxy.example.com:3128', variable: 'HTTPS_PROXY' });
    const copied = Object.assign(new Error('copied'), error);
    expect(proxyOf(copied)).toEqual({ host: 'proxy.example.com:3128', variable: 'HTTPS_PROXY' });
    expect(refusalOf(copied)).toBe(407);
  });
});
