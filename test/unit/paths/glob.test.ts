import { describe, expect, it } from 'vitest';
import { compileGlob, globFixedPrefix, isGlobPattern, isValidGlob } from '../../../src/paths/glob.js';

const cases: { pattern: string; matches: string[]; others: string[] }[] = [
  { pattern: '*.pem', matches: ['a.pem', '.pem', '.hidden.pem'], others: ['a/b.pem', 'a.pemx', 'a.PEM'] },
  { pattern: '**/*.env', matches: ['.env', 'a.env', 'a/b/.env', '.c/d.env'], others: ['a/env', '.envrc'] },
  { pattern: '**', matches: ['a', '.a', 'a/.b/c'], others: [''] },
  { pattern: 'src/**', matches: ['src', 'src/a', 'src/.a/b'], others: ['srcx', 'a/src'] },
  { pattern: 'a/**/z', matches: ['a/z', 'a/b/z', 'a/b/c/z'], others: ['az', 'a/bz', 'a/z/b'] },
  { pattern: '**/.git/**', matches: ['.git', '.git/config', 'a/.git/x/y'], others: ['.gitx', 'a.git/b'] },
  { pattern: '**/secrets', matches: ['secrets', 'a/secrets'], others: ['secrets/a', 'mysecrets'] },
  { pattern: '?.key', matches: ['a.key', '..key'], others: ['.key', 'ab.key', '/.key'] },
  { pattern: '[ab].key', matches: ['a.key', 'b.key'], others: ['c.key', 'ab.key'] },
  { pattern: '[!ab].key', matches: ['c.key', '!.key'], others: ['a.key', '/.key'] },
  { pattern: '[[:digit:]]', matches: ['7'], others: ['a', 'd'] },
  { pattern: '[id].ts', matches: ['i.ts', '[id].ts'], others: ['id.ts'] },
  { pattern: '{a,b}/*.c', matches: ['a/x.c', 'b/y.c'], others: ['c/x.c', 'ab/x.c'] },
  {
    pattern: '**/{id_rsa,*.{pem,key}}',
    matches: ['id_rsa', 'a/k.pem', 'k.key'],
    others: ['id_rsa/a', 'k.pub'],
  },
  { pattern: 'a{,.bak}', matches: ['a', 'a.bak'], others: ['b'] },
  { pattern: '{a}', matches: ['{a}'], others: ['a'] },
  { pattern: '!a', matches: ['!a'], others: ['a', 'b'] },
  { pattern: '@(a|b)', matches: ['@(a|b)'], others: ['a', '@a'] },
  { pattern: '+(a)*', matches: ['+(a)', '+(a)b'], others: ['a', 'aa', '+a'] },
  { pattern: '(a)', matches: ['(a)'], others: ['a'] },
  { pattern: 'a|b*', matches: ['a|b', 'a|bc'], others: ['a', 'b'] },
  { pattern: '"a"*', matches: ['"a"', '"a"b'], others: ['a'] },
  { pattern: '[a]+', matches: ['a+'], others: ['a', 'aa'] },
  { pattern: '{a,b}+*', matches: ['a+', 'b+c'], others: ['aa', 'a'] },
  { pattern: 'a.c*', matches: ['a.c', 'a.cd'], others: ['abc'] },
  { pattern: '$a^*', matches: ['$a^'], others: ['a'] },
  { pattern: '\\*', matches: ['*'], others: ['a'] },
  { pattern: '\\{a,b\\}*', matches: ['{a,b}'], others: ['a'] },
  { pattern: '\\w\\d*', matches: ['wd', 'wdx'], others: ['a1'] },
  { pattern: '[\\d]', matches: ['d'], others: ['1'] },
  { pattern: '\\(a\\)*', matches: ['(a)'], others: ['a'] },
  { pattern: 'a\\\\*', matches: ['a\\', 'a\\b'], others: ['a', 'a*'] },
  { pattern: 'a b*', matches: ['a b', 'a bc'], others: ['ab'] },
  { pattern: 'a//b/./*.c', matches: ['a/b/x.c'], others: ['a/b'] },
  { pattern: './a*', matches: ['a', 'ab'], others: ['b'] },
  { pattern: 'build/', matches: ['build'], others: ['build/a'] },
  { pattern: 'ü*', matches: ['ü', 'üb'], others: ['u'] },
  { pattern: '/abs/**/*.txt', matches: ['/abs/a.txt', '/abs/b/a.txt'], others: ['abs/a.txt', '/a.txt'] },
  { pattern: '**/*.env', matches: ['a\nb/c.env', 'a\n.env', '\n/.env'], others: ['a\nenv'] },
  { pattern: '*\n*', matches: ['\n', 'a\nb'], others: ['a', 'a\n/b'] },
  { pattern: 'C:*', matches: ['C:', 'C:\\a'], others: ['C/a'] },
];

describe('compileGlob', () => {
  for (const { pattern, matches, others } of cases) {
    it(`${JSON.stringify(pattern)} matches ${JSON.stringify(matches)} and not ${JSON.stringify(others)}`, () => {
      const isMatch = compileGlob(pattern);
      expect(matches.filter((path) => !isMatch(path))).toEqual([]);
      expect(others.filter((path) => isMatch(path))).toEqual([]);
    });
  }

  for (const { pattern, why } of [
    { pattern: '', why: 'empty' },
    { pattern: '/', why: 'without a name' },
    { pattern: './', why: 'without a name' },
    { pattern: 'a\0b', why: 'with NUL' },
    { pattern: 'a'.repeat(4097), why: 'of 4097 characters' },
    { pattern: '..', why: 'that climbs' },
    { pattern: '../a', why: 'that climbs' },
    { pattern: 'a/../b', why: 'that climbs' },
    { pattern: 'a/..', why: 'that climbs' },
    { pattern: '{../a,b}', why: 'that climbs in braces' },
    { pattern: '{a,..}/b', why: 'that climbs in braces' },
    { pattern: '**.env', why: 'with ** in part of a segment' },
    { pattern: 'a/b**', why: 'with ** in part of a segment' },
    { pattern: '***', why: 'with three stars' },
    { pattern: '{**/a,b}', why: 'with ** in braces' },
    { pattern: '{1..10}', why: 'with a range' },
    { pattern: '[a', why: 'with an open bracket' },
    { pattern: 'a]', why: 'with a lone closing bracket' },
    { pattern: '{a,b', why: 'with an open brace' },
    { pattern: '[z-a]', why: 'with a range the wrong way round' },
    { pattern: 'a\\', why: 'that ends in a backslash' },
  ]) {
    it(`refuses a pattern ${why}: ${JSON.stringify(pattern).slice(0, 20)}`, () => {
      expect(() => compileGlob(pattern)).toThrow(expect.objectContaining({ code: 'glob-invalid' }));
      expect(isValidGlob(pattern)).toBe(false);
    });
  }

  it('takes a pattern of 4096 characters', () => {
    expect(compileGlob('a'.repeat(4096))('a'.repeat(4096))).toBe(true);
  });

  it('takes names that merely contain two dots', () => {
    expect(compileGlob('a..b/..c*')('a..b/..cd')).toBe(true);
  });
});

describe('isGlobPattern', () => {
  it.each(['*', 'a/b?', '[ab]', '{a,b}', '**/x'])('%s is a pattern', (text) => {
    expect(isGlobPattern(text)).toBe(true);
  });
  it.each(['a', '/a/b.c', 'a (b)', '!a', 'a+b', '~/x', 'a\\b'])('%s is a plain path', (text) => {
    expect(isGlobPattern(text)).toBe(false);
  });
});

describe('globFixedPrefix', () => {
  it.each([
    { pattern: '*.c', prefix: '' },
    { pattern: 'a.c', prefix: '' },
    { pattern: 'src/a.c', prefix: 'src' },
    { pattern: 'src/lib/*.c', prefix: 'src/lib' },
    { pattern: 'src/*/a.c', prefix: 'src' },
    { pattern: './src//lib/**', prefix: 'src/lib' },
    { pattern: 'src/l{a,b/c}/d', prefix: 'src' },
    { pattern: 'a\\*/b/c', prefix: '' },
    { pattern: '**/a/b', prefix: '' },
    { pattern: '/abs/**/*.txt', prefix: '/abs' },
    { pattern: '/abs/dir/*', prefix: '/abs/dir' },
    { pattern: '/*', prefix: '/' },
    { pattern: '/**/a', prefix: '/' },
    { pattern: '/a', prefix: '/' },
  ])('a walk for $pattern starts at "$prefix"', ({ pattern, prefix }) => {
    expect(globFixedPrefix(pattern)).toBe(prefix);
  });
});
