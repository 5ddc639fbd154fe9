import { describe, expect, it } from 'vitest';
import { parseAbsolutePath, ROOT_PATH } from '../../../src/paths/absolute-path.js';
import { expandHome, readEntryPath } from '../../../src/profiles/entry-path.js';
import { HOME } from './profile-fixture.js';

describe('the path of an entry', () => {
  it.each([
    [':root', { type: 'special', value: { kind: 'root' } }],
    [':root/', { type: 'special', value: { kind: 'root' } }],
    [':minimal', { type: 'special', value: { kind: 'minimal' } }],
    [':workspace_roots', { type: 'special', value: { kind: 'project_roots' } }],
    [':workspace_roots/.git', { type: 'special', value: { kind: 'project_roots', subpath: '.git' } }],
    [':workspace_roots//a/./b/', { type: 'special', value: { kind: 'project_roots', subpath: 'a/b' } }],
    [':tmpdir', { type: 'special', value: { kind: 'tmpdir' } }],
    [':slash_tmp/x', { type: 'special', value: { kind: 'slash_tmp', subpath: 'x' } }],
    [':future', { type: 'special', value: { kind: 'unknown', path: ':future' } }],
    [':future/x', { type: 'special', value: { kind: 'unknown', path: ':future', subpath: 'x' } }],
    ['/', { type: 'path', path: 'file:///' }],
    ['/opt/data/', { type: 'path', path: 'file:///opt/data' }],
    ['/opt/a b', { type: 'path', path: 'file:///opt/a%20b' }],
    ['~', { type: 'path', path: 'file:///home/ada' }],
    ['~/.ssh', { type: 'path', path: 'file:///home/ada/.ssh' }],
    ['**/.env', { type: 'glob_pattern', pattern: '**/.env' }],
    ['*.key', { type: 'glob_pattern', pattern: '*.key' }],
    ['~/x/*.key', { type: 'glob_pattern', pattern: '/home/ada/x/*.key' }],
    ['/abs/**', { type: 'glob_pattern', pattern: '/abs/**' }],
  ])('%j is read', (text, path) => {
    expect(readEntryPath(text, HOME)).toMatchObject({ kind: 'path', path });
  });

  it.each([
    [''],
    ['src/main'],
    ['.env'],
    ['~bob/.ssh'],
    ['~bob/*'],
    ['/a/../b'],
    ['~/../b'],
    ['/a\0b'],
    ['../**'],
    ['/a/{b'],
    [':workspace_roots/../x'],
    [':workspace_roots/*.key'],
  ])('%j is refused', (text) => {
    expect(readEntryPath(text, HOME).kind).toBe('problem');
  });

  it('that is relative is answered with what to write instead', () => {
    expect(readEntryPath('src/main', HOME)).toMatchObject({
      text: expect.stringContaining(':workspace_roots/src/main') as string,
    });
  });

  it('of an unknown special path is kept with a warning that names the nearest', () => {
    expect(readEntryPath(':workspace_root/x', HOME)).toMatchObject({
      warning: expect.any(String) as string,
      nearest: ':workspace_roots',
    });
  });

  it('takes a home directory literally in a glob, whatever characters it holds', () => {
    expect(readEntryPath('~/*.key', parseAbsolutePath('/home/[a]{b}'))).toMatchObject({
      path: { pattern: String.raw`/home/\[a\]\{b\}/*.key` },
    });
  });

  it.each([
    ['~/.ssh', '/home/ada/.ssh'],
    [':root', '/'],
    [':root/etc', '/etc/'],
    [':slash_tmp', '/tmp'],
    [':slash_tmp/x', '/tmp/x'],
    [':workspace_roots/a', ':workspace_roots//a/'],
    ['~/*.key', '/home/ada/*.key'],
  ])('has one identity as %j and as %j', (one, other) => {
    const identities = [one, other].map((text) => {
      const reading = readEntryPath(text, HOME);
      return reading.kind === 'path' ? reading.identity : reading;
    });
    expect(identities[0]).toBe(identities[1]);
  });
});

describe('the home directory', () => {
  it.each([
    ['~', '/home/ada'],
    ['~/x', '/home/ada/x'],
    ['/x/~', '/x/~'],
    ['~x', '~x'],
  ])('in %j gives %j', (text, expanded) => {
    expect(expandHome(text, HOME)).toBe(expanded);
  });

  it('may be the root of the file system', () => {
    expect(expandHome('~/x', ROOT_PATH)).toBe('/x');
  });
});
