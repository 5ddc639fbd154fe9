import { type BindRequest } from '../binding/bind.js';
import { type BoundPolicy } from '../binding/bound-policy.js';
import { CordonError } from '../errors/cordon-error.js';
import { statusOf } from '../binding/disk.js';
import { resolveLinks } from '../binding/resolve-links.js';
import { type AbsolutePath, ROOT_PATH, parseAbsolutePath } from '../paths/absolute-path.js';
import { type CommandProfile } from '../permissions/profile.js';
import { buildEnvironment } from '../process/environment.js';
import { loadProfile } from '../profiles/load-profile.js';
import { type StdioRequest } from '../backends/backend.js';
import { type PlannedCommand } from '../backends/linux/plan/plan.js';
import { type Machine } from './machine.js';
import { type SandboxCommand } from './sandbox-command.js';

/** A command, its policy bound and its environment made; nothing has been started. */
export interface PreparedCommand {
  readonly profile: CommandProfile;
  readonly policy: BoundPolicy;
  readonly command: PlannedCommand;
  /** Where an unsandboxed command runs; a sandboxed one's is in the policy. */
  readonly cwd: AbsolutePath;
  readonly stdio: StdioRequest;
  readonly warnings: readonly string[];
}

const PIPES: StdioRequest = { kind: 'pipes', stdin: 'pipe', stdout: 'pipe', stderr: 'pipe' };

/**
 * Reads the profile, binds it and makes the environment.
 *
 * @param command - what is to run.
 * @param machine - where.
 * @throws CordonError those of `loadProfile` and `Bindings.bind`; `usage-invalid` for an empty `argv` and for a socket that is none;
 *   `entry-path-missing` for a socket that does not exist; `listener-unavailable` for listeners without a sandbox.
 */
export function prepareCommand(command: SandboxCommand, machine: Machine): PreparedCommand {
  const argv = parseArgv(command.argv);
  const cwd = parseAbsolutePath(command.cwd ?? process.cwd());
  const workspaceRoots = command.workspaceRoots?.map(parseAbsolutePath) ?? [implicitRoot(cwd)];
  const places = { cwd, workspaceRoots, machine };
  const { profile, warnings } = resolveProfile(command, places);
  const policy = machine.bindings.bind(bindRequest(command, profile, places));
  const stdio = command.stdio ?? PIPES;
  return {
    profile,
    policy,
    cwd,
    stdio,
    command: {
      argv,
      argv0: command.argv0,
      environment: environmentOf(command, profile, machine),
      stdio: stdio.kind,
      listeners: command.listeners,
      evidence: command.evidence,
    },
    warnings: [...warnings, ...(policy.kind === 'managed' ? policy.warnings : [])],
  };
}

function bindRequest(
  command: SandboxCommand,
  profile: CommandProfile,
  { cwd, workspaceRoots, machine }: ProfileContext,
): BindRequest {
  const isManaged = profile.permissions.type === 'managed';
  refuseListeners(command, isManaged);
  const own = isManaged ? machine.sandboxBackend().ownNeeds() : NO_SANDBOX;
  const { overlay = { entries: [] }, readOnlyPaths = [], unixSockets = [] } = command;
  return {
    profile: profile.permissions,
    overlay,
    readOnlyPaths: readOnlyPaths.map(parseAbsolutePath),
    workspaceRoots,
    cwd,
    tmpDir: machine.facts.tmpDir,
    unixSockets: [...profile.unixSockets.map(parseAbsolutePath), ...unixSockets.map(parseSocket)],
    ...own,
    ownFiles: [...machine.facts.ownFiles, machine.facts.configDir],
  };
}

const NO_SANDBOX = { supervisesSockets: false, privatePaths: [] };

/** Writing to the whole disk must be asked for in words. */
function implicitRoot(cwd: AbsolutePath): AbsolutePath {
  if (resolveLinks(cwd).path !== ROOT_PATH) return cwd;
  throw new CordonError('workspace-root-invalid', 'Cannot take "/" for the workspace: nobody named it', {
    details: { path: cwd },
    hint: 'Go to the directory of the project, or name "/" as the workspace root if you mean it.',
  });
}

function parseArgv(argv: readonly string[]): readonly [string, ...string[]] {
  const [program, ...args] = argv;
  if (program === undefined || program === '') {
    throw new CordonError('usage-invalid', 'No command was given', {
      hint: 'Put it behind "--": sandbox-run -- ls',
    });
  }
  if (argv.some((text) => text.includes('\0'))) {
    throw new CordonError('usage-invalid', 'An argument of the command holds a NUL character');
  }
  return [program, ...args];
}

/** Ports of a loopback of its own: a command without a sandbox has none. */
function refuseListeners({ listeners = [] }: SandboxCommand, isManaged: boolean): void {
  if (isManaged || listeners.length === 0) return;
  throw new CordonError('listener-unavailable', 'Cannot listen in the sandbox: the profile asks for none');
}

/** A socket that is named for one command must be there: it is opened to the command when that starts. */
function parseSocket(text: string): AbsolutePath {
  const path = parseAbsolutePath(text);
  const resolved = resolveLinks(path);
  if (resolved.target === 'missing') {
    throw new CordonError(
      'entry-path-missing',
      `Cannot allow socket ${JSON.stringify(path)}: it does not exist`,
      {
        details: { path },
        hint: 'Start the service that listens there first.',
      },
    );
  }
  if (statusOf(resolved.path)?.isSocket === true) return path;
  throw new CordonError(
    'usage-invalid',
    `Cannot allow socket ${JSON.stringify(path)}: it is no Unix socket`,
    {
      details: { path },
      hint: 'Name the socket itself; a file or directory is opened by --allow-read or --allow-write.',
    },
  );
}

interface ProfileContext {
  readonly cwd: AbsolutePath;
  readonly workspaceRoots: readonly AbsolutePath[];
  readonly machine: Machine;
}

function resolveProfile(
  command: SandboxCommand,
  context: ProfileContext,
): { profile: CommandProfile; warnings: readonly string[] } {
  const asked = command.profile ?? 'workspace-write';
  if (typeof asked !== 'string') return { profile: asked, warnings: [] };
  const { facts, builtinProfiles, knownProfiles } = context.machine;
  const known = knownProfiles.get(asked);
  if (known !== undefined) return known;
  const loaded = loadProfile({
    nameOrFile: asked,
    homeDir: facts.homeDir,
    configDir: facts.configDir,
    cwd: context.cwd,
    builtins: builtinProfiles(),
    forbiddenBelow: context.workspaceRoots,
  });
  /* A built-in profile cannot change while we run; a user's own may. */
  if (loaded.source.kind === 'built-in') knownProfiles.set(asked, loaded);
  return loaded;
}

function environmentOf(
  command: SandboxCommand,
  profile: CommandProfile,
  machine: Machine,
): Record<string, string> {
  const changes = command.environment ?? {};
  const policy = changes.policy ?? profile.environment;
  const set = { ...policy.set, ...changes.set };
  const built = buildEnvironment(machine.environment, { ...policy, set });
  const unset = new Set(changes.unset);
  return Object.fromEntries(Object.entries(built).filter(([name]) => !unset.has(name)));
}
