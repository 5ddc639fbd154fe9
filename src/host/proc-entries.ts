import { existsSync } from 'node:fs';
import { type AbsolutePath, parseAbsolutePath } from '../paths/absolute-path.js';

/** Parts of /proc that exist on this kernel and that a sandbox covers. */
export interface ProcEntries {
  /** Settings of the kernel or of devices: shown, not writable. */
  readonly readOnly: readonly AbsolutePath[];
  /** Memory of the kernel, keys, addresses: not shown. */
  readonly hidden: readonly AbsolutePath[];
}

/**
 * proc(5): writing to these changes the running kernel, and the files belong to root, so that a caller who is root may write
 * them without any capability. The container runtimes cover the same (OCI runtime specification, readonlyPaths, maskedPaths).
 */
const READ_ONLY = [
  'acpi',
  'asound',
  'bus',
  'driver',
  'dynamic_debug',
  'fs',
  'irq',
  'mtrr',
  'pressure',
  'scsi',
  'sys',
  'sysrq-trigger',
  'tty',
];

const HIDDEN = [
  'kallsyms',
  'kcore',
  'key-users',
  'keys',
  'kmsg',
  'kpagecgroup',
  'kpagecount',
  'kpageflags',
  'latency_stats',
  'sched_debug',
  'slabinfo',
  'timer_list',
  'timer_stats',
  'vmallocinfo',
];

/** Looks which of the entries exist. */
export function readProcEntries(): ProcEntries {
  return { readOnly: existing(READ_ONLY), hidden: existing(HIDDEN) };
}

function existing(names: readonly string[]): readonly AbsolutePath[] {
  return names.map((name) => parseAbsolutePath(`/proc/${name}`)).filter((path) => existsSync(path));
}
