import { type ManagedPolicy } from '../../../binding/bound-policy.js';
import { CordonError } from '../../../errors/cordon-error.js';
import { type CommandLine, type LinuxLaunchPlan, type WatchPlan } from './launch-plan.js';
import { type MountContext, planMounts, planUnrestrictedMounts } from './mounts.js';

/** What is to run; the policy says where. */
export interface PlannedCommand extends Omit<CommandLine, 'cwd'> {
  /** `exact`: what the sandbox refuses is told from the calls themselves. */
  readonly evidence?: 'text' | 'exact' | undefined;
}

/** What a plan is made with, beside policy and command. */
export interface PlanContext extends MountContext {
  /** Node's name of the processor architecture. */
  readonly architecture: string;
}

/**
 * Plans a launch on Linux: pure, so that it can be made and printed on any system.
 *
 * @param policy - bound.
 * @param command - what is to run.
 * @param context - of the machine.
 * @throws CordonError `backend-unavailable` on a processor without a system-call filter.
 */
export function planLinuxLaunch(
  policy: ManagedPolicy,
  command: PlannedCommand,
  context: PlanContext,
): LinuxLaunchPlan {
  const { fileSystem, network, cwd } = policy;
  const { evidence, ...line } = command;
  const mounts =
    fileSystem.kind === 'unrestricted' ? planUnrestrictedMounts(context) : planMounts(fileSystem, context);
  return {
    ...mounts,
    namespaces: [
      'user',
      'mount',
      'pid',
      'ipc',
      'uts',
      'cgroup',
      ...(network === 'enabled' ? [] : (['network'] as const)),
    ],
    seccomp: { architecture: architectureOf(context.architecture), network },
    watch: planWatch(policy, evidence === 'exact'),
    command: { ...line, cwd },
  };
}

function planWatch(policy: ManagedPolicy, changes: boolean): WatchPlan | undefined {
  const sockets = planSockets(policy);
  return sockets === undefined && !changes ? undefined : { sockets, changes };
}

/** With the network on, sockets belong to it as they do outside; where every file may be written, nothing hides a socket. */
function planSockets({ network, fileSystem }: ManagedPolicy): WatchPlan['sockets'] {
  if (network === 'enabled' || fileSystem.kind === 'unrestricted') return undefined;
  const { allowedSockets } = fileSystem;
  return {
    allowed: allowedSockets.map(({ path }) => path),
    hasDatagrams: allowedSockets.some(({ isDatagram }) => isDatagram),
  };
}

function architectureOf(name: string): 'x64' | 'arm64' {
  if (name === 'x64' || name === 'arm64') return name;
  throw new CordonError('backend-unavailable', `Cannot sandbox on processor architecture ${name}`, {
    details: { architecture: name },
    hint: 'Use a machine with an x64 or arm64 processor.',
  });
}
