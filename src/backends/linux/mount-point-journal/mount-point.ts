import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  realpathSync,
  rmdirSync,
} from 'node:fs';
import { rmdir } from 'node:fs/promises';
import { CordonError } from '../../../errors/cordon-error.js';
import { type AbsolutePath, parentPath } from '../../../paths/absolute-path.js';
import { errnoOf } from '../../../process/errno.js';
import { type MountPointNeed } from '../plan/launch-plan.js';
import { pinPath } from './pinned-path.js';
import { isErrno } from './token-lock.js';

/**
 * The modes of directories that cordon makes: no user's own directory has a sticky bit in these combinations by accident, so
 * that after a crash a directory that is claimed, empty, and of this mode is known to be ours.
 */
const COVERED_MODE = 0o1555;
const WRITABLE_MODE = 0o1755;

/**
 * Makes a mount point.
 *
 * @param need - where, and of which kind.
 * @returns `unavailable` where this user cannot make anything, and so the command cannot either; `changed` when the disk is not
 *   as it was when the policy was bound.
 * @throws CordonError `mount-point-unavailable`.
 */
export function makeMountPoint(need: MountPointNeed): 'made' | 'unavailable' | 'changed' {
  const pinned = pinPath(need.path);
  if (pinned === undefined) return 'changed';
  try {
    return makeAt(pinned.name, need);
  } catch (error) {
    if (['EEXIST', 'ENOENT', 'ENOTDIR', 'ELOOP', 'ENOTEMPTY'].some((code) => isErrno(error, code)))
      return 'changed';
    if (isErrno(error, 'EROFS') || (isRefusal(error) && !ownsDirectory(parentPath(need.path))))
      return 'unavailable';
    throw new CordonError(
      'mount-point-unavailable',
      `Cannot make a mount point at ${JSON.stringify(need.path)}: ${errnoOf(error)}`,
      { details: { path: need.path }, cause: error },
    );
  } finally {
    pinned.close();
  }
}

function makeAt(name: string, need: MountPointNeed): 'made' | 'changed' {
  const mode = modeOf(need);
  mkdirSync(name, { mode });
  if (!isOurs(name, mode)) changeMode(name, mode); /* a strict umask took bits away */
  if (realpathSync.native(need.path) === need.path) return 'made';
  rmdirSync(name); /* a directory above has become a link meanwhile */
  return 'changed';
}

/**
 * Removes a mount point that nobody claims any more, if it is ours and empty. What somebody has put something into is theirs
 * from now on, with the mode of an ordinary directory. One whose directory is not at its place any more stays: what a link leads
 * to there is somebody's own. Not synchronous: right after a sandbox has ended, the kernel takes the better part of a
 * millisecond over it.
 *
 * @param need - what was made.
 */
export async function removeMountPoint(need: MountPointNeed): Promise<void> {
  const pinned = pinPath(need.path);
  if (pinned === undefined) return;
  try {
    if (isOurs(pinned.name, modeOf(need))) await removeAt(pinned.name);
  } finally {
    pinned.close();
  }
}

async function removeAt(name: string): Promise<void> {
  try {
    await rmdir(name);
  } catch (error) {
    if (isErrno(error, 'ENOTEMPTY') || isErrno(error, 'EEXIST')) changeMode(name, 0o755);
    else if (!['ENOENT', 'EACCES', 'EBUSY', 'EROFS'].some((code) => isErrno(error, code))) throw error;
  }
}

/** Whether a directory is as cordon makes them: empty, and of a mode that nobody else gives. */
export function looksLikeMountPoint(of: AbsolutePath): boolean {
  try {
    const mode = lstatSync(of).mode & 0o7777;
    return (mode === COVERED_MODE || mode === WRITABLE_MODE) && readdirSync(of).length === 0;
  } catch {
    return false;
  }
}

/** Whether anything is at a path. */
export function isThere(path: AbsolutePath): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch {
    return false;
  }
}

/** Of a directory of ours only, and through no link: somebody may be replacing it. */
function changeMode(of: string, mode: number): void {
  const fd = openSync(of, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  try {
    if (fstatSync(fd).uid === process.getuid?.()) fchmodSync(fd, mode);
  } finally {
    closeSync(fd);
  }
}

function isRefusal(error: unknown): boolean {
  return isErrno(error, 'EACCES') || isErrno(error, 'EPERM');
}

/** Whoever owns a directory can open it with chmod(2), the command too. */
function ownsDirectory(of: AbsolutePath): boolean {
  return lstatSync(of, { throwIfNoEntry: false })?.uid === process.getuid?.();
}

function isOurs(name: string, mode: number): boolean {
  try {
    const status = lstatSync(name);
    return status.isDirectory() && (status.mode & 0o7777) === mode;
  } catch {
    return false;
  }
}

function modeOf(need: MountPointNeed): number {
  return need.writable ? WRITABLE_MODE : COVERED_MODE;
}
