import { describe, expect, it } from 'vitest';
import { type FileTree, snapshotTree } from '../support/file-tree.js';
import { describeOnStage } from '../support/stage.js';

/** What stands in the directory that a script is given as `$1`. */
const TREE: FileTree = {
  file: 'old\n',
  other: 'other\n',
  'directory/inner': 'inner\n',
  'empty/': '',
  link: { linkTo: 'file' },
};

/** Each changes the directory `$1` in one way, and fails when it cannot. */
const CHANGES = [
  { change: 'creates a file', script: 'echo new > "$1/new"' },
  { change: 'overwrites a file', script: 'echo new > "$1/file"' },
  { change: 'appends to a file', script: 'echo more >> "$1/file"' },
  { change: 'truncates a file', script: 'truncate -s 1 "$1/file"' },
  { change: 'changes a byte in place', script: 'printf X | dd of="$1/file" conv=notrunc 2>&1' },
  { change: 'deletes a file', script: 'rm -f "$1/file"' },
  { change: 'deletes a tree', script: 'rm -rf "$1/directory"' },
  { change: 'removes an empty directory', script: 'rmdir "$1/empty"' },
  { change: 'renames a file', script: 'mv "$1/file" "$1/renamed"' },
  { change: 'renames a file onto another', script: 'mv -f "$1/file" "$1/other"' },
  { change: 'renames a directory', script: 'mv "$1/directory" "$1/renamed"' },
  { change: 'moves a file of the workspace in', script: 'echo x > moved && mv moved "$1/new"' },
  { change: 'copies a file of the workspace in', script: 'echo x > copied && cp copied "$1/new"' },
  { change: 'changes permissions', script: 'chmod 600 "$1/file"' },
  { change: 'changes the permissions of a directory', script: 'chmod 700 "$1/directory"' },
  { change: 'changes times', script: 'touch -d 2001-01-01T00:00:00 "$1/file"' },
  { change: 'makes a directory', script: 'mkdir "$1/new"' },
  { change: 'makes a symbolic link', script: 'ln -s file "$1/new"' },
  { change: 'replaces a symbolic link', script: 'ln -sfn other "$1/link"' },
  { change: 'makes a hard link', script: 'ln "$1/file" "$1/new"' },
  { change: 'makes a named pipe', script: 'mkfifo "$1/new"' },
  { change: 'writes through a symbolic link', script: 'echo new > "$1/link"' },
  {
    change: 'opens its file for reading and that descriptor for writing',
    script: 'exec 3< "$1/file" && echo new > /proc/self/fd/3',
  },
  {
    change: 'opens its directory and creates through the descriptor',
    script: 'exec 3< "$1" && echo new > /proc/self/fd/3/new',
  },
] as const;

/** Each writes to `file` in a directory it is told of twice: `$1` absolute, `$2` relative to the workspace. */
const WAYS = [
  { way: 'an absolute symbolic link to the file', script: 'ln -s "$1/file" way && echo new > way' },
  { way: 'a relative symbolic link to the file', script: 'ln -s "$2/file" way && echo new > way' },
  { way: 'an absolute symbolic link to the directory', script: 'ln -s "$1" way && echo new > way/file' },
  { way: 'a relative symbolic link to the directory', script: 'ln -s "$2" way && echo new > way/file' },
  {
    way: 'a chain of symbolic links',
    script: 'ln -s "$1" c && ln -s "$PWD/c" b && ln -s b way && echo new > way/file',
  },
  { way: 'a symbolic link to /', script: 'ln -s / way && echo new > "way$1/file"' },
  { way: 'a relative path', script: 'echo new > "$2/file"' },
  { way: 'a path that goes down and up again', script: 'mkdir d && echo new > "d/../$2/file"' },
  { way: '/proc/self/root', script: 'echo new > "/proc/self/root$1/file"' },
  { way: "/proc/PID/root of the command's shell", script: 'echo new > "/proc/$$/root$1/file"' },
  { way: 'the root of a thread', script: 'echo new > "/proc/self/task/$$/root$1/file"' },
  { way: '/proc/self/cwd', script: 'echo new > "/proc/self/cwd/$2/file"' },
  { way: 'an open descriptor of the directory', script: 'exec 3< "$1" && echo new > /proc/self/fd/3/file' },
  { way: 'an open descriptor of the workspace', script: 'exec 3< . && echo new > "/proc/self/fd/3/$2/file"' },
  { way: 'a working directory inside of it', script: 'cd "$1" && echo new > file' },
  { way: '/dev/fd', script: 'exec 3< "$1/file" && echo new > /dev/fd/3' },
] as const;

describeOnStage('a command under workspace-write', (stage) => {
  describe.each(CHANGES)('that $change', ({ script }) => {
    it('does so in the workspace', async () => {
      stage.plant(TREE);
      const before = snapshotTree(stage.workspace);
      expect(await stage.shell(script, { args: [stage.workspace] })).toMatchObject({ code: 0 });
      expect(snapshotTree(stage.workspace)).not.toEqual(before);
    });

    it('is refused it outside, where nothing changes', async () => {
      stage.plantOutside(TREE);
      const before = snapshotTree(stage.outside);
      const { code } = await stage.shell(script, { args: [stage.outside] });
      expect(code).toBeGreaterThan(0);
      expect(snapshotTree(stage.outside)).toEqual(before);
    });
  });

  describe.each(WAYS)('that writes by way of $way', ({ script }) => {
    it('reaches a directory in the workspace', async () => {
      stage.plant({ 'inside/file': 'old\n' });
      const args = [`${stage.workspace}/inside`, './inside'];
      expect(await stage.shell(script, { args })).toMatchObject({ code: 0 });
      expect(snapshotTree(stage.workspace)['inside/file']).toContain('"new\\n"');
    });

    it('does not reach a directory outside', async () => {
      stage.plantOutside({ file: 'old\n' });
      const before = snapshotTree(stage.outside);
      const { code } = await stage.shell(script, { args: [stage.outside, '../outside'] });
      expect(code).toBeGreaterThan(0);
      expect(snapshotTree(stage.outside)).toEqual(before);
    });
  });

  it('does not reach outside by way of the root of process 1', async () => {
    stage.plantOutside({ file: 'old\n' });
    const before = snapshotTree(stage.outside);
    const { code } = await stage.shell('echo new > "/proc/1/root$1/file"', { args: [stage.outside] });
    expect(code).toBeGreaterThan(0);
    expect(snapshotTree(stage.outside)).toEqual(before);
  });

  it('cannot bring a file from outside into the workspace by a hard link', async () => {
    stage.plantOutside({ file: 'old\n' });
    const before = snapshotTree(stage.outside);
    expect((await stage.shell('ln "$1/file" here', { args: [stage.outside] })).code).toBe(1);
    expect(snapshotTree(stage.outside)).toEqual(before);
    expect(snapshotTree(stage.workspace)).toEqual({});
  });

  it('cannot move a file from outside into the workspace', async () => {
    stage.plantOutside({ file: 'old\n' });
    const before = snapshotTree(stage.outside);
    expect((await stage.shell('mv "$1/file" here', { args: [stage.outside] })).code).toBe(1);
    expect(snapshotTree(stage.outside)).toEqual(before);
  });

  it('writes through a link out of the workspace that was there before, only where it leads within', async () => {
    stage.plantOutside({ file: 'old\n' });
    stage.plant({ out: { linkTo: '../outside/file' }, in: { linkTo: 'file' }, file: 'old\n' });
    const before = snapshotTree(stage.outside);
    expect((await stage.shell('echo new > in')).code).toBe(0);
    expect((await stage.shell('echo new > out')).code).toBeGreaterThan(0);
    expect(snapshotTree(stage.outside)).toEqual(before);
    expect(snapshotTree(stage.workspace)['file']).toContain('"new\\n"');
  });

  it('writes in /tmp, and what it leaves there stays', async () => {
    const name = `/tmp/cordon-stage-${String(process.pid)}-${stage.caller.uid.toString()}`;
    const run = await stage.shell('echo kept > "$1" && cat "$1"', { args: [name] });
    expect(run).toMatchObject({ code: 0, output: 'kept\n' });
    expect((await stage.shell('rm "$1"', { args: [name] })).code).toBe(0);
  });

  it('writes where TMPDIR says, and not there without it', async () => {
    const script = 'echo x > "$1/file"';
    const args = [stage.outside];
    expect((await stage.shell(script, { args })).code).toBeGreaterThan(0);
    expect((await stage.shell(script, { args, env: { TMPDIR: stage.outside } })).code).toBe(0);
    expect(Object.keys(snapshotTree(stage.outside))).toEqual(['file']);
  });
});
