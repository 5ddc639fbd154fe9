import { readFileSync, realpathSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { type AbsolutePath, parseAbsolutePath } from '../paths/absolute-path.js';
import { packageRoot } from './package-root.js';

/** What the later steps need to know of this machine, gathered once and passed along as data. */
export interface HostFacts {
  readonly platform: NodeJS.Platform;
  readonly architecture: string;
  /** `uname -r`. */
  readonly kernelRelease: string;
  readonly userId: number;
  readonly homeDir: AbsolutePath;
  /** `$TMPDIR`, when set to an absolute path. */
  readonly tmpDir: AbsolutePath | undefined;
  /** Where user profiles are, `$XDG_CONFIG_HOME/cordon` (XDG Base Directory Specification). */
  readonly configDir: AbsolutePath;
  /** Where run-time files are kept across runs, `$XDG_STATE_HOME/cordon`. */
  readonly stateDir: AbsolutePath;
  /** Files of cordon that run outside the sandbox and so must not be written from inside. */
  readonly ownFiles: readonly AbsolutePath[];
  /** The native helper. */
  readonly guard: AbsolutePath;
  /** cordon's own launcher, whether or not it was built. */
  readonly launcher: AbsolutePath;
  /** Directories to look for programs in, as `$PATH` gives them. */
  readonly searchPath: string;
}

/** What is loaded or executed outside of the sandbox, below a checkout of the package. */
const OWN_FILES = ['dist', 'native', 'profiles', 'package.json'];

/** The terminal library, and the package of its scope that holds its program for this machine. */
const TERMINAL_PACKAGES = ['node-pty', `node-pty-${process.platform}-${process.arch}`] as const;

/**
 * Installed among other packages, all of ours is protected, and so is every place where Node looks for the terminal library
 * before it finds it (modules, "Loading from node_modules folders"), and where that then looks for its program: package managers
 * may have put either higher up, or linked it from elsewhere. Nobody may put one where none is yet.
 */
function ownFilesOf(root: AbsolutePath): readonly AbsolutePath[] {
  const isInstalled = path.posix.basename(path.posix.dirname(root)) === 'node_modules';
  const own = isInstalled ? [root] : OWN_FILES.map((name) => path.posix.join(root, name));
  const [library, program] = TERMINAL_PACKAGES;
  const found = lookUp(library, root);
  const foundProgram = found.real === undefined ? undefined : lookUp(program, found.real);
  return [...new Set([...own, ...placesOf(found), ...placesOf(foundProgram)])].map(parseAbsolutePath);
}

/** Where Node looks for a package, and where it really lies once it is found. */
interface LookUp {
  readonly scopes: readonly string[];
  readonly real: string | undefined;
}

function placesOf({ scopes, real }: LookUp = { scopes: [], real: undefined }): readonly string[] {
  return real === undefined ? scopes : [...scopes, real];
}

/** Looks for a package of the library's scope as a module in a directory does. */
function lookUp(name: string, from: string): LookUp {
  const scopes: string[] = [];
  for (let at = from; ; at = path.posix.dirname(at)) {
    if (path.posix.basename(at) !== 'node_modules') {
      const scope = path.posix.join(at, 'node_modules/@lydell');
      scopes.push(scope);
      const real = realPath(path.posix.join(scope, name));
      if (real !== undefined) return { scopes, real };
    }
    if (at === '/') return { scopes, real: undefined };
  }
}

function realPath(text: string): string | undefined {
  try {
    return realpathSync.native(text);
  } catch {
    return undefined;
  }
}

/**
 * What `~` stands for: `$HOME` when it is absolute, else what the user database says.
 *
 * @param environment - where HOME is taken from.
 */
export function homeDirOf(environment: Readonly<Record<string, string | undefined>>): AbsolutePath {
  return absoluteOr(environment['HOME'], homeOfUser());
}

/**
 * Gathers the facts of this machine.
 *
 * @param environment - where HOME, TMPDIR, PATH and the XDG variables are taken from.
 */
export function readHostFacts(environment: Readonly<Record<string, string | undefined>>): HostFacts {
  const homeDir = homeDirOf(environment);
  const root = packageRoot();
  return {
    platform: process.platform,
    architecture: process.arch,
    kernelRelease: os.release(),
    userId: process.getuid?.() ?? -1,
    homeDir,
    tmpDir: isAbsolute(environment['TMPDIR']) ? parseAbsolutePath(environment['TMPDIR']) : undefined,
    configDir: absoluteOr(environment['XDG_CONFIG_HOME'], `${homeDir}/.config`, '/cordon'),
    stateDir: absoluteOr(environment['XDG_STATE_HOME'], `${homeDir}/.local/state`, '/cordon'),
    ownFiles: ownFilesOf(root),
    guard: parseAbsolutePath(`${root}/native/linux/build/cordon-guard`),
    launcher: parseAbsolutePath(`${root}/native/linux/build/cordon-launcher`),
    searchPath: environment['PATH'] ?? '/usr/local/bin:/usr/bin:/bin',
  };
}

/** Whether this is WSL 1, whose kernel answers with Microsoft's name and has no namespaces. */
export function isWsl1(facts: HostFacts): boolean {
  return facts.kernelRelease.endsWith('-Microsoft');
}

/** Whether AppArmor restricts unprivileged user namespaces (Ubuntu 23.10 and later). */
export function apparmorRestrictsUserNamespaces(): boolean {
  return readSysctl('kernel/apparmor_restrict_unprivileged_userns') === '1';
}

/** Where the kernel says who may make user namespaces (namespaces(7); Debian's and Ubuntu's own). */
const USER_NAMESPACE_SETTINGS = [
  'user/max_user_namespaces',
  'kernel/unprivileged_userns_clone',
  'kernel/apparmor_restrict_unprivileged_userns',
];

/** Their values as one text, by which a change of them can be told. */
export function userNamespaceSettings(): string {
  return USER_NAMESPACE_SETTINGS.map((name) => readSysctl(name) ?? '-').join(' ');
}

/** A sysctl's value, or undefined where the kernel has none of that name. */
function readSysctl(name: string): string | undefined {
  try {
    return readFileSync(path.join('/proc/sys', name), 'utf8').trim();
  } catch {
    return undefined;
  }
}

/** From the user database; a user who is not in it has no home. */
function homeOfUser(): string {
  try {
    return os.userInfo().homedir;
  } catch {
    return '/nonexistent';
  }
}

function isAbsolute(text: string | undefined): text is string {
  return text !== undefined && path.posix.isAbsolute(text);
}

/** XDG: a variable that holds a relative path is to be ignored. */
function absoluteOr(text: string | undefined, fallback: string, suffix = ''): AbsolutePath {
  return parseAbsolutePath(path.posix.normalize(`${isAbsolute(text) ? text : fallback}${suffix}`));
}
