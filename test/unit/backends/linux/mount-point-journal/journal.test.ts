import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  realpathSync,
  rmSync,
  rmdirSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { MountPointJournal } from '../../../../../src/backends/linux/mount-point-journal/journal.js';
import { type MountPointNeed } from '../../../../../src/backends/linux/plan/launch-plan.js';
import { type AbsolutePath, joinPath, parseAbsolutePath } from '../../../../../src/paths/absolute-path.js';
import { bundled } from '../bundled.js';

const MODULE = await bundled('backends/linux/mount-point-journal/journal.ts');

let base = parseAbsolutePath('/');
let place = parseAbsolutePath('/');
let journal = new MountPointJournal(base);

beforeEach(() => {
  base = parseAbsolutePath(realpathSync(mkdtempSync('/var/tmp/cordon-journal-')));
  place = joinPath(base, 'workspace');
  for (const directory of ['workspace', 'private']) mkdirSync(path.join(base, directory));
  journal = new MountPointJournal(joinPath(base, 'private'));
});
afterEach(() => {
  chmodSync(place, 0o755);
  rmSync(base, { recursive: true });
});

function need(name: string, writable = false): MountPointNeed {
  return { path: joinPath(place, name), writable };
}

function modeOf(name: string): number {
  return statSync(path.join(place, name)).mode & 0o7777;
}

/** The records: names of symbolic links whose text begins with a letter and goes on with the path. */
function records(): readonly string[] {
  const directory = path.join(base, 'private/mount-points');
  return existsSync(directory)
    ? readdirSync(directory).map((name) => readlinkSync(path.join(directory, name)))
    : [];
}

async function acquire(
  needs: readonly MountPointNeed[],
  covered: readonly AbsolutePath[] = [],
  from = journal,
): Promise<{ release: () => Promise<void>; unavailable: ReadonlySet<AbsolutePath> }> {
  const lease = await from.acquire({ needs, covered });
  if (lease === undefined) throw new Error('the disk has changed');
  return lease;
}

describe('A mount point', () => {
  test('is made as an empty directory of a mode that no user chooses, and removed at the end', async () => {
    const lease = await acquire([need('.git'), need('dir', true)]);
    expect([modeOf('.git'), modeOf('dir')]).toEqual([0o1555, 0o1755]);
    await lease.release();
    expect(readdirSync(place)).toEqual([]);
  });

  test('is made whatever the umask', async () => {
    /* Only root can work in directories that nobody may enter. */
    const before = process.umask(process.getuid?.() === 0 ? 0o777 : 0o077);
    const lease = await acquire([need('.git')]).finally(() => process.umask(before));
    expect(modeOf('.git')).toBe(0o1555);
    await lease.release();
  });

  test('is made with the missing directories above it, in whatever order they are asked for', async () => {
    const lease = await acquire([need('a/b/c'), need('a', true), need('a/b', true)]);
    expect([modeOf('a'), modeOf('a/b'), modeOf('a/b/c')]).toEqual([0o1755, 0o1755, 0o1555]);
    await lease.release();
    expect(readdirSync(place)).toEqual([]);
  });

  test('is written down before it is made, so that a crash in between leaves nothing unknown', async () => {
    const lease = await acquire([need('.git')]);
    expect(records()).toEqual([`c${place}/.git`]);
    await lease.release();
    expect(records()).toEqual([]);
  });

  test('stays for as long as any of several holds it', async () => {
    const other = new MountPointJournal(joinPath(base, 'private'));
    const leases = [
      await acquire([need('.git')]),
      await acquire([], [joinPath(place, '.git')]),
      await acquire([], [joinPath(place, '.git')], other),
    ];
    for (const lease of leases) {
      expect(existsSync(path.join(place, '.git'))).toBe(true);
      await lease.release();
    }
    expect(readdirSync(place)).toEqual([]);
  });

  test('of another stays for who only covers it', async () => {
    const first = await acquire([need('.git')]);
    const second = await acquire([], [joinPath(place, '.git')]);
    await first.release();
    expect(existsSync(path.join(place, '.git'))).toBe(true);
    await second.release();
    expect(readdirSync(place)).toEqual([]);
  });

  test('that somebody filled stays, as an ordinary directory', async () => {
    const lease = await acquire([need('dir', true)]);
    writeFileSync(path.join(place, 'dir/file'), '');
    await lease.release();
    expect([modeOf('dir'), readdirSync(path.join(place, 'dir'))]).toEqual([0o755, ['file']]);
  });

  test.each([
    [
      'gave another mode',
      () => {
        chmodSync(path.join(place, '.git'), 0o755);
      },
      ['.git'],
    ],
    [
      'removed',
      () => {
        rmdirSync(path.join(place, '.git'));
      },
      [],
    ],
    [
      'replaced by a file',
      () => {
        rmdirSync(path.join(place, '.git'));
        writeFileSync(path.join(place, '.git'), 'x');
      },
      ['.git'],
    ],
    [
      'replaced by a link to an empty directory of the same mode',
      () => {
        rmdirSync(path.join(place, '.git'));
        mkdirSync(path.join(base, 'target'));
        chmodSync(path.join(base, 'target'), 0o1555);
        symlinkSync('../target', path.join(place, '.git'));
      },
      ['.git'],
    ],
  ])("that somebody %s is nobody's any more", async (_what, change, left) => {
    const lease = await acquire([need('.git')]);
    change();
    await lease.release();
    expect(readdirSync(place)).toEqual(left);
    expect(records()).toEqual([]);
  });

  test.each([0o755, 0o700, 0o555])(
    'is not made where a directory of mode %i has come into being: bind again',
    async (mode) => {
      mkdirSync(path.join(place, '.git'));
      chmodSync(path.join(place, '.git'), mode);
      expect(await journal.acquire({ needs: [need('.git')], covered: [] })).toBeUndefined();
      expect(modeOf('.git')).toBe(mode);
      expect(records()).toEqual([]);
    },
  );

  test('is not made below what is no directory: bind again', async () => {
    writeFileSync(path.join(place, 'file'), '');
    expect(await journal.acquire({ needs: [need('file/.git')], covered: [] })).toBeUndefined();
    expect(await journal.acquire({ needs: [need('missing/.git')], covered: [] })).toBeUndefined();
    expect(readdirSync(place)).toEqual(['file']);
  });
});

describe('The journal', () => {
  test('is not written when there is nothing to make', async () => {
    await (await acquire([], [place])).release();
    expect(readdirSync(path.join(base, 'private'))).toEqual([]);
  });

  test.each([['nonsense'], ['..'.padEnd(200, 'x')], ['a.b.c'], ['.hidden']])(
    'with a record %j that it did not write goes on, and does nothing about it',
    async (name) => {
      mkdirSync(path.join(base, 'private/mount-points'));
      symlinkSync(`c${base}/private`, path.join(base, 'private/mount-points', name));
      await (await acquire([need('.git')])).release();
      expect([readdirSync(place), existsSync(path.join(base, 'private'))]).toEqual([[], true]);
    },
  );

  test.each(['relative', 'c/../..', 'c/a\\', 'w'])(
    'does nothing about a record whose text is %j',
    async (text) => {
      mkdirSync(path.join(base, 'private/mount-points'));
      symlinkSync(text, path.join(base, 'private/mount-points/hash.1-1-1-1.1'));
      await journal.sweep();
      expect([readdirSync(base), readdirSync(place), records()]).toEqual([['private', 'workspace'], [], []]);
    },
  );

  test.each([
    [
      'the place of its records is a file',
      (records: string) => {
        writeFileSync(records, '');
      },
    ],
    [
      'one of its records is a directory',
      (records: string) => {
        mkdirSync(path.join(records, 'x'), { recursive: true });
      },
    ],
  ])('that cannot be kept, since %s, makes nothing', async (_what, damage) => {
    damage(path.join(base, 'private/mount-points'));
    await expect(acquire([need('.git')])).rejects.toMatchObject({ code: 'private-directory-unavailable' });
    expect(readdirSync(place)).toEqual([]);
  });

  test('of a process that was killed is cleaned by the next', async () => {
    const script = `
      const [module, directory, target] = process.argv.slice(1);
      const { MountPointJournal } = await import(module);
      await new MountPointJournal(directory).acquire({ needs: [{ path: target, writable: false }], covered: [] });
      process.kill(process.pid, 'SIGKILL');`;
    const args = [
      '--input-type=module',
      '-e',
      script,
      '--',
      MODULE,
      path.join(base, 'private'),
      path.join(place, '.git'),
    ];
    await once(spawn(process.execPath, args, { stdio: 'inherit' }), 'exit');
    expect(modeOf('.git')).toBe(0o1555);
    await journal.sweep();
    expect(readdirSync(place)).toEqual([]);
  });

  test('sweeps nothing that is still held', async () => {
    const lease = await acquire([need('.git')]);
    await new MountPointJournal(joinPath(base, 'private')).sweep();
    expect(readdirSync(place)).toEqual(['.git']);
    await lease.release();
  });

  test('never removes a directory that is not as it makes them, whatever a record says', async () => {
    mkdirSync(path.join(place, 'mine'));
    mkdirSync(path.join(base, 'private/mount-points'));
    symlinkSync(`c${place}/mine`, path.join(base, 'private/mount-points/hash.1-1-1-1.1'));
    await journal.sweep();
    expect([readdirSync(place), records()]).toEqual([['mine'], []]);
  });

  test("refuses what looks like another user's mount point: it would go at any time, and our cover with it", async () => {
    mkdirSync(path.join(place, '.git'));
    chmodSync(path.join(place, '.git'), 0o1555);
    await expect(journal.acquire({ needs: [], covered: [joinPath(place, '.git')] })).rejects.toMatchObject({
      code: 'mount-point-foreign',
    });
  });

  test('is for the user alone', async () => {
    const lease = await acquire([need('.git')]);
    expect(statSync(path.join(base, 'private/mount-points')).mode & 0o077).toBe(0);
    await lease.release();
  });
});
