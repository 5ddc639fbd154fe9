import { CordonError } from '../../../errors/cordon-error.js';
import { type AbsolutePath } from '../../../paths/absolute-path.js';
import { type ListenerReception } from '../../../process/listener-reception.js';
import { type OpenedStdio } from '../../open-stdio.js';
import { type MountPointJournal, type MountPointLease } from '../mount-point-journal/journal.js';
import {
  commandOptions,
  environmentOptions,
  mountAndNamespaceOptions,
  mountStepOptions,
} from '../plan/bubblewrap-arguments.js';
import { type LauncherAbilities, launcherOptions, ownOptions } from '../plan/launcher-arguments.js';
import { type LinuxLaunchPlan, type MountStep } from '../plan/launch-plan.js';
import { assembleSeccompProgram } from '../plan/seccomp/program.js';
import { type Launcher } from '../setup/launcher.js';
import { type SandboxMessage, type SandboxStart, type StartInAdvance } from './starter.js';

/** What a start is made of. */
export interface StartParts {
  readonly plan: LinuxLaunchPlan;
  readonly tools: StartTools;
  readonly reception: ListenerReception | undefined;
}

/** What a start is made with. */
export interface StartTools {
  readonly launcher: Launcher;
  readonly deniedFile: AbsolutePath;
  readonly journal: MountPointJournal;
  /** The same object as long as the policy and the disk are the same. */
  readonly policyKey: object;
}

/** bubblewrap takes 9000 arguments (MAX_ARGS in its source), the command's own included. */
const MAX_ARGUMENTS = 8900;

/**
 * What a starter is told of a plan.
 *
 * @param parts - what to set up, and with what.
 * @param stdio - opened.
 * @param onLease - called with the mount points that are held, once.
 */
export function sandboxStart(
  parts: StartParts,
  { terminal, streams }: OpenedStdio,
  onLease: (lease: MountPointLease) => void,
): SandboxStart {
  const { plan, tools, reception } = parts;
  let leasing: Promise<MountPointLease | undefined> | undefined;
  const acquire = async (): Promise<MountPointLease | undefined> => {
    const lease = await tools.journal.acquire({ needs: plan.mountPoints, covered: plan.covered });
    if (lease !== undefined) onLease(lease);
    return lease;
  };
  const lease = (): Promise<MountPointLease | undefined> => (leasing ??= acquire());
  return {
    streams,
    terminal: terminal?.slave,
    hasEvidence: plan.watch?.changes === true,
    reception,
    command: plan.command.argv,
    message: async () => {
      const held = await lease();
      return held === undefined ? undefined : messageFor(parts, held);
    },
    inAdvance: startInAdvance(parts, lease),
  };
}

function abilitiesOf({ launcher: { kind, canWatch } }: StartTools): LauncherAbilities {
  return { isOwn: kind !== 'bwrap', canWatch };
}

/** Where nobody of this user can make anything, there is nothing to cover. */
function messageFor(
  { plan, tools, reception }: StartParts,
  { unavailable }: MountPointLease,
): SandboxMessage {
  const mounts = plan.mounts.filter((step) => !('target' in step) || !unavailable.has(step.target));
  const options = [
    ...launcherOptions({ ...plan, mounts }, abilitiesOf(tools), tools.deniedFile),
    ...(reception?.options ?? []),
  ];
  const count = options.length + plan.command.argv.length;
  if (tools.launcher.kind === 'bwrap' && count > MAX_ARGUMENTS) throw tooLarge(count);
  return { options, seccomp: assembleSeccompProgram(plan.seccomp), checks: plan.checks };
}

/**
 * Everything but the command and the covers of what is missing: their mount points are made on the host for each command, and go
 * with it. A directory that would have to be made above one of them has more mounted on it; such a plan is not split.
 */
function startInAdvance(
  { plan, tools, reception }: StartParts,
  lease: () => Promise<MountPointLease | undefined>,
): StartInAdvance | undefined {
  if (plan.command.stdio !== 'pipes' || reception !== undefined || plan.watch?.changes === true)
    return undefined;
  if (plan.mountPoints.some(({ writable }) => writable)) return undefined;
  const missing = new Set(plan.mountPoints.map(({ path }) => path));
  const isLate = (step: MountStep): boolean => 'target' in step && missing.has(step.target);
  const early = plan.mounts.filter((step) => !isLate(step));
  return {
    key: tools.policyKey,
    sandbox: () => ({
      options: [
        ...ownOptions(plan, abilitiesOf(tools)),
        ...mountAndNamespaceOptions({ ...plan, mounts: early }, tools.deniedFile),
      ],
      seccomp: assembleSeccompProgram(plan.seccomp),
      checks: plan.checks,
    }),
    options: async () => {
      const held = await lease();
      if (held === undefined) return undefined;
      if (held.unavailable.size > 0) return 'unsuited';
      const late = plan.mounts.filter(isLate).flatMap((step) => mountStepOptions(step, tools.deniedFile));
      return [...late, ...environmentOptions(plan), ...commandOptions(plan)];
    },
  };
}

function tooLarge(count: number): CordonError {
  return new CordonError(
    'plan-too-large',
    `Cannot launch: sandbox and command have ${String(count)} arguments, bubblewrap takes 9000`,
    {
      details: { arguments: count, limit: MAX_ARGUMENTS },
    },
  );
}
