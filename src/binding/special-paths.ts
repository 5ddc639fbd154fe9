import { type AbsolutePath, joinPath, parseAbsolutePath } from '../paths/absolute-path.js';
import { type KnownSpecialPath } from '../permissions/profile.js';

/** What special paths stand for on this machine and for this command. */
export interface SpecialPathContext {
  readonly workspaceRoots: readonly AbsolutePath[];
  readonly tmpDir: AbsolutePath | undefined;
}

/**
 * `:minimal` on Linux: what programs need to start, to look up names and to trust certificates, and nothing of any user.
 * Missing ones are left out. Sources: hier(7), ld.so(8), nsswitch.conf(5); NixOS and Guix keep programs in a store.
 */
const MINIMAL_PATHS = [
  '/bin',
  '/sbin',
  '/lib',
  '/lib32',
  '/lib64',
  '/libx32',
  '/usr',
  '/nix/store',
  '/gnu/store',
  '/run/current-system',
  '/etc/alternatives',
  '/etc/bash.bashrc',
  '/etc/ca-certificates',
  '/etc/crypto-policies',
  '/etc/group',
  '/etc/gai.conf',
  '/etc/host.conf',
  '/etc/hostname',
  '/etc/hosts',
  '/etc/ld.so.cache',
  '/etc/ld.so.conf',
  '/etc/ld.so.conf.d',
  '/etc/locale.alias',
  '/etc/localtime',
  '/etc/magic',
  '/etc/mime.types',
  '/etc/nsswitch.conf',
  '/etc/os-release',
  '/etc/passwd',
  '/etc/pki',
  '/etc/profile',
  '/etc/profile.d',
  '/etc/protocols',
  '/etc/resolv.conf',
  '/etc/services',
  '/etc/shells',
  '/etc/ssl',
  '/etc/terminfo',
  '/etc/timezone',
  '/etc/inputrc',
].map(parseAbsolutePath);

/**
 * The absolute paths that a special path stands for here; none where the machine or the command has none.
 *
 * @param special - the symbol with its subpath.
 * @param context - the command's workspace roots and temporary directory.
 */
export function expandSpecialPath(
  special: KnownSpecialPath,
  context: SpecialPathContext,
): readonly AbsolutePath[] {
  const { subpath } = special;
  const bases = basesOf(special, context);
  return subpath === undefined || subpath === '' ? bases : bases.map((base) => joinPath(base, subpath));
}

function basesOf(special: KnownSpecialPath, context: SpecialPathContext): readonly AbsolutePath[] {
  switch (special.kind) {
    case 'root':
      return [parseAbsolutePath('/')];
    case 'minimal':
      return MINIMAL_PATHS;
    case 'project_roots':
      return context.workspaceRoots;
    case 'tmpdir':
      return context.tmpDir === undefined ? [] : [context.tmpDir];
    case 'slash_tmp':
      return [parseAbsolutePath('/tmp')];
  }
}
