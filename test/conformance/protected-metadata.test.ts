import { rmSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type FileTree, namesIn, snapshotTree } from '../support/file-tree.js';
import { describeOnStage } from '../support/stage.js';

const NAMES = ['.git', '.agents', '.codex'] as const;

/** Tries a script at each of the names, and tells where it did not fail. */
function forEachName(script: string): string {
  return NAMES.map((name) => `(set -- ${name}; ${script}) && echo ${name}`).join('\n');
}

function metadata(name: string): FileTree {
  return { [`${name}/config`]: 'config\n', [`${name}/hooks/post-merge`]: 'hook\n' };
}

/** Each changes what stands at `$1`, which is there. */
const CHANGES = [
  { change: 'change a file of it', script: 'echo forged > "$1/config"' },
  { change: 'add a hook to it', script: 'echo forged > "$1/hooks/pre-commit"' },
  { change: 'change the permissions of a hook', script: 'chmod 777 "$1/hooks/post-merge"' },
  { change: 'delete a file of it', script: 'rm -f "$1/config"' },
  { change: 'delete it', script: 'rm -rf "$1"' },
  { change: 'rename it', script: 'mv "$1" moved' },
  { change: 'replace it by another', script: 'mkdir other && mv -T "$1" moved && mv -T other "$1"' },
  { change: 'replace it by a symbolic link', script: 'mv -T "$1" moved && ln -s moved "$1"' },
  { change: 'change its permissions', script: 'chmod 777 "$1"' },
  { change: 'make a hard link to a file of it', script: 'ln "$1/config" linked && echo forged > linked' },
] as const;

/** Each makes something at `$1`, which is not there. */
const CREATIONS = [
  { creation: 'a directory', script: 'mkdir "$1"' },
  { creation: 'a directory with hooks', script: 'mkdir -p "$1/hooks"' },
  { creation: 'an empty file', script: 'touch "$1"' },
  { creation: 'a file', script: 'echo "gitdir: /tmp/forged" > "$1"' },
  { creation: 'a symbolic link', script: 'ln -sT /tmp/forged "$1"' },
  { creation: 'a hard link', script: 'ln -T file "$1"' },
  { creation: 'a renamed directory', script: 'mkdir other && mv -T other "$1"' },
  { creation: 'a renamed file', script: 'mv -T file "$1"' },
  { creation: 'a copied tree', script: 'cp -rT other-tree "$1"' },
  { creation: 'a named pipe', script: 'mkfifo "$1"' },
  {
    creation: 'a directory by way of a link to its parent',
    script: 'ln -s . self && mkdir -p "self/$1/hooks"',
  },
] as const;

describeOnStage('protected metadata', (stage) => {
  describe.each(CHANGES)('that is there: to $change', ({ script }) => {
    it('is refused for each name', async () => {
      for (const name of NAMES) stage.plant(metadata(name));
      const before = snapshotTree(stage.workspace);
      expect((await stage.shell(forEachName(script))).output).toBe('');
      expect(snapshotTree(stage.workspace)).toMatchObject(before);
    });

    it('is allowed for a directory of another name', async () => {
      stage.plant(metadata('.gitlab'));
      const before = snapshotTree(stage.workspace);
      expect(await stage.shell(script, { args: ['.gitlab'] })).toMatchObject({ code: 0 });
      expect(snapshotTree(stage.workspace)).not.toEqual(before);
    });

    it('is allowed further down in the workspace', async () => {
      stage.plant(metadata('vendor/.git'));
      const before = snapshotTree(stage.workspace);
      expect(await stage.shell(script, { args: ['vendor/.git'] })).toMatchObject({ code: 0 });
      expect(snapshotTree(stage.workspace)).not.toEqual(before);
    });
  });

  describe.each(CREATIONS)('that is missing: to create $creation', ({ script }) => {
    const files = { file: 'file\n', 'other-tree/hooks/pre-commit': 'forged\n' };

    it('is refused for each name, and nothing of these names is left on the host', async () => {
      stage.plant(files);
      expect((await stage.shell(forEachName(script))).output).toBe('');
      expect(namesIn(stage.workspace).filter((name) => name.startsWith('.'))).toEqual([]);
    });

    it('is allowed for another name', async () => {
      stage.plant(files);
      expect(await stage.shell(script, { args: ['.gitlab'] })).toMatchObject({ code: 0 });
      expect(namesIn(stage.workspace)).toContain('.gitlab');
    });
  });

  it('that is missing leaves an empty workspace empty', async () => {
    expect(await stage.shell('true')).toMatchObject({ code: 0 });
    expect(namesIn(stage.workspace)).toEqual([]);
  });

  it('is readable', async () => {
    stage.plant(metadata('.git'));
    expect(await stage.shell('cat .git/config && ls .git/hooks')).toMatchObject({
      output: 'config\npost-merge\n',
    });
  });

  it('is writable when --allow-write names it, and the others stay protected', async () => {
    stage.plant({ ...metadata('.git'), ...metadata('.agents') });
    const script = 'echo new > .git/config && ! echo forged 2>/dev/null > .agents/config';
    expect(await stage.shell(script, { options: ['--allow-write=.git'] })).toMatchObject({ code: 0 });
    const tree = snapshotTree(stage.workspace);
    expect(tree['.git/config']).toContain('"new\\n"');
    expect(tree['.agents/config']).toContain('"config\\n"');
  });

  it('of a root inside of another root is protected too', async () => {
    stage.plant({ ...metadata('inner/.git'), ...metadata('.git') });
    const options = [`--workspace-root=${stage.workspace}`, `--workspace-root=${stage.workspace}/inner`];
    const before = snapshotTree(stage.workspace);
    const script =
      'for d in .git inner/.git; do echo forged > $d/config; mv $d $d.moved; done; mv inner moved; mkdir -p inner/.agents/x';
    expect((await stage.shell(script, { options })).code).toBeGreaterThan(0);
    expect(snapshotTree(stage.workspace)).toEqual(before);
  });

  it('of every one of several roots is protected, and each root is writable', async () => {
    stage.plant({ 'one/.git/config': 'config\n', 'two/': '', 'three/': '' });
    const options = ['--workspace-root=one', '--workspace-root=two', '--cwd=one'];
    const script =
      'echo x > file && echo x > ../two/file && ! echo x > .git/config && ! mkdir ../two/.git/x && ! mkdir ../three/x';
    expect(await stage.shell(script, { options })).toMatchObject({ code: 0 });
    expect(Object.keys(snapshotTree(stage.workspace))).toEqual([
      'one',
      'one/.git',
      'one/.git/config',
      'one/file',
      'three',
      'two',
      'two/file',
    ]);
  });

  it('of a root given by a symbolic link is protected at what it leads to', async () => {
    stage.plantOutside({ ...metadata('real/.git'), root: { linkTo: 'real' } });
    const script = 'echo x > file; echo forged > .git/config; mkdir -p .codex/x; mv ../root ../moved';
    await stage.shell(script, {
      options: [`--workspace-root=${stage.outside}/root`],
      cwd: `${stage.outside}/root`,
    });
    const tree = snapshotTree(stage.outside);
    expect(tree['real/file']).toContain('"x\\n"');
    expect(tree['real/.git/config']).toContain('"config\\n"');
    expect(namesIn(stage.outside)).toEqual(['real', 'root']);
    expect(namesIn(`${stage.outside}/real`)).toEqual(['.git', 'file']);
  });

  it('in the directory that TMPDIR names is protected', async () => {
    stage.plantOutside(metadata('.git'));
    const before = snapshotTree(stage.outside);
    const options = { env: { TMPDIR: stage.outside }, args: [stage.outside] };
    expect(
      (await stage.shell('mkdir "$1/.codex/x" || echo forged > "$1/.git/config"', options)).code,
    ).toBeGreaterThan(0);
    expect(snapshotTree(stage.outside)).toEqual(before);
  });

  it.each(NAMES)('%s as a symbolic link is refused before anything runs', async (name) => {
    stage.plant({ 'real/config': 'config\n', [name]: { linkTo: 'real' } });
    expect(await stage.refusal()).toBe('protected-path-is-symlink');
  });

  it('as a symbolic link is let through when --allow-write names it', async () => {
    stage.plant({ 'real/config': 'config\n', '.git': { linkTo: 'real' } });
    expect(await stage.shell('echo ran', { options: ['--allow-write=.git'] })).toMatchObject({
      output: 'ran\n',
    });
  });

  it('that is missing is protected until the last of two sandboxes ends', async () => {
    const first = stage.start('echo ready; read line');
    await first.firstLine;
    const second = stage.start(
      'echo ready; read line; mkdir .git/hooks; touch .agents; mkdir .codex/x; ls -A',
    );
    await second.firstLine;
    first.stdin.end('go\n');
    expect((await first.ended).code).toBe(0);
    expect(namesIn(stage.workspace)).toEqual([...NAMES].sort());
    second.stdin.end('go\n');
    expect((await second.ended).output).toBe('ready\n.agents\n.codex\n.git\n');
    expect(namesIn(stage.workspace)).toEqual([]);
  });

  it('that is missing is not left to the mount point of a sandbox that knows nothing of this one', async () => {
    const first = stage.start('echo ready; read line', { env: { XDG_STATE_HOME: `${stage.home}/state-1` } });
    await first.firstLine;
    const other = { XDG_STATE_HOME: `${stage.home}/state-2` };
    expect(await stage.refusal({ env: other })).toBe('mount-point-foreign');
    first.stdin.end('go\n');
    await first.ended;
    expect(await stage.shell('true', { env: other })).toMatchObject({ code: 0 });
    expect(namesIn(stage.workspace)).toEqual([]);
  });

  it('that is missing leaves nothing behind once a later sandbox has found that its maker was killed', async () => {
    const killed = stage.start('echo ready; read line');
    await killed.firstLine;
    killed.child.kill('SIGKILL');
    await killed.ended;
    expect(await stage.shell('true')).toMatchObject({ code: 0 });
    expect(namesIn(stage.workspace)).toEqual([]);
  });

  it('that the user makes on the host while the sandbox runs stays there', async () => {
    const running = stage.start('echo ready; read line');
    await running.firstLine;
    rmSync(`${stage.workspace}/.git`, { recursive: true, force: true });
    stage.plant({ '.git/config': "the user's own\n" });
    running.stdin.end('go\n');
    await running.ended;
    expect(snapshotTree(stage.workspace)['.git/config']).toContain("the user's own");
    expect(namesIn(stage.workspace)).toEqual(['.git']);
  });
});

describeOnStage("a worktree's real git directory", (stage) => {
  /** `main` is a repository and `tree` a worktree of it (gitrepository-layout(5)). */
  function plantWorktree(): void {
    stage.plant({
      'main/.git/config': 'config\n',
      'main/.git/hooks/': '',
      'main/.git/worktrees/tree/commondir': '../..\n',
      'main/.git/worktrees/tree/HEAD': 'ref\n',
      'main/file': 'file\n',
      'tree/.git': `gitdir: ${stage.workspace}/main/.git/worktrees/tree\n`,
    });
  }

  it('and the directory common to all worktrees are read-only where another root would make them writable', async () => {
    plantWorktree();
    const before = snapshotTree(`${stage.workspace}/main/.git`);
    const options = [`--allow-write=${stage.workspace}/main/.git/..`, '--workspace-root=tree', '--cwd=tree'];
    const script = [
      'echo x > file',
      'echo x > ../main/file',
      '! echo forged > .git',
      '! echo forged > ../main/.git/config',
      '! echo forged > ../main/.git/hooks/post-merge',
      '! echo forged > ../main/.git/worktrees/tree/HEAD',
      '! mv ../main/.git ../main/moved',
    ].join(' && ');
    expect(await stage.shell(script, { options })).toMatchObject({ code: 0 });
    expect(snapshotTree(`${stage.workspace}/main/.git`)).toEqual(before);
  });

  it('is read-only where the worktree lies in the same root as it under another name', async () => {
    stage.plant({
      '.git': 'gitdir: ./repository/worktrees/tree\n',
      'repository/config': 'config\n',
      'repository/worktrees/tree/commondir': '../..\n',
      file: 'file\n',
    });
    const script =
      '! echo forged > repository/config && ! echo forged > repository/worktrees/tree/commondir && ! mv repository r && echo x > file';
    expect(await stage.shell(script)).toMatchObject({ code: 0 });
    expect(snapshotTree(stage.workspace)['repository/config']).toContain('"config\\n"');
  });

  it('is not opened for reading by what a pointer in the workspace says, under strict', async () => {
    stage.plantOutside({
      'private/secret': 'secret\n',
      'private/commondir': `${stage.outside}/more\n`,
      'more/secret': 'secret\n',
    });
    stage.plant({ '.git': `gitdir: ${stage.outside}/private\n` });
    const script = 'cat .git; cat "$1/private/secret" "$1/more/secret"; ls "$1"';
    const { output, code } = await stage.shell(script, {
      options: ['--profile=strict'],
      args: [stage.outside],
    });
    expect(output).toBe(`gitdir: ${stage.outside}/private\n`);
    expect(code).toBeGreaterThan(0);
  });
});

describeOnStage('a missing .git', (stage) => {
  const wants = 'mkdir -p .git/objects && echo x > .git/config';

  it('can be allowed in just the way that the hint says', async () => {
    const refused = await stage.run(['--', '/bin/sh', '-c', wants]);
    const path = JSON.stringify(`${stage.workspace}/.git`);
    expect(refused.stderr).toContain(
      `create ${path} outside of the sandbox (mkdir), then --allow-write ${path} would allow it`,
    );
    stage.plant({ '.git/': '' });
    expect(await stage.shell(wants, { options: ['--allow-write=.git'] })).toMatchObject({ code: 0 });
  });

  it('that a profile opens by name is warned of, and one that exists is not', async () => {
    stage.plantOutside({
      'p.toml': 'extends = "workspace-write"\n[filesystem]\n":workspace_roots/.git" = "write"\n',
    });
    const words = [`--profile=${stage.outside}/p.toml`, '--', 'true'];
    expect((await stage.run(words)).stderr).toContain('":workspace_roots/.git" grants nothing');
    stage.plant({ '.git/': '' });
    expect((await stage.run(words)).stderr).toBe('');
  });
});
