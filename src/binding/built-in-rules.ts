import { type AbsolutePath, isWithin, parseAbsolutePath } from '../paths/absolute-path.js';
import { createEvaluator } from '../permissions/evaluate.js';
import { resolveLinks } from './file-system-view.js';
import { type RuleTable } from './rule-table.js';

/** What the rules of cordon's own are made from. */
export interface BuiltInContext {
  readonly unixSockets: readonly AbsolutePath[];
  readonly privatePaths: readonly AbsolutePath[];
  readonly ownFiles: readonly AbsolutePath[];
}

/** Where services of the host keep their sockets and secrets (hier(7), file-hierarchy(7)). */
const RUNTIME_DIRECTORIES = ['/run', '/var/run'].map(parseAbsolutePath);

/** Files below /run that programs cannot do without: name resolution, and the programs of a NixOS system. */
const KEPT_RUNTIME_FILES = ['/etc/resolv.conf', '/run/current-system', '/run/opengl-driver'].map(parseAbsolutePath);

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
  const allows = (path: AbsolutePath, operation: 'read' | 'write'): boolean => before.evaluate(operation, path).allowed;

  for (const directory of RUNTIME_DIRECTORIES) {
    const resolved = resolveLinks(directory);
    if (resolved.target !== 'missing' && allows(resolved.path, 'read'))
      table.addUnlessNamed(resolved, 'deny', builtIn('sockets and run-time files of the host are hidden'));
  }
  const hidden = RUNTIME_DIRECTORIES.map((directory) => resolveLinks(directory).path);
  for (const kept of KEPT_RUNTIME_FILES) {
    const resolved = resolveLinks(kept);
    const isHidden = hidden.some((directory) => isWithin(resolved.path, directory));
    if (isHidden && resolved.target !== 'missing' && allows(resolved.path, 'read'))
      table.addUnlessNamed(resolved, 'read', builtIn('programs need it'));
  }
  if (allows(KERNEL_SETTINGS, 'write'))
    table.addUnlessNamed(resolveLinks(KERNEL_SETTINGS), 'read', builtIn('kernel settings are not writable'));
  for (const file of context.ownFiles) {
    const resolved = resolveLinks(file);
    if (resolved.target !== 'missing' && allows(resolved.path, 'write'))
      table.addUnlessNamed(resolved, 'read', builtIn('cordon itself runs from here'));
  }
  for (const path of context.privatePaths) {
    const resolved = resolveLinks(path);
    if (allows(resolved.path, 'read')) table.addDenial(resolved, builtIn("cordon's own run-time files"));
  }
  for (const socket of context.unixSockets) {
    table.addUnlessNamed(resolveLinks(socket), 'read', { kind: 'profile', text: `unix socket ${socket}` });
  }
}

function builtIn(reason: string): { readonly kind: 'built-in'; readonly reason: string } {
  return { kind: 'built-in', reason };
}
