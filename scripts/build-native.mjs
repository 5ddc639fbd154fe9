// Builds cordon's native helpers for Linux with the machine's C compiler. A machine without one gets no helper here and a
// clear error (guard-missing) when it is needed, so this script reports and goes on.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';

const root = path.join(import.meta.dirname, '..');
const FLAGS = [
  '-std=c11',
  '-O2',
  '-Wall',
  '-Wextra',
  '-Werror',
  '-D_FORTIFY_SOURCE=2',
  '-fstack-protector-strong',
];

if (process.platform === 'linux') buildProgram('guard', 'cordon-guard');

/** Compiles native/linux/NAME/*.c, static where libc allows it: a dynamic start costs about a quarter of a millisecond. */
function buildProgram(name, output) {
  const sources = path.join(root, 'native/linux', name);
  const target = path.join(root, 'native/linux/build', output);
  const temporary = `${target}.${process.pid}`;
  mkdirSync(path.dirname(target), { recursive: true });
  const files = readdirSync(sources)
    .filter((file) => file.endsWith('.c'))
    .map((file) => path.join(sources, file));
  const linked = [['-static', '-s'], ['-s']].some((link) =>
    compile([...FLAGS, ...link, ...files, '-o', temporary]),
  );
  if (linked) renameSync(temporary, target);
  else {
    rmSync(temporary, { force: true });
    console.warn(`cordon: ${output} was not built: no working C compiler (cc). Sandboxes on Linux need it.`);
  }
}

function compile(args) {
  const result = spawnSync(process.env.CC ?? 'cc', args, { encoding: 'utf8' });
  if (result.status !== 0 && result.stderr) console.warn(result.stderr.trim());
  return result.status === 0;
}
