import { type ManagedPolicy } from '../../../binding/bound-policy.js';
import { CordonError } from '../../../errors/cordon-error.js';
import { type CommandLine, type LinuxLaunchPlan, type ListenerRequest } from './launch-plan.js';
import { type MountContext, planMounts, planUnrestrictedMounts } from './mounts.js';

/** What is to run; the policy says where. */
export interface PlannedCommand extends Omit<CommandLine, 'cwd'> {
  /** See LinuxLaunchPlan; none when left out. */
  readonly listeners?: readonly ListenerRequest[] | undefined;
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
 * @throws CordonError `backend-unavailable` on a processor without a system-call filter; `listener-unavailable` where the sandbox has
 *   no network of its own to listen in.
 */
export function planLinuxLaunch(
  policy: ManagedPolicy,
  { listeners = [], ...command }: PlannedCommand,
  context: PlanContext,
): LinuxLaunchPlan {
  const { fileSystem, network, cwd } = policy;
  if (network === 'enabled' && listeners.length > 0) throw withoutNetwork();
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
    listeners,
    seccomp: { architecture: architectureOf(context.architecture), network },
    command: { ...command, cwd },
  };
}

function withoutNetwork(): CordonError {
  return new CordonError(
    'listener-unavailable',
    'Cannot listen in the sandbox: its profile enables the network, so that it has none of its own',
    { hint: 'Turn the network of the profile off.' },
  );
}

function architectureOf(name: string): 'x64' | 'arm64' {
  if (name === 'x64' || name === 'arm64') return name;
  throw new CordonError('backend-unavailable', `Cannot sandbox on processor architecture ${name}`, {
    details: { architecture: name },
    hint: 'Use a machine with an x64 or arm64 processor.',
  });
}
