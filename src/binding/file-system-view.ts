import {
  lstatSync,
  opendirSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  realpathSync,
  statSync,
} from 'node:fs';
import { CordonError } from '../errors/cordon-error.js';
import { type FileIdentity, type SymbolicLink } from './bound-policy.js';
import {
  type AbsolutePath,
  ROOT_PATH,
  joinPath,
  parentPath,
  parseAbsolutePath,
  resolvePath,
} from '../paths/absolute-path.js';

/** What a path leads to once every symbolic link on the way has been followed. */
export interface ResolvedPath {
  /** Free of symbolic links; below the deepest existing directory the remaining segments are as given. */
  readonly path: AbsolutePath;
  readonly target: 'directory' | 'file' | 'missing';
  /** The symbolic links that were followed, in order. */
  readonly links: readonly SymbolicLink[];
}

/** One name in a directory. */
export interface DirectoryItem {
  readonly name: string;
  readonly kind: 'directory' | 'symlink' | 'other';
}

/** As many links as Linux follows on one path (path_resolution(7)). */
const MAX_LINKS = 40;

/**
 * Follows every symbolic link of a path, the last one included.
 *
 * @param path - absolute; it need not exist.
 * @throws CordonError `bind-failed` for a circle of links or an I/O error; what may not be looked at counts as missing.
 */
export function resolveLinks(path: AbsolutePath): ResolvedPath {
  const links: SymbolicLink[] = [];
  let at = ROOT_PATH;
  let rest = segmentsOf(path);
  for (let segment = rest.shift(); segment !== undefined; segment = rest.shift()) {
    const next = segment === '..' ? parentPath(at) : joinPath(at, segment);
    const kind = kindOf(next);
    if (kind === 'missing' || (kind === 'file' && rest.length > 0)) {
      return { path: appendAll(next, rest), target: 'missing', links };
    }
    if (kind === 'file') return { path: next, target: 'file', links };
    if (kind === 'directory') at = next;
    else {
      const text = readlinkSync(next);
      links.push({ path: next, text });
      if (links.length > MAX_LINKS) throw tooManyLinks(path);
      rest = [...segmentsOf(text), ...rest];
      if (text.startsWith('/')) at = ROOT_PATH;
    }
  }
  return { path: at, target: 'directory', links };
}

function kindOf(path: AbsolutePath): 'missing' | 'directory' | 'file' | 'link' {
  const status = lstat(path);
  if (status === undefined) return 'missing';
  if (status.isSymbolicLink()) return 'link';
  return status.isDirectory() ? 'directory' : 'file';
}

/** The identity of what is at a path now, not following a last link; undefined where nothing can be seen. */
export function identityOf(path: AbsolutePath): FileIdentity | undefined {
  try {
    const status = lstatSync(path, { bigint: true });
    return { device: status.dev, inode: status.ino };
  } catch {
    return undefined;
  }
}

/** The text of a small file, or undefined when it is not there or may not be read. */
export function readSmallFile(path: AbsolutePath, maxBytes: number): string | undefined {
  try {
    return statSync(path).size > maxBytes ? undefined : readFileSync(path, 'utf8');
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

/**
 * The Unix sockets of this host that are bound to a path and still there (proc(5), /proc/net/unix), by real path. A relative
 * name is looked for in the working directories of all processes and in the given ones. Sockets of another network namespace
 * are not in the list.
 *
 * @param likelyDirectories - where else a relative name may have been bound.
 */
export function listBoundSockets(likelyDirectories: readonly AbsolutePath[]): readonly AbsolutePath[] {
  const names = boundNames();
  const relative = names.filter((name) => !name.startsWith('/'));
  const directories = relative.length === 0 ? [] : [...workingDirectories(), ...likelyDirectories];
  const candidates = [
    ...names.filter((name) => name.startsWith('/')),
    ...directories.flatMap((directory) => relative.map((name) => `${directory}/${name}`)),
  ];
  const found = new Set(candidates.flatMap((path) => realSocket(path) ?? []));
  return [...found].sort();
}

/** The eighth column, if any; `@` stands for an abstract name. */
function boundNames(): readonly string[] {
  const names = socketTable()
    .split('\n')
    .slice(1)
    .map((line) => /^(?:\S+\s+){7}(?<name>.+)$/u.exec(line)?.groups?.['name'] ?? '');
  return [...new Set(names)].filter((name) => name !== '' && !name.startsWith('@'));
}

function workingDirectories(): readonly string[] {
  const directories = readdirSync('/proc').flatMap((pid) => {
    try {
      return /^\d+$/u.test(pid) ? [readlinkSync(`/proc/${pid}/cwd`)] : [];
    } catch {
      return []; /* ended, or another user's */
    }
  });
  return [...new Set(directories)];
}

/** Whether every user of the machine may create names in a directory. */
export function isWritableByAll(path: AbsolutePath): boolean {
  const mode = lstat(path)?.mode;
  return typeof mode === 'number' && (mode & 0o002) !== 0;
}

/** Whether a Unix socket is at a path. */
export function isSocket(path: AbsolutePath): boolean {
  return lstat(path)?.isSocket() === true;
}

function socketTable(): string {
  try {
    return readFileSync('/proc/net/unix', 'utf8');
  } catch (cause) {
    throw new CordonError('bind-failed', 'Cannot read /proc/net/unix to find the sockets of this host', {
      cause,
    });
  }
}

function realSocket(path: string): AbsolutePath | undefined {
  try {
    return statSync(path).isSocket() ? parseAbsolutePath(realpathSync.native(path)) : undefined;
  } catch {
    return undefined;
  }
}

function lstat(path: AbsolutePath): ReturnType<typeof lstatSync> | undefined {
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

function isErrno(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}

function tooManyLinks(path: AbsolutePath): CordonError {
  return new CordonError('bind-failed', `Cannot look up ${JSON.stringify(path)}: too many symbolic links`, {
    details: { path },
    hint: 'Mend the symbolic links: they lead in a circle.',
  });
}

function segmentsOf(path: string): string[] {
  return path.split('/').filter((segment) => segment !== '' && segment !== '.');
}

function appendAll(path: AbsolutePath, segments: readonly string[]): AbsolutePath {
  return segments.length === 0 ? path : resolvePath(path, segments.join('/'));
}
