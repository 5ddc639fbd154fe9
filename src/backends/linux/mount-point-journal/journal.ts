import path from 'node:path';
import { CordonError } from '../../../errors/cordon-error.js';
import { type AbsolutePath, parentPath, pathDepth } from '../../../paths/absolute-path.js';
import { type MountPointNeed } from '../plan/launch-plan.js';
import { type Claim, Claims, hashOf, sortByLife } from './claims.js';
import { isThere, looksLikeMountPoint, makeMountPoint, removeMountPoint } from './mount-point.js';
import { type ProcessIdentity, ownIdentity } from './process-identity.js';
import { TokenLock } from './token-lock.js';

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
  /** Gives the mount points up; those that nobody else holds are removed if nothing is in them. */
  readonly release: () => Promise<void>;
}

/** One thing claimed, and the record of it. */
interface Held {
  readonly need: MountPointNeed;
  readonly claim: Claim;
}

const NOTHING_HELD: MountPointLease = { unavailable: new Set(), release: () => Promise.resolve() };

/**
 * Keeps account of directories that had to be made on the host as mount points, across all commands of this user. What is
 * to be made is written down first; claims are counted; the last one to leave removes what is empty and ours; claims of
 * processes that died are found by whoever comes next.
 */
export class MountPointJournal {
  readonly #directory: AbsolutePath;
  readonly #claims: Claims;
  readonly #lock: TokenLock;
  readonly #own: ProcessIdentity = ownIdentity();

  /** @param directory - exists, is private to the user, and no sandbox can write it. */
  constructor(directory: AbsolutePath) {
    this.#directory = directory;
    this.#claims = new Claims(path.join(directory, 'mount-points'));
    this.#lock = new TokenLock(path.join(directory, 'lock'));
  }

  /**
   * Makes the mount points that a sandbox needs, and holds those that it shares.
   *
   * @returns the lease; undefined when the disk has changed since the policy was bound, which must then be done again.
   * @throws CordonError `mount-point-unavailable`, `private-directory-unavailable`.
   */
  async acquire(request: MountPointRequest): Promise<MountPointLease | undefined> {
    try {
      return await this.#acquire(request);
    } catch (error) {
      throw error instanceof CordonError ? error : unusable(this.#directory, error);
    }
  }

  async #acquire(request: MountPointRequest): Promise<MountPointLease | undefined> {
    if (request.needs.length === 0 && this.#claims.list().length === 0) {
      refuseForeign(request.covered, []);
      return NOTHING_HELD;
    }
    return this.#lock.run(async () => {
      const living = await this.#sweep();
      const shared = this.#sharedWith(living, request.covered);
      refuseForeign(request.covered, living);
      const held = this.#claim([...inOrder(request.needs), ...shared]);
      const unavailable = await this.#makeAll(held, request);
      if (unavailable === undefined) return undefined;
      let released: Promise<void> | undefined;
      return { unavailable, release: () => (released ??= this.#lock.run(() => this.#release(held))) };
    });
  }

  /** Removes what dead processes left. Does nothing, and takes no lock, when nothing is claimed. */
  async sweep(): Promise<void> {
    try {
      if (this.#claims.list().length > 0) await this.#lock.run(() => this.#sweep());
    } catch (error) {
      throw error instanceof CordonError ? error : unusable(this.#directory, error);
    }
  }

  /** Returns the claims that are left. */
  async #sweep(): Promise<readonly Claim[]> {
    const { living, dead } = sortByLife(this.#claims.list());
    const abandoned: MountPointNeed[] = [];
    for (const claim of dead) {
      const need = this.#claims.read(claim);
      if (need !== undefined && !living.some(({ hash }) => hash === claim.hash)) abandoned.push(need);
    }
    await removeAll(abandoned);
    for (const claim of dead) this.#claims.remove(claim);
    return living;
  }

  /** Of the paths that a sandbox covers, those that are another's mount points. */
  #sharedWith(living: readonly Claim[], covered: readonly AbsolutePath[]): readonly MountPointNeed[] {
    if (living.length === 0) return [];
    const byHash = new Map(living.map((claim) => [claim.hash, claim]));
    return covered.flatMap((of) => {
      const claim = byHash.get(hashOf(of));
      const need = claim === undefined ? undefined : this.#claims.read(claim);
      return need?.path === of ? [need] : [];
    });
  }

  #claim(needs: readonly MountPointNeed[]): readonly Held[] {
    const lease = process.hrtime.bigint().toString(36);
    const byPath = new Map(needs.map((need) => [need.path, need]));
    return [...byPath.values()].map((need) => ({
      need,
      claim: this.#claims.add(need, this.#own, lease),
    }));
  }

  /** Returns the paths where nothing can be made, or undefined when the disk has changed. */
  async #makeAll(held: readonly Held[], request: MountPointRequest): Promise<Set<AbsolutePath> | undefined> {
    const unavailable = new Set<AbsolutePath>();
    try {
      for (const need of inOrder(request.needs)) {
        const result = unavailable.has(parentPath(need.path)) ? 'unavailable' : makeMountPoint(need);
        if (result === 'unavailable') unavailable.add(need.path);
        if (result === 'changed') {
          await this.#release(held);
          return undefined;
        }
      }
    } catch (error) {
      await this.#release(held);
      throw error;
    }
    const isGone = held.some(({ need }) => !unavailable.has(need.path) && !isThere(need.path));
    if (isGone) await this.#release(held);
    return isGone ? undefined : unavailable;
  }

  async #release(held: readonly Held[]): Promise<void> {
    const own = new Set(held.map(({ claim }) => claim.name));
    const others = new Set(this.#claims.list().flatMap(({ name, hash }) => (own.has(name) ? [] : [hash])));
    await removeAll(held.filter(({ claim }) => !others.has(claim.hash)).map(({ need }) => need));
    for (const { claim } of held) this.#claims.remove(claim);
  }
}

/** A mount point of somebody else's cordon goes when they are done with it, and would take our cover with it. */
function refuseForeign(covered: readonly AbsolutePath[], living: readonly Claim[]): void {
  const known = new Set(living.map(({ hash }) => hash));
  const foreign = covered.find((of) => looksLikeMountPoint(of) && !known.has(hashOf(of)));
  if (foreign === undefined) return;
  throw new CordonError(
    'mount-point-foreign',
    `Cannot protect ${JSON.stringify(foreign)}: it is a mount point that another user's sandbox made`,
    { details: { path: foreign } },
  );
}

function unusable(directory: AbsolutePath, cause: unknown): CordonError {
  return new CordonError(
    'private-directory-unavailable',
    `Cannot keep account of mount points in ${JSON.stringify(directory)}: ${String(cause)}`,
    { details: { directory }, cause },
  );
}

/** Directories before what is in them. */
function inOrder(needs: readonly MountPointNeed[]): readonly MountPointNeed[] {
  return [...needs].sort((a, b) => pathDepth(a.path) - pathDepth(b.path));
}

/** Deepest first; those of one depth at once. */
async function removeAll(needs: readonly MountPointNeed[]): Promise<void> {
  const byDepth = new Map<number, MountPointNeed[]>();
  for (const need of needs)
    byDepth.set(pathDepth(need.path), [...(byDepth.get(pathDepth(need.path)) ?? []), need]);
  for (const [, ofDepth] of [...byDepth].sort(([a], [b]) => b - a))
    await Promise.all(ofDepth.map((need) => removeMountPoint(need)));
}
