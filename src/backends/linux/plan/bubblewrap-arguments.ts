import { type AbsolutePath } from '../../../paths/absolute-path.js';
import { type LinuxLaunchPlan, type MountStep, type WatchPlan } from './launch-plan.js';

/** The descriptors that bubblewrap is told of; the guard opens them (native/linux/guard/guard.c). */
const GUARD_DESCRIPTORS = { args: 4, status: 5, block: 6, seccomp: 7, channel: 8, evidence: 9 } as const;

/**
 * bubblewrap's options for a plan, in order (bwrap(1)); environment and mounts, without the command.
 *
 * @param plan - what to set up.
 * @param deniedFile - the unreadable file on the host that masks are made of.
 */
export function bubblewrapOptions(plan: LinuxLaunchPlan, deniedFile: AbsolutePath): readonly string[] {
  return [
    ...mountAndNamespaceOptions(plan, deniedFile),
    ...environmentOptions(plan),
    ...commandOptions(plan),
  ];
}

/**
 * The part of the options that makes the environment.
 *
 * @param plan - for its command.
 */
export function environmentOptions({ command }: LinuxLaunchPlan): readonly string[] {
  const variables = Object.entries(command.environment).flatMap(([name, value]) => ['--setenv', name, value]);
  return ['--clearenv', ...variables];
}

/**
 * The part of the options before the environment.
 *
 * @param plan - what to set up.
 * @param deniedFile - the unreadable file on the host that masks are made of.
 */
export function mountAndNamespaceOptions(plan: LinuxLaunchPlan, deniedFile: AbsolutePath): readonly string[] {
  return [
    ...plan.namespaces.filter((name) => name !== 'mount').map(unshareOption),
    ...sessionOptions(plan),
    '--cap-drop',
    'ALL',
    ...plan.mounts.flatMap((step) => mountStepOptions(step, deniedFile)),
  ];
}

/**
 * The part of the options behind the environment.
 *
 * @param plan - for its command.
 */
export function commandOptions(plan: LinuxLaunchPlan): readonly string[] {
  return [
    ...(plan.command.argv0 === undefined ? [] : ['--argv0', plan.command.argv0]),
    '--chdir',
    plan.command.cwd,
  ];
}

/**
 * The options by which cordon's own launcher is told what to supervise; bubblewrap has none of them.
 *
 * @param watch - of a plan.
 */
export function watchOptions({ sockets, changes }: WatchPlan): readonly string[] {
  return [...(sockets === undefined ? [] : socketOptions(sockets)), ...(changes ? ['--notify-changes'] : [])];
}

function socketOptions({ hasDatagrams, allowed }: NonNullable<WatchPlan['sockets']>): readonly string[] {
  return [
    '--notify-sockets',
    ...(hasDatagrams ? ['--notify-datagrams'] : []),
    ...allowed.flatMap((path) => ['--allow-socket', path]),
  ];
}

/** The option that stands on the real command line of cordon's own launcher where it is to report. */
export function evidenceDescriptorOptions(): readonly string[] {
  return ['--notify-fd', String(GUARD_DESCRIPTORS.evidence)];
}

/** The options that stand on bubblewrap's real command line: descriptors only, so that no path or variable shows in a process list. */
export function bubblewrapDescriptorOptions(): readonly string[] {
  const { args, status, block, seccomp } = GUARD_DESCRIPTORS;
  return [
    ...['--args', String(args), '--json-status-fd', String(status)],
    ...['--block-fd', String(block), '--seccomp', String(seccomp)],
  ];
}

/** The option of our own launcher for a channel of Node's. */
export function channelOptions(): readonly string[] {
  return ['--listener-fd', String(GUARD_DESCRIPTORS.channel)];
}

/**
 * With pipes the command gets a session of its own, and bubblewrap dies with the guard. On a terminal it keeps the terminal's
 * session, and keys such as ^C kill bubblewrap's monitor: the sandbox must outlive it, and the guard alone ends it.
 */
function sessionOptions(plan: LinuxLaunchPlan): readonly string[] {
  return plan.command.stdio === 'pipes' ? ['--new-session', '--die-with-parent'] : [];
}

function unshareOption(name: string): string {
  if (name === 'network') return '--unshare-net';
  if (name === 'cgroup') return '--unshare-cgroup-try';
  return `--unshare-${name}`;
}

/**
 * The options of one step.
 *
 * @param step - what to mount.
 * @param deniedFile - the unreadable file on the host that masks are made of.
 */
export function mountStepOptions(step: MountStep, deniedFile: AbsolutePath): readonly string[] {
  switch (step.kind) {
    case 'bind':
      return [BIND_OPTIONS[step.mode], step.source, step.target];
    case 'mask':
      return ['--ro-bind', deniedFile, step.target];
    case 'tmpfs':
      return ['--perms', octal(step.permissions), '--tmpfs', step.target];
    case 'chmod':
      return ['--chmod', octal(step.permissions), step.target];
    case 'remount-read-only':
      return ['--remount-ro', step.target];
    case 'symlink':
      return ['--symlink', step.text, step.target];
    case 'dev':
      return ['--dev', '/dev'];
    case 'proc':
      return ['--proc', '/proc'];
  }
}

const BIND_OPTIONS = { 'read-only': '--ro-bind', writable: '--bind', devices: '--dev-bind' } as const;

function octal(permissions: number): string {
  return permissions.toString(8).padStart(4, '0');
}
