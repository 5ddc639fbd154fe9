import { randomBytes } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';

/** One process of this machine that carries a mark. */
export interface MarkedProcess {
  readonly pid: number;
  readonly parent: number;
  /** Its name, as the kernel has it: `cordon-guard`, `bwrap`, `node`. */
  readonly name: string;
  /** Its place in its own process namespace and in those above it, outermost first. */
  readonly namespacePids: readonly number[];
  /** One letter, as ps(1) shows it: `S` sleeps, `T` is stopped. */
  readonly state: string;
}

/** A word for argument lists that no other process carries. */
export function makeMark(): string {
  return `mark-${randomBytes(8).toString('hex')}`;
}

/**
 * The processes that carry a word among their arguments, those inside sandboxes too. Zombies have no arguments and are
 * not listed: they hold nothing but their exit status.
 *
 * @param mark - given to sandbox-run as an argument of the command, and so to all that it starts.
 */
export function markedProcesses(mark: string): readonly MarkedProcess[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0 && argumentsOf(pid).includes(mark))
    .flatMap((pid) => describeProcess(pid));
}

/** Whether a process, zombies included, has this id. */
export function processExists(pid: number): boolean {
  return read(`/proc/${String(pid)}/stat`) !== '';
}

function argumentsOf(pid: number): readonly string[] {
  return read(`/proc/${String(pid)}/cmdline`).split('\0');
}

function describeProcess(pid: number): readonly MarkedProcess[] {
  const status = new Map(
    read(`/proc/${String(pid)}/status`)
      .split('\n')
      .map((line) => line.split(/:\s*/u, 2))
      .map(([key = '', value = '']) => [key, value]),
  );
  const name = status.get('Name');
  if (name === undefined) return [];
  return [
    {
      pid,
      parent: Number(status.get('PPid')),
      name,
      namespacePids: (status.get('NSpid') ?? '').split('\t').map(Number),
      state: (status.get('State') ?? '').slice(0, 1),
    },
  ];
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
