import { mkdirSync, readdirSync, readlinkSync, symlinkSync, unlinkSync } from 'node:fs';
import path from 'node:path';
import { type AbsolutePath, parseAbsolutePath } from '../../../paths/absolute-path.js';
import { type MountPointNeed } from '../plan/launch-plan.js';
import { type ProcessIdentity, isRunning } from './process-identity.js';
import { isErrno } from './token-lock.js';

/** That one sandbox needs one mount point. */
export interface Claim {
  /** The name of the record. */
  readonly name: string;
  /** Of the path; two claims of one path have the same. */
  readonly hash: string;
  readonly owner: ProcessIdentity;
}

/**
 * The written claims: a directory of symbolic links `HASH.OWNER.LEASE` whose text is the path, so that a record is there
 * whole or not at all, whenever its writer dies (symlink(2)), and finding who else claims a path reads one directory.
 */
export class Claims {
  readonly #directory: string;

  /** @param directory - made when the first claim is written. */
  constructor(directory: string) {
    this.#directory = directory;
  }

  /** All claims, in no order. */
  list(): readonly Claim[] {
    try {
      return readdirSync(this.#directory).map(parseName);
    } catch (error) {
      if (isErrno(error, 'ENOENT')) return [];
      throw error;
    }
  }

  /** Writes a claim. `lease` tells the sandboxes of one owner apart. */
  add(need: MountPointNeed, owner: ProcessIdentity, lease: string): Claim {
    const hash = hashOf(need.path);
    const name = `${hash}.${owner}.${lease}`;
    const write = (): void => {
      symlinkSync(`${need.writable ? 'w' : 'c'}${need.path}`, path.join(this.#directory, name));
    };
    try {
      write();
    } catch (error) {
      if (!isErrno(error, 'ENOENT')) throw error;
      mkdirSync(this.#directory, { recursive: true, mode: 0o700 });
      write();
    }
    return { name, hash, owner };
  }

  /** What a claim is of; undefined when it has gone, or is none of ours. */
  read(claim: Claim): MountPointNeed | undefined {
    try {
      const text = readlinkSync(path.join(this.#directory, claim.name));
      const of = parseAbsolutePath(text.slice(1));
      return /^[cw]/u.test(text) && hashOf(of) === claim.hash
        ? { path: of, writable: text.startsWith('w') }
        : undefined;
    } catch {
      return undefined;
    }
  }

  /** Takes a claim back. */
  remove(claim: Claim): void {
    try {
      unlinkSync(path.join(this.#directory, claim.name));
    } catch (error) {
      if (!isErrno(error, 'ENOENT')) throw error;
    }
  }
}

/** The claims whose owner still runs, and the others. */
export function sortByLife(claims: readonly Claim[]): {
  readonly living: readonly Claim[];
  readonly dead: readonly Claim[];
} {
  const known = new Map<ProcessIdentity, boolean>();
  for (const { owner } of claims) if (!known.has(owner)) known.set(owner, isRunning(owner));
  return {
    living: claims.filter(({ owner }) => known.get(owner) === true),
    dead: claims.filter(({ owner }) => known.get(owner) === false),
  };
}

/** 53 bits of a path. Two paths with the same would only keep an empty directory for as long as both are claimed. */
export function hashOf(text: AbsolutePath): string {
  let [high, low] = [0xdeadbeef, 0x41c6ce57];
  for (const byte of Buffer.from(text, 'utf8')) {
    high = Math.imul(high ^ byte, 2654435761);
    low = Math.imul(low ^ byte, 1597334677);
  }
  high = Math.imul(high ^ (high >>> 16), 2246822507) ^ Math.imul(low ^ (low >>> 13), 3266489909);
  low = Math.imul(low ^ (low >>> 16), 2246822507) ^ Math.imul(high ^ (high >>> 13), 3266489909);
  return (4294967296 * (2097151 & low) + (high >>> 0)).toString(36);
}

function parseName(name: string): Claim {
  const [hash = '', owner = ''] = name.split('.');
  return { name, hash, owner };
}
