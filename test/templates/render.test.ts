import { execFileSync } from 'node:child_process';

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { settings } from '../../src/elasticsearch/settings.ts';
import { renderElasticsearchYml } from '../../src/templates/elasticsearch-yml.ts';
import { render, shellWord } from '../../src/templates/render.ts';
import { parse } from 'yaml';

describe('a template', () => {
  it('is filled in, every place of it', () => {
    expect(render('{{a}} and {{b}} and {{a}}', { a: '1', b: '$&' })).toBe('1 and $& and 1');
  });

  it('takes values as they are: a placeholder in one is none', () => {
    expect(render('{{a}}', { a: '{{b}}' })).toBe('{{b}}');
  });

  it('leaves other braces alone', () => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a shell's
    expect(render('${a} { {{a}} } {{json .X}}', { a: '1' })).toBe('${a} { 1 } {{json .X}}');
  });

  it('is wrong with a placeholder too many or too few', () => {
    expect(() => render('{{a}} {{b}}', { a: '1' })).toThrow('{{b}}, which is not given');
    expect(() => render('{{a}}', { a: '1', b: '2' })).toThrow('no placeholder for b');
  });
});

describe('a word for the shell', () => {
  it('comes out as it went in', () => {
    expect(shellWord('plain-1.2/x')).toBe('plain-1.2/x');
    const words = fc
      .sample(fc.string({ unit: 'binary', minLength: 0, maxLength: 20 }), 60)
      .map((word) => word.replaceAll('\0', ''));
    const script = words.map((word) => `printf '%s\\0' ${shellWord(word)}`).join('\n');
    expect(execFileSync('bash', ['-c', script], { encoding: 'utf8' }).split('\0').slice(0, -1)).toEqual(
      words,
    );
  });
});

describe('elasticsearch.yml', () => {
  it('is YAML that means the settings, in a fixed order', () => {
    const wanted = settings({
      name: 'search',
      ec2Host: 'ec2.eu-west-1.amazonaws.com',
      bastion: { enabled: true },
      access: { endpoint: undefined },
      elasticsearch: {
        version: '9.4.6',
        settings: { 'a.list': ['x: y', 1, true], 'z.text': '#"\'{}${VAR}\n' },
      },
    });
    const text = renderElasticsearchYml(wanted);
    expect(parse(text)).toEqual(wanted);
    const reversed = Object.fromEntries(Object.entries(wanted).reverse());
    expect(renderElasticsearchYml(reversed)).toBe(text);
  });
});
