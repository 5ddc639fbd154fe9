import { chmodSync, mkdirSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import { bindPolicy } from '../../../src/binding/bind.js';
import { parseAbsolutePath, ROOT_PATH } from '../../../src/paths/absolute-path.js';
import { bind, codeOf, diskWith, entry, glob, rulesBelow, special } from './support.js';

describe('Special paths stand for', () => {
  test('each workspace root', () => {
    const { at } = diskWith({ 'a/': '', 'b/': '' });
    const bound = bind([special('write', 'project_roots')], at('a'), { workspaceRoots: [at('a'), at('b')] });
    expect(bound.ruleSet.rules.filter(({ access }) => access === 'write').map(({ path }) => path)).toEqual([
      at('a'),
      at('b'),
    ]);
  });

  test('a path below each workspace root', () => {
    const { at } = diskWith({ 'a/x/': '', 'b/x/': '' });
    const bound = bind([special('write', 'project_roots'), special('read', 'project_roots', 'x')], at('a'), {
      workspaceRoots: [at('a'), at('b')],
    });
    expect(rulesBelow(bound, at('a'))).toContain('read x directory');
    expect(rulesBelow(bound, at('b'))).toContain('read x directory');
  });

  test('the temporary directory, or nothing', () => {
    const { at } = diskWith({ 'tmp/': '', 'work/': '' });
    expect(
      rulesBelow(bind([special('write', 'tmpdir')], at('work'), { tmpDir: at('tmp') }), at('tmp')),
    ).toContain('write . directory');
    expect(rulesBelow(bind([special('write', 'tmpdir')], at('work')), at('tmp'))).toEqual([]);
  });

  test.each([
    ['every user may write', 0o1777, ['write . directory']],
    [
      'one user may write',
      0o755,
      ['read .agents missing', 'read .codex missing', 'read .git missing', 'write . directory'],
    ],
  ])('a temporary directory that %s, with its missing protected names', (_who, mode, expected) => {
    const { at } = diskWith({ 'tmp/': '', 'work/': '' });
    chmodSync(at('tmp'), mode);
    const bound = bind([special('write', 'tmpdir')], at('work'), { tmpDir: at('tmp') });
    expect([...rulesBelow(bound, at('tmp'))].sort()).toEqual(expected);
  });

  test('nothing that is known: warned about, and granted nothing', () => {
    const { at } = diskWith({ 'work/': '' });
    const unknown = {
      path: { type: 'special', value: { kind: 'unknown', path: ':new' } },
      access: 'write',
    } as const;
    const bound = bind([unknown], at('work'));
    expect([bound.ruleSet.rules.some(({ access }) => access === 'write'), bound.warnings.length]).toEqual([
      false,
      1,
    ]);
  });
});

describe('Symbolic links', () => {
  test('of a workspace root are followed', () => {
    const { at } = diskWith({ 'real/': '', link: { linkTo: 'real' } });
    const bound = bind([special('write', 'project_roots')], at('link'));
    expect(rulesBelow(bound, at('real'))).toContain('write . directory');
    expect(rulesBelow(bound, at('link'))).toEqual([]);
  });

  test('on the way to an entry are followed, and kept to be made again', () => {
    const { at } = diskWith({
      'work/': '',
      'real/file': '',
      one: { linkTo: 'two' },
      two: { linkTo: './real' },
    });
    const bound = bind([entry('write', at('one/file'))], at('work'));
    expect(rulesBelow(bound, at('real'))).toEqual(['write file file']);
    expect(bound.links).toEqual([
      { path: at('one'), text: 'two' },
      { path: at('two'), text: './real' },
    ]);
  });

  test('that lead in a circle are refused', () => {
    const { at } = diskWith({ 'work/': '', a: { linkTo: 'b' }, b: { linkTo: 'a' } });
    expect(codeOf(() => bind([entry('deny', at('a'))], at('work')))).toBe('bind-failed');
  });

  test('to nowhere count as what they point to', () => {
    const { at } = diskWith({ 'work/': '', link: { linkTo: 'nowhere' } });
    expect(rulesBelow(bind([entry('deny', at('link'))], at('work')), at('nowhere'))).toEqual([
      'deny . missing',
    ]);
  });

  test('that the command could replace protect nothing: a denied one is refused', () => {
    const { at } = diskWith({ 'work/link': { linkTo: '../secret' }, secret: 'x' });
    const entries = [special('write', 'project_roots'), entry('deny', at('work/link'))];
    expect(codeOf(() => bind(entries, at('work')))).toBe('protected-path-is-symlink');
  });
});

describe('Protected metadata', () => {
  const writable = [special('write', 'project_roots')];

  test('of a writable root is read-only, whether it is there or not', () => {
    const { at } = diskWith({ 'work/.git/': '', 'work/.codex': 'file' });
    expect(rulesBelow(bind(writable, at('work')), at('work'))).toEqual([
      'write . directory',
      'read .agents missing',
      'read .codex file',
      'read .git directory',
    ]);
  });

  test('of a readable root has no rule of its own', () => {
    const { at } = diskWith({ 'work/.git/': '' });
    expect(rulesBelow(bind([], at('work')), at('work'))).toEqual([]);
  });

  test('that an entry names is as the entry says', () => {
    const { at } = diskWith({ 'work/.git/': '' });
    const bound = bind([...writable, entry('write', at('work/.git'))], at('work'));
    expect(rulesBelow(bound, at('work'))).toContain('write .git directory');
  });

  test('that is a symbolic link is refused', () => {
    const { at } = diskWith({ 'work/.git': { linkTo: '../elsewhere' }, 'elsewhere/': '' });
    expect(codeOf(() => bind(writable, at('work')))).toBe('protected-path-is-symlink');
  });

  test('of a worktree is its real git directory and the common one too, where they could be written', () => {
    const { at } = diskWith({
      'work/tree/.git': 'gitdir: ../main/.git/worktrees/tree\n',
      'work/main/.git/worktrees/tree/commondir': '../..\n',
    });
    const bound = bind([entry('write', at('work')), entry('write', at('work/tree'))], at('work/tree'));
    const rules = rulesBelow(bound, at('work'));
    expect(rules).toContain('read tree/.git file');
    expect(rules).toContain('read main/.git directory');
    expect(rules).toContain('read main/.git/worktrees/tree directory');
  });

  test.each([
    ['a directory outside, which stays as it is', 'gitdir: ../../outside\n'],
    ['nothing that exists', 'gitdir: ../nowhere\n'],
    ['itself', 'gitdir: .git\n'],
    ['nothing', ''],
    ['NUL', 'gitdir: \0\n'],
    ['too much', `gitdir: ${'x/'.repeat(10_000)}\n`],
  ])('of a worktree whose pointer names %s grants nothing', (_what, text) => {
    const { at } = diskWith({ 'work/.git': text, 'outside/': '' });
    const bound = bind(writable, at('work'));
    expect(bound.ruleSet.rules.filter(({ access }) => access === 'write').map(({ path }) => path)).toEqual([
      at('work'),
    ]);
    expect(rulesBelow(bound, at('outside'))).toEqual([]);
    expect(rulesBelow(bound, at('work'))).toContain('read .git file');
  });

  test('that an entry names by its path has none of its own, but a workspace root of such a name has', () => {
    const { at } = diskWith({ 'work/.codex/': '' });
    const named = bind([...writable, entry('write', at('work/.codex'))], at('work'));
    expect(rulesBelow(named, at('work/.codex'))).toEqual(['write . directory']);
    expect(rulesBelow(named, at('work'))).toContain('read .git missing');
    const root = bind(writable, at('work'), { workspaceRoots: [at('work'), at('work/.codex')] });
    expect(rulesBelow(root, at('work/.codex'))).toContain('read .git missing');
  });

  test('of a root inside another root is protected as well', () => {
    const { at } = diskWith({ 'work/inner/': '' });
    const bound = bind(writable, at('work'), { workspaceRoots: [at('work'), at('work/inner')] });
    expect(rulesBelow(bound, at('work/inner'))).toContain('read .git missing');
  });
});

describe('Deny globs', () => {
  const writable = special('write', 'project_roots');

  test('deny what they match now, files and directories, and keep the pattern for what comes', () => {
    const { at } = diskWith({ 'work/a.key': '', 'work/d/b.key': '', 'work/d/c.txt': '', 'work/e.key/f': '' });
    const bound = bind([writable, glob('**/*.key')], at('work'));
    expect(rulesBelow(bound, at('work')).filter((text) => text.startsWith('deny'))).toEqual([
      'deny a.key file',
      'deny e.key directory',
      'deny d/b.key file',
    ]);
    expect(bound.ruleSet.globs).toEqual([{ base: at('work'), pattern: '**/*.key' }]);
  });

  test('deny what a link that matches points to, and follow no link to a directory', () => {
    const { at } = diskWith({
      'work/l.key': { linkTo: '../secret' },
      secret: '',
      'work/loop': { linkTo: '.' },
      'work/out': { linkTo: '../outside' },
      'outside/o.key': '',
    });
    const bound = bind([writable, glob('**/*.key')], at('work'));
    expect(rulesBelow(bound, at('secret'))).toEqual(['deny . file']);
    expect(rulesBelow(bound, at('outside'))).toEqual([]);
  });

  test('win over an entry that opens what they match', () => {
    const { at } = diskWith({ 'work/a.key': '' });
    const bound = bind([writable, entry('write', at('work/a.key')), glob('*.key')], at('work'));
    expect(rulesBelow(bound, at('work'))).toContain('deny a.key file');
  });

  test('with an absolute pattern are searched below their fixed part', () => {
    const { at } = diskWith({ 'work/': '', 'other/x.key': '' });
    const bound = bind([writable, glob(`${at('other')}/*.key`)], at('work'));
    expect(rulesBelow(bound, at('other'))).toEqual(['deny x.key file']);
  });

  test('are searched as deep as the profile says', () => {
    const { at } = diskWith({ 'work/1.key': '', 'work/a/2.key': '', 'work/a/b/3.key': '' });
    const entries = [special('read', 'root'), writable, glob('**/*.key')];
    const policy = bindPolicy({
      profile: {
        type: 'managed',
        network: 'restricted',
        file_system: { type: 'restricted', entries, glob_scan_max_depth: 2 },
      },
      overlay: { entries: [] },
      readOnlyPaths: [],
      workspaceRoots: [at('work')],
      cwd: at('work'),
      tmpDir: undefined,
      unixSockets: [],
      supervisesSockets: false,
      privatePaths: [],
      ownFiles: [],
    });
    const denied =
      policy.kind === 'managed' && policy.fileSystem.kind === 'restricted'
        ? policy.fileSystem.ruleSet.rules.filter(
            ({ access, target }) => access === 'deny' && target === 'file',
          )
        : [];
    expect(denied.map(({ path }) => path)).toEqual([at('work/1.key'), at('work/a/2.key')]);
  });

  test('that match more than can be masked are refused', () => {
    const { at } = diskWith(
      Object.fromEntries(Array.from({ length: 2001 }, (_, index) => [`work/${String(index)}.key`, ''])),
    );
    expect(codeOf(() => bind([glob('*.key')], at('work')))).toBe('glob-scan-limit');
  });
});

describe('An overlay', () => {
  test('takes no writing away by a read, wherever the write comes from', () => {
    const { at } = diskWith({ 'work/a/b': '', 'more/c': '', 'other/d': '' });
    const overlay = {
      entries: [
        ...['work/a', 'more/c', 'other/d'].map((name) => entry('read', at(name))),
        entry('write', at('more')),
      ],
    };
    const bound = bind([special('write', 'project_roots')], at('work'), { overlay });
    const named = bound.ruleSet.rules.map(({ path, access }) => `${access} ${path}`);
    expect(named).not.toContain(`read ${at('work/a')}`);
    expect(named).not.toContain(`read ${at('more/c')}`);
    expect(named).toContain(`read ${at('other/d')}`);
  });

  test('opens by a read what cordon would hide by itself, though all is writable', () => {
    const { at } = diskWith({ 'work/': '' });
    const overlay = { entries: [entry('read', parseAbsolutePath('/run'))] };
    const bound = bind([special('write', 'root')], at('work'), { overlay });
    expect(bound.ruleSet.rules.find(({ path }) => path === '/run')?.access).toBe('read');
  });

  test('opens what no entry opens', () => {
    const { at } = diskWith({ 'work/': '', 'more/': '' });
    const bound = bind([], at('work'), { overlay: { entries: [entry('write', at('more'))] } });
    expect(rulesBelow(bound, at('more'))).toContain('write . directory');
  });

  test('raises read to write, and never write to less by accident', () => {
    const { at } = diskWith({ 'work/': '', 'more/': '' });
    const bound = bind([entry('read', at('more'))], at('work'), {
      overlay: { entries: [entry('write', at('more'))] },
    });
    expect(rulesBelow(bound, at('more'))).toContain('write . directory');
  });

  test.each([['secret'], ['secret/below']])('never opens %s, which the profile denies', (name) => {
    const { at } = diskWith({ 'work/': '', 'secret/below/': '' });
    const overlay = { entries: [entry('read', at(name))] };
    expect(codeOf(() => bind([entry('deny', at('secret'))], at('work'), { overlay }))).toBe(
      'overlay-widens-deny',
    );
  });

  test('never opens a denied path through a link', () => {
    const { at } = diskWith({ 'work/': '', 'secret/': '', way: { linkTo: 'secret' } });
    const overlay = { entries: [entry('read', at('way'))] };
    expect(codeOf(() => bind([entry('deny', at('secret'))], at('work'), { overlay }))).toBe(
      'overlay-widens-deny',
    );
  });

  test('may switch the network', () => {
    const { at } = diskWith({ 'work/': '' });
    const policy = bindPolicy({
      profile: { type: 'managed', network: 'restricted', file_system: { type: 'unrestricted' } },
      overlay: { entries: [], network: 'enabled' },
      readOnlyPaths: [],
      workspaceRoots: [at('work')],
      cwd: at('work'),
      tmpDir: undefined,
      unixSockets: [],
      supervisesSockets: false,
      privatePaths: [],
      ownFiles: [],
    });
    expect(policy).toMatchObject({
      kind: 'managed',
      network: 'enabled',
      fileSystem: { kind: 'unrestricted' },
    });
  });
});

describe('Rules of its own:', () => {
  test('private directories are denied, whatever an entry says', () => {
    const { at } = diskWith({ 'work/': '', 'private/': '' });
    const bound = bind([entry('write', at('private'))], at('work'), { privatePaths: [at('private')] });
    expect(rulesBelow(bound, at('private'))).toContain('deny . directory');
  });

  test('files that run outside of the sandbox are not writable from inside, nor to be made where they are missing', () => {
    const { at } = diskWith({ 'work/tool/': '' });
    const bound = bind([special('write', 'project_roots')], at('work'), {
      ownFiles: [at('work/tool'), at('work/none')],
    });
    expect(rulesBelow(bound, at('work'))).toContain('read tool directory');
    expect(rulesBelow(bound, at('work'))).toContain('read none missing');
  });

  test('/run is hidden where the disk is readable', () => {
    const { at } = diskWith({ 'work/': '' });
    expect(bind([], at('work')).ruleSet.rules).toContainEqual(
      expect.objectContaining({ path: '/run', access: 'deny' }),
    );
  });

  test('/proc of the host is never opened, with a warning', () => {
    const { at } = diskWith({ 'work/': '' });
    const bound = bind([special('write', 'root', 'proc')], at('work'));
    expect([bound.ruleSet.rules.some(({ path }) => path.startsWith('/proc')), bound.warnings.length]).toEqual(
      [false, 1],
    );
  });

  test('read-only paths lose their write, and gain nothing', () => {
    const { at } = diskWith({ 'work/a/': '', 'secret/': '' });
    const entries = [special('write', 'project_roots'), entry('deny', at('secret'))];
    const bound = bind(entries, at('work'), { readOnlyPaths: [at('work/a'), at('secret')] });
    expect(rulesBelow(bound, at('work'))).toContain('read a directory');
    expect(rulesBelow(bound, at('secret'))).toEqual(['deny . directory']);
  });

  test('a socket of the host is masked where its name can be seen, unless it is allowed', async () => {
    const { at } = diskWith({ 'work/': '', 'sockets/': '' });
    const server = createServer().listen(at('sockets/s'));
    await once(server, 'listening');
    const masked = bind([], at('work')).maskedSockets;
    const allowed = bind([], at('work'), { unixSockets: [at('sockets/s')] }).maskedSockets;
    const hidden = bind([entry('deny', at('sockets'))], at('work')).maskedSockets;
    server.close();
    expect([masked, allowed, hidden].map((list) => list?.includes(at('sockets/s')))).toEqual([
      true,
      false,
      false,
    ]);
  });
});

describe('Missing', () => {
  const skip = { missing_path_behavior: 'skip' } as const;

  test('paths to write are refused, but with "skip"', () => {
    const { at } = diskWith({ 'work/': '' });
    expect(codeOf(() => bind([entry('write', at('none'))], at('work')))).toBe('entry-path-missing');
    expect(codeOf(() => bind([entry('write', at('none'), skip)], at('work')))).toBeUndefined();
  });

  test.each(['deny', 'read'] as const)(
    'paths to %s are kept, with "skip" too: they are restrictions',
    (access) => {
      const { at } = diskWith({ 'work/': '' });
      for (const more of [{}, skip]) {
        const bound = bind(
          [special('write', 'project_roots'), entry(access, at('work/none'), more)],
          at('work'),
        );
        expect(rulesBelow(bound, at('work'))).toContain(`${access} none missing`);
      }
    },
  );

  test('workspace roots are refused, and files for them', () => {
    const { at } = diskWith({ 'work/': '', file: '' });
    for (const root of ['none', 'file', 'file/below'])
      expect(codeOf(() => bind([], at(root), { cwd: at('work') }))).toBe('workspace-root-invalid');
  });

  test('working directories are refused, and hidden ones', () => {
    const { at } = diskWith({ 'work/': '', 'hidden/below/': '', file: '' });
    const hiding = [entry('deny', at('hidden'))];
    for (const cwd of ['none', 'file', 'hidden', 'hidden/below'])
      expect([cwd, codeOf(() => bind(hiding, at('work'), { cwd: at(cwd) }))]).toEqual([
        cwd,
        'cwd-not-visible',
      ]);
  });
});

describe('What was bound', () => {
  test('is known by device and inode, the directories above it too', () => {
    const { at } = diskWith({ 'work/a/': '' });
    const { identities } = bind([special('write', 'project_roots'), entry('read', at('work/a'))], at('work'));
    const { dev, ino } = statSync(at('work/a'), { bigint: true });
    expect(identities.get(at('work/a'))).toEqual({ device: dev, inode: ino });
    for (const above of [ROOT_PATH, at('work')]) expect(identities.has(above)).toBe(true);
    expect(identities.has(at('work/.git'))).toBe(false);
  });

  test('is in the order of depth, then of name', () => {
    const { at } = diskWith({ 'work/b/c/': '', 'work/a/': '' });
    const entries = [
      entry('read', at('work/b/c')),
      entry('read', at('work/b')),
      entry('read', at('work/a')),
      special('write', 'project_roots'),
    ];
    const depths = bind(entries, at('work')).ruleSet.rules.map(({ path }) => path.split('/').length);
    expect(depths).toEqual([...depths].sort((a, b) => a - b));
  });

  test('of a disabled or external profile is nothing', () => {
    for (const profile of [{ type: 'disabled' }, { type: 'external', network: 'enabled' }] as const) {
      const policy = bindPolicy({
        profile,
        overlay: { entries: [] },
        readOnlyPaths: [],
        workspaceRoots: [],
        cwd: ROOT_PATH,
        tmpDir: undefined,
        unixSockets: [],
        supervisesSockets: false,
        privatePaths: [],
        ownFiles: [],
      });
      expect(policy).toEqual({ kind: 'unsandboxed', reason: profile.type });
    }
  });

  test('in a directory that may not be looked into counts as missing', () => {
    const { at } = diskWith({ 'work/closed/in/': '' });
    mkdirSync(at('work/open'));
    chmodSync(at('work/closed'), 0o000);
    const bound = bind([special('write', 'project_roots'), entry('deny', at('work/closed/in'))], at('work'));
    chmodSync(at('work/closed'), 0o755);
    const expected = process.getuid?.() === 0 ? 'deny closed/in directory' : 'deny closed/in missing';
    expect(rulesBelow(bound, at('work'))).toContain(expected);
  });
});

test('A link that would have to be denied is answered with what it points to', () => {
  const { at } = diskWith({ 'work/target': '', 'work/link': { linkTo: 'target' } });
  const overlay = { entries: [entry('deny', at('work/link'))] };
  const run = (): unknown => bind([special('write', 'project_roots')], at('work'), { overlay });
  expect(run).toThrow(
    expect.objectContaining({
      code: 'protected-path-is-symlink',
      hint: `Name what it points to instead: "${at('work/target')}".`,
    }),
  );
});
