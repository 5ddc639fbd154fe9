import { type AbsolutePath } from '../../../paths/absolute-path.js';
import { bubblewrapOptions, watchOptions } from './bubblewrap-arguments.js';
import { landlockOptions, planLandlock } from './landlock.js';
import { type LandlockSandbox, type LinuxLaunchPlan } from './launch-plan.js';

/** What a launcher can do beyond bubblewrap's options. */
export interface LauncherAbilities {
  /** Whether it is one of ours: bubblewrap knows nothing of Landlock. */
  readonly isOwn: boolean;
  /** Whether it can supervise calls; never without `isOwn`. */
  readonly canWatch: boolean;
}

/**
 * The options of a plan for one launcher: cordon's own ones are told of Landlock besides, or of it alone, and of what to supervise.
 *
 * @param plan - what to set up.
 * @param launcher - what it can do.
 * @param deniedFile - the unreadable file on the host that masks are made of.
 */
export function launcherOptions(
  plan: LinuxLaunchPlan,
  launcher: LauncherAbilities,
  deniedFile: AbsolutePath,
): readonly string[] {
  return [...ownOptions(plan, launcher), ...bubblewrapOptions(plan, deniedFile)];
}

/**
 * The part of them that bubblewrap does not know.
 *
 * @param plan - what to set up.
 * @param launcher - what it can do.
 */
export function ownOptions(
  { landlock, mounts, watch }: LinuxLaunchPlan,
  { isOwn, canWatch }: LauncherAbilities,
): readonly string[] {
  if (landlock !== undefined) return onlyOptions(landlock);
  return [
    ...(canWatch && watch !== undefined ? watchOptions(watch) : []),
    ...(isOwn ? landlockOptions(planLandlock(mounts)) : []),
  ];
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
