import { describe, expect, it } from 'vitest';
import { type FileTree, snapshotTree } from '../support/file-tree.js';
import { describeOnStage } from '../support/stage.js';

/** `a` holds what is restricted, `free` is its twin without a restriction. */
const TREE: FileTree = {
  'a/b/secret': 'secret\n',
  'a/b/neighbour': 'neighbour\n',
  'free/b/secret': 'free\n',
  'free/b/neighbour': 'neighbour\n',
};

/** Each tries to make `$1/b/secret` something else by way of its parents. All of them work where nothing is restricted. */
const TRICKS = [
  { trick: 'the file itself is renamed', script: 'mv "$1/b/secret" taken' },
  { trick: 'its directory is renamed', script: 'mv "$1/b" "$1/c"' },
  { trick: "its directory's directory is renamed", script: 'mv "$1" moved' },
  {
    trick: 'its parents are moved away and built anew',
    script: 'mv "$1" moved && mkdir -p "$1/b" && echo forged > "$1/b/secret"',
  },
  { trick: 'the file is deleted', script: 'rm -f "$1/b/secret"' },
  { trick: 'its directory is deleted', script: 'rm -rf "$1"' },
  { trick: 'another file is renamed onto it', script: 'echo forged > forged && mv -f forged "$1/b/secret"' },
  {
    trick: 'its directory is replaced by a symbolic link',
    script: 'mkdir other && mv "$1/b" elsewhere && ln -s ../other "$1/b"',
  },
  { trick: 'a hard link to it is made', script: 'ln "$1/b/secret" another' },
  { trick: 'it is overwritten', script: 'echo forged > "$1/b/secret"' },
  { trick: 'its permissions are changed', script: 'chmod 600 "$1/b/secret"' },
] as const;

/** What must be left of the restricted tree in the workspace, whatever else was tried. */
function restrictedPart(tree: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(['a', 'a/b', 'a/b/secret'].map((name) => [name, tree[name] ?? 'gone']));
}

describeOnStage('a restricted path inside of the workspace', (stage) => {
  describe.each(TRICKS)('where $trick', ({ script }) => {
    it.each(['--deny-read', '--deny-write'])('holds under %s', async (option) => {
      stage.plant(TREE);
      const before = restrictedPart(snapshotTree(stage.workspace));
      const { code } = await stage.shell(script, { options: [`${option}=a/b/secret`], args: ['a'] });
      expect(code).toBeGreaterThan(0);
      expect(restrictedPart(snapshotTree(stage.workspace))).toEqual(before);
    });

    it('is one of its kind: its unrestricted twin gives way', async () => {
      stage.plant(TREE);
      const before = snapshotTree(stage.workspace);
      const { code } = await stage.shell(script, { options: ['--deny-read=a/b/secret'], args: ['free'] });
      expect(code).toBe(0);
      expect(snapshotTree(stage.workspace)).not.toEqual(before);
    });
  });

  it('is unreadable while every trick was tried before', async () => {
    stage.plant(TREE);
    const tricks = TRICKS.map(({ script }) => `(set -- a; ${script}) 2>/dev/null`).join('; ');
    const { output } = await stage.shell(
      `${tricks}; cat a/b/secret moved/b/secret a/c/secret taken another`,
      {
        options: ['--deny-read=a/b/secret'],
      },
    );
    expect(output).not.toContain('secret\n');
  });

  it('leaves its neighbours writable', async () => {
    stage.plant(TREE);
    const script =
      'echo new > a/b/neighbour && mv a/b/neighbour a/b/renamed && rm a/b/renamed && mkdir a/b/c a/d';
    expect(await stage.shell(script, { options: ['--deny-read=a/b/secret'] })).toMatchObject({ code: 0 });
    expect(Object.keys(snapshotTree(`${stage.workspace}/a`))).toEqual(['b', 'b/c', 'b/secret', 'd']);
  });

  it('can be mounted over, unmounted or remounted by nobody', async () => {
    stage.plant({ ...TREE, '.git/config': 'config\n' });
    const script = [
      'umount a/b/secret',
      'umount -l a/b/secret',
      'umount -l .git',
      'mount -t tmpfs none a',
      'mount --bind free a',
      'mount -o remount,rw /',
      'mount -o remount,bind,rw .git',
      'unshare -m true',
      'unshare -U true',
      'unshare -Urm umount -l .git',
      'unshare -p true',
      'unshare -n true',
      'chroot / true',
      'nsenter -t 1 -m true',
      'pivot_root . a',
    ]
      .map((attempt) => `${attempt} 2>/dev/null && echo "${attempt}"`)
      .join('; ');
    const { output } = await stage.shell(`${script}; cat a/b/secret; echo x > .git/config`, {
      options: ['--deny-read=a/b/secret'],
    });
    expect(output).toBe('');
    expect(snapshotTree(stage.workspace)['.git/config']).toContain('"config\\n"');
  });
});
