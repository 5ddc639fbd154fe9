import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  lchownSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  readlinkSync,
} from 'node:fs';
import path from 'node:path';
import { type Caller } from '../caller.js';
import { plantTree, removeTree } from '../file-tree.js';
import { type Plan } from './plan.js';

/** The host as one plan meets it. */
export interface Host {
  /** Holds everything that the plan can reach for writing, with links that lead up. */
  readonly outermost: string;
  /** `@` of a plan. */
  readonly directory: string;
}

/** Only root can make devices, and give things away. */
const isRoot = process.getuid?.() === 0;

/**
 * Makes the files of a plan, in place of those of the one before.
 *
 * @param slot - a directory of the stage's that is this run's alone.
 * @param plan - what is on the host.
 * @param caller - whom it belongs to.
 */
export function makeHost(slot: string, plan: Plan, caller: Caller): Host {
  const outermost = path.join(slot, 'x');
  const directory = path.join(outermost, 'y/z/b');
  removeTree(outermost);
  mkdirSync(directory, { recursive: true });
  for (const each of ['', 'y', 'y/z', 'y/z/b']) chownSync(path.join(outermost, each), caller.uid, caller.gid);
  plantTree(directory, resolvedTree(plan, directory), caller);
  if (isRoot && plan.hasDevice) makeDevice(path.join(directory, 'h/null'));
  if (isRoot) for (const name of existing(directory, plan.foreign)) lchownSync(name, 0, 0);
  for (const name of existing(directory, plan.closed))
    if (!lstatSync(name).isSymbolicLink()) chmodSync(name, 0);
  return { outermost, directory };
}

/** What is on the disk below a directory: kind, permissions, owner and content of everything, by relative path. */
export function describeHost(base: string, relative = ''): readonly string[] {
  return opened(path.join(base, relative), (directory) => readdirSync(directory, { withFileTypes: true }))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const name = path.join(relative, entry.name);
      const inner = entry.isDirectory() ? describeHost(base, name) : [];
      return [`${JSON.stringify(name)} ${describe(path.join(base, name))}`, ...inner];
    });
}

function describe(file: string): string {
  const { mode, uid, gid, rdev } = lstatSync(file);
  const kind = (mode & 0o170000) >> 12;
  const status = `${kind.toString(8)} ${(mode & 0o7777).toString(8)} ${String(uid)}:${String(gid)} ${String(rdev)}`;
  if (kind === 0o12) return `${status} -> ${readlinkSync(file)}`;
  return kind === 0o10
    ? `${status} ${JSON.stringify(opened(file, () => readFileSync(file, 'latin1')))}`
    : status;
}

/** Reads what its owner has closed, and closes it again. */
function opened<T>(file: string, read: (file: string) => T): T {
  const { mode } = lstatSync(file);
  if (isRoot || (mode & 0o500) === 0o500) return read(file);
  chmodSync(file, mode | 0o500);
  try {
    return read(file);
  } finally {
    chmodSync(file, mode & 0o7777);
  }
}

function resolvedTree(plan: Plan, directory: string): Plan['tree'] {
  return Object.fromEntries(
    Object.entries(plan.tree).map(([name, item]) => [
      name,
      typeof item === 'string' ? item : { linkTo: item.linkTo.replaceAll('@', directory) },
    ]),
  );
}

function existing(directory: string, names: readonly string[]): readonly string[] {
  return names
    .map((name) => path.join(directory, name))
    .filter((name) => lstatSync(name, { throwIfNoEntry: false }) !== undefined);
}

function makeDevice(file: string): void {
  const { status } = spawnSync('mknod', ['-m', '0666', file, 'c', '1', '3']);
  if (status !== 0) throw new Error(`${file} was not made`);
}
