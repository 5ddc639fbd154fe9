import { createHash } from 'node:crypto';
import { type AbsolutePath } from '../paths/absolute-path.js';
import { listBoundSockets, listDatagramSockets } from './bound-sockets.js';
import {
  type DirectoryItem,
  type PathStatus,
  listDirectory,
  readLink,
  readSmallFile,
  statusOf,
} from './disk.js';

/** Asks the disk again, and says whether it answers as before. */
type Question = () => boolean;

/**
 * The disk as one binding sees it. Each path is looked at once: it is faster, and the object that was judged is the one whose
 * identity is checked when it is mounted. All questions and answers are kept, so that what was made of them can be used again
 * for as long as the answers are the same.
 */
export class DiskView {
  readonly #statuses = new Map<AbsolutePath, PathStatus | undefined>();
  readonly #links = new Map<AbsolutePath, string>();
  readonly #others: Question[] = [];

  /** See `statusOf`. */
  status(path: AbsolutePath): PathStatus | undefined {
    if (this.#statuses.has(path)) return this.#statuses.get(path);
    const status = statusOf(path);
    this.#statuses.set(path, status);
    return status;
  }

  /** See `readLink`. */
  linkText(path: AbsolutePath): string {
    const known = this.#links.get(path);
    if (known !== undefined) return known;
    const text = readLink(path);
    this.#links.set(path, text);
    return text;
  }

  /** See `readSmallFile`. */
  smallFile(path: AbsolutePath, maxBytes: number): string | undefined {
    const text = readSmallFile(path, maxBytes);
    this.#others.push(() => readSmallFile(path, maxBytes) === text);
    return text;
  }

  /** See `listDirectory`. */
  directory(path: AbsolutePath): readonly DirectoryItem[] | undefined {
    const items = listDirectory(path);
    const digest = digestOf(items);
    this.#others.push(() => digestOf(listDirectory(path)) === digest);
    return items;
  }

  /** See `listBoundSockets`. */
  boundSockets(likelyDirectories: readonly AbsolutePath[]): readonly AbsolutePath[] {
    const sockets = listBoundSockets(likelyDirectories);
    const text = sockets.join('\0');
    this.#others.push(() => listBoundSockets(likelyDirectories).join('\0') === text);
    return sockets;
  }

  /** See `listDatagramSockets`. */
  datagramSockets(): readonly AbsolutePath[] {
    const sockets = listDatagramSockets();
    const text = sockets.join('\0');
    this.#others.push(() => listDatagramSockets().join('\0') === text);
    return sockets;
  }

  /** Whether the disk answers every question as it did. What cannot be asked any more has changed. */
  isUnchanged(): boolean {
    try {
      return (
        [...this.#statuses].every(([path, status]) => isSame(statusOf(path), status)) &&
        [...this.#links].every(([path, text]) => readLink(path) === text) &&
        this.#others.every((isAsBefore) => isAsBefore())
      );
    } catch {
      return false;
    }
  }
}

function isSame(left: PathStatus | undefined, right: PathStatus | undefined): boolean {
  if (left === undefined || right === undefined) return left === right;
  return (
    left.identity.inode === right.identity.inode &&
    left.identity.device === right.identity.device &&
    left.kind === right.kind &&
    left.isSocket === right.isSocket &&
    left.isWritableByAll === right.isWritableByAll
  );
}

/** Of large trees, the names themselves are not kept. */
function digestOf(items: readonly DirectoryItem[] | undefined): string {
  if (items === undefined) return 'unreadable';
  const hash = createHash('sha256');
  for (const { name, kind } of items) hash.update(`${kind}/${name}\0`);
  return hash.digest('base64');
}
