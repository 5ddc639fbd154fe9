import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { loadProfile } from '../../../src/profiles/load-profile.js';
import { errorOf, profileFixture } from './profile-fixture.js';

const READ_ROOT = { path: { type: 'special', value: { kind: 'root' } }, access: 'read' };
const WRITE_WORKSPACE = { path: { type: 'special', value: { kind: 'project_roots' } }, access: 'write' };

describe('a profile', () => {
  it('that says nothing restricts everything and keeps the environment without its secrets', () => {
    const { write, request } = profileFixture();
    write('empty.toml', '');
    const { profile, warnings } = loadProfile(request('empty.toml'));
    expect(profile).toEqual({
      name: 'empty',
      permissions: {
        type: 'managed',
        file_system: { type: 'restricted', entries: [] },
        network: 'restricted',
      },
      environment: { inherit: 'all', ignoreDefaultExcludes: false, exclude: [], set: {}, includeOnly: [] },
      unixSockets: [],
    });
    expect(warnings).toHaveLength(1);
  });

  it('is read with everything a document can say', () => {
    const { write, request } = profileFixture();
    write(
      'all.toml',
      `description = "everything"
[filesystem]
":root" = "read"
"~/.ssh" = "deny"
"/opt/data" = "write"
"**/.env" = "deny"
glob_scan_max_depth = 8
[network]
enabled = true
unix_sockets = ["/run/docker.sock", "~/x.sock"]
[environment]
inherit = "core"
ignore_default_excludes = true
exclude = ["AWS_*"]
include_only = ["CI"]
[environment.set]
CI = "1"
`,
    );
    expect(loadProfile(request('./all.toml')).profile).toEqual({
      name: 'all',
      permissions: {
        type: 'managed',
        file_system: {
          type: 'restricted',
          entries: [
            READ_ROOT,
            {
              path: { type: 'path', path: 'file:///home/ada/.ssh' },
              access: 'deny',
              missing_path_behavior: 'skip',
            },
            { path: { type: 'path', path: 'file:///opt/data' }, access: 'write' },
            {
              path: { type: 'glob_pattern', pattern: '**/.env' },
              access: 'deny',
              missing_path_behavior: 'skip',
            },
          ],
          glob_scan_max_depth: 8,
        },
        network: 'enabled',
      },
      environment: {
        inherit: 'core',
        ignoreDefaultExcludes: true,
        exclude: ['AWS_*'],
        set: { CI: '1' },
        includeOnly: ['CI'],
      },
      unixSockets: ['/run/docker.sock', '/home/ada/x.sock'],
    });
  });

  it.each([
    ['enforcement = "disabled"', { type: 'disabled' }],
    ['enforcement = "external"', { type: 'external', network: 'restricted' }],
    ['enforcement = "external"\n[network]\nenabled = true', { type: 'external', network: 'enabled' }],
    [
      '[filesystem]\nunrestricted = true',
      { type: 'managed', file_system: { type: 'unrestricted' }, network: 'restricted' },
    ],
  ])('of %j has the permissions that it names', (text, permissions) => {
    const { write, request } = profileFixture();
    write('x.toml', text);
    expect(loadProfile(request('x.toml'))).toMatchObject({ profile: { permissions }, warnings: [] });
  });

  it('warns of an unknown special path and keeps it', () => {
    const { write, request } = profileFixture();
    write('x.toml', '[filesystem]\n":root" = "read"\n":cloud" = "deny"\n');
    const { profile, warnings } = loadProfile(request('x.toml'));
    expect(warnings).toEqual([expect.stringContaining('x.toml:3: ')]);
    expect(profile.permissions).toMatchObject({
      file_system: {
        entries: [READ_ROOT, { path: { value: { kind: 'unknown', path: ':cloud' } }, access: 'deny' }],
      },
    });
  });

  it('warns of two entries for one path that disagree, and keeps both for precedence to decide', () => {
    const { write, request } = profileFixture();
    write(
      'x.toml',
      '[filesystem]\n"~/a" = "write"\n"/home/ada/a/" = "deny"\n"/b" = "read"\n"/b/" = "read"\n',
    );
    const { profile, warnings } = loadProfile(request('x.toml'));
    expect(warnings).toHaveLength(1);
    expect(profile.permissions).toMatchObject({ file_system: { entries: { length: 4 } } });
  });
});

describe('a name', () => {
  it('stands for a built-in profile first, with a warning when the user has one of that name', () => {
    const { write, request } = profileFixture();
    const path = write('config/profiles/read-only.toml', '[filesystem]\n":root" = "write"\n');
    const { profile, source, warnings } = loadProfile(request('read-only'));
    expect(source).toEqual({ kind: 'built-in' });
    expect(profile.permissions).toMatchObject({ file_system: { entries: [READ_ROOT] } });
    expect(warnings).toEqual([expect.stringContaining(path)]);
  });

  it("stands for the user's profile", () => {
    const { write, request } = profileFixture();
    const path = write('config/profiles/mine.toml', 'extends = "read-only"');
    expect(loadProfile(request('mine'))).toMatchObject({
      profile: { name: 'mine' },
      source: { kind: 'user', path },
      warnings: [],
    });
  });

  it.each([
    ['raed-only', 'read-only'],
    ['min', 'mine'],
    ['completely-else', undefined],
    ['', undefined],
  ])('%j that nothing has is answered with %j', (name, nearest) => {
    const { write, request } = profileFixture();
    write('config/profiles/mine.toml', '');
    const error = errorOf(() => loadProfile(request(name)));
    expect(error.code).toBe('profile-not-found');
    expect(error.details['nearest']).toBe(nearest);
    expect(error.hint).toContain(nearest ?? '"mine", "off"');
  });

  it('needs no directory of the user', () => {
    const { request } = profileFixture();
    expect(errorOf(() => loadProfile(request('mine', { configDir: undefined }))).code).toBe(
      'profile-not-found',
    );
    expect(loadProfile(request('write', { configDir: undefined })).profile.name).toBe('write');
  });
});

describe('a path', () => {
  it.each([['sub/x.toml'], ['./sub/x.toml'], ['sub/../sub/x.toml'], ['~/sub/x.toml']])(
    '%j starts from the working directory or the home',
    (text) => {
      const { root, write, request } = profileFixture();
      const path = write('sub/x.toml', 'extends = "read-only"');
      expect(loadProfile(request(text, { homeDir: root })).source).toEqual({ kind: 'file', path });
    },
  );

  it('that leads nowhere is answered with the nearest file', () => {
    const { write, request } = profileFixture();
    const path = write('build.toml', '');
    const error = errorOf(() => loadProfile(request('biuld.toml')));
    expect(error.code).toBe('profile-not-found');
    expect(error.details['nearest']).toBe(path);
    expect(errorOf(() => loadProfile(request('build.toml/x'))).code).toBe('profile-not-found');
  });

  it('must lead to a regular file', () => {
    const { at, write, request } = profileFixture();
    write('directory.toml/file', '');
    execFileSync('mkfifo', [at('pipe.toml')]);
    for (const name of ['directory.toml', 'pipe.toml', '/dev/zero']) {
      expect(errorOf(() => loadProfile(request(name))).code).toBe('profile-invalid');
    }
  });

  it.each([
    [1024 * 1024, undefined],
    [1024 * 1024 + 1, 'profile-invalid'],
  ])('to a document of %i bytes gives %j', (size, code) => {
    const { write, request } = profileFixture();
    write('large.toml', 'extends = "off"\n#'.padEnd(size, 'x'));
    const load = () => loadProfile(request('large.toml'));
    expect(code === undefined ? load().profile.permissions.type : errorOf(load).code).toBe(
      code ?? 'disabled',
    );
  });

  it('must lead to UTF-8, with or without a byte order mark', () => {
    const { write, request } = profileFixture();
    write('latin1.toml', Buffer.from('description = "\xe9"', 'latin1'));
    write('bom.toml', '\uFEFFextends = "off"');
    expect(errorOf(() => loadProfile(request('latin1.toml'))).code).toBe('profile-syntax');
    expect(loadProfile(request('bom.toml')).profile.permissions.type).toBe('disabled');
  });
});

describe('a profile that extends another', () => {
  it('adds its entries and takes the place of those for the same path', () => {
    const { write, request } = profileFixture();
    write(
      'parent.toml',
      '[filesystem]\n":root" = "read"\n"~/a" = "deny"\n"~/b" = "deny"\nglob_scan_max_depth = 3',
    );
    write('child.toml', 'extends = "./parent.toml"\n[filesystem]\n"/home/ada/a" = "read"\n"/c" = "write"');
    expect(loadProfile(request('child.toml')).profile.permissions).toMatchObject({
      file_system: {
        entries: [
          READ_ROOT,
          { path: { path: 'file:///home/ada/b' }, access: 'deny' },
          { path: { path: 'file:///home/ada/a' }, access: 'read' },
          { path: { path: 'file:///c' }, access: 'write' },
        ],
        glob_scan_max_depth: 3,
      },
    });
  });

  it('joins lists, overrides words and merges variables', () => {
    const { write, request } = profileFixture();
    write(
      'parent.toml',
      `extends = "read-only"
[network]
enabled = true
unix_sockets = ["/a", "/b"]
[environment]
inherit = "none"
ignore_default_excludes = true
exclude = ["A"]
include_only = ["X"]
set = { ONE = "1", TWO = "2" }`,
    );
    write(
      'child.toml',
      `extends = "parent.toml"
[network]
enabled = false
unix_sockets = ["/b", "/c"]
[environment]
inherit = "core"
exclude = ["B"]
include_only = ["Y"]
set = { TWO = "two", THREE = "3" }`,
    );
    expect(loadProfile(request('child.toml')).profile).toMatchObject({
      permissions: { network: 'restricted', file_system: { entries: [READ_ROOT] } },
      unixSockets: ['/a', '/b', '/c'],
      environment: {
        inherit: 'core',
        ignoreDefaultExcludes: true,
        exclude: ['A', 'B'],
        includeOnly: ['X', 'Y'],
        set: { ONE: '1', TWO: 'two', THREE: '3' },
      },
    });
  });

  it('finds a file from the directory of the document, a name anywhere', () => {
    const { write, request } = profileFixture();
    write('config/profiles/mine.toml', 'extends = "../base/base.toml"');
    write('config/base/base.toml', 'extends = "write"');
    expect(loadProfile(request('mine')).profile).toMatchObject({
      name: 'mine',
      permissions: { file_system: { entries: [READ_ROOT, WRITE_WORKSPACE] } },
    });
  });

  it('may lift or put down the whole sandbox by name', () => {
    const { write, request } = profileFixture();
    write('lifted.toml', 'extends = "write"\nenforcement = "disabled"');
    write('managed.toml', 'extends = "off"\nenforcement = "managed"\n[filesystem]\n":root" = "read"');
    write('free.toml', 'extends = "write"\n[filesystem]\nunrestricted = true');
    expect(loadProfile(request('lifted.toml')).profile.permissions).toEqual({ type: 'disabled' });
    expect(loadProfile(request('managed.toml')).profile.permissions).toMatchObject({
      file_system: { entries: [READ_ROOT] },
    });
    expect(loadProfile(request('free.toml')).profile.permissions).toMatchObject({
      file_system: { type: 'unrestricted' },
    });
  });

  it.each([
    ['itself', { 'a.toml': 'extends = "a.toml"' }],
    ['one that extends it', { 'a.toml': 'extends = "b.toml"', 'b.toml': 'extends = "./sub/../a.toml"' }],
  ])('%s is refused', (_, documents) => {
    const { write, request } = profileFixture();
    for (const [name, text] of Object.entries(documents)) write(name, text);
    expect(errorOf(() => loadProfile(request('a.toml'))).code).toBe('profile-cycle');
  });

  it.each([
    [16, undefined],
    [17, 'profile-cycle'],
  ])('in a chain of %i documents gives %j', (length, code) => {
    const { write, request } = profileFixture();
    for (let index = 1; index < length; index += 1) {
      write(`${String(index)}.toml`, `extends = "${String(index + 1)}.toml"`);
    }
    write(`${String(length)}.toml`, '[filesystem]\n":root" = "read"');
    const load = () => loadProfile(request('1.toml'));
    expect(code === undefined ? load().profile.name : errorOf(load).code).toBe(code ?? '1');
  });

  it('that is not there tells who wanted it', () => {
    const { write, request } = profileFixture();
    const path = write('x.toml', '\nextends = "raed-only"');
    const error = errorOf(() => loadProfile(request('x.toml')));
    expect(error.code).toBe('profile-not-found');
    expect(error.message).toContain(`${path}:2`);
  });

  it('must not be a file when it is built in', () => {
    const { request, at } = profileFixture();
    const builtins = new Map([['odd', `extends = "${at('x.toml')}"`]]);
    expect(errorOf(() => loadProfile(request('odd', { builtins }))).code).toBe('profile-invalid');
  });
});

describe('a document with the name of a built-in profile', () => {
  it('is warned of among the profiles of the user, and not elsewhere', () => {
    const { write, request } = profileFixture();
    const own = write('config/profiles/off.toml', 'extends = "read-only"');
    const other = write('off.toml', 'extends = "read-only"');
    expect(loadProfile(request(own)).warnings.join()).toContain('name of a built-in profile');
    expect(loadProfile(request(other)).warnings).toEqual([]);
  });
});
