import {
  type Stats,
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  opendirSync,
  readFileSync,
  readlinkSync,
} from 'node:fs';
import { CordonError } from '../errors/cordon-error.js';
import { type AbsolutePath } from '../paths/absolute-path.js';
import { type FileIdentity } from './bound-policy.js';

/** What lstat(2) says of a path, as far as it matters. */
export interface PathStatus {
  readonly kind: 'directory' | 'file' | 'link';
  readonly identity: FileIdentity;
  readonly isSocket: boolean;
  /** Whether every user of the machine may write it, or create names in it. */
  readonly isWritableByAll: boolean;
}

/** One name in a directory. */
export interface DirectoryItem {
  readonly name: string;
  readonly kind: 'directory' | 'symlink' | 'other';
}

/**
 * What is at a path, not following a last link; undefined where nothing can be seen.
 *
 * @param path - absolute.
 * @throws CordonError `bind-failed` for an I/O error.
 */
export function statusOf(path: AbsolutePath): PathStatus | undefined {
  const status = lstat(path);
  if (status === undefined) return undefined;
  return {
    kind: kindOf(status),
    identity: identityAt(path, status),
    isSocket: status.isSocket(),
    isWritableByAll: (status.mode & 0o002) !== 0,
  };
}

/**
 * The text of a symbolic link.
 *
 * @param link - what was seen to be one.
 * @throws CordonError `bind-failed` when it is none any more.
 */
export function readLink(link: AbsolutePath): string {
  try {
    return readlinkSync(link);
  } catch (cause) {
    throw new CordonError('bind-failed', `Cannot look up ${JSON.stringify(link)}: it is being replaced`, {
      details: { path: link },
      hint: 'Something else is changing these directories; run the command again when it is done.',
      cause,
    });
  }
}

/** The text of a small file, or undefined when it is not there or may not be read. */
export function readSmallFile(path: AbsolutePath, maxBytes: number): string | undefined {
  try {
    /* A pipe that somebody put there must not keep us waiting. */
    const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const status = fstatSync(fd);
      return status.isFile() && status.size <= maxBytes ? readFileSync(fd, 'utf8') : undefined;
    } finally {
      closeSync(fd);
    }
  } catch {
    return undefined;
  }
}

/** Names in a directory, in no order; undefined when it may not be read. */
export function listDirectory(path: AbsolutePath): readonly DirectoryItem[] | undefined {
  try {
    const items: DirectoryItem[] = [];
    const directory = opendirSync(path, { bufferSize: 256 });
    try {
      for (let entry = directory.readSync(); entry !== null; entry = directory.readSync()) {
        const kind = entry.isDirectory() ? 'directory' : entry.isSymbolicLink() ? 'symlink' : 'other';
        items.push({ name: entry.name, kind });
      }
    } finally {
      directory.closeSync();
    }
    return items;
  } catch {
    return undefined;
  }
}

/** Some file systems have inode numbers that a double cannot hold; asking all for big ones would take twice the time. */
function identityAt(path: AbsolutePath, { dev, ino }: Stats): FileIdentity {
  if (Number.isSafeInteger(dev) && Number.isSafeInteger(ino))
    return { device: BigInt(dev), inode: BigInt(ino) };
  const status = lstatSync(path, { bigint: true, throwIfNoEntry: false });
  /* What has gone meanwhile gets numbers that nothing has, and is found to have changed. */
  return { device: status?.dev ?? -1n, inode: status?.ino ?? -1n };
}

function lstat(path: AbsolutePath): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch (cause) {
    if (isErrno(cause, 'EACCES') || isErrno(cause, 'ENOTDIR') || isErrno(cause, 'ENAMETOOLONG'))
      return undefined;
    throw new CordonError('bind-failed', `Cannot look up ${JSON.stringify(path)}: ${String(cause)}`, {
      cause,
    });
  }
}

function kindOf(status: Stats): PathStatus['kind'] {
  if (status.isSymbolicLink()) return 'link';
  return status.isDirectory() ? 'directory' : 'file';
}

function isErrno(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
