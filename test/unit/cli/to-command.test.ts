import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { parseArguments, type RunOptions } from '../../../src/cli/parse-arguments.js';
import { resolveProfileArgument, toCircumstances, toSandboxCommand } from '../../../src/cli/to-command.js';
import { type AbsolutePath, parseAbsolutePath, ROOT_PATH } from '../../../src/paths/absolute-path.js';
import { type PermissionEntry } from '../../../src/permissions/profile.js';
import { type SandboxCommand } from '../../../src/sandbox/sandbox-command.js';
import { errorOf } from './error-code.js';

const HERE = parseAbsolutePath('/nowhere/project');

function options(...words: readonly string[]): RunOptions {
  const parsed = parseArguments([...words, '--', 'true']);
  if (parsed.kind !== 'run') throw new Error(`${words.join(' ')} is no run`);
  return parsed.options;
}

function circumstances(...words: readonly string[]): Omit<SandboxCommand, 'argv'> {
  return toCircumstances(options(...words), HERE);
}

/** An empty directory for one test. */
function directory(): AbsolutePath {
  const made = realpathSync(mkdtempSync(path.join(tmpdir(), 'cordon-cli-')));
  onTestFinished(() => {
    rmSync(made, { recursive: true, force: true });
  });
  return parseAbsolutePath(made);
}

describe('the command of a command line', () => {
  it('runs here, in the directory as its workspace, when nothing else is said', () => {
    expect(toSandboxCommand(options(), ['ls', '-l'], HERE)).toEqual({
      argv: ['ls', '-l'],
      cwd: HERE,
      workspaceRoots: [HERE],
      overlay: { entries: [] },
      readOnlyPaths: [],
      unixSockets: [],
      environment: { set: {}, unset: [] },
    });
  });

  it('takes relative paths from where they were typed, not from --cwd', () => {
    const { cwd, workspaceRoots, unixSockets, profile } = circumstances(
      ...['--cwd', '../other', '--workspace-root', 'a', '--workspace-root', '/b/../c'],
      ...['--allow-unix-socket', './s', '--profile', 'p.toml'],
    );
    expect({ cwd, workspaceRoots, unixSockets, profile }).toEqual({
      cwd: '/nowhere/other',
      workspaceRoots: ['/nowhere/project/a', '/c'],
      unixSockets: ['/nowhere/project/s'],
      profile: '/nowhere/project/p.toml',
    });
  });

  it('has the directory of --cwd as its workspace when no root is named', () => {
    expect(circumstances('--cwd', 'a').workspaceRoots).toEqual(['/nowhere/project/a']);
  });

  it.each([
    [ROOT_PATH, []],
    [HERE, ['--cwd', '/']],
    [HERE, ['--cwd', '../..']],
  ])('from %s with %j is refused: all of / would be its workspace', (cwd, words) => {
    expect(errorOf(() => toCircumstances(options(...words), cwd)).code).toBe('workspace-root-invalid');
  });

  it('has all of / as its workspace when that is named', () => {
    expect(toCircumstances(options('--workspace-root', '/'), ROOT_PATH).workspaceRoots).toEqual(['/']);
  });

  it.each([
    [['--network', 'on'], 'enabled'],
    [['--network', 'off'], 'restricted'],
    [[], undefined],
  ])('with %j has the network %s', (words, network) => {
    expect(circumstances(...words).overlay?.network).toBe(network);
  });

  it('carries environment and time limit', () => {
    const { environment, timeoutMs } = circumstances('--env', 'A=1', '--unset-env', 'B', '--timeout', '2s');
    expect({ environment, timeoutMs }).toEqual({
      environment: { set: { A: '1' }, unset: ['B'] },
      timeoutMs: 2000,
    });
  });
});

describe('the additional permissions of a command line', () => {
  it.each([
    ['--allow-read', 'a b', 'read', 'file:///nowhere/project/a%20b'],
    ['--allow-write', '/srv', 'write', 'file:///srv'],
    ['--deny-read', '../.env', 'deny', 'file:///nowhere/.env'],
  ])('with %s %s are %s of %s', (option, text, access, uri) => {
    expect(circumstances(option, text).overlay?.entries).toEqual([
      { path: { type: 'path', path: uri }, access },
    ]);
  });

  it.each([['**/.env'], ['secrets/*.pem'], ['/srv/**/{a,b}']])('deny the glob %s as it is', (pattern) => {
    expect(circumstances('--deny-read', pattern).overlay?.entries).toEqual([globEntry(pattern)]);
  });

  it.each([
    ['[id].ts', [globEntry('[id].ts')]],
    ['odd[.ts', []],
  ])('deny the file %s as well when it exists by that name', (name, globs) => {
    const cwd = directory();
    writeFileSync(path.join(cwd, name), '');
    const { overlay } = toCircumstances(options('--deny-read', name), cwd);
    const uri = `file://${cwd}/${encodeURIComponent(name)}`;
    expect(overlay?.entries).toEqual([...globs, { path: { type: 'path', path: uri }, access: 'deny' }]);
  });

  it.each([['--deny-write'], ['--allow-read'], ['--allow-write']])(
    'refuse a glob where it would mean nothing: %s',
    (option) => {
      const { code, details } = errorOf(() => circumstances(option, '*.lock'));
      expect([code, details['option']]).toEqual(['usage-invalid', option]);
    },
  );

  it.each([
    ['--allow-read', 'read'],
    ['--allow-write', 'write'],
  ])('take a file that is called like a glob for %s', (option, access) => {
    const cwd = directory();
    writeFileSync(path.join(cwd, '[x]'), '');
    expect(toCircumstances(options(option, '[x]'), cwd).overlay?.entries).toEqual([
      { path: { type: 'path', path: `file://${cwd}/%5Bx%5D` }, access },
    ]);
  });

  it('take a file that is called like a glob for --deny-write', () => {
    const cwd = directory();
    writeFileSync(path.join(cwd, '[id].ts'), '');
    expect(toCircumstances(options('--deny-write', '[id].ts'), cwd).readOnlyPaths).toEqual([
      `${cwd}/[id].ts`,
    ]);
  });

  it('refuse a variable that no shell has replaced, since its braces would match nothing', () => {
    const { code, hint } = errorOf(() => circumstances('--deny-read', '${HOME}/.ssh'));
    expect(code).toBe('usage-invalid');
    expect(hint).toContain('~/');
    expect(circumstances('--deny-read', '[$]{HOME}').overlay?.entries).toEqual([globEntry('[$]{HOME}')]);
  });

  it('take writing away without giving anything, for --deny-write', () => {
    const { readOnlyPaths, overlay } = circumstances('--deny-write', 'package.json');
    expect({ readOnlyPaths, entries: overlay?.entries }).toEqual({
      readOnlyPaths: ['/nowhere/project/package.json'],
      entries: [],
    });
  });
});

describe('a leading "~" on the command line, which no shell has expanded,', () => {
  beforeEach(() => {
    vi.stubEnv('HOME', '/home/a{b');
  });
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  const entryOf = (uri: string, access: string): unknown => ({ path: { type: 'path', path: uri }, access });

  it.each([
    ['--allow-read=~/x', entryOf('file:///home/a%7Bb/x', 'read')],
    ['--allow-write=~', entryOf('file:///home/a%7Bb', 'write')],
    ['--deny-read=~/.ssh', entryOf('file:///home/a%7Bb/.ssh', 'deny')],
    ['--deny-read=~/**/*.pem', globEntry('/home/a\\{b/**/*.pem')],
    ['--deny-read=./~', entryOf('file:///nowhere/project/~', 'deny')],
    ['--deny-read=a/~/b', entryOf('file:///nowhere/project/a/~/b', 'deny')],
  ])('is the home directory in %s', (word, entry) => {
    expect(circumstances(word).overlay?.entries).toEqual([entry]);
  });

  it('is the home directory for every other path, too', () => {
    const { cwd, workspaceRoots, readOnlyPaths, unixSockets } = circumstances(
      ...['--cwd=~/c', '--workspace-root=~/w', '--deny-write=~/d', '--allow-unix-socket=~/s'],
    );
    expect([cwd, workspaceRoots, readOnlyPaths, unixSockets].flat()).toEqual(
      ['c', 'w', 'd', 's'].map((name) => `/home/a{b/${name}`),
    );
  });

  it.each(
    [
      ...['--allow-read', '--allow-write', '--deny-read', '--deny-write'],
      ...['--cwd', '--workspace-root', '--allow-unix-socket'],
    ].flatMap((option) => [
      [option, '~ada/x'],
      [option, '~+'],
    ]),
  )("is refused as somebody else's: %s %s", (option, text) => {
    const { code, details } = errorOf(() => circumstances(option, text));
    expect([code, details['option'], details['value']]).toEqual(['usage-invalid', option, text]);
  });
});

describe('the profile of a command line', () => {
  it.each([
    ['strict', 'strict'],
    ['p.toml', '/nowhere/project/p.toml'],
    ['./p', '/nowhere/project/p'],
    ['/etc/p.toml', '/etc/p.toml'],
    ['~/p.toml', '~/p.toml'],
  ])('%s is %s', (text, resolved) => {
    expect(resolveProfileArgument(text, HERE)).toBe(resolved);
  });
});

function globEntry(pattern: string): PermissionEntry {
  return { path: { type: 'glob_pattern', pattern }, access: 'deny' };
}
