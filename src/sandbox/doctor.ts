import { ERROR_CODES } from '../errors/codes.js';
import { CordonError } from '../errors/cordon-error.js';
import { type LauncherChoice } from '../backends/backend.js';
import { type LinuxLaunchPlan } from '../backends/linux/plan/launch-plan.js';
import { type Launcher } from '../backends/linux/setup/launcher.js';
import { type DoctorCheck, type DoctorReport } from './inspection.js';
import { type Machine } from './machine.js';
import { prepareCommand } from './prepare.js';
import { startCommand } from './start.js';
import { LANDLOCK_GAPS, NAMES_GAP } from '../backends/linux/plan/landlock-gaps.js';
import { openTerminal } from '../process/terminal.js';

/** A probe resolves to what it found, or throws. */
interface Probe {
  readonly name: string;
  /** Without it no managed profile can be enforced. */
  readonly isNeeded: boolean;
  readonly run: () => Promise<string> | string;
}

/**
 * Looks what this machine can enforce, by trying it.
 *
 * @param machine - this one.
 */
export async function examine(machine: Machine): Promise<DoctorReport> {
  const probes = probesOf(machine);
  const checks: DoctorCheck[] = [];
  for (const probe of probes) checks.push(await runProbe(probe));
  const needed = new Set(probes.filter((probe) => probe.isNeeded).map((probe) => probe.name));
  return {
    platform: machine.facts.platform,
    kernelRelease: machine.facts.kernelRelease,
    userId: machine.facts.userId,
    launcher: await launcherOf(machine),
    checks,
    canSandbox: checks.every((check) => check.isOk || !needed.has(check.name)),
  };
}

async function runProbe({ name, run }: Probe): Promise<DoctorCheck> {
  try {
    return { name, isOk: true, detail: await run(), code: undefined, remedy: undefined };
  } catch (error) {
    const known = error instanceof CordonError ? error : undefined;
    const detail = error instanceof Error ? error.message : String(error);
    return {
      name,
      isOk: false,
      detail,
      code: known?.code ?? 'internal',
      remedy: known?.hint ?? ERROR_CODES.internal.hint,
    };
  }
}

function probesOf(machine: Machine): readonly Probe[] {
  return [
    {
      name: 'private directory',
      isNeeded: true,
      run: () => machine.sandboxBackend().ownNeeds().privatePaths.join(' '),
    },
    { name: 'bubblewrap', isNeeded: false, run: () => probeLauncher(machine, 'bwrap') },
    { name: 'builtin launcher', isNeeded: false, run: () => probeLauncher(machine, 'builtin') },
    { name: 'second wall by Landlock', isNeeded: false, run: () => probeWall(machine) },
    { name: 'landlock launcher', isNeeded: false, run: () => probeLauncher(machine, 'landlock') },
    { name: 'launcher that is used', isNeeded: true, run: () => probeLauncher(machine) },
    { name: 'command with network off', isNeeded: true, run: () => runTrue(machine, 'restricted') },
    { name: 'command with network on', isNeeded: false, run: () => runTrue(machine, 'enabled') },
    { name: 'masked file and directory', isNeeded: true, run: () => runMasked(machine) },
    { name: 'terminal', isNeeded: false, run: tryTerminal },
    { name: 'mount points left by killed runs', isNeeded: false, run: () => sweep(machine) },
  ];
}

function prepared(machine: Machine): ReturnType<typeof prepareCommand> {
  return prepareCommand({ argv: ['true'], profile: 'read-only', cwd: '/', workspaceRoots: [] }, machine);
}

/** Without a choice: the manager's. */
async function chosen(
  machine: Machine,
  choice?: LauncherChoice,
): Promise<Launcher & { plan: LinuxLaunchPlan }> {
  const { policy, command } = prepared(machine);
  if (policy.kind !== 'managed') throw new CordonError('internal', 'The read-only profile is not managed');
  const backend = machine.sandboxBackend();
  const plan = backend.planNamespaces(policy, command);
  const wanted = choice === undefined ? {} : { choice };
  return { ...(await backend.chooseLauncher({ plan, policy, isFresh: true, ...wanted })), plan };
}

async function probeLauncher(machine: Machine, choice?: LauncherChoice): Promise<string> {
  const { kind, path, plan } = await chosen(machine, choice);
  if (choice === undefined) return `${kind} (${path})`;
  return choice === 'landlock'
    ? `${path} holds commands without namespaces; weaker: ${gapNames()}`
    : `${path} makes ${plan.namespaces.join(', ')} namespaces`;
}

function gapNames(): string {
  return [...LANDLOCK_GAPS, NAMES_GAP].map(({ name }) => name).join(', ');
}

/** Before ABI 2 it would refuse what ordinary programs do (native/linux/launcher/wall.c). */
async function probeWall(machine: Machine): Promise<string> {
  const abi = await machine.sandboxBackend().landlockAbi();
  if (abi >= 2) return `ABI ${String(abi)}, around the commands of builtin and zygote`;
  throw new CordonError('landlock-unavailable', `The kernel has ${abi === 0 ? 'no Landlock' : 'ABI 1'}`, {
    hint: 'Commands run without it; Linux 5.19 or newer has it, with "landlock" among its security modules.',
  });
}

async function launcherOf(machine: Machine): Promise<string | undefined> {
  try {
    return await probeLauncher(machine);
  } catch {
    return undefined;
  }
}

async function runTrue(machine: Machine, network: 'restricted' | 'enabled'): Promise<string> {
  const overlay = { entries: [], network };
  return runProgram(machine, { overlay });
}

async function runMasked(machine: Machine): Promise<string> {
  const deny = (path: string): { path: { type: 'path'; path: string }; access: 'deny' } => ({
    path: { type: 'path', path },
    access: 'deny',
  });
  if ((await chosen(machine)).kind === 'landlock') return 'not by Landlock alone: such a profile is refused';
  return runProgram(machine, { overlay: { entries: [deny('file:///etc/hostname'), deny('file:///mnt')] } });
}

async function runProgram(
  machine: Machine,
  changes: { overlay: NonNullable<Parameters<typeof startCommand>[0]['overlay']> },
): Promise<string> {
  const command = {
    argv: [machine.facts.guard, '--probe'],
    profile: 'read-only',
    cwd: '/',
    workspaceRoots: [],
    ...changes,
  };
  const { process } = await startCommand(command, machine);
  process.stdin?.end();
  process.stdout?.resume();
  process.stderr?.resume();
  const exit = await process.exited;
  if (exit.kind === 'exited' && exit.code === 0) return 'works';
  throw new CordonError('setup-failed', `The probe ended with ${JSON.stringify(exit)}`);
}

async function tryTerminal(): Promise<string> {
  const terminal = await openTerminal({ rows: 24, cols: 80 });
  terminal.close();
  return 'works';
}

async function sweep(machine: Machine): Promise<string> {
  await machine.sandboxBackend().sweep();
  return 'cleaned';
}
