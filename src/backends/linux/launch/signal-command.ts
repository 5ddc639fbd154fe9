import { readFileSync, readdirSync, readlinkSync } from 'node:fs';

/** Where to find the command. */
export interface SignalTarget {
  /** Process 1 of the sandbox, once it is known. */
  readonly init: () => number | undefined;
  /** Whether the sandbox has ended; its process ids may then be another's. */
  readonly isGone: () => boolean;
  /** bubblewrap's path: a process that still executes it has not become the command yet. */
  readonly launcher: string;
}

/** How long a launch may take before a signal that came too early is given up. */
const PATIENCE_MS = 5000;

/**
 * Sends a signal to the command's process group. The command is the child of the sandbox's process 1, which itself takes no
 * signal that it has no handler for (pid_namespaces(7)). A signal that comes before the command runs waits for it.
 *
 * @param name - the signal.
 * @param target - where the command is.
 * @returns whether it was sent; false when the sandbox has ended.
 */
export async function signalCommand(name: NodeJS.Signals, target: SignalTarget): Promise<boolean> {
  const deadline = Date.now() + PATIENCE_MS;
  while (Date.now() < deadline && !target.isGone()) {
    const init = target.init();
    const command = init === undefined ? undefined : commandOf(init, target.launcher);
    if (command !== undefined) return send(command, name);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  return false;
}

interface Command {
  readonly pid: number;
  readonly group: number;
}

function commandOf(init: number, launcher: string): Command | undefined {
  const pid = firstChildOf(init);
  if (pid === undefined) return undefined;
  try {
    if (readlinkSync(`/proc/${String(pid)}/exe`) === launcher) return undefined;
    return { pid, group: statField(pid, GROUP) };
  } catch {
    return undefined;
  }
}

/** Fields of /proc/PID/stat behind the name, from 0 (proc(5)). */
const PARENT = 1;
const GROUP = 2;

function statField(pid: number, field: number): number {
  const stat = readFileSync(`/proc/${String(pid)}/stat`, 'latin1');
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[field]);
}

/** The lowest process id: the first child that process 1 made. */
function firstChildOf(init: number): number | undefined {
  try {
    const listed = readFileSync(`/proc/${String(init)}/task/${String(init)}/children`, 'latin1');
    return lowest(
      listed
        .trim()
        .split(' ')
        .filter((text) => text !== '')
        .map(Number),
    );
  } catch {
    return lowest(
      readdirSync('/proc')
        .map(Number)
        .filter((pid) => pid > 0 && isChildOf(pid, init)),
    );
  }
}

/** For kernels without CONFIG_PROC_CHILDREN. */
function isChildOf(pid: number, parent: number): boolean {
  try {
    return statField(pid, PARENT) === parent;
  } catch {
    return false;
  }
}

function lowest(pids: readonly number[]): number | undefined {
  return pids.length === 0 ? undefined : Math.min(...pids);
}

/** To the group when the command leads or shares one that is not ours; else to the command alone. */
function send(command: Command, name: NodeJS.Signals): boolean {
  try {
    process.kill(command.group > 1 ? -command.group : command.pid, name);
    return true;
  } catch {
    return false;
  }
}
