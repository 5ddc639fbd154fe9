import { type ManagedPolicy } from '../../../binding/bound-policy.js';
import { CordonError } from '../../../errors/cordon-error.js';
import { type NetworkAccess } from '../../../permissions/profile.js';
import {
  type CommandLine,
  type LinuxLaunchPlan,
  type ListenerRequest,
  type WatchPlan,
} from './launch-plan.js';
import { planLandlockOnly } from './landlock-only.js';
import { type MountContext, planMounts, planUnrestrictedMounts } from './mounts.js';

/** What is to run; the policy says where. */
export interface PlannedCommand extends Omit<CommandLine, 'cwd'> {
  /** See LinuxLaunchPlan; none when left out. */
  readonly listeners?: readonly ListenerRequest[] | undefined;
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
 * @throws CordonError `backend-unavailable` on a processor without a system-call filter; `listener-unavailable` where the sandbox has
 *   no network of its own to listen in.
 */
export function planLinuxLaunch(
  policy: ManagedPolicy,
  { listeners = [], evidence, ...command }: PlannedCommand,
  context: PlanContext,
): LinuxLaunchPlan {
  const { fileSystem, network, cwd } = policy;
  refuseListeners(listeners, network);
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
    landlock: undefined,
    watch: planWatch(policy, evidence === 'exact'),
    command: { ...command, cwd },
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

/**
 * A plan of the same policy for another command.
 *
 * @param plan - made by `planLinuxLaunch`.
 * @param policy - the same.
 * @param command - what is to run.
 * @throws CordonError `listener-unavailable` as there.
 */
export function withCommand(
  plan: LinuxLaunchPlan,
  policy: ManagedPolicy,
  { listeners = [], evidence, ...command }: PlannedCommand,
): LinuxLaunchPlan {
  refuseListeners(listeners, policy.network);
  const watch = planWatch(policy, evidence === 'exact');
  return { ...plan, listeners, watch, command: { ...command, cwd: policy.cwd } };
}

/**
 * Plans a launch by Landlock and the system-call filter alone.
 *
 * @param policy - bound.
 * @param command - what is to run.
 * @param architecture - Node's name of the processor's.
 * @throws CordonError `landlock-cannot-express`, `backend-unavailable`; `listener-unavailable` when there are to be any.
 */
export function planLandlockLaunch(
  policy: ManagedPolicy,
  { listeners = [], evidence, ...command }: PlannedCommand,
  architecture: string,
): LinuxLaunchPlan {
  const { network, cwd } = policy;
  refuseListeners(listeners, 'enabled');
  const landlock = planLandlockOnly(policy);
  return {
    mounts: [],
    mountPoints: [],
    covered: [],
    checks: landlock.checks,
    namespaces: [],
    listeners,
    seccomp: { architecture: architectureOf(architecture), network, hasNoNamespaces: true },
    landlock,
    watch: evidence === 'exact' ? { sockets: undefined, changes: true } : undefined,
    command: { ...command, cwd },
  };
}

function refuseListeners(listeners: readonly ListenerRequest[], network: NetworkAccess): void {
  if (network === 'restricted' || listeners.length === 0) return;
  throw new CordonError(
    'listener-unavailable',
    'Cannot listen in the sandbox: it shares the network of the host, and has none of its own',
    { hint: 'Turn the network of the profile off, and use a launcher with namespaces.' },
  );
}

function architectureOf(name: string): 'x64' | 'arm64' {
  if (name === 'x64' || name === 'arm64') return name;
  throw new CordonError('backend-unavailable', `Cannot sandbox on processor architecture ${name}`, {
    details: { architecture: name },
    hint: 'Use a machine with an x64 or arm64 processor.',
  });
}
