import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { listDirectory, readSmallFile } from '../../../src/binding/disk.js';
import { bundled } from '../backends/linux/bundled.js';
import { diskWith } from './support.js';

const MODULE = await bundled('binding/disk.ts');

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
