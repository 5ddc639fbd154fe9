// Makes cordon's native programs for Linux, with the machine's C compiler; where there is none, from those that were built ahead
// for this kind of processor (scripts/prebuild-native.mjs). Where there is neither, it says what is missing and goes on: a run that
// needs one tells so (guard-missing, builtin-missing).
//
//   --sanitize  builds the launcher with ASan and UBSan, and more as for old kernels, for the tests
//   --fuzz      builds the harnesses in native/linux/fuzz with clang's libFuzzer
import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, existsSync, mkdirSync, readdirSync, renameSync, statSync } from 'node:fs';
import path from 'node:path';
import { NATIVE, PROGRAMS, RELEASE, compile, sourcesIn } from './compile-native.mjs';

const SANITIZED = ['-g', '-O1', '-fno-omit-frame-pointer', '-fno-sanitize-recover=all'];
const CC = process.env.CC ?? 'cc';
const PREBUILT = path.join(NATIVE, `../prebuilt/linux-${process.arch}`);

/**
 * Static where libc allows it: a dynamic start costs 0.25 ms. musl where it is installed (musl-tools): the programs are a tenth of
 * the size. Its compiler leaves the kernel's headers out, which are taken from where the system's compiler has them.
 */
const RELEASE_WAYS = [
  { cc: process.env.CC ?? 'musl-gcc', flags: ['-static', '-s', ...kernelHeaders()] },
  { cc: CC, flags: ['-static', '-s'] },
  { cc: CC, flags: ['-s'] },
];

/** Versions of Landlock that the tests have a launcher take the kernel's for, beside the kernel's own. */
const OLD_LANDLOCKS = [1, 2, 5];

if (process.platform === 'linux') build(process.argv.slice(2));

function build(options) {
  if (options.includes('--sanitize')) buildSanitized();
  else if (options.includes('--fuzz')) buildFuzzers();
  else for (const [directory, name] of Object.entries(PROGRAMS)) make(directory, name);
}

function make(directory, name) {
  const target = built(name);
  const files = sourcesIn('common', directory);
  if (RELEASE_WAYS.some(({ cc, flags }) => compile(target, cc, [...RELEASE, ...flags], files))) return;
  if (takePrebuilt(name, target)) return;
  console.warn(
    `cordon: ${name} is missing, which sandboxes on Linux need: there is no working C compiler (${CC}), ` +
      `and none was built ahead for linux-${process.arch}. Install a compiler (Debian: build-essential) and install cordon again.`,
  );
}

/** In place of an old one at once, which may be running. */
function takePrebuilt(name, target) {
  const source = path.join(PREBUILT, name);
  if (!existsSync(source)) return false;
  const temporary = `${target}.${process.pid}`;
  mkdirSync(path.dirname(target), { recursive: true });
  copyFileSync(source, temporary);
  chmodSync(temporary, 0o755);
  renameSync(temporary, target);
  return true;
}

function buildSanitized() {
  const files = sourcesIn('common', 'launcher');
  const flags = [...SANITIZED, '-fsanitize=address,undefined'];
  const all = [
    ['sanitized/cordon-launcher', []],
    ['sanitized/cordon-launcher-old-mounts', ['-DTEST_OLD_MOUNTS']],
    ...OLD_LANDLOCKS.map((abi) => [
      `sanitized/cordon-launcher-landlock-${abi}`,
      [`-DTEST_LANDLOCK_ABI=${abi}`],
    ]),
  ];
  const results = all.map(
    ([name, more]) => isUpToDate(built(name)) || compile(built(name), CC, [...flags, ...more], files),
  );
  if (results.includes(false)) process.exitCode = 1;
}

/** Whether a program is younger than every source and header; several test files ask for the same ones. */
function isUpToDate(target) {
  if (!existsSync(target)) return false;
  const { mtimeMs } = statSync(target);
  const sources = ['common', 'launcher'].flatMap((name) =>
    readdirSync(path.join(NATIVE, name)).map((file) => path.join(NATIVE, name, file)),
  );
  return [import.meta.filename, ...sources].every((file) => statSync(file).mtimeMs < mtimeMs);
}

function buildFuzzers() {
  const files = sourcesIn('common', 'launcher').filter((file) => !file.endsWith('/main.c'));
  const flags = [...SANITIZED, '-fsanitize=fuzzer,address,undefined', `-I${path.join(NATIVE, 'launcher')}`];
  for (const harness of sourcesIn('fuzz'))
    if (!compile(built(`fuzz/${path.basename(harness, '.c')}`), 'clang', flags, [...files, harness]))
      process.exitCode = 1;
}

function built(name) {
  return path.join(NATIVE, 'build', name);
}

/** Behind all other directories of headers, so that only what musl does not have comes from there. */
function kernelHeaders() {
  const { stdout } = spawnSync(CC, ['-print-multiarch'], { encoding: 'utf8' });
  const directories = ['/usr/include', `/usr/include/${(stdout ?? '').trim()}`];
  return directories.flatMap((directory) => ['-idirafter', directory]);
}
