import { closeSync, lstatSync, mkdirSync, openSync } from 'node:fs';
import { CordonError } from '../../../errors/cordon-error.js';
import { type FileIdentity } from '../../../binding/bound-policy.js';
import { isErrno } from '../mount-point-journal/token-lock.js';
import { type AbsolutePath, ancestorsOf, joinPath } from '../../../paths/absolute-path.js';

/** Where files of a run are kept, which no sandbox may read or write. */
export interface PrivateDirectory {
  readonly path: AbsolutePath;
  /** An empty file that nobody may open: what masked files look like. */
  readonly deniedFile: AbsolutePath;
  readonly deniedIdentity: FileIdentity;
}

/**
 * Makes the private directory, or checks the one that is there: it must belong to this user, be no symbolic link, and be
 * closed to others.
 *
 * @param path - `HostFacts.stateDir`.
 * @param userId - this process's user.
 * @throws CordonError `private-directory-unavailable`.
 */
export function openPrivateDirectory(path: AbsolutePath, userId: number): PrivateDirectory {
  try {
    makeDirectories(path);
    const status = lstatSync(path);
    if (!status.isDirectory() || status.uid !== userId || (status.mode & 0o022) !== 0) throw notPrivate(path);
    const deniedFile = joinPath(path, 'denied');
    return { path, deniedFile, deniedIdentity: openDeniedFile(deniedFile) };
  } catch (cause) {
    if (cause instanceof CordonError) throw cause;
    throw new CordonError(
      'private-directory-unavailable',
      `Cannot make ${JSON.stringify(path)}: ${String(cause)}`,
      {
        details: { path },
        cause,
      },
    );
  }
}

/** One by one: recursive mkdir of Node goes on forever where the kernel answers ENOENT, as in /proc. */
function makeDirectories(path: AbsolutePath): void {
  for (const directory of [...ancestorsOf(path)].reverse().concat(path)) {
    if (lstatSync(directory, { throwIfNoEntry: false }) !== undefined) continue;
    try {
      mkdirSync(directory, { mode: 0o700 });
    } catch (error) {
      if (!isErrno(error, 'EEXIST')) throw error; /* somebody else was faster */
    }
  }
}

function openDeniedFile(path: AbsolutePath): FileIdentity {
  const existing = lstatSync(path, { bigint: true, throwIfNoEntry: false });
  if (existing === undefined) {
    closeSync(openSync(path, 'a', 0));
    return openDeniedFile(path);
  }
  if (!existing.isFile() || (existing.mode & 0o7777n) !== 0n || existing.size !== 0n) throw notPrivate(path);
  return { device: existing.dev, inode: existing.ino };
}

function notPrivate(path: AbsolutePath): CordonError {
  return new CordonError(
    'private-directory-unavailable',
    `Cannot use ${JSON.stringify(path)}: it is not this user's own, or not as cordon made it`,
    { details: { path }, hint: 'Move it away, or set XDG_STATE_HOME to a directory of yours.' },
  );
}
