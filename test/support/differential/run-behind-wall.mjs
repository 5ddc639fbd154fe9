// Compares cordon's launcher with bubblewrap by random plans, behind a wall (wall.sh). Used by a test and by `npm run fuzz:launchers`.
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { build } from 'esbuild';

const HERE = import.meta.dirname;
const OWN_UID = process.getuid();

const NEW = ['--mount', '--pid', '--fork', '--kill-child', '--propagation', 'private'];

/**
 * @param {string} launcher cordon's own
 * @returns {Promise<{directory: string, close: () => void}>} a directory with all that is needed behind the wall
 */
export async function openDifferential(launcher) {
  const directory = mkdtempSync('/var/tmp/cordon-differential-');
  chmodSync(directory, 0o755);
  const inside = (name) => path.join(directory, name);
  mkdirSync(inside('wall'));
  copyFileSync(launcher, inside('cordon-launcher'));
  chmodSync(inside('cordon-launcher'), 0o755);
  compileProbe(inside('probe'));
  await build({
    entryPoints: [path.join(HERE, 'main.ts')],
    outfile: inside('main.mjs'),
    bundle: true,
    platform: 'node',
    format: 'esm',
    logLevel: 'warning',
  });
  return { directory, close: () => rmSync(directory, { recursive: true, force: true }) };
}

/**
 * @param {string} directory of openDifferential
 * @param {{uid: number, cases: number, seed: number}} wish
 * @returns {Promise<import('./differential.js').DifferentialResult>}
 */
export async function runDifferential(directory, { uid, cases, seed }) {
  const namespaces = OWN_UID === 0 ? [] : ['--user', '--map-current-user', '--keep-caps'];
  const words = [path.join(directory, 'main.mjs'), directory, uid, cases, seed].map(String);
  const wall = ['/bin/sh', path.join(HERE, 'wall.sh'), directory, process.execPath, ...words];
  const { code, output } = await outputOf('unshare', [...namespaces, ...NEW, ...wall]);
  if (code !== 0) throw new Error(`the comparison ended with ${code}`);
  return JSON.parse(output);
}

/** Static: there is nothing else in a root of its own. */
function compileProbe(output) {
  const sources = path.join(HERE, 'probe');
  const files = readdirSync(sources).filter((name) => name.endsWith('.c'));
  const args = ['-O1', '-static', ...files.map((name) => path.join(sources, name)), '-o', output];
  const { status, stderr } = spawnSync('cc', args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`the probe was not compiled: ${stderr}`);
}

async function outputOf(program, args) {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const chunks = [];
  child.stdout.on('data', (chunk) => chunks.push(chunk));
  const code = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  return { code, output: Buffer.concat(chunks).toString('utf8') };
}
