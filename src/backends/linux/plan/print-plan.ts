import { type AbsolutePath } from '../../../paths/absolute-path.js';
import { commandOptions, mountAndNamespaceOptions } from './bubblewrap-arguments.js';
import { type LinuxLaunchPlan } from './launch-plan.js';
import { describeSeccompPolicy } from './seccomp/describe.js';

/** A plan for people and programs. */
export interface PrintedPlan {
  readonly json: Readonly<Record<string, unknown>>;
  readonly commandLine: string;
}

/**
 * Prints a plan. Values of environment variables are left out of both forms: the command line takes them from the shell that runs it.
 *
 * @param plan - what would be launched.
 * @param launcher - bubblewrap's path, or its name where it has not been found.
 * @param deniedFile - what masks are made of.
 */
export function printPlan(plan: LinuxLaunchPlan, launcher: string, deniedFile: AbsolutePath): PrintedPlan {
  const { command, checks, seccomp, ...rest } = plan;
  const { environment, ...told } = command;
  return {
    json: {
      launcher,
      ...rest,
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
      quote(launcher),
      ...mountAndNamespaceOptions(plan, deniedFile).map(quote),
      '--clearenv',
      ...Object.keys(environment).flatMap((name) => ['--setenv', quote(name), valueFromShell(name)]),
      ...commandOptions(plan).map(quote),
      '--',
      ...command.argv.map(quote),
    ].join(' '),
  };
}

/** The value that the running shell has; it has none for a name that is not a shell's. */
function valueFromShell(name: string): string {
  return /^[A-Za-z_]\w*$/u.test(name) ? `"\${${name}-}"` : "''";
}

/** POSIX shell quoting: everything literal between single quotes. */
function quote(text: string): string {
  return /^[\w@%+=:,./-]+$/u.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
