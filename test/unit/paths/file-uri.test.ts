import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseAbsolutePath } from '../../../src/paths/absolute-path.js';
import { parseFileUri, toFileUri } from '../../../src/paths/file-uri.js';

describe('parseFileUri', () => {
  it.each([
    ['file:///a/b', '/a/b'],
    ['file:/a/b', '/a/b'],
    ['file://localhost/a/b', '/a/b'],
    ['file://LocalHost/a', '/a'],
    ['FILE:///a', '/a'],
    ['file:///', '/'],
    ['file:///a/', '/a'],
    ['file:///a//b/./c', '/a/b/c'],
    ['file:///a%20b', '/a b'],
    ['file:///a%0Ab', '/a\nb'],
    ['file:///a%25b', '/a%b'],
    ['file:///a%2525', '/a%25'],
    ['file:///a%23b%3fc', '/a#b?c'],
    ['file:///%C3%BC', '/ü'],
    ['file:///ü', '/ü'],
    ['file:///a%5Cb', '/a\\b'],
    ['file:///C%3A/x', '/C:/x'],
    ['file:///a/C:/x', '/a/C:/x'],
    ['file:///...', '/...'],
    ['file:///a+b', '/a+b'],
  ])('reads %s as %j', (uri, path) => {
    expect(parseFileUri(uri)).toBe(path);
  });

  it.each([
    ['a native path', '/a/b'],
    ['a native Windows path', 'C:\\a'],
    ['nothing', ''],
    ['another scheme', 'http://localhost/a'],
    ['a scheme that begins like it', 'files:///a'],
    ['another host', 'file://host/a'],
    ['a host with a port', 'file://localhost:80/a'],
    ['a user', 'file://me@localhost/a'],
    ['a relative path', 'file:a/b'],
    ['no path', 'file://'],
    ['a host only', 'file://localhost'],
    ['a query', 'file:///a?b'],
    ['a fragment', 'file:///a#b'],
    ['an encoded slash', 'file:///a%2Fb'],
    ['an encoded slash in small letters', 'file:///a%2fb'],
    ['an encoded NUL', 'file:///a%00b'],
    ['a NUL', 'file:///a\0b'],
    ['climbing', 'file:///a/../b'],
    ['encoded climbing', 'file:///a/%2e%2E/b'],
    ['a bare blank', 'file:///a b'],
    ['a bare newline', 'file:///a\nb'],
    ['a newline at the end', 'file:///a\n'],
    ['a bare backslash', 'file:///a\\b'],
    ['a Windows drive', 'file:///C:/x'],
    ['a Windows drive alone', 'file:///c:'],
    ['a Windows drive with a bar', 'file:///c|/x'],
    ['broken encoding', 'file:///a%2'],
    ['encoding that is not hexadecimal', 'file:///a%zz'],
    ['bytes that are not UTF-8', 'file:///a%FF'],
    ['an overlong slash', 'file:///a%C0%AFb'],
    ['half of a surrogate pair', 'file:///a\ud800'],
  ])('refuses %s: %j', (_what, uri) => {
    expect(() => parseFileUri(uri)).toThrow(expect.objectContaining({ code: 'uri-invalid' }));
  });
});

describe('toFileUri', () => {
  it.each([
    ['/', 'file:///'],
    ['/a b', 'file:///a%20b'],
    ['/a\nb', 'file:///a%0Ab'],
    ['/a%b', 'file:///a%25b'],
    ['/a#b?c', 'file:///a%23b%3Fc'],
    ['/ü', 'file:///%C3%BC'],
    ['/a\\b', 'file:///a%5Cb'],
    ['/C:/x', 'file:///C%3A/x'],
    ['/a:b', 'file:///a:b'],
    ['/a@b,c+d', 'file:///a@b,c+d'],
  ])('writes %j as %s', (path, uri) => {
    expect(toFileUri(parseAbsolutePath(path))).toBe(uri);
  });

  it('refuses a path that has no UTF-8 form', () => {
    const path = parseAbsolutePath('/\udc00');
    expect(() => toFileUri(path)).toThrow(expect.objectContaining({ code: 'uri-invalid' }));
  });

  it('writes what parseFileUri reads back, for any path', () => {
    const segment = fc
      .oneof(
        fc.string({ unit: 'binary', minLength: 1 }),
        fc.string({
          unit: fc.constantFrom(' ', '\n', '%', '#', '?', '\\', 'C', ':', '2', 'F', 'ü'),
          minLength: 1,
        }),
      )
      .filter((text) => !/[/\0]/.test(text) && text !== '..');
    fc.assert(
      fc.property(fc.array(segment), (segments) => {
        const path = parseAbsolutePath(`/${segments.join('/')}`);
        const uri = toFileUri(path);
        expect(parseFileUri(uri)).toBe(path);
        expect(new URL(uri).href).toBe(uri);
      }),
      { numRuns: 200 },
    );
  });
});
