import { readFileSync, readdirSync } from 'node:fs';

/** Field 6 of /proc/PID/stat, counted from behind the name, from 0 (proc(5)). */
const SESSION = 3;

/**
 * Kills what a guard has left behind that was killed itself: the processes of the session that it made, and process 1 of its
 * sandbox, which may have a session of its own.
 *
 * @param guard - the process id that the guard had.
 * @param init - process 1 of the sandbox, by its id on this machine, if the guard told of it.
 */
export function endSession(guard: number, init: number | undefined): void {
  for (const pid of readdirSync('/proc').map(Number)) {
    const session = pid > 1 ? sessionOf(pid) : undefined;
    if (session === guard || (pid === init && session === init)) kill(pid);
  }
}

function sessionOf(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${String(pid)}/stat`, 'latin1');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[SESSION]);
  } catch {
    return undefined;
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    /* it has ended meanwhile */
  }
}
