// How cordon's native programs for Linux are compiled, on the machine that runs them and ahead for others.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';

const root = path.join(import.meta.dirname, '..');

/** The sources. */
export const NATIVE = path.join(root, 'native/linux');

/** The programs, by the directory of their sources. */
export const PROGRAMS = { guard: 'cordon-guard', launcher: 'cordon-launcher' };

/** Of a program that is delivered. */
export const RELEASE = [
  ...['-Os', '-D_FORTIFY_SOURCE=2', '-fstack-protector-strong'],
  ...['-fno-asynchronous-unwind-tables', '-fno-unwind-tables'],
  ...['-ffunction-sections', '-fdata-sections', '-Wl,--gc-sections'],
];

const { version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
const WARNINGS = ['-std=c11', '-Wall', '-Wextra', '-Werror', `-DCORDON_VERSION="${version}"`];

/** The C files of some directories of the sources. */
export function sourcesIn(...names) {
  return names.flatMap((name) => {
    const directory = path.join(NATIVE, name);
    const files = readdirSync(directory).filter((file) => file.endsWith('.c'));
    return files.sort().map((file) => path.join(directory, file));
  });
}

/**
 * Compiles to a file, where the old one stands until the new one is complete. What the compiler says is passed on.
 *
 * @returns {boolean} whether there is a compiler, and it was content
 */
export function compile(target, cc, flags, files) {
  const temporary = `${target}.${process.pid}`;
  mkdirSync(path.dirname(target), { recursive: true });
  const args = [...WARNINGS, `-I${path.join(NATIVE, 'common')}`, ...flags, ...files, '-o', temporary];
  const { status, error, stderr } = spawnSync(cc, args, { encoding: 'utf8' });
  if (status !== 0 && error === undefined && stderr) console.warn(stderr.trim());
  if (status === 0) renameSync(temporary, target);
  else rmSync(temporary, { force: true });
  return status === 0;
}
