import { describe, expect, it } from 'vitest';
import { checkProfile, loadProfile } from '../../../src/profiles/load-profile.js';
import { errorOf, profileFixture } from './profile-fixture.js';

describe('a mistake in a profile is told with file, line and key:', () => {
  it.each([
    ['a mistyped section', '\n[filesytem]\n', 2, 'filesytem', 'filesystem'],
    ['a mistyped key', 'descripton = "x"', 1, 'descripton', 'description'],
    ['a key nothing is near to', 'qqq = 1', 1, 'qqq', undefined],
    ['text for a table', 'filesystem = "all"', 1, 'filesystem', undefined],
    ['a table for text', '[extends]', 1, 'extends', undefined],
    ['a list for a table', '[[network]]', 1, 'network', undefined],
    ['a mistyped word', 'enforcement = "manged"', 1, 'enforcement', 'managed'],
    ['a mistyped access', '[filesystem]\n"/a" = "wirte"', 2, 'filesystem./a', 'write'],
    ['an access that is no text', '[filesystem]\n"/a" = true', 2, 'filesystem./a', undefined],
    ['the word of the wire for deny', '[filesystem]\n"/a" = "none"', 2, 'filesystem./a', undefined],
    ['a relative path', '[filesystem]\n"src" = "read"', 2, 'filesystem.src', undefined],
    ['a path that climbs', '[filesystem]\n"/a/../b" = "read"', 2, 'filesystem./a/../b', undefined],
    ['a glob that grants', '[filesystem]\n"**/x" = "read"', 2, 'filesystem.**/x', undefined],
    ['a broken glob', '[filesystem]\n"{a" = "deny"', 2, 'filesystem.{a', undefined],
    ['an entry beside unrestricted', '[filesystem]\nunrestricted = true\n"/a" = "deny"', 3, 'filesystem./a'],
    ['unrestricted as text', '[filesystem]\nunrestricted = "yes"', 2, 'filesystem.unrestricted', undefined],
    ['a depth of nothing', '[filesystem]\nglob_scan_max_depth = 0', 2, 'filesystem.glob_scan_max_depth'],
    ['half a depth', '[filesystem]\nglob_scan_max_depth = 1.5', 2, 'filesystem.glob_scan_max_depth'],
    ['an unknown network key', '[network]\nenable = true', 2, 'network.enable', 'enabled'],
    ['a network of text', '[network]\nenabled = "no"', 2, 'network.enabled', undefined],
    [
      'a relative socket',
      '[network]\nunix_sockets = [\n"/a",\n"b"\n]',
      4,
      'network.unix_sockets.1',
      undefined,
    ],
    ['a socket that is no text', '[network]\nunix_sockets = [\n1]', 3, 'network.unix_sockets.0', undefined],
    ['sockets that are no list', '[network]\nunix_sockets = "/a"', 2, 'network.unix_sockets', undefined],
    ['a mistyped inherit', '[environment]\ninherit = "cor"', 2, 'environment.inherit', 'core'],
    [
      'an unknown environment key',
      '[environment]\nincludeonly = []',
      2,
      'environment.includeonly',
      'include_only',
    ],
    ['a variable that is no text', '[environment.set]\nA = 1', 2, 'environment.set.A', undefined],
    ['a variable without a name', '[environment.set]\n"" = "1"', 2, 'environment.set.', undefined],
    ['a variable with "=" in its name', '[environment]\nset = { "A=B" = "1" }', 2, 'environment.set.A=B'],
    ['NUL in a variable', '[environment]\nset.A = "\\u0000"', 2, 'environment.set.A', undefined],
    [
      'files where nothing is enforced',
      'enforcement = "disabled"\n[filesystem]\n"/a" = "deny"',
      2,
      'filesystem',
    ],
    ['files where others enforce', 'enforcement = "external"\n[filesystem]\n"/a" = "deny"', 2, 'filesystem'],
    ['network where nothing is enforced', 'extends = "off"\n[network]\nenabled = false', 2, 'network'],
    [
      'sockets where others enforce',
      'enforcement = "external"\n[network]\nunix_sockets = ["/a"]',
      3,
      'network.unix_sockets',
    ],
  ])('%s', (_, text, line, key, nearest?: string) => {
    const { write, request } = profileFixture();
    const file = write('x.toml', text);
    const error = errorOf(() => loadProfile(request('x.toml')));
    expect(error.code).toBe('profile-invalid');
    expect(error.details).toMatchObject({ file, line, key });
    expect(error.details['nearest']).toBe(nearest);
    expect(error.message).toContain(`${file}:${String(line)}: `);
  });

  it('entries that have nothing to add to', () => {
    const { write, request } = profileFixture();
    write('free.toml', '[filesystem]\nunrestricted = true');
    const file = write('x.toml', 'extends = "free.toml"\n[filesystem]\n"/a" = "deny"');
    const error = errorOf(() => loadProfile(request('x.toml')));
    expect(error.code).toBe('profile-invalid');
    expect(error.details).toMatchObject({ file, line: 2, key: 'filesystem' });
  });

  it('a mistake in what is extended, with the file it is in', () => {
    const { write, request } = profileFixture();
    const file = write('parent.toml', '\n\nx = 1');
    write('child.toml', 'extends = "parent.toml"');
    expect(errorOf(() => loadProfile(request('child.toml'))).details).toMatchObject({
      file,
      line: 3,
      key: 'x',
    });
  });
});

describe('a path that was written for a shell', () => {
  it.each([['${HOME}/.ssh'], ['$HOME/x'], ['$HOME'], ['/home/${USER}/x'], ['**/${X}']])(
    'is refused, with what to write instead: %s',
    (key) => {
      const { write, request } = profileFixture();
      write('x.toml', `[filesystem]\n'${key}' = "deny"`);
      const error = errorOf(() => loadProfile(request('x.toml')));
      expect(error.code).toBe('profile-invalid');
      expect(error.message).toContain('write "~/');
    },
  );

  it.each([['~/.ssh'], ['**/*.{pem,key}'], ['{a,b}/**'], ['/srv/$x/y'], ['**/a$'], ['[$]{a,b}']])(
    'is not meant by %s, which is taken',
    (key) => {
      const { write, request } = profileFixture();
      write('x.toml', `[filesystem]\n'${key}' = "deny"`);
      expect(loadProfile(request('x.toml')).profile.name).toBe('x');
    },
  );
});

describe('a document that is no TOML', () => {
  it.each([
    ['an open string', 'a = 1\nb = "x\n', 2],
    ['a key given twice', '[filesystem]\n"/a" = "read"\n"/a" = "write"', 3],
    ['a bare key of a path', '[filesystem]\n/a = "read"', 2],
    ['a key that every object has', '[filesystem]\n__proto__ = "read"', 2],
    ['nesting without end', `a = ${'['.repeat(100)}`, 1],
  ])('is refused with the line: %s', (_, text, line) => {
    const { write, request } = profileFixture();
    const file = write('x.toml', text);
    const error = errorOf(() => loadProfile(request('x.toml')));
    expect(error.code).toBe('profile-syntax');
    expect(error.details).toMatchObject({ file, line, column: expect.any(Number) as number });
  });

  it('is refused without its content, nor is the value of a variable ever told', () => {
    const { write, request } = profileFixture();
    write('broken.toml', '[environment.set]\nTOKEN = "hunter2" oops');
    write('wrong.toml', '[environment]\nset.TOKEN = ["hunter2"]\nset.OTHER = "hunter2\\u0000"');
    for (const name of ['broken.toml', 'wrong.toml']) {
      const { message, details, cause } = errorOf(() => loadProfile(request(name)));
      expect(JSON.stringify([message, details, String(cause)])).not.toContain('hunter2');
    }
  });
});

describe('the check of a profile', () => {
  it('tells all mistakes of all documents at once', () => {
    const { write, request } = profileFixture();
    write('parent.toml', 'y = 1');
    write(
      'child.toml',
      'extends = "parent.toml"\nx = 1\n[filesystem]\n"/a" = "wirte"\n[network]\nenabled = 1',
    );
    const check = checkProfile(request('child.toml'));
    expect(check).toMatchObject({
      kind: 'invalid',
      problems: [
        { code: 'profile-invalid', line: 2, keys: ['x'] },
        { line: 4, keys: ['filesystem', '/a'], nearest: 'write' },
        { line: 6, keys: ['network', 'enabled'] },
        { line: 1, keys: ['y'] },
      ],
    });
  });

  it.each([
    ['is not there', 'extends = "nothing"', 'profile-not-found'],
    ['is the same', 'extends = "x.toml"', 'profile-cycle'],
    ['is no TOML', 'extends = "broken.toml"', 'profile-syntax'],
  ])('goes on to tell that what is extended %s', (_, text, code) => {
    const { write, request } = profileFixture();
    write('broken.toml', '=');
    write('x.toml', `${text}\ny = 1`);
    expect(checkProfile(request('x.toml'))).toMatchObject({
      kind: 'invalid',
      problems: [{ code: 'profile-invalid', line: 2 }, { code }],
    });
  });

  it('answers with a value also when there is nothing to check', () => {
    const { request } = profileFixture();
    expect(checkProfile(request('nothing.toml'))).toMatchObject({
      kind: 'invalid',
      problems: [{ code: 'profile-not-found' }],
    });
  });

  it('takes a right profile wherever it lies', () => {
    const { at, write, request } = profileFixture();
    write('workspace/x.toml', 'extends = "write"');
    const forbidden = request('workspace/x.toml', { forbiddenBelow: [at('workspace')] });
    expect(checkProfile(forbidden)).toMatchObject({ kind: 'valid', profile: { name: 'x' }, warnings: [] });
  });
});
