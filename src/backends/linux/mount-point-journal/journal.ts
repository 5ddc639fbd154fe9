import { chmodSync, lstatSync, mkdirSync, readFileSync, renameSync, rmdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { CordonError } from '../../../errors/cordon-error.js';
import { type AbsolutePath, parentPath, pathDepth } from '../../../paths/absolute-path.js';
import { type MountPointNeed } from '../plan/launch-plan.js';
import { type ProcessIdentity, isRunning, ownIdentity } from './process-identity.js';
import { TokenLock, isErrno } from './token-lock.js';

/** What a launch asks of the journal. */
export interface MountPointRequest {
  /** Missing paths that are to be made. */
  readonly needs: readonly MountPointNeed[];
  /** Existing paths that the sandbox covers: those that another sandbox made must not go while this one runs. */
  readonly covered: readonly AbsolutePath[];
}

/** Mount points held for one sandbox. */
export interface MountPointLease {
  /** Paths where nobody of this user could make anything, the command included: they need no cover. */
  readonly unavailable: ReadonlySet<AbsolutePath>;
  /** Gives the mount points up; the last holder's are removed if nothing is in them. */
  release: () => Promise<void>;
}

/**
 * The modes of directories that cordon makes: no user's own directory has a sticky bit in these combinations by accident, so
 * that after a crash a directory that is named in the journal, empty, and of this mode is known to be ours.
 */
const COVERED_MODE = 0o1555;
const WRITABLE_MODE = 0o1755;

interface Entry {
  readonly writable: boolean;
  readonly claims: readonly string[];
}

type Entries = Map<AbsolutePath, Entry>;

/**
 * Keeps account of directories that had to be made on the host as mount points, across all commands of this user. What is
 * to be made is written down first; claims are counted; the last one to leave removes what is empty and ours; claims of
 * processes that died are found by whoever comes next.
 */
export class MountPointJournal {
  readonly #file: string;
  readonly #lock: TokenLock;
  readonly #own: ProcessIdentity = ownIdentity();
  #leases = 0;

  /** @param directory - exists, is private to the user, and no sandbox can write it. */
  constructor(directory: AbsolutePath) {
    this.#file = path.join(directory, 'mount-points.json');
    this.#lock = new TokenLock(path.join(directory, 'lock'));
  }

  /**
   * Makes the mount points that a sandbox needs, and holds those that it shares.
   *
   * @returns the lease; undefined when the disk has changed since the policy was bound, which must then be done again.
   * @throws CordonError `mount-point-unavailable`, `private-directory-unavailable`.
   */
  async acquire(request: MountPointRequest): Promise<MountPointLease | undefined> {
    if (request.needs.length === 0 && this.#isEmpty())
      return { unavailable: new Set(), release: () => Promise.resolve() };
    this.#leases += 1;
    const claim = `${this.#own}#${String(this.#leases)}`;
    const unavailable = await this.#lock.run(() => this.#acquire(request, claim));
    if (unavailable === undefined) return undefined;
    return {
      unavailable,
      release: () =>
        this.#lock.run(() => {
          this.#release(claim);
        }),
    };
  }

  /** Removes what dead processes left. Does nothing, and takes no lock, when the journal is empty. */
  async sweep(): Promise<void> {
    if (!this.#isEmpty())
      await this.#lock.run(() => {
        this.#write(withoutDead(this.#read()));
      });
  }

  #acquire(request: MountPointRequest, claim: string): ReadonlySet<AbsolutePath> | undefined {
    const entries = withoutDead(this.#read());
    const needs = [...request.needs].sort((a, b) => pathDepth(a.path) - pathDepth(b.path));
    const held = [...needs.map(({ path: of }) => of), ...request.covered.filter((of) => entries.has(of))];
    for (const of of held)
      addClaim(
        entries,
        { path: of, writable: needs.some((need) => need.path === of && need.writable) },
        claim,
      );
    this.#write(entries);
    try {
      const made = makeAll(needs, entries, request.covered);
      if (made === undefined) this.#release(claim);
      else for (const of of made) entries.delete(of);
      if (made !== undefined && made.size > 0) this.#write(entries);
      return made;
    } catch (error) {
      this.#release(claim);
      throw error;
    }
  }

  #release(claim: string): void {
    const entries = this.#read();
    for (const [of, entry] of entries)
      entries.set(of, { ...entry, claims: entry.claims.filter((other) => other !== claim) });
    this.#write(withoutDead(entries));
  }

  #isEmpty(): boolean {
    return this.#read().size === 0;
  }

  #read(): Entries {
    try {
      const text = readFileSync(this.#file, 'utf8');
      return new Map(parseEntries(text));
    } catch (error) {
      if (isErrno(error, 'ENOENT')) return new Map();
      throw new CordonError(
        'private-directory-unavailable',
        `Cannot read ${JSON.stringify(this.#file)}: ${String(error)}`,
        {
          cause: error,
        },
      );
    }
  }

  /** A reader sees the old text or the new one, whenever this process dies. */
  #write(entries: Entries): void {
    const draft = `${this.#file}.draft`;
    writeFileSync(draft, JSON.stringify([...entries]), { mode: 0o600 });
    renameSync(draft, this.#file);
  }
}

/** The file is private and written by this class only; what does not look so is a defect or a damaged disk. */
function parseEntries(text: string): [AbsolutePath, Entry][] {
  const parsed: unknown = JSON.parse(text);
  if (Array.isArray(parsed) && parsed.every(isEntryPair)) return parsed;
  throw new CordonError('private-directory-unavailable', 'The journal of mount points is damaged', {
    hint: 'Look for empty directories of mode 1555 named in it, remove them, then remove the journal.',
  });
}

type StoredPair = [unknown, Partial<Entry> | null | undefined];

function isEntryPair(pair: unknown): pair is [AbsolutePath, Entry] {
  if (!Array.isArray(pair)) return false;
  const [of, entry] = pair as StoredPair;
  return typeof of === 'string' && of.startsWith('/') && Array.isArray(entry?.claims);
}

function addClaim(entries: Entries, need: MountPointNeed, claim: string): void {
  const known = entries.get(need.path);
  const claims = [...(known?.claims ?? []), claim];
  entries.set(need.path, { writable: known?.writable ?? need.writable, claims });
}

/** Drops dead claims, and removes the directories that nobody claims any more, deepest first. */
function withoutDead(entries: Entries): Entries {
  const living: Entries = new Map();
  const deepestFirst = [...entries].sort(([a], [b]) => pathDepth(b) - pathDepth(a));
  for (const [of, entry] of deepestFirst) {
    const claims = entry.claims.filter((claim) => isRunning(claim.slice(0, claim.indexOf('#'))));
    if (claims.length > 0) living.set(of, { ...entry, claims });
    else remove(of, entry);
  }
  return living;
}

/** Makes what is missing. Returns the paths where that is impossible for this user, undefined when the disk has changed. */
function makeAll(
  needs: readonly MountPointNeed[],
  entries: Entries,
  covered: readonly AbsolutePath[],
): Set<AbsolutePath> | undefined {
  const unavailable = new Set<AbsolutePath>();
  for (const need of needs) {
    const result = unavailable.has(parentPath(need.path)) ? 'unavailable' : make(need);
    if (result === 'unavailable') unavailable.add(need.path);
    if (result === 'changed') return undefined;
  }
  const isGone = covered.some(
    (of) => entries.has(of) && lstatSync(of, { throwIfNoEntry: false }) === undefined,
  );
  return isGone ? undefined : unavailable;
}

function make(need: MountPointNeed): 'made' | 'unavailable' | 'changed' {
  const mode = need.writable ? WRITABLE_MODE : COVERED_MODE;
  try {
    mkdirSync(need.path, { mode });
    if (!isOurs(need.path, mode)) chmodSync(need.path, mode); /* a strict umask took bits away */
    return 'made';
  } catch (error) {
    if (isErrno(error, 'EEXIST')) return isOurs(need.path, mode) ? 'made' : 'changed';
    if (isErrno(error, 'ENOENT') || isErrno(error, 'ENOTDIR')) return 'changed';
    if (['EACCES', 'EPERM', 'EROFS'].some((code) => isErrno(error, code))) return 'unavailable';
    throw new CordonError(
      'mount-point-unavailable',
      `Cannot make a mount point at ${JSON.stringify(need.path)}: ${String(error)}`,
      {
        details: { path: need.path },
        cause: error,
      },
    );
  }
}

function remove(of: AbsolutePath, entry: Entry): void {
  const mode = entry.writable ? WRITABLE_MODE : COVERED_MODE;
  if (!isOurs(of, mode)) return;
  try {
    rmdirSync(of);
  } catch (error) {
    /* Somebody put something into it: it is theirs now, with the mode of an ordinary directory. */
    if (isErrno(error, 'ENOTEMPTY') || isErrno(error, 'EEXIST')) chmodSync(of, 0o755);
    else if (!isErrno(error, 'ENOENT') && !isErrno(error, 'EACCES') && !isErrno(error, 'EBUSY')) throw error;
  }
}

function isOurs(of: AbsolutePath, mode: number): boolean {
  try {
    const status = lstatSync(of);
    return status.isDirectory() && (status.mode & 0o7777) === mode;
  } catch {
    return false;
  }
}
