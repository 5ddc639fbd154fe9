import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { listDirectory, readSmallFile, resolveLinks } from '../../../src/binding/file-system-view.js';
import { bundled } from '../backends/linux/bundled.js';
import { codeOf, diskWith } from './support.js';

const MODULE = await bundled('binding/file-system-view.ts');

describe('A path leads', () => {
  const tree = {
    'dir/sub/file': 'x',
    link: { linkTo: 'dir' },
    absolute: { linkTo: '/' },
    up: { linkTo: 'dir/sub/../..' },
    chain: { linkTo: 'link/sub' },
    broken: { linkTo: 'gone/away' },
  };

  test.each([
    ['dir', 'dir', 'directory', 0],
    ['dir/sub/file', 'dir/sub/file', 'file', 0],
    ['link/sub/file', 'dir/sub/file', 'file', 1],
    ['chain/file', 'dir/sub/file', 'file', 2],
    ['up/dir', 'dir', 'directory', 1],
    ['none', 'none', 'missing', 0],
    ['none/below', 'none/below', 'missing', 0],
    ['link/none/below', 'dir/none/below', 'missing', 1],
    ['broken', 'gone/away', 'missing', 1],
    ['broken/below', 'gone/away/below', 'missing', 1],
    ['dir/sub/file/below', 'dir/sub/file/below', 'missing', 0],
  ])('%s to %s, a %s', (from, to, target, links) => {
    const { at } = diskWith(tree);
    const resolved = resolveLinks(at(from));
    expect([resolved.path, resolved.target, resolved.links.length]).toEqual([at(to), target, links]);
  });

  test('through an absolute link to the root', () => {
    const { at } = diskWith(tree);
    expect(resolveLinks(at('absolute/usr'))).toMatchObject({ path: '/usr', target: 'directory' });
    expect(resolveLinks(at('absolute'))).toMatchObject({ path: '/', target: 'directory' });
  });

  test('through as many links as Linux follows, and no more', () => {
    const linked = (count: number): Record<string, string | { linkTo: string }> => ({
      end: 'x',
      ...Object.fromEntries(
        Array.from({ length: count }, (_, index) => [
          `l${String(index)}`,
          { linkTo: index === 0 ? 'end' : `l${String(index - 1)}` },
        ]),
      ),
    });
    const enough = diskWith(linked(40));
    expect(resolveLinks(enough.at('l39')).path).toBe(enough.at('end'));
    const tooMany = diskWith(linked(41));
    expect(codeOf(() => resolveLinks(tooMany.at('l40')))).toBe('bind-failed');
  });

  test('nowhere when a name is longer than any name', () => {
    const { at } = diskWith({});
    expect(resolveLinks(at('x'.repeat(300))).target).toBe('missing');
  });
});

describe('A small file', () => {
  test('is read up to its bound, and not beyond', () => {
    const { at } = diskWith({ file: '12345678' });
    expect([readSmallFile(at('file'), 8), readSmallFile(at('file'), 7)]).toEqual(['12345678', undefined]);
  });

  test('that is not there, or is a directory, is nothing', () => {
    const { at } = diskWith({ 'dir/': '' });
    expect([readSmallFile(at('none'), 8), readSmallFile(at('dir'), 100_000)]).toEqual([undefined, undefined]);
  });

  test('that is a pipe nobody writes to is nothing, and is not waited for', () => {
    const { at } = diskWith({});
    spawnSync('mkfifo', [at('pipe')]);
    const script =
      'const { readSmallFile } = await import(process.argv[1]); console.log(readSmallFile(process.argv[2], 8));';
    /* In a process of its own: reading it would stop this one for good. */
    const args = ['--input-type=module', '-e', script, '--', MODULE, at('pipe')];
    const { stdout } = spawnSync(process.execPath, args, { timeout: 5000, encoding: 'utf8' });
    expect(stdout).toBe('undefined\n');
  });
});

describe('A directory', () => {
  test('is listed with the kind of each name', () => {
    const { at } = diskWith({ 'd/': '', f: '', l: { linkTo: 'd' } });
    expect([...(listDirectory(at('.')) ?? [])].sort((a, b) => (a.name < b.name ? -1 : 1))).toEqual([
      { name: 'd', kind: 'directory' },
      { name: 'f', kind: 'other' },
      { name: 'l', kind: 'symlink' },
    ]);
  });

  test('that is none, or is not there, cannot be listed', () => {
    const { at } = diskWith({ f: '' });
    expect([listDirectory(at('f')), listDirectory(at('none'))]).toEqual([undefined, undefined]);
  });
});
