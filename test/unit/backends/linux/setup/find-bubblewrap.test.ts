import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { findBubblewrap } from '../../../../../src/backends/linux/setup/find-bubblewrap.js';
import { type AbsolutePath, isWithin } from '../../../../../src/paths/absolute-path.js';
import { scratch } from './setup.js';

function plant(of: AbsolutePath, mode = 0o755): void {
  writeFileSync(of, '#!/bin/sh\n');
  chmodSync(of, mode);
}

const NOWHERE = (): boolean => false;

describe('bubblewrap is', () => {
  test('the first one on the path, by its real path', async () => {
    const { at } = scratch();
    for (const name of ['a', 'b', 'real']) mkdirSync(at(name));
    plant(at('real/bwrap-0.8'));
    symlinkSync('../real/bwrap-0.8', at('a/bwrap'));
    plant(at('b/bwrap'));
    expect((await findBubblewrap(`${at('none')}:${at('a')}:${at('b')}`, NOWHERE)).path).toBe(
      at('real/bwrap-0.8'),
    );
  });

  test.each([
    ['lies where the command may write', 'a/bwrap', 'a'],
    ['is a link in a place that the command may write', 'link', 'a'],
    ['is a link to a place that the command may write', 'link', 'real'],
  ])('not one that %s: the next one is taken', async (_what, kind, writable) => {
    const { at } = scratch();
    for (const name of ['a', 'b', 'real']) mkdirSync(at(name));
    plant(at('b/bwrap'));
    if (kind === 'link') {
      plant(at('real/bwrap'));
      symlinkSync('../real/bwrap', at('a/bwrap'));
    } else plant(at('a/bwrap'));
    const isWritable = (of: AbsolutePath): boolean => isWithin(of, at(writable));
    expect((await findBubblewrap(`${at('a')}:${at('b')}`, isWritable)).path).toBe(at('b/bwrap'));
  });

  test.each([[''], [':'], ['.'], ['relative/bin:.']])(
    'not to be found with the path %j',
    async (searchPath) => {
      await expect(findBubblewrap(searchPath, NOWHERE)).rejects.toMatchObject({ code: 'launcher-missing' });
    },
  );

  test('not a file that may not be executed, nor a directory, nor a link to nowhere', async () => {
    const { at } = scratch();
    for (const name of ['a', 'b/bwrap', 'c']) mkdirSync(at(name), { recursive: true });
    plant(at('a/bwrap'), 0o644);
    symlinkSync('nowhere', at('c/bwrap'));
    await expect(findBubblewrap(`${at('a')}:${at('b')}:${at('c')}`, NOWHERE)).rejects.toMatchObject({
      code: 'launcher-missing',
    });
  });
});
