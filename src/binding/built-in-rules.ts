import { type AbsolutePath, isWithin, parseAbsolutePath } from '../paths/absolute-path.js';
import { type Evaluator, type FileOperation, createEvaluator } from '../permissions/evaluate.js';
import { type DiskView } from './disk-view.js';
import { type ResolvedPath, resolveLinks } from './resolve-links.js';
import { type RuleTable } from './rule-table.js';

/** What the rules of cordon's own are made from. */
export interface BuiltInContext {
  readonly unixSockets: readonly AbsolutePath[];
  readonly privatePaths: readonly AbsolutePath[];
  readonly ownFiles: readonly AbsolutePath[];
  readonly view: DiskView;
}

/** Where services of the host keep their sockets and secrets (hier(7), file-hierarchy(7)). */
const RUNTIME_DIRECTORIES = ['/run', '/var/run'].map(parseAbsolutePath);

/** Files below /run that programs cannot do without: name resolution, and the programs of a NixOS system. */
const KEPT_RUNTIME_FILES = ['/etc/resolv.conf', '/run/current-system', '/run/opengl-driver'].map(
  parseAbsolutePath,
);

/** The kernel's settings: a caller who is root owns the files there, with or without capabilities (sysfs(5)). */
const KERNEL_SETTINGS = parseAbsolutePath('/sys');

/**
 * Adds cordon's own rules where an entry does not name the path: the host's run-time directories are hidden, its kernel
 * settings and cordon's own files are not writable, the sockets that the profile allows are visible.
 *
 * @param table - the rules so far.
 * @param context - paths of cordon's own and the allowed sockets.
 */
export function addBuiltInRules(table: RuleTable, context: BuiltInContext): void {
  const before = createEvaluator({ rules: table.rules(), globs: [] });
  hideRuntimeDirectories(table, before, context.view);
  keepReadOnly(table, before, context);
  for (const path of context.privatePaths) {
    const resolved = resolveLinks(path, context.view);
    if (allows(before, 'read', resolved)) table.addDenial(resolved, builtIn("cordon's own run-time files"));
  }
  for (const socket of context.unixSockets) {
    table.addUnlessNamed(resolveLinks(socket, context.view), 'read', {
      kind: 'profile',
      text: `unix socket ${socket}`,
    });
  }
}

function hideRuntimeDirectories(table: RuleTable, before: Evaluator, view: DiskView): void {
  const hidden = RUNTIME_DIRECTORIES.map((directory) => resolveLinks(directory, view));
  for (const directory of hidden) {
    if (allows(before, 'read', directory))
      table.addUnlessNamed(directory, 'deny', builtIn('sockets and run-time files of the host are hidden'));
  }
  for (const kept of KEPT_RUNTIME_FILES.map((path) => resolveLinks(path, view))) {
    const isHidden = hidden.some((directory) => isWithin(kept.path, directory.path));
    if (isHidden && allows(before, 'read', kept))
      table.addUnlessNamed(kept, 'read', builtIn('programs need it'));
  }
}

function keepReadOnly(table: RuleTable, before: Evaluator, context: BuiltInContext): void {
  const settings = resolveLinks(KERNEL_SETTINGS, context.view);
  if (allows(before, 'write', settings))
    table.addUnlessNamed(settings, 'read', builtIn('kernel settings are not writable'));
  for (const file of context.ownFiles.map((path) => resolveLinks(path, context.view))) {
    /* Also what is missing: a command must not put there what a later run would load. */
    if (before.accessAt(file.path) === 'write')
      table.addUnlessNamed(file, 'read', builtIn('cordon itself runs from here'));
  }
}

function allows(evaluator: Evaluator, operation: FileOperation, { path, target }: ResolvedPath): boolean {
  return target !== 'missing' && evaluator.evaluate(operation, path).allowed;
}

function builtIn(reason: string): { readonly kind: 'built-in'; readonly reason: string } {
  return { kind: 'built-in', reason };
}
