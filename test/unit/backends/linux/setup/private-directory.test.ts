import { chmodSync, mkdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { openPrivateDirectory } from '../../../../../src/backends/linux/setup/private-directory.js';
import { scratch } from './setup.js';

const OWN_ID = process.getuid?.() ?? -1;
const UNAVAILABLE = expect.objectContaining({ code: 'private-directory-unavailable' }) as Error;

describe('The private directory', () => {
  test('is made with all above it, for its user alone, with a file in it that nobody may open', () => {
    const { at } = scratch();
    const opened = openPrivateDirectory(at('a/b/cordon'), OWN_ID);
    expect(statSync(at('a/b/cordon')).mode & 0o7777).toBe(0o700);
    const { mode, size, dev, ino } = statSync(opened.deniedFile, { bigint: true });
    expect([mode & 0o7777n, size, { device: dev, inode: ino }]).toEqual([0n, 0n, opened.deniedIdentity]);
  });

  test('is the same the second time', () => {
    const { at } = scratch();
    expect(openPrivateDirectory(at('p'), OWN_ID)).toEqual(openPrivateDirectory(at('p'), OWN_ID));
  });

  test.each([0o777, 0o770, 0o702, 0o720])('that others may write (mode %i) is refused', (mode) => {
    const { at } = scratch();
    mkdirSync(at('p'));
    chmodSync(at('p'), mode);
    expect(() => openPrivateDirectory(at('p'), OWN_ID)).toThrow(UNAVAILABLE);
  });

  test("that is somebody else's is refused", () => {
    const { at } = scratch();
    mkdirSync(at('p'));
    expect(() => openPrivateDirectory(at('p'), OWN_ID + 1)).toThrow(UNAVAILABLE);
  });

  test('that is a symbolic link, a file, or below a file is refused', () => {
    const { at } = scratch();
    mkdirSync(at('real'));
    symlinkSync('real', at('link'));
    writeFileSync(at('file'), '');
    for (const name of ['link', 'file', 'file/below'])
      expect(() => openPrivateDirectory(at(name), OWN_ID)).toThrow(UNAVAILABLE);
  });

  test.each([
    ['has content', 'x', 0o000],
    ['may be read', '', 0o400],
  ])('whose unreadable file %s is refused', (_what, content, mode) => {
    const { at } = scratch();
    mkdirSync(at('p'), { mode: 0o700 });
    writeFileSync(at('p/denied'), content);
    chmodSync(at('p/denied'), mode);
    expect(() => openPrivateDirectory(at('p'), OWN_ID)).toThrow(UNAVAILABLE);
  });
});
