import { readFileSync, readlinkSync } from 'node:fs';

/**
 * Names one process for as long as the machine runs, and after: process id, start time, process namespace, boot. Process ids
 * alone are given out again (proc(5), pid_namespaces(7)).
 */
export type ProcessIdentity = string;

/** The identity of this process. */
export function ownIdentity(): ProcessIdentity {
  return [process.pid, startTimeOf('self') ?? '0', processNamespace(), bootId()].join('-');
}

/**
 * Whether the process that an identity names still runs. A process of another namespace cannot be seen from here and counts
 * as running: nothing of it may be cleaned away.
 */
export function isRunning(identity: ProcessIdentity): boolean {
  const [pid, startTime, namespace, boot] = identity.split('-');
  if (boot !== bootId()) return false;
  if (namespace !== processNamespace()) return true;
  return pid !== undefined && startTimeOf(pid) === startTime;
}

/** Field 22 of /proc/PID/stat; the name in field 2 may hold spaces and parentheses. */
function startTimeOf(pid: string): string | undefined {
  const stat = read(`/proc/${pid}/stat`);
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
}

function processNamespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid').replace(/\D/gu, '');
  } catch {
    return '0';
  }
}

function bootId(): string {
  return (read('/proc/sys/kernel/random/boot_id') ?? '').replace(/[^0-9a-f]/gu, '').slice(0, 12);
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
