// node scripts/test-on-node.mjs 22 24 [-- test|lint]
//
// Runs the tests (and lint) with other versions of Node, whose binaries the npm package `node` carries.
import { spawnSync } from 'node:child_process';
import { accessSync, chmodSync, constants, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const [versions, scripts] = splitAt(process.argv.slice(2), '--');

for (const version of versions) {
  const directory = mkdtempSync(path.join(baseDirectory(), `cordon-node-${version}-`));
  try {
    chmodSync(directory, 0o755); // The tests run it as an ordinary user too; mkdtemp makes it ours alone.
    run(
      'npm',
      ['install', '--prefix', directory, '--no-save', '--no-package-lock', `node@${version}`],
      process.env,
    );
    const binaries = path.join(directory, 'node_modules', 'node', 'bin');
    if (!existsSync(path.join(binaries, 'node')))
      throw new Error(`the package node@${version} brought no binary`);
    const env = {
      ...process.env,
      CORDON_TEST_DEFAULT_LAUNCHER_ONLY: '1',
      PATH: `${binaries}${path.delimiter}${process.env.PATH}`,
    };
    run('node', ['--version'], env);
    for (const script of scripts.length > 0 ? scripts : ['test']) run('npm', ['run', script], env);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function run(command, args, env) {
  const { status } = spawnSync(command, args, {
    env,
    stdio: 'inherit',
    cwd: path.join(import.meta.dirname, '..'),
  });
  if (status === 0) return;
  console.error(`${command} ${args.join(' ')} failed`);
  process.exitCode = 1;
}

function splitAt(list, separator) {
  const at = list.indexOf(separator);
  return at === -1 ? [list, []] : [list.slice(0, at), list.slice(at + 1)];
}

/** Below /usr where that is possible: the profile `strict` shows a command no other programs. */
function baseDirectory() {
  try {
    accessSync('/usr/local/lib', constants.W_OK);
    return '/usr/local/lib';
  } catch {
    return tmpdir();
  }
}
