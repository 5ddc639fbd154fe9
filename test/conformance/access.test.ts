import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { describe, expect, inject, it } from 'vitest';
import { namesIn, snapshotTree } from '../support/file-tree.js';
import { describeOnStage } from '../support/stage.js';

/** Each tries to learn or change something of the directory `$1`, in which there is a `file`. */
const LOOKS = [
  { look: 'read a file of it', script: 'cat "$1/file"' },
  { look: 'list it', script: 'ls "$1"' },
  { look: 'ask whether a file of it exists', script: 'test -e "$1/file"' },
  { look: 'change to it and read', script: 'cd "$1" && cat file' },
  { look: 'read through a symbolic link', script: 'ln -sfn "$1" look && cat look/file' },
  { look: 'read through /proc/self/root', script: 'cat "/proc/self/root$1/file"' },
  { look: 'read through a path with dots', script: 'cat "$1/../$(basename "$1")/./file"' },
  { look: 'make its permissions wider first', script: 'chmod 755 "$1" && cat "$1/file"' },
  { look: 'run a program in it', script: '"$1/program"' },
  { look: 'write to a file of it', script: 'echo new > "$1/file"' },
  { look: 'create a file in it', script: 'echo new > "$1/new"' },
  { look: 'delete it', script: 'rm -r "$1" && test ! -e "$1"' },
] as const;

const DENIED_GLOBS = [
  { glob: '**/.env', hidden: ['.env', 'deep/er/.env'], open: ['.env.example', 'deep/env'] },
  { glob: '*.pem', hidden: ['a.pem'], open: ['deep/a.pem', 'a.pub'] },
  { glob: '**/*.{pem,key}', hidden: ['a.pem', 'deep/b.key'], open: ['deep/b.pub', 'key'] },
  { glob: 'id_[a-z]*', hidden: ['id_rsa'], open: ['id_1', 'id_'] },
  { glob: 'secret?', hidden: ['secret1'], open: ['secret', 'secret12'] },
  { glob: 'deep/**', hidden: ['deep/er/file', 'deep/file'], open: ['file'] },
  { glob: '**/private', hidden: ['private/file', 'a/private/file'], open: ['a/public/file'] },
] as const;

const HAS_READ = 'for f in "$@"; do cat "$f" >/dev/null 2>&1 && echo "$f"; done; true';

describeOnStage('a denied directory', (stage) => {
  describe.each(LOOKS)('of a command that tries to $look', ({ script }) => {
    const files = { 'd/file': 'secret\n', 'd/program': '#!/bin/sh\ntrue\n' };

    it('refuses', async () => {
      stage.plant(files);
      const before = snapshotTree(`${stage.workspace}/d`);
      const directory = `${stage.workspace}/d`;
      const { code, output } = await stage.shell(script, { options: ['--deny-read=d'], args: [directory] });
      expect(code).toBeGreaterThan(0);
      expect(output).not.toContain('secret');
      expect(output).not.toContain('file');
      expect(snapshotTree(directory)).toEqual(before);
    });

    it('is one of its kind: its twin that is not denied lets it', async () => {
      stage.plant({ ...files, 'e/file': 'open\n', 'e/program': '#!/bin/sh\ntrue\n' });
      const args = [`${stage.workspace}/e`];
      expect(await stage.shell(script, { options: ['--deny-read=d'], args })).toMatchObject({
        code: 0,
      });
    });
  });
});

describeOnStage('--deny-read', (stage) => {
  it('hides what it names by "~", though no shell has expanded it, and leaves its neighbours', async () => {
    stage.plantAtHome({ '.ssh/id': 'secret\n', '.ssx/id': 'open\n', 'a.key': 'secret\n' });
    const args = ['.ssh/id', '.ssx/id', 'a.key'].map((name) => `${stage.home}/${name}`);
    const options = ['--deny-read', '~/.ssh', '--deny-read=~/*.key'];
    const { output } = await stage.shell(HAS_READ, { options, args });
    expect(output).toBe(`${stage.home}/.ssx/id\n`);
  });

  it('of a path that does not exist lets the command run, with a warning', async () => {
    const ran = await stage.run(['--deny-read=missing', '--', 'true']);
    expect([ran.code, ran.stderr]).toEqual([
      0,
      `sandbox-run: warning: Entry "${stage.workspace}/missing" denies a path that does not exist.\n`,
    ]);
    stage.plant({ there: '' });
    expect(await stage.run(['--deny-read=there', '--', 'true'])).toMatchObject({ code: 0, stderr: '' });
  });

  it('hides a file outside of the workspace and leaves its neighbours', async () => {
    stage.plantOutside({ secret: 'secret\n', file: 'file\n' });
    const args = [`${stage.outside}/secret`, `${stage.outside}/file`];
    const { output } = await stage.shell(HAS_READ, {
      options: [`--deny-read=${stage.outside}/secret`],
      args,
    });
    expect(output).toBe(`${stage.outside}/file\n`);
  });

  it('hides what a symbolic link leads to, by either name, when the link itself is out of reach', async () => {
    stage.plantOutside({ 'real/secret': 'secret\n', link: { linkTo: 'real' } });
    const args = [`${stage.outside}/link/secret`, `${stage.outside}/real/secret`];
    expect((await stage.shell(HAS_READ, { args })).output.split('\n')).toHaveLength(3);
    const { output } = await stage.shell(HAS_READ, { options: [`--deny-read=${stage.outside}/link`], args });
    expect(output).toBe('');
  });

  it('is refused for a symbolic link that the command could replace', async () => {
    stage.plant({ 'real/secret': 'secret\n', link: { linkTo: 'real' } });
    expect(await stage.refusal({ options: ['--deny-read=link'] })).toBe('protected-path-is-symlink');
  });

  it('keeps a missing path in the workspace from being made, and leaves nothing there', async () => {
    const script = 'mkdir later; echo x > later; ln -s . later; mkdir -p later/x; echo x > earlier';
    await stage.shell(script, { options: ['--deny-read=later'] });
    expect(namesIn(stage.workspace)).toEqual(['earlier']);
  });

  it('keeps a missing path below missing directories from being made', async () => {
    const script =
      'mkdir -p a/b/later; mv a moved; mkdir -p a/b; echo x > a/b/later; echo x > a/other && cat a/other';
    const { output } = await stage.shell(script, { options: ['--deny-read=a/b/later'] });
    expect(output).toBe('x\n');
    expect(Object.keys(snapshotTree(stage.workspace))).not.toContain('a/b/later');
  });

  describe.each(DENIED_GLOBS)('of the glob $glob', ({ glob, hidden, open }) => {
    it(`hides ${hidden.join(', ')} and leaves ${open.join(', ')}`, async () => {
      const args = [...hidden, ...open];
      stage.plant(Object.fromEntries(args.map((name) => [name, `${name}\n`])));
      const { output } = await stage.shell(HAS_READ, { options: ['--deny-read', glob], args });
      expect(output).toBe(open.map((name) => `${name}\n`).join(''));
    });
  });

  it('of a glob hides what a link of that name leads to', async () => {
    stage.plant({ 'real/secret': 'secret\n', 'x.pem': { linkTo: 'real/secret' } });
    const { output } = await stage.shell(HAS_READ, {
      options: ['--deny-read', '**/*.pem'],
      args: ['x.pem', 'real/secret'],
    });
    expect(output).toBe('');
  });

  it('of a glob with a directory of the host hides there', async () => {
    stage.plantOutside({ 'a/x.key': 'x\n', 'a/y': 'y\n' });
    const args = [`${stage.outside}/a/x.key`, `${stage.outside}/a/y`];
    const { output } = await stage.shell(HAS_READ, {
      options: ['--deny-read', `${stage.outside}/**/*.key`],
      args,
    });
    expect(output).toBe(`${stage.outside}/a/y\n`);
  });
});

describeOnStage('--deny-write', (stage) => {
  it('leaves a file readable and its neighbour writable', async () => {
    stage.plant({ fixed: 'old\n', free: 'old\n' });
    const script = 'cat fixed && echo new > free && ! echo new > fixed && ! rm -f fixed && ! mv fixed gone';
    const run = await stage.shell(script, { options: ['--deny-write=fixed'] });
    expect(run).toMatchObject({ code: 0, output: 'old\n' });
    expect(snapshotTree(stage.workspace)['fixed']).toContain('"old\\n"');
    expect(snapshotTree(stage.workspace)['free']).toContain('"new\\n"');
  });

  it('holds for a directory, and for what is missing', async () => {
    stage.plant({ 'fixed/file': 'old\n' });
    const script =
      'echo new > fixed/file; echo x > fixed/new; mkdir missing/x; touch missing; echo x > other';
    await stage.shell(script, { options: ['--deny-write=fixed', '--deny-write=missing'] });
    expect(Object.keys(snapshotTree(stage.workspace))).toEqual(['fixed', 'fixed/file', 'other']);
    expect(snapshotTree(stage.workspace)['fixed/file']).toContain('"old\\n"');
  });
});

describeOnStage('--deny-read of what leads to a process', (stage) => {
  it('leaves it out with a warning: the sandbox has a /proc of its own', async () => {
    const run = await stage.shell('head -c 1 /etc/mtab | wc -c', { options: ['--deny-read=/etc/mtab'] });
    expect(run).toMatchObject({ code: 0, output: '1\n' });
    expect(run.json).toMatchObject({ warnings: [expect.stringContaining('/etc/mtab') as unknown] });
  });

  it('by a glob hides the other files that it matches', async () => {
    const script = 'for f in /etc/mtab /etc/passwd; do head -c 1 "$f" >/dev/null 2>&1 && echo "$f"; done';
    const run = await stage.shell(script, { options: ['--deny-read=/etc/{mtab,passwd}'] });
    expect(run.output).toBe('/etc/mtab\n');
  });
});

/** Paths outside of the workspace, and options that hide them, given together with `--deny-write` of the same path. */
const HIDDEN_TOO = [
  { by: '--deny-read', options: (hidden: string) => [`--deny-read=${hidden}`] },
  {
    by: '--deny-read of a glob',
    options: (hidden: string) => ['--deny-read', `${hidden.replace(/\/[^/]*$/u, '')}/hid*`],
  },
  { by: 'a profile that denies it', options: () => ['--profile=denies'] },
  {
    by: 'a profile that opens nothing there',
    options: (hidden: string) => ['--profile=strict', `--allow-read=${hidden.replace(/hidden$/u, 'open')}`],
  },
] as const;

describeOnStage('--deny-write of a path that is hidden', (stage) => {
  it.each(HIDDEN_TOO)('by $by does not show it, and its neighbour can be read', async ({ options }) => {
    stage.plantOutside({ 'hidden/file': 'secret\n', 'open/file': 'open\n' });
    const lines = ['extends = "workspace-write"', '[filesystem]', `"${stage.outside}/hidden" = "deny"`];
    stage.plantAtHome({ '.config/cordon/profiles/denies.toml': `${lines.join('\n')}\n` });
    const hidden = `${stage.outside}/hidden`;
    const given = [...options(hidden), `--deny-write=${hidden}`, `--deny-write=${hidden}/file`];
    const args = [`${hidden}/file`, `${stage.outside}/open/file`];
    expect((await stage.shell(HAS_READ, { options: given, args })).output).toBe(
      `${stage.outside}/open/file\n`,
    );
  });

  it('by nothing leaves it readable', async () => {
    stage.plantOutside({ 'shown/file': 'shown\n' });
    const args = [`${stage.outside}/shown/file`];
    const options = [`--deny-write=${stage.outside}/shown`, `--deny-write=${stage.outside}/shown/file`];
    expect((await stage.shell(HAS_READ, { options, args })).output).toBe(`${stage.outside}/shown/file\n`);
  });

  it('inside of the workspace does not show it either, whichever option comes first', async () => {
    stage.plant({ hidden: 'secret\n', open: 'open\n' });
    const denials = ['--deny-read=hidden', '--deny-write=hidden'];
    for (const options of [denials, [...denials].reverse()]) {
      const { output } = await stage.shell(HAS_READ, { options, args: ['hidden', 'open'] });
      expect(output).toBe('open\n');
    }
  });
});

describeOnStage('--allow-write', (stage) => {
  it('opens a directory outside, with its protected metadata, and not its neighbour', async () => {
    stage.plantOutside({ 'open/.git/config': 'config\n', 'shut/': '' });
    const script = 'echo x > "$1/open/file" && ! echo x > "$1/shut/file" && ! echo x > "$1/open/.git/config"';
    const options = [`--allow-write=${stage.outside}/open`];
    expect(await stage.shell(script, { options, args: [stage.outside] })).toMatchObject({ code: 0 });
    expect(Object.keys(snapshotTree(stage.outside))).toEqual([
      'open',
      'open/.git',
      'open/.git/config',
      'open/file',
      'shut',
    ]);
  });

  it('opens a single file outside, and no other name beside it', async () => {
    stage.plantOutside({ file: 'old\n', other: 'old\n' });
    const script = 'echo new > "$1/file" && ! echo new > "$1/other" && ! mv "$1/file" "$1/moved"';
    const options = [`--allow-write=${stage.outside}/file`];
    expect(await stage.shell(script, { options, args: [stage.outside] })).toMatchObject({ code: 0 });
    expect(snapshotTree(stage.outside)['file']).toContain('"new\\n"');
  });

  it('of a path that does not exist is refused', async () => {
    expect(await stage.refusal({ options: [`--allow-write=${stage.outside}/none`] })).toBe(
      'entry-path-missing',
    );
  });

  it('does not open cordon itself', async () => {
    const script =
      'set -- $(dirname "$(dirname "$1")"); echo x > "$1/dist/x"; echo x >> "$1/profiles/strict.toml"; test -r "$1/package.json"';
    const installation = inject('installation');
    const before = snapshotTree(`${installation}/profiles`);
    const options = [`--allow-write=${installation}`];
    expect(await stage.shell(script, { options, args: [`${installation}/dist/bin`] })).toMatchObject({
      code: 0,
    });
    expect(snapshotTree(`${installation}/profiles`)).toEqual(before);
    expect(namesIn(`${installation}/dist`)).not.toContain('x');
  });
});

describeOnStage('a profile document', (stage) => {
  const CONFIG = '.config/cordon/profiles';

  it('opens a child of a denied directory again, and nothing beside it', async () => {
    stage.plantOutside({ 'd/open/file': 'open\n', 'd/shut/file': 'shut\n', 'd/file': 'shut\n' });
    const { outside } = stage;
    const lines = [
      'extends = "workspace-write"',
      '[filesystem]',
      `"${outside}/d" = "deny"`,
      `"${outside}/d/open" = "read"`,
    ];
    stage.plantAtHome({ [`${CONFIG}/reopen.toml`]: `${lines.join('\n')}\n` });
    const args = ['d/open/file', 'd/shut/file', 'd/file'].map((name) => `${outside}/${name}`);
    const run = await stage.shell(`${HAS_READ}; ls "${outside}/d"; echo x > "${outside}/d/open/file"`, {
      options: ['--profile=reopen'],
      args,
    });
    expect(run.output).toBe(`${outside}/d/open/file\n`);
    expect(run.code).toBeGreaterThan(0);
  });

  it('opens a child of a denied directory for writing, and its parents cannot be swapped', async () => {
    stage.plant({ 'd/open/file': 'old\n', 'd/shut': 'shut\n' });
    const lines = [
      'extends = "workspace-write"',
      '[filesystem]',
      '":workspace_roots/d" = "deny"',
      '":workspace_roots/d/open" = "write"',
    ];
    stage.plantAtHome({ [`${CONFIG}/reopen-write.toml`]: `${lines.join('\n')}\n` });
    const script =
      'echo new > d/open/file && ! cat d/shut && ! mv d e && ! mv d/open d/closed && ! touch d/x';
    expect(await stage.shell(script, { options: ['--profile=reopen-write'] })).toMatchObject({ code: 0 });
    expect(snapshotTree(stage.workspace)['d/open/file']).toContain('"new\\n"');
  });

  it('cannot be overruled by an overlay where it denies', async () => {
    stage.plantOutside({ 'd/file': 'secret\n', 'e/file': 'open\n' });
    const lines = ['extends = "workspace-write"', '[filesystem]', `"${stage.outside}/d" = "deny"`];
    stage.plantAtHome({ [`${CONFIG}/denies.toml`]: `${lines.join('\n')}\n` });
    for (const option of ['--allow-read', '--allow-write']) {
      for (const path of ['d', 'd/file']) {
        const options = ['--profile=denies', `${option}=${stage.outside}/${path}`];
        expect(await stage.refusal({ options })).toBe('overlay-widens-deny');
      }
      const options = ['--profile=denies', `${option}=${stage.outside}/e`];
      expect(await stage.shell('true', { options })).toMatchObject({ code: 0 });
    }
  });

  it('of the user cannot be written by a command, even where the home directory may be', async () => {
    stage.plantAtHome({ [`${CONFIG}/mine.toml`]: 'extends = "workspace-write"\n' });
    const before = snapshotTree(`${stage.home}/.config`);
    const script =
      'echo x > "$HOME/file" && ! echo "x" >> "$HOME/.config/cordon/profiles/mine.toml" && ! mv "$HOME/.config" "$HOME/c"';
    const run = await stage.shell(script, { options: [`--allow-write=${stage.home}`, '--profile=mine'] });
    expect(run).toMatchObject({ code: 0 });
    expect(snapshotTree(`${stage.home}/.config`)).toEqual(before);
  });

  it('of the user cannot be made by a command whose workspace is the home directory, where none was before', async () => {
    const home = { env: { HOME: stage.workspace } };
    const profile = 'extends = "danger-full-access"\n';
    const script = [
      'mkdir -p "$HOME/.config/other" && echo x > "$HOME/.config/other/file"',
      'mkdir -p "$HOME/.config/cordon/profiles" && echo "$1" > "$HOME/.config/cordon/profiles/x.toml"',
      'ln -sT other "$HOME/.config/cordon"',
      'mkdir -p new/profiles && echo "$1" > new/profiles/x.toml && mv -T new "$HOME/.config/cordon"',
      'mv "$HOME/.config" "$HOME/moved" && mkdir -p "$HOME/.config/cordon/profiles"',
    ].join('; ');
    await stage.shell(script, { ...home, args: [profile] });
    expect(namesIn(`${stage.workspace}/.config`)).toEqual(['other']);
    expect(namesIn(`${stage.workspace}/.config/other`)).toEqual(['file']);
    expect(await stage.refusal({ ...home, options: ['--profile=x'] })).toBe('profile-not-found');
  });

  it('of the user cannot be made by a command where XDG_CONFIG_HOME says, either', async () => {
    stage.plant({ 'settings/': '' });
    const env = { XDG_CONFIG_HOME: `${stage.workspace}/settings` };
    const script =
      'mkdir -p settings/other && ! mkdir -p settings/cordon/profiles && ! touch settings/cordon/x';
    expect(await stage.shell(script, { env })).toMatchObject({ code: 0 });
    expect(namesIn(`${stage.workspace}/settings`)).toEqual(['other']);
  });

  it('has no say over the journal and the masks of cordon, which no command can see or replace', async () => {
    expect(await stage.shell('true')).toMatchObject({ code: 0 });
    const state = `${stage.home}/.local/state`;
    const before = namesIn(`${state}/cordon`);
    const script = [
      'touch "$HOME/.local/state/beside"',
      '! ls "$HOME/.local/state/cordon"',
      '! touch "$HOME/.local/state/cordon/mount-points.json"',
      '! mv "$HOME/.local/state/cordon" "$HOME/.local/state/moved"',
      '! mv "$HOME/.local/state" "$HOME/.local/moved"',
      '! mv "$HOME/.local" "$HOME/moved"',
    ].join(' && ');
    expect(await stage.shell(script, { options: [`--allow-write=${stage.home}`] })).toMatchObject({
      code: 0,
    });
    expect(namesIn(state)).toEqual(['beside', 'cordon']);
    expect(namesIn(`${state}/cordon`)).toEqual(before);
  });

  it('inside of the workspace is refused, and outside of it is taken', async () => {
    const files = { 'mine.toml': 'extends = "danger-full-access"\n' };
    stage.plant(files);
    stage.plantOutside({ 'mine.toml': 'extends = "read-only"\n' });
    expect(await stage.refusal({ options: ['--profile=./mine.toml'] })).toBe('profile-in-workspace');
    const options = [`--profile=${stage.outside}/mine.toml`];
    expect(await stage.shell('! touch file', { options })).toMatchObject({ code: 0 });
  });

  it('inside of the workspace is refused when a link from outside leads to it', async () => {
    stage.plant({ 'mine.toml': 'extends = "danger-full-access"\n' });
    symlinkSync(`${stage.workspace}/mine.toml`, `${stage.outside}/link.toml`);
    const options = [`--profile=${stage.outside}/link.toml`];
    expect(await stage.refusal({ options })).toBe('profile-in-workspace');
  });
});

describeOnStage('the built-in profile', (stage) => {
  it('read-only lets a command read everywhere and write nowhere', async () => {
    stage.plant({ file: 'file\n', '.git/config': 'config\n' });
    stage.plantOutside({ file: 'outside\n' });
    const before = snapshotTree(stage.workspace);
    const script =
      'cat file "$1/file"; for d in . .git "$1" /tmp /var/tmp "$HOME"; do echo x > "$d/new" && echo "$d"; done; true';
    const run = await stage.shell(script, { options: ['--profile=read-only'], args: [stage.outside] });
    expect(run.output).toBe('file\noutside\n');
    expect(snapshotTree(stage.workspace)).toEqual(before);
  });

  it('read-only makes no mount points', async () => {
    expect(await stage.shell('ls -A', { options: ['--profile=read-only'] })).toMatchObject({ output: '' });
    expect(namesIn(stage.workspace)).toEqual([]);
  });

  it('read-only with --allow-write opens that directory only', async () => {
    stage.plant({ 'open/': '', 'shut/': '' });
    const options = ['--profile=read-only', '--allow-write=open'];
    expect(
      await stage.shell('echo x > open/x && ! echo x > shut/x && ! echo x > /tmp/cordon-x', { options }),
    ).toMatchObject({
      code: 0,
    });
  });

  it('strict shows the system and the workspace, and neither homes nor other directories', async () => {
    stage.plantAtHome({ secret: 'secret\n' });
    stage.plantOutside({ file: 'file\n' });
    stage.plant({ file: 'file\n' });
    const script = [
      'cat "$HOME/secret" "$1/file"',
      'ls "$HOME" "$1" /root /home /var/lib /var/log /srv /mnt /opt',
      'echo x > new && cat file new',
      'head -c 0 /etc/passwd && echo passwd',
      'test -e /etc/shadow && echo shadow',
      '! touch "$HOME/x" /etc/x /x 2>/dev/null',
    ].join('; ');
    const run = await stage.shell(script, { options: ['--profile=strict'], args: [stage.outside] });
    expect(run).toMatchObject({ code: 0, output: 'file\nx\npasswd\n' });
    expect(snapshotTree(stage.workspace)['new']).toContain('"x\\n"');
  });

  it('strict protects the metadata of the workspace', async () => {
    stage.plant({ '.git/config': 'config\n' });
    const script = '! echo x > .git/config && ! mkdir .codex/x && ! mv .git y && echo x > z';
    expect(await stage.shell(script, { options: ['--profile=strict'] })).toMatchObject({ code: 0 });
    expect(namesIn(stage.workspace)).toEqual(['.git', 'z']);
  });

  it('strict shows what --allow-read names, and nothing beside it, and nothing of it is writable', async () => {
    stage.plantOutside({ 'open/file': 'open\n', 'shut/file': 'shut\n' });
    const options = ['--profile=strict', `--allow-read=${stage.outside}/open`];
    const script = 'cat "$1/open/file"; cat "$1/shut/file"; ls "$1/shut"; echo x > "$1/open/file"';
    const run = await stage.shell(script, { options, args: [stage.outside] });
    expect(run.output).toBe('open\n');
    expect(snapshotTree(stage.outside)['open/file']).toContain('"open\\n"');
  });

  it('strict shares no /tmp with the host', async () => {
    const directory = mkdtempSync('/tmp/cordon-stage-');
    try {
      const run = await stage.shell('ls -d "$1"; ls -A /tmp', {
        options: ['--profile=strict'],
        args: [directory],
      });
      expect(run.output).toBe('');
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  it('danger-full-access lets a command write outside', async () => {
    stage.plant({ '.git/config': 'config\n' });
    const script = 'echo x > "$1/file" && echo x > .git/config';
    const options = ['--profile=danger-full-access'];
    expect(await stage.shell(script, { options, args: [stage.outside] })).toMatchObject({ code: 0 });
    expect(namesIn(stage.outside)).toEqual(['file']);
  });
});

describeOnStage('--allow-read', (stage) => {
  it('inside of a writable root takes nothing away, and opens nothing that is protected there', async () => {
    stage.plant({ 'd/': '', '.git/config': 'config\n' });
    const options = ['--allow-read=d', '--allow-read=.git', '--allow-read=.'];
    const script = 'echo x > d/file && echo x > file && ! echo x > .git/config';
    expect(await stage.shell(script, { options })).toMatchObject({ code: 0 });
    expect(namesIn(stage.workspace)).toEqual(['.git', 'd', 'file']);
  });

  it('leaves what --deny-read and --deny-write close as it is', async () => {
    stage.plant({ 'd/file': 'secret\n', 'e/file': 'open\n' });
    const options = ['--deny-read=d', '--deny-write=e', '--allow-read=d', '--allow-read=e'];
    const { output } = await stage.shell('cat d/file e/file; echo x > e/file', { options });
    expect(output).toBe('open\n');
  });

  it('of a path that does not exist is refused, as --allow-write is', async () => {
    expect(await stage.refusal({ options: ['--allow-read=missing'] })).toBe('entry-path-missing');
    expect(await stage.refusal({ options: ['--allow-write=missing'] })).toBe('entry-path-missing');
    stage.plant({ missing: '' });
    expect(await stage.shell('cat missing', { options: ['--allow-read=missing'] })).toMatchObject({
      code: 0,
    });
  });
});
