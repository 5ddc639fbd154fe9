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
  `-I${path.join(root, 'native/linux/common')}`,
];

if (process.platform === 'linux') {
  buildProgram('guard', 'cordon-guard');
  buildProgram('launcher', 'cordon-launcher');
}

/** Compiles native/linux/common and native/linux/NAME, static where libc allows it: a dynamic start costs 0.25 ms. */
function buildProgram(name, output) {
  const target = path.join(root, 'native/linux/build', output);
  const temporary = `${target}.${process.pid}`;
  mkdirSync(path.dirname(target), { recursive: true });
  const files = ['common', name].flatMap(sourcesIn);
  const linked = [['-static', '-s'], ['-s']].some((link) =>
    compile([...FLAGS, ...link, ...files, '-o', temporary]),
  );
  if (linked) renameSync(temporary, target);
  else {
    rmSync(temporary, { force: true });
    console.warn(`cordon: ${output} was not built: no working C compiler (cc). Sandboxes on Linux need it.`);
  }
}

function sourcesIn(name) {
  const directory = path.join(root, 'native/linux', name);
  return readdirSync(directory)
    .filter((file) => file.endsWith('.c'))
    .map((file) => path.join(directory, file));
}

function compile(args) {
  const result = spawnSync(process.env.CC ?? 'cc', args, { encoding: 'utf8' });
  if (result.status !== 0 && result.stderr) console.warn(result.stderr.trim());
  return result.status === 0;
}
