import { type CordonError } from '../../../errors/cordon-error.js';
import { type AbsolutePath } from '../../../paths/absolute-path.js';
import { runTool } from '../../../process/run-tool.js';
import { type DiagnosisFacts, diagnoseSetupFailure } from '../launch/diagnose.js';
import { type LinuxLaunchPlan } from '../plan/launch-plan.js';

/** How long bubblewrap may take to start a program that does nothing. */
const PROBE_TIMEOUT_MS = 10_000;

/** What a probe runs with. */
export interface ProbeTools {
  readonly launcher: AbsolutePath;
  readonly guard: AbsolutePath;
  readonly diagnosis: () => DiagnosisFacts;
}

/**
 * The options that plans need beyond the oldest bubblewrap, each in a form that does nothing harmful. A plan is probed with
 * those that it uses; `--args`, `--seccomp`, `--block-fd` and `--json-status-fd` are as old as what is listed here.
 *
 * @param plan - of the command that is to run.
 */
export function probeOptions(
  plan: Pick<LinuxLaunchPlan, 'mounts' | 'namespaces' | 'command'>,
): readonly string[] {
  const uses = (kind: string): boolean => plan.mounts.some((step) => step.kind === kind);
  return [
    ...plan.namespaces.filter((name) => name !== 'mount').map(unshare),
    ...(plan.command.stdio === 'pipes' ? ['--new-session', '--die-with-parent'] : []),
    ...['--cap-drop', 'ALL', '--ro-bind', '/', '/', '--dev', '/dev', '--proc', '/proc'],
    ...(uses('tmpfs') ? ['--perms', '0755', '--tmpfs', '/dev/shm'] : []),
    ...(uses('chmod') ? ['--chmod', '0755', '/dev/shm'] : []),
    ...(uses('remount-read-only') ? ['--remount-ro', '/'] : []),
    '--clearenv',
    ...(plan.command.argv0 === undefined ? [] : ['--argv0', 'probe']),
    ...['--chdir', '/'],
  ];
}

/** The options with which it is tried whether Landlock alone can hold a command here: all that it then needs of the kernel. */
export const LANDLOCK_PROBE_OPTIONS: readonly string[] = [
  ...['--no-namespaces', '--landlock-read', '/', '--landlock-no-tcp'],
  ...['--new-session', '--die-with-parent', '--cap-drop', 'ALL', '--clearenv', '--chdir', '/'],
];
/**
 * The options that a plan needs of cordon's own launcher alone.
 *
 * @param plan - of the command that is to run.
 */
export function watchProbeOptions({ watch }: Pick<LinuxLaunchPlan, 'watch'>): readonly string[] {
  if (watch === undefined) return [];
  return [watch.sockets === undefined ? '--notify-changes' : '--notify-sockets'];
}

/** What a launcher says when the kernel does not let it supervise calls: it is too old, or somebody supervises us. */
const CANNOT_WATCH = "watch the command's calls";

/** Whether a probe failed because calls cannot be supervised here, and for no other reason. */
export function cannotWatch({ details }: CordonError): boolean {
  return String(details['launcherSaid']).includes(CANNOT_WATCH);
}

/**
 * Runs a launcher once with a program that does nothing.
 *
 * @param options - from `probeOptions`.
 * @param tools - the launcher, and the guard, whose `--probe` does nothing in any root.
 * @returns nothing when it works; otherwise why not (`launcher-too-old`, `user-namespaces-forbidden`,
 *   `apparmor-forbids-user-namespaces`, `proc-masked`, `wsl1`, `launcher-probe-failed`).
 */
export async function probeLauncher(
  options: readonly string[],
  tools: ProbeTools,
): Promise<CordonError | undefined> {
  const result = await runTool(tools.launcher, [...options, '--', tools.guard, '--probe'], {
    timeoutMs: PROBE_TIMEOUT_MS,
    env: {},
    cwd: '/',
  });
  if (result.exitCode === 0) return undefined;
  const said = result.stderr.trim();
  return diagnoseSetupFailure(said, tools.diagnosis(), 'launcher-probe-failed');
}

/**
 * The version of the kernel's Landlock, as cordon's own launcher finds it.
 *
 * @param launcher - its path.
 * @returns 0 where there is none.
 */
export async function landlockAbi(launcher: AbsolutePath): Promise<number> {
  const { stdout } = await runTool(launcher, ['--landlock-abi'], {
    timeoutMs: PROBE_TIMEOUT_MS,
    env: {},
    cwd: '/',
  });
  return Number(stdout.trim());
}

function unshare(name: string): string {
  if (name === 'network') return '--unshare-net';
  return name === 'cgroup' ? '--unshare-cgroup-try' : `--unshare-${name}`;
}
