import { readFileSync, readdirSync, readlinkSync, realpathSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { CordonError } from '../errors/cordon-error.js';
import { type AbsolutePath, ancestorsOf, parseAbsolutePath } from '../paths/absolute-path.js';

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
    if (!statSync(path).isSocket()) return undefined;
    const real = parseAbsolutePath(realpathSync.native(path));
    return ancestorsOf(real).every(isOpenInside) ? real : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Whether a command can get through a directory. Where root runs it, root's rights over what belongs to others are not in its user
 * namespace (user_namespaces(7)): then the socket is out of reach for the command, and for a mount over it as well.
 */
function isOpenInside(directory: AbsolutePath): boolean {
  if (process.getuid?.() !== 0) return true;
  const { uid, gid, mode } = statSync(directory);
  return uid === 0 || (mode & 0o001) !== 0 || (gid === 0 && (mode & 0o010) !== 0);
}
