import {
  chmodSync,
  lchownSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { type Caller } from './caller.js';

/** Files by relative path: text is a file's content, executable when it begins with "#!", `{linkTo}` a symbolic link; a path that ends in "/" is a directory. */
export type FileTree = Readonly<Record<string, string | { readonly linkTo: string }>>;

/**
 * Makes files, and the directories above them, for a user.
 *
 * @param base - an existing directory.
 * @param tree - what to make below it.
 * @param owner - whom everything belongs to.
 */
export function plantTree(base: string, tree: FileTree, owner: Caller): void {
  for (const [name, item] of Object.entries(tree)) {
    const target = path.join(base, name);
    makeDirectories(name.endsWith('/') ? target : path.dirname(target), owner);
    if (typeof item !== 'string') symlinkSync(item.linkTo, target);
    else if (!name.endsWith('/'))
      writeFileSync(target, item, { mode: item.startsWith('#!') ? 0o755 : 0o644 });
    lchownSync(target, owner.uid, owner.gid);
  }
}

/**
 * What is on the disk below a directory, for comparing: kind, permissions, owner and content of everything, of files the
 * number of names and the time of change too. A directory's own time is left out: a mount point comes and goes in it.
 *
 * @param base - the directory.
 * @returns a description by relative path.
 */
export function snapshotTree(base: string): Readonly<Record<string, string>> {
  return Object.fromEntries(namesBelow(base).map((name) => [name, describe(path.join(base, name))]));
}

/** The names in a directory, sorted. */
export function namesIn(directory: string): readonly string[] {
  return readdirSync(directory).sort();
}

/** `readdir`'s own recursion follows symbolic links (Node 20). */
function namesBelow(directory: string): readonly string[] {
  return readdirSync(directory, { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) =>
      entry.isDirectory()
        ? [entry.name, ...namesBelow(path.join(directory, entry.name)).map((name) => `${entry.name}/${name}`)]
        : [entry.name],
    );
}

function makeDirectories(directory: string, owner: Caller): void {
  if (lstatSync(directory, { throwIfNoEntry: false }) !== undefined) return;
  makeDirectories(path.dirname(directory), owner);
  mkdirSync(directory);
  lchownSync(directory, owner.uid, owner.gid);
}

function describe(file: string): string {
  const status = lstatSync(file, { bigint: true });
  const mode = `${(status.mode & 0o7777n).toString(8)} ${String(status.uid)}`;
  if (status.isSymbolicLink()) return `link ${readlinkSync(file)}`;
  if (status.isDirectory()) return `directory ${mode}`;
  const times = `${String(status.nlink)} ${String(status.mtimeNs)}`;
  return status.isFile()
    ? `file ${mode} ${times} ${JSON.stringify(readFileSync(file, 'utf8'))}`
    : `other ${mode} ${times}`;
}

/** Removes a tree, directories that may not be written included. */
export function removeTree(root: string): void {
  for (const directory of directoriesIn(root)) chmodSync(directory, 0o700);
  rmSync(root, { recursive: true, force: true });
}

/** Outer ones first, each before it is looked into. */
function* directoriesIn(root: string): Generator<string> {
  if (lstatSync(root, { throwIfNoEntry: false })?.isDirectory() !== true) return;
  yield root;
  for (const entry of readdirSync(root, { withFileTypes: true }))
    if (entry.isDirectory()) yield* directoriesIn(path.join(root, entry.name));
}
