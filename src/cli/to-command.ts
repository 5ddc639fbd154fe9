import { existsSync } from 'node:fs';
import { CordonError } from '../errors/cordon-error.js';
import { type AbsolutePath, resolvePath, ROOT_PATH } from '../paths/absolute-path.js';
import { toFileUri } from '../paths/file-uri.js';
import { isGlobPattern, isValidGlob } from '../paths/glob.js';
import { type Access, type PermissionEntry, type PermissionOverlay } from '../permissions/profile.js';
import { type SandboxCommand } from '../sandbox/sandbox-command.js';
import { type RunOptions } from './parse-arguments.js';
import { typedGlob, typedPath, typedPathNoGlob } from './typed-path.js';

/**
 * Makes the library's command of what was typed.
 *
 * @param options - from the command line.
 * @param argv - program and arguments.
 * @param cwd - what relative paths start from: this process's working directory.
 * @throws CordonError those of {@link toCircumstances}.
 */
export function toSandboxCommand(
  options: RunOptions,
  argv: readonly string[],
  cwd: AbsolutePath,
): SandboxCommand {
  return { argv, ...toCircumstances(options, cwd) };
}

/**
 * The same without program and arguments: profile, additional permissions, places, environment, limit.
 *
 * @param options - from the command line.
 * @param cwd - what relative paths start from: this process's working directory.
 * @throws CordonError `workspace-root-invalid` when all of `/` would become the workspace without having been named;
 *   `usage-invalid` for a glob where none is taken and for `~user`; `path-invalid`.
 */
export function toCircumstances(options: RunOptions, cwd: AbsolutePath): Omit<SandboxCommand, 'argv'> {
  const commandCwd = options.cwd === undefined ? cwd : typedPath('cwd', options.cwd, cwd);
  return {
    profile: options.profile === undefined ? undefined : resolveProfileArgument(options.profile, cwd),
    cwd: commandCwd,
    workspaceRoots: workspaceRootsOf(options, { cwd, commandCwd }),
    overlay: overlayOf(options, cwd),
    readOnlyPaths: options.denyWrite.map((text) => typedPathNoGlob('deny-write', text, cwd)),
    unixSockets: options.unixSockets.map((text) => typedPath('allow-unix-socket', text, cwd)),
    evidence: options.evidence,
    environment: { set: options.env, unset: options.unsetEnv },
    timeoutMs: options.timeoutMs,
  };
}

/**
 * Makes the path of a profile document absolute, so that it starts from where it was typed and not from `--cwd`.
 *
 * @param text - a name, or a path: with a slash, or that ends in `.toml`.
 * @param cwd - what a relative path starts from.
 * @returns the path; a name, and a path that begins with `~/`, as it is.
 */
export function resolveProfileArgument(text: string, cwd: AbsolutePath): string {
  const isPath = (text.includes('/') || text.endsWith('.toml')) && !text.startsWith('~/');
  return isPath ? resolvePath(cwd, text) : text;
}

interface Directories {
  readonly cwd: AbsolutePath;
  readonly commandCwd: AbsolutePath;
}

function workspaceRootsOf(
  { workspaceRoots }: RunOptions,
  { cwd, commandCwd }: Directories,
): readonly string[] {
  if (workspaceRoots.length > 0) return workspaceRoots.map((root) => typedPath('workspace-root', root, cwd));
  if (commandCwd !== ROOT_PATH) return [commandCwd];
  throw new CordonError('workspace-root-invalid', 'Cannot take "/" for the workspace: nobody named it', {
    details: { path: '/' },
    hint: 'Go to the directory of the project, or name it: --workspace-root / if you mean it.',
  });
}

/** Each --allow option adds, and none takes anything away: reading what may be written already changes nothing. */
function overlayOf(options: RunOptions, cwd: AbsolutePath): PermissionOverlay {
  return {
    entries: [
      ...options.allowRead.map((text) => entryAt(typedPathNoGlob('allow-read', text, cwd), 'read')),
      ...options.allowWrite.map((text) => entryAt(typedPathNoGlob('allow-write', text, cwd), 'write')),
      ...options.denyRead.flatMap((text) => denials(text, cwd)),
    ],
    network: options.network === undefined ? undefined : options.network === 'on' ? 'enabled' : 'restricted',
  };
}

function entryAt(path: AbsolutePath, access: Access): PermissionEntry {
  return { path: { type: 'path', path: toFileUri(path) }, access };
}

/**
 * A file may be called `[id].ts`: what exists by that very name is meant by it, whatever else it matches as a glob. A relative
 * pattern stays relative: it is bound to each workspace root. One that is no glob is refused when it is bound.
 */
function denials(text: string, cwd: AbsolutePath): readonly PermissionEntry[] {
  const path = typedPath('deny-read', text, cwd);
  if (!isGlobPattern(text)) return [entryAt(path, 'deny')];
  const isPlain = existsSync(path);
  if (isPlain && !isValidGlob(text)) return [entryAt(path, 'deny')];
  const pattern = typedGlob('deny-read', text);
  const glob: PermissionEntry = { path: { type: 'glob_pattern', pattern }, access: 'deny' };
  return isPlain ? [glob, entryAt(path, 'deny')] : [glob];
}
