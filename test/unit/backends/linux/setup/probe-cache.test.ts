import { rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { type FoundExecutable } from '../../../../../src/backends/linux/setup/find-bubblewrap.js';
import { ProbeCache } from '../../../../../src/backends/linux/setup/probe-cache.js';
import { probeOptions } from '../../../../../src/backends/linux/setup/probe.js';
import { type AbsolutePath, ROOT_PATH } from '../../../../../src/paths/absolute-path.js';
import { scratch } from './setup.js';

const KEY = { searchPath: '/a:/b', kernelRelease: '6.1', settings: '9 -', options: ['--x'] };

function plant(of: AbsolutePath): FoundExecutable {
  writeFileSync(of, '');
  return { path: of, modifiedMs: statSync(of).mtimeMs };
}

describe('A probe that succeeded', () => {
  test('is remembered, by other processes too', () => {
    const { root, at } = scratch();
    const executable = plant(at('bwrap'));
    new ProbeCache(root).add(KEY, executable);
    expect(new ProbeCache(root).find(KEY)).toEqual(executable);
  });

  test.each([
    ['another kernel', { kernelRelease: '6.2' }],
    ['other limits of user namespaces', { settings: '0 -' }],
    ['another search path', { searchPath: '/b:/a' }],
    ['another option', { options: ['--y'] }],
    ['one more option', { options: ['--x', '--y'] }],
  ])('says nothing of %s', (_what, change) => {
    const { root, at } = scratch();
    const cache = new ProbeCache(root);
    cache.add(KEY, plant(at('bwrap')));
    expect(cache.find({ ...KEY, ...change })).toBeUndefined();
  });

  test('says nothing once the executable has changed or gone', () => {
    const { root, at } = scratch();
    const cache = new ProbeCache(root);
    cache.add(KEY, plant(at('bwrap')));
    utimesSync(at('bwrap'), new Date(), new Date(1000));
    expect(cache.find(KEY)).toBeUndefined();
    rmSync(at('bwrap'));
    expect(cache.find(KEY)).toBeUndefined();
  });

  test.each([
    ['{'],
    ['{}'],
    ['[1]'],
    ['[["a"]]'],
    ['[["a", null]]'],
    ['[["a", {"path": "relative", "modifiedMs": 1}]]'],
    [''],
  ])('is asked anew when the memory holds %j', (text) => {
    const { root, at } = scratch();
    writeFileSync(at('probes.json'), text);
    const cache = new ProbeCache(root);
    expect(cache.find(KEY)).toBeUndefined();
    cache.add(KEY, plant(at('bwrap')));
    expect(new ProbeCache(root).find(KEY)?.path).toBe(at('bwrap'));
  });

  test('is one of a bounded number, in a file of the user alone', () => {
    const { root, at } = scratch();
    const executable = plant(at('bwrap'));
    for (let count = 0; count < 200; count += 1)
      new ProbeCache(root).add({ ...KEY, options: [String(count)] }, executable);
    expect(statSync(at('probes.json')).size).toBeLessThan(64 * 300);
    expect(statSync(at('probes.json')).mode & 0o777).toBe(0o600);
    expect(new ProbeCache(root).find({ ...KEY, options: ['199'] })).toEqual(executable);
  });
});

describe('A probe tries', () => {
  const command = {
    argv: ['true'],
    argv0: undefined,
    cwd: ROOT_PATH,
    environment: {},
    stdio: 'pipes',
  } as const;

  test.each([
    ['--unshare-net', 'network off', { namespaces: ['network'] }],
    ['--remount-ro', 'a sealed directory', { mounts: [{ kind: 'remount-read-only', target: ROOT_PATH }] }],
    [
      '--chmod',
      'a directory that is passed through',
      { mounts: [{ kind: 'chmod', target: ROOT_PATH, permissions: 0o111 }] },
    ],
    ['--perms', 'an empty directory', { mounts: [{ kind: 'tmpfs', target: ROOT_PATH, permissions: 0 }] }],
    ['--argv0', 'a name of its own', { command: { ...command, argv0: 'x' } }],
  ] as const)('%s when the plan has %s, and only then', (option, _what, change) => {
    const plain = { mounts: [], namespaces: [], command } as const;
    expect(probeOptions(plain)).not.toContain(option);
    expect(probeOptions({ ...plain, ...change })).toContain(option);
  });
});
