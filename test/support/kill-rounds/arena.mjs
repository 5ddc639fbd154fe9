// Where kill rounds take place: an installation of cordon, by whose path its processes are known, a workspace, and workers in it.
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { processesWith } from './victims.mjs';

const CHECKOUT = path.join(import.meta.dirname, '../../..');
const PARTS = ['dist', 'native/linux/build', 'profiles', 'package.json'];

/** Far more than anything takes; what has not come about by then is a finding. */
const PATIENCE_MS = 20_000;

export function openArena(uid) {
  const base = mkdtempSync('/var/tmp/cordon-kill-rounds-');
  chmodSync(base, 0o755);
  for (const part of PARTS) cpSync(path.join(CHECKOUT, part), path.join(base, part), { recursive: true });
  cpSync(path.join(import.meta.dirname, 'worker.mjs'), path.join(base, 'worker.mjs'));
  writeFileSync(
    path.join(base, 'rounds.toml'),
    '[filesystem]\n":root" = "read"\n":workspace_roots" = "write"\n',
  );
  for (const name of ['workspace', 'home']) {
    mkdirSync(path.join(base, name));
    chownSync(path.join(base, name), uid, uid);
  }
  return { base, uid, mark: `mark-${randomBytes(8).toString('hex')}`, mounts: mountsOfHost() };
}

export function closeArena({ base }) {
  for (const { pid } of processesWith([base])) endProcess(pid);
  rmSync(base, { recursive: true, force: true });
}

export function endProcess(pid) {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if (error.code !== 'ESRCH') throw error; /* else it has just ended */
  }
}

/** Starts a program that embeds the library, and has it run a first command. */
export async function startWorker(arena, launcher) {
  const { base, uid, mark } = arena;
  const isOther = process.getuid() !== uid;
  const child = spawn(process.execPath, [path.join(base, 'worker.mjs'), base, launcher, mark], {
    cwd: path.join(base, 'workspace'),
    env: { HOME: path.join(base, 'home'), PATH: process.env.PATH },
    stdio: ['pipe', 'pipe', 'inherit'],
    ...(isOther ? { uid, gid: uid } : {}),
  });
  child.stdin.on('error', () => undefined); /* it may have been killed */
  const told = [];
  createInterface({ input: child.stdout }).on('line', (line) => told.push(JSON.parse(line)));
  const worker = { child, launcher, told, exited: new Promise((resolve) => child.once('close', resolve)) };
  worker.first = await next(worker);
  worker.descriptors = await descriptorsOf(worker);
  return worker;
}

export async function endWorker({ child, exited }) {
  child.stdin.end();
  await exited;
}

export function ask(worker, word) {
  worker.told.length = 0;
  worker.child.stdin.write(`${word}\n`);
}

/** Runs a command; returns what it wrote, or why it could not. */
export async function next(worker) {
  ask(worker, 'next');
  return (await until(() => worker.told.find((message) => message.next !== undefined)))?.next ?? 'nothing';
}

export async function descriptorsOf(worker) {
  ask(worker, 'count');
  return (await until(() => worker.told.find((message) => message.descriptors !== undefined)))?.descriptors;
}

/** Waits until `look` finds something; undefined when it never does. */
export async function until(look) {
  for (const deadline = Date.now() + PATIENCE_MS; ; await delay(2)) {
    const found = look();
    if (found !== undefined && found !== false) return found;
    if (Date.now() > deadline) return undefined;
  }
}

/** What is left of sandboxes on the host, after another run has swept. */
export function leftOnDisk({ base, mounts }) {
  const state = path.join(base, 'home/.local/state/cordon');
  const claims = ['mount-points', 'lock'].flatMap((name) => namesIn(path.join(state, name)));
  const held = claims.filter((name) => name !== 'free'); /* which is the lock when nobody has it */
  return [
    ...namesIn(path.join(base, 'workspace')).map((name) => `left in the workspace: ${name}`),
    ...held.map((name) => `left in the journal: ${name}`),
    ...(mountsOfHost() === mounts ? [] : ["the host's mounts have changed"]),
  ];
}

function namesIn(directory) {
  try {
    return readdirSync(directory);
  } catch (error) {
    if (error.code === 'ENOENT') return [];
    throw error;
  }
}

function mountsOfHost() {
  return readFileSync('/proc/self/mountinfo', 'utf8');
}
