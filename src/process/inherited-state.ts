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
  const read = (name: string): string => readWhole(`/proc/${String(process)}/${name}`);
  try {
    const status = statusLines(read('status'));
    if (status.length !== LINES.size) return undefined;
    return [...status, scheduling(read('stat')), ...WHOLE_FILES.map(read)].join('\n');
  } catch {
    return undefined;
  }
}

const WHOLE_FILES = ['limits', 'cgroup', 'oom_score_adj'];

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
    const length = readSync(fd, ROOM);
    if (length === ROOM.length) throw new RangeError(`${path} is too long`);
    return ROOM.toString('latin1', 0, length);
  } finally {
    closeSync(fd);
  }
}

const ROOM = Buffer.alloc(65_536);
