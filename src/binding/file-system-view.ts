import {
  type BigIntStats,
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  opendirSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  realpathSync,
  statSync,
} from 'node:fs';
import { dirname } from 'node:path';
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

/** What lstat(2) says of a path, as far as it matters. */
interface PathStatus {
  readonly kind: 'directory' | 'file' | 'link';
  readonly identity: FileIdentity;
}

/**
 * What has been looked at already. One binding looks at each path once: it is faster, and the object that was judged is the
 * one whose identity is checked when it is mounted.
 */
export type SeenPaths = Map<AbsolutePath, PathStatus | undefined>;

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
 * @param seen - what has been looked at already; added to.
 * @throws CordonError `bind-failed` for a circle of links or an I/O error; what may not be looked at counts as missing.
 */
export function resolveLinks(path: AbsolutePath, seen: SeenPaths = new Map()): ResolvedPath {
  const links: SymbolicLink[] = [];
  let at = ROOT_PATH;
  const rest = segmentsOf(path).reverse();
  for (let segment = rest.pop(); segment !== undefined; segment = rest.pop()) {
    const next = segment === '..' ? parentPath(at) : joinPath(at, segment);
    const kind = look(next, seen)?.kind;
    if (kind === 'link') {
      const text = follow(next, links, path);
      rest.push(...segmentsOf(text).reverse());
      if (text.startsWith('/')) at = ROOT_PATH;
    } else if (kind === 'directory') {
      at = next;
    } else {
      return endOfPath(next, kind, { rest: rest.reverse(), links });
    }
  }
  return { path: at, target: 'directory', links };
}

/** A file is the end of a path; behind it, as behind what does not exist, there is nothing. */
function endOfPath(
  at: AbsolutePath,
  kind: 'file' | undefined,
  { rest, links }: { readonly rest: readonly string[]; readonly links: readonly SymbolicLink[] },
): ResolvedPath {
  const target = kind === 'file' && rest.length === 0 ? 'file' : 'missing';
  return { path: appendAll(at, rest), target, links };
}

function follow(link: AbsolutePath, links: SymbolicLink[], path: AbsolutePath): string {
  const text = readLink(link);
  links.push({ path: link, text });
  if (links.length > MAX_LINKS) throw tooManyLinks(path);
  return text;
}

function readLink(link: AbsolutePath): string {
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

/**
 * The identity of what is at a path, not following a last link; undefined where nothing can be seen.
 *
 * @param path - absolute.
 * @param seen - what has been looked at already; added to.
 */
export function identityOf(path: AbsolutePath, seen: SeenPaths): FileIdentity | undefined {
  return look(path, seen)?.identity;
}

function look(path: AbsolutePath, seen: SeenPaths): PathStatus | undefined {
  if (seen.has(path)) return seen.get(path);
  const status = lstat(path);
  const found =
    status === undefined
      ? undefined
      : { kind: kindOf(status), identity: { device: status.dev, inode: status.ino } };
  seen.set(path, found);
  return found;
}

function kindOf(status: BigIntStats): PathStatus['kind'] {
  if (status.isSymbolicLink()) return 'link';
  return status.isDirectory() ? 'directory' : 'file';
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

/**
 * The Unix sockets of this host that are bound to a path and still there (proc(5), /proc/net/unix), by real path. A relative
 * name is looked for in the working directories of all processes and in the given ones. Sockets of another network namespace
 * are not in the list.
 *
 * @param likelyDirectories - where else a relative name may have been bound, or a socket moved to.
 */
export function listBoundSockets(likelyDirectories: readonly AbsolutePath[]): readonly AbsolutePath[] {
  const names = boundNames();
  const absolute = names.filter((name) => name.startsWith('/'));
  const relative = names.filter((name) => !name.startsWith('/'));
  const directories = relative.length === 0 ? [] : [...workingDirectories(), ...likelyDirectories];
  const candidates = [
    ...absolute,
    ...directories.flatMap((directory) => relative.map((name) => `${directory}/${name}`)),
    ...[...new Set([...absolute.map((name) => dirname(name)), ...likelyDirectories])].flatMap(socketsIn),
  ];
  const found = new Set(candidates.flatMap((path) => realSocket(path) ?? []));
  return [...found].sort();
}

/** The Unix sockets of this host that take datagrams and are where they were bound, by real path. */
export function listDatagramSockets(): readonly AbsolutePath[] {
  const names = socketRows().flatMap(({ type, name }) =>
    type === DATAGRAM && name.startsWith('/') ? [name] : [],
  );
  return names.flatMap((name) => realSocket(name) ?? []);
}

/** A socket may have been renamed or linked since it was bound; it mostly stays in its directory. */
function socketsIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory, { withFileTypes: true }).flatMap((entry) =>
      entry.isSocket() ? [`${directory}/${entry.name}`] : [],
    );
  } catch {
    return [];
  }
}

/** SOCK_DGRAM (socket(2)), as the table has it. */
const DATAGRAM = '0002';

/** The fifth column, and the eighth, if any; `@` stands for an abstract name. */
function socketRows(): readonly { readonly type: string; readonly name: string }[] {
  const rows = socketTable().split('\n').slice(1);
  return rows.map((line) => {
    const found = /^(?:\S+\s+){4}(?<type>\S+)\s+(?:\S+\s+){2}(?<name>.+)$/u.exec(line)?.groups;
    return { type: found?.['type'] ?? '', name: found?.['name'] ?? '' };
  });
}

function boundNames(): readonly string[] {
  const names = socketRows().map(({ name }) => name);
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
  return mode !== undefined && (mode & 0o002n) !== 0n;
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

function lstat(path: AbsolutePath): BigIntStats | undefined {
  try {
    return lstatSync(path, { bigint: true, throwIfNoEntry: false });
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
