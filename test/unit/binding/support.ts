import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import { type BindRequest, bindPolicy } from '../../../src/binding/bind.js';
import { type RestrictedBinding } from '../../../src/binding/bound-policy.js';
import { CordonError } from '../../../src/errors/cordon-error.js';
import { type AbsolutePath, parseAbsolutePath, resolvePath } from '../../../src/paths/absolute-path.js';
import { toFileUri } from '../../../src/paths/file-uri.js';
import { type Access, type PermissionEntry, type SpecialPathKind } from '../../../src/permissions/profile.js';

/** Files by relative path: text is content, `{linkTo}` a symbolic link; a path that ends in "/" is a directory. */
type Tree = Readonly<Record<string, string | { readonly linkTo: string }>>;

/** A real directory of one test. */
export interface Disk {
  readonly root: AbsolutePath;
  readonly at: (relative: string) => AbsolutePath;
}

/** Makes a tree below /var/tmp and removes it after the test. */
export function diskWith(tree: Tree): Disk {
  const root = parseAbsolutePath(realpathSync(mkdtempSync('/var/tmp/cordon-bind-')));
  onTestFinished(() => {
    rmSync(root, { recursive: true, force: true });
  });
  for (const [name, item] of Object.entries(tree)) {
    const target = path.join(root, name);
    mkdirSync(name.endsWith('/') ? target : path.dirname(target), { recursive: true });
    if (typeof item !== 'string') symlinkSync(item.linkTo, target);
    else if (!name.endsWith('/')) writeFileSync(target, item);
  }
  return { root, at: (relative) => resolvePath(root, relative) };
}

/** An entry for one path. */
export function entry(
  access: Access,
  of: AbsolutePath,
  more: Partial<PermissionEntry> = {},
): PermissionEntry {
  return { path: { type: 'path', path: toFileUri(of) }, access, ...more };
}

/** An entry for a special path. */
export function special(access: Access, kind: SpecialPathKind, subpath?: string): PermissionEntry {
  return {
    path: { type: 'special', value: { kind, ...(subpath === undefined ? {} : { subpath }) } },
    access,
  };
}

/** A deny glob. */
export function glob(pattern: string): PermissionEntry {
  return { path: { type: 'glob_pattern', pattern }, access: 'deny' };
}

/** What is to be bound of entries, with the whole disk readable and nothing else. */
export function requestFor(entries: readonly PermissionEntry[], workspace: AbsolutePath): BindRequest {
  return {
    profile: {
      type: 'managed',
      network: 'restricted',
      file_system: { type: 'restricted', entries: [special('read', 'root'), ...entries] },
    },
    overlay: { entries: [] },
    readOnlyPaths: [],
    workspaceRoots: [workspace],
    cwd: workspace,
    tmpDir: undefined,
    unixSockets: [],
    supervisesSockets: false,
    privatePaths: [],
    ownFiles: [],
  };
}

/** Binds entries with the whole disk readable; the rest is as little as can be. */
export function bind(
  entries: readonly PermissionEntry[],
  workspace: AbsolutePath,
  more: Partial<BindRequest> = {},
): RestrictedBinding & { readonly warnings: readonly string[] } {
  const policy = bindPolicy({ ...requestFor(entries, workspace), ...more });
  if (policy.kind !== 'managed' || policy.fileSystem.kind !== 'restricted')
    throw new TypeError('not restricted');
  return { ...policy.fileSystem, warnings: policy.warnings };
}

/** The rules below a directory as "access path target", in their order. */
export function rulesBelow({ ruleSet }: RestrictedBinding, root: AbsolutePath): readonly string[] {
  return ruleSet.rules
    .filter(({ path: of }) => of === root || of.startsWith(`${root}/`))
    .map(({ access, path: of, target }) => `${access} ${path.posix.relative(root, of) || '.'} ${target}`);
}

/** The code of the error that something throws. */
export function codeOf(run: () => unknown): string | undefined {
  try {
    run();
  } catch (error) {
    if (error instanceof CordonError) return error.code;
    throw error;
  }
  return undefined;
}
