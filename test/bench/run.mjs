// npm run bench [-- --runs N] [--json FILE]
// npm run bench -- --sandboxes N          only: what a zygote holds after N sandboxes against after 100
//
// Prints ratios of interleaved medians, so that a busy or slow machine spoils both sides alike. Asserts nothing.
import { spawn, spawnSync } from 'node:child_process';
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { SandboxManager } from '../../dist/index.js';

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '200' },
    json: { type: 'string' },
    sandboxes: { type: 'string' },
  },
});
const runs = Number(values.runs);
const executable = path.join(import.meta.dirname, '../../dist/bin/sandbox-run.cjs');
const workspace = mkdtempSync(path.join(os.tmpdir(), 'cordon-bench-'));

/** Sandboxes before the first look, when everything that is made once has been made. */
const WARM = 100;

/** bubblewrap ends before the kernel has taken its namespaces down: without a pause the next side would pay for that. */
const SETTLE_MS = 20;

try {
  const report =
    values.sandboxes === undefined ? await measureAll() : await measureGrowth(Number(values.sandboxes));
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(report, null, 2)}\n`);
} finally {
  rmSync(workspace, { recursive: true, force: true });
}

async function measureAll() {
  const report = {
    node: process.version,
    kernel: os.release(),
    cpus: os.cpus().length,
    runs,
    launch: await compareLaunch(),
    executable: await compareExecutable(),
    builtin: await compareLaunchers('bwrap', 'builtin', []),
    'many masks': await compareLaunchers('bwrap', 'builtin', hiddenFiles(500)),
    zygote: await compareZygote(),
    'zygote, 1 GiB held': await withMemoryHeld(1024, compareZygote),
    'exact evidence': await compareEvidence(),
    'event loop': await longestStall(),
    throughput: await compareThroughput(),
    crowd: await sandboxesPerSecond(50),
    memory: await compareMemory(),
  };
  print(report);
  return report;
}

/** What a zygote holds after many sandboxes, some of them at once, against after a few. */
async function measureGrowth(sandboxes) {
  const manager = new SandboxManager({ launcher: 'zygote' });
  const cwd = mkdtempSync(path.join(workspace, 'growth-'));
  const make = async (count) => {
    let left = count;
    const work = async () => {
      while (left-- > 0) await manager.run({ argv: ['/bin/true'], cwd });
    };
    await Promise.all(Array.from({ length: 8 }, work));
  };
  await make(WARM);
  const before = holdingsOf(zygote());
  await make(sandboxes - WARM);
  const after = holdingsOf(zygote());
  console.log(`zygote, after ${sandboxes} sandboxes against after ${WARM}`);
  for (const [name, value] of Object.entries(after))
    console.log(
      `${name.padEnd(20)} ${String(value).padStart(8)}   ${before[name]}   ratio ${(value / before[name]).toFixed(2)}`,
    );
  return { sandboxes, before, after };
}

/** The only child that this process has kept. */
function zygote() {
  const children = readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8')
    .trim()
    .split(' ')
    .map(Number);
  const found = children.filter((pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('--zygote'));
  if (found.length !== 1) throw new Error(`there are ${found.length} zygotes`);
  return found[0];
}

function holdingsOf(pid) {
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  const kib = (name) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'mu').exec(rollup)[1]);
  return {
    'RSS, KiB': kib('Rss'),
    'PSS, KiB': kib('Pss'),
    descriptors: readdirSync(`/proc/${pid}/fd`).length,
  };
}

/**
 * The library's `run` of `true` against a spawn of the bubblewrap command line that it plans, with the same filter. That leaves
 * its mount points (`.git`, …) behind: each has a workspace of its own.
 */
async function compareLaunch() {
  const manager = new SandboxManager();
  const commandIn = (cwd) => ({ argv: ['true'], cwd, profile: 'workspace-write' });
  const [bare, ours] = ['bare', 'ours'].map((name) => path.join(workspace, name));
  for (const directory of [bare, ours]) mkdirSync(directory);
  const { commandLine, seccompProgram } = await manager.preview(commandIn(bare));
  const [bubblewrap, ...args] = splitCommandLine(commandLine);
  const filter = path.join(workspace, 'filter');
  writeFileSync(filter, seccompProgram);
  return interleave({
    bubblewrap: async () => {
      const fd = openSync(filter, 'r');
      const child = spawn(bubblewrap, ['--seccomp', '3', ...args], {
        cwd: bare,
        env: {},
        stdio: ['pipe', 'pipe', 'pipe', fd],
      });
      closeSync(fd);
      return exitOf(child);
    },
    library: async () => (await manager.run(commandIn(ours))).exitCode,
  });
}

/** Two launchers by the same library, each in a workspace of its own, with files that a command may not read. */
async function compareLaunchers(base, measured, hidden) {
  const commandIn = (cwd) => ({
    argv: ['true'],
    cwd,
    profile: 'workspace-write',
    overlay: { entries: hidden },
  });
  const sides = [base, measured].map((launcher) => {
    const cwd = path.join(workspace, `${launcher}-${hidden.length}`);
    mkdirSync(cwd);
    const manager = new SandboxManager({ launcher });
    return [launcher, async () => (await manager.run(commandIn(cwd))).exitCode];
  });
  return interleave(Object.fromEntries(sides), hidden.length > 0 ? Math.ceil(runs / 10) : runs);
}

function hiddenFiles(count) {
  const directory = path.join(workspace, 'hidden');
  mkdirSync(directory);
  return Array.from({ length: count }, (_, index) => {
    const file = path.join(directory, String(index));
    writeFileSync(file, '');
    return { path: { type: 'path', path: `file://${file}` }, access: 'deny' };
  });
}

/** The library's run of a sandboxed `true` by a zygote, against a plain spawn. */
async function compareZygote() {
  const manager = new SandboxManager({ launcher: 'zygote' });
  const cwd = mkdtempSync(path.join(workspace, 'zygote-'));
  return interleave({
    'plain spawn': () => exitOf(spawn('/bin/true', [], { stdio: ['pipe', 'pipe', 'pipe'] })),
    'zygote, sandboxed': async () => (await manager.run({ argv: ['/bin/true'], cwd })).exitCode,
  });
}

/** A command that creates 2,000 files, and removes them. */
async function compareEvidence() {
  const script = 'i=0; while [ $i -lt 2000 ]; do i=$((i+1)); : >$i; done; rm *';
  const sides = ['text', 'exact'].map((evidence) => {
    const manager = new SandboxManager({ launcher: 'builtin' });
    const cwd = mkdtempSync(path.join(workspace, 'evidence-'));
    return [
      `4,000 changes, ${evidence}`,
      async () => (await manager.run({ argv: ['/bin/sh', '-c', script], cwd, evidence })).exitCode,
    ];
  });
  return interleave(Object.fromEntries(sides), Math.ceil(runs / 10));
}

async function withMemoryHeld(mebibytes, measure) {
  const held = Array.from({ length: mebibytes }, () => Buffer.alloc(1 << 20, 1));
  const result = await measure();
  return held.length === mebibytes ? result : undefined;
}

/** Milliseconds in which nothing else could run while sandboxes were started one after the other. */
async function longestStall() {
  const stalls = {};
  for (const launcher of ['bwrap', 'zygote']) {
    const manager = new SandboxManager({ launcher });
    const cwd = mkdtempSync(path.join(workspace, 'stall-'));
    const delays = monitorEventLoopDelay({ resolution: 1 });
    await manager.run({ argv: ['true'], cwd });
    delays.enable();
    for (let i = 0; i < 50; i += 1) await manager.run({ argv: ['true'], cwd });
    delays.disable();
    stalls[launcher] = delays.max / 1e6;
  }
  return stalls;
}

async function compareThroughput() {
  const manager = new SandboxManager({ launcher: 'zygote' });
  const script = ['/bin/sh', '-c', 'head -c 200000000 /dev/zero'];
  const drain = async (stream) => {
    let total = 0;
    stream.on('data', (chunk) => (total += chunk.length));
    await new Promise((resolve) => stream.once('close', resolve));
    if (total !== 200_000_000) throw new Error(`${total} bytes came`);
    return 0;
  };
  const cwd = mkdtempSync(path.join(workspace, 'throughput-'));
  return interleave(
    {
      '200 MB, plain spawn': () =>
        drain(spawn(script[0], script.slice(1), { stdio: ['ignore', 'pipe', 'ignore'] }).stdout),
      '200 MB, zygote': async () => {
        const running = await manager.spawn({ argv: script, cwd });
        running.stdin.end();
        running.stderr.resume();
        const code = await drain(running.stdout);
        await running.ended;
        return code;
      },
    },
    Math.ceil(runs / 10),
  );
}

async function sandboxesPerSecond(inFlight) {
  const rates = {};
  for (const launcher of ['bwrap', 'builtin', 'zygote']) {
    const manager = new SandboxManager({ launcher });
    const cwd = mkdtempSync(path.join(workspace, 'crowd-'));
    const start = process.hrtime.bigint();
    let left = 500;
    const work = async () => {
      while (left-- > 0) await manager.run({ argv: ['/bin/true'], cwd });
    };
    await Promise.all(Array.from({ length: inFlight }, work));
    rates[launcher] = 500 / (Number(process.hrtime.bigint() - start) / 1e9);
  }
  return rates;
}

async function compareExecutable() {
  const start = (args) => () =>
    spawnSync(process.execPath, args, { cwd: workspace, stdio: ['ignore', 'ignore', 'inherit'] }).status;
  return interleave({
    'node -e 0': start(['-e', '0']),
    'sandbox-run -- true': start([executable, '--', 'true']),
  });
}

/** Peak resident memory in KiB, read from the process table while the process waits. */
async function compareMemory() {
  return {
    'node, idle': await peakOf(['-e', 'console.log("ready"); process.stdin.resume()']),
    'sandbox-run': await peakOf([executable, '--', 'sh', '-c', 'echo ready; read line']),
  };
}

async function peakOf(args) {
  const child = spawn(process.execPath, args, { cwd: workspace, stdio: ['pipe', 'pipe', 'inherit'] });
  await new Promise((resolve) => child.stdout.once('data', resolve));
  const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
  child.stdin.end('\n');
  await exitOf(child);
  return Number(/VmHWM:\s+(\d+)/u.exec(status)[1]);
}

/** Runs all sides in turn, `rounds` times, after a few rounds of warming up. */
async function interleave(sides, rounds = runs) {
  const times = Object.fromEntries(Object.keys(sides).map((name) => [name, []]));
  for (let round = -5; round < rounds; round += 1) {
    for (const [name, run] of Object.entries(sides)) {
      await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
      const start = process.hrtime.bigint();
      const code = await run();
      if (code !== 0) throw new Error(`${name} ended with ${code}`);
      if (round >= 0) times[name].push(Number(process.hrtime.bigint() - start) / 1e6);
    }
  }
  const [first, second] = Object.entries(times).map(([name, list]) => ({ name, medianMs: median(list) }));
  return { base: first, measured: second, ratio: second.medianMs / first.medianMs };
}

function median(list) {
  const sorted = [...list].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}

function exitOf(child) {
  child.stdout?.resume();
  child.stderr?.resume();
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve(code));
  });
}

/** Undoes the quoting of a printed plan: single quotes, and `"${NAME-}"` for a variable of ours. */
function splitCommandLine(text) {
  const words = text.match(/(?:'[^']*'|"[^"]*"|\\'|[^\s'"])+/gu);
  return words.map((word) =>
    word
      .replaceAll(/"\$\{(\w+)-\}"/gu, (_, name) => process.env[name] ?? '')
      .replaceAll(/'([^']*)'/gu, '$1')
      .replaceAll("\\'", "'"),
  );
}

function print(report) {
  const row = ({ base, measured, ratio }) =>
    `${measured.name.padEnd(20)} ${measured.medianMs.toFixed(2).padStart(8)} ms   ${base.name} ${base.medianMs.toFixed(2)} ms   ratio ${ratio.toFixed(2)}`;
  console.log(
    `Node ${report.node}, Linux ${report.kernel}, ${report.cpus} processors, medians of ${report.runs} interleaved runs`,
  );
  for (const [name, value] of Object.entries(report))
    if (value.ratio !== undefined) console.log(`${name.padEnd(20)} ${row(value)}`);
  for (const [name, stall] of Object.entries(report['event loop']))
    console.log(`longest stall        ${name.padEnd(20)} ${stall.toFixed(1).padStart(8)} ms`);
  for (const [name, rate] of Object.entries(report.crowd))
    console.log(`50 in flight         ${name.padEnd(20)} ${rate.toFixed(0).padStart(8)} sandboxes a second`);
  for (const [name, kib] of Object.entries(report.memory))
    console.log(`memory               ${name.padEnd(20)} ${(kib / 1024).toFixed(1).padStart(8)} MiB peak`);
}
