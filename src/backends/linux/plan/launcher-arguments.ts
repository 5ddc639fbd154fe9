import { type AbsolutePath } from '../../../paths/absolute-path.js';
import { bubblewrapOptions } from './bubblewrap-arguments.js';
import { landlockOptions, planLandlock } from './landlock.js';
import { type LandlockSandbox, type LinuxLaunchPlan } from './launch-plan.js';

/**
 * The options of a plan for one launcher: cordon's own ones are told of Landlock besides, or of it alone.
 *
 * @param plan - what to set up.
 * @param isOwn - whether the launcher is one of ours; bubblewrap knows nothing of Landlock.
 * @param deniedFile - the unreadable file on the host that masks are made of.
 */
export function launcherOptions(
  plan: LinuxLaunchPlan,
  isOwn: boolean,
  deniedFile: AbsolutePath,
): readonly string[] {
  return [...wallOptions(plan, isOwn), ...bubblewrapOptions(plan, deniedFile)];
}

/**
 * The part of them that bubblewrap does not know.
 *
 * @param plan - what to set up.
 * @param isOwn - whether the launcher is one of ours; bubblewrap knows nothing of Landlock.
 */
export function wallOptions({ landlock, mounts }: LinuxLaunchPlan, isOwn: boolean): readonly string[] {
  if (landlock !== undefined) return onlyOptions(landlock);
  return isOwn ? landlockOptions(planLandlock(mounts)) : [];
}

function onlyOptions({ rules, hidden, refusesTcp }: LandlockSandbox): readonly string[] {
  return [
    /* On a terminal, too: what ends the command follows the guard here, not the monitor that a key may kill. */
    ...['--no-namespaces', '--die-with-parent'],
    ...landlockOptions(rules),
    ...hidden.flatMap((path) => ['--landlock-hide', path]),
    ...(refusesTcp ? ['--landlock-no-tcp'] : []),
  ];
}
