import { closeSync, openSync, readSync } from 'node:fs';

/**
 * What a process has that a child inherits and its start does not set: umask, ids, capabilities, filters, processors, priority,
 * limits, control group (fork(2), execve(2)). Equal texts of this thread and of a child mean that one started now would be
 * no different.
 *
 * @param process - its id, or `thread-self`: what this thread's children get.
 * @returns undefined where /proc does not tell; it does not of a child that has ended.
 */
export function inheritedState(process: number | 'thread-self'): string | undefined {
  try {
    return stateOf(FILES.map((name) => readWhole(`/proc/${String(process)}/${name}`)));
  } catch {
    return undefined;
  }
}

/** Tells again and again what `inheritedState` would tell of this thread, of files that stay open: in a third of the time. */
export class OwnInheritedState {
  readonly #fds: number[] = [];

  /** What is inherited now; undefined where /proc does not tell. */
  read(): string | undefined {
    try {
      for (const name of FILES.slice(this.#fds.length))
        this.#fds.push(openSync(`/proc/thread-self/${name}`, 'r'));
      return stateOf(this.#fds.map(readFromStart));
    } catch {
      return undefined;
    }
  }

  /** Closes the files; `read` would open them again. */
  close(): void {
    for (const fd of this.#fds.splice(0)) closeSync(fd);
  }
}

const FILES = ['status', 'stat', 'limits', 'cgroup', 'oom_score_adj'];

function stateOf([status = '', stat = '', ...others]: readonly string[]): string | undefined {
  const lines = statusLines(status);
  return lines.length === LINES.size ? [...lines, scheduling(stat), ...others].join('\n') : undefined;
}

/** Of the file status (proc_pid_status(5)); a zombie has no umask. */
const LINES = new Set([
  'Umask',
  'Uid',
  'Gid',
  'Groups',
  'CapInh',
  'CapPrm',
  'CapEff',
  'CapBnd',
  'CapAmb',
  'NoNewPrivs',
  'Seccomp',
  'Cpus_allowed',
  'Mems_allowed',
]);

function statusLines(status: string): readonly string[] {
  return status.split('\n').filter((line) => LINES.has(line.slice(0, line.indexOf(':'))));
}

/** Nice value, real-time priority and policy: fields 19, 40 and 41 (proc_pid_stat(5)), counted from behind the name. */
function scheduling(stat: string): string {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return [16, 37, 38].map((index) => fields[index]).join(' ');
}

/** The kernel gives such a file out in one piece, if there is room for it; a quicker way than that for any file. */
function readWhole(path: string): string {
  const fd = openSync(path, 'r');
  try {
    return readFromStart(fd);
  } finally {
    closeSync(fd);
  }
}

function readFromStart(fd: number): string {
  const length = readSync(fd, ROOM, 0, ROOM.length, 0);
  if (length === ROOM.length) throw new RangeError('a file of /proc is too long');
  return ROOM.toString('latin1', 0, length);
}

const ROOM = Buffer.alloc(65_536);
