import { type AbsolutePath } from '../../../paths/absolute-path.js';
import { planLandlock } from './landlock.js';
import { type LauncherAbilities, ownOptions } from './launcher-arguments.js';
import { commandOptions, mountAndNamespaceOptions } from './bubblewrap-arguments.js';
import { type LinuxLaunchPlan } from './launch-plan.js';
import { describeSeccompPolicy } from './seccomp/describe.js';

/** A plan for people and programs. */
export interface PrintedPlan {
  readonly json: Readonly<Record<string, unknown>>;
  readonly commandLine: string;
}

/** What a printed command line begins with. */
export interface PrintedLauncher extends LauncherAbilities {
  /** bubblewrap's name where it has not been found. */
  readonly path: string;
}

/**
 * Prints a plan. Values of environment variables are left out of both forms: the command line takes them from the shell that runs it.
 *
 * @param plan - what would be launched.
 * @param launcher - what would make the sandbox.
 * @param deniedFile - what masks are made of.
 */
export function printPlan(
  plan: LinuxLaunchPlan,
  launcher: PrintedLauncher,
  deniedFile: AbsolutePath,
): PrintedPlan {
  const { command, checks, seccomp, watch, ...rest } = plan;
  const { environment, ...told } = command;
  return {
    json: {
      launcher: launcher.path,
      ...rest,
      landlock: describeLandlock(plan, launcher.isOwn),
      watch: launcher.canWatch && watch !== undefined ? watch : null,
      checks: checks.map(({ side, path, identity }) => ({
        side,
        path,
        device: String(identity.device),
        inode: String(identity.inode),
      })),
      seccomp: describeSeccompPolicy(seccomp),
      command: { ...told, environment: Object.keys(environment).sort() },
    },
    commandLine: [
      quote(launcher.path),
      ...ownOptions(plan, launcher).map(quote),
      ...mountAndNamespaceOptions(plan, deniedFile).map(quote),
      '--clearenv',
      ...Object.keys(environment).flatMap((name) => ['--setenv', quote(name), valueFromShell(name)]),
      ...commandOptions(plan).map(quote),
      '--',
      ...command.argv.map(quote),
    ].join(' '),
  };
}

/** What Landlock is told; nothing where bubblewrap makes the sandbox. */
function describeLandlock({ landlock, mounts }: LinuxLaunchPlan, isOwn: boolean): unknown {
  if (landlock !== undefined) {
    const { rules, hidden, refusesTcp, gaps } = landlock;
    return { rules, hidden, refusesTcp, gaps };
  }
  return isOwn ? { rules: planLandlock(mounts) } : null;
}

/** The value that the running shell has; it has none for a name that is not a shell's. */
function valueFromShell(name: string): string {
  return /^[A-Za-z_]\w*$/u.test(name) ? `"\${${name}-}"` : "''";
}

/** POSIX shell quoting: everything literal between single quotes. */
function quote(text: string): string {
  return /^[\w@%+=:,./-]+$/u.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
