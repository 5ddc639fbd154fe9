// Builds cordon's native helpers for Linux with the machine's C compiler. A machine without one gets no helper here and a
// clear error (guard-missing) when it is needed, so this script reports and goes on.
//
//   --sanitize  builds the launcher with ASan and UBSan, and more as for old kernels, for the tests
//   --fuzz      builds the harnesses in native/linux/fuzz with clang's libFuzzer
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';

const root = path.join(import.meta.dirname, '..');
const native = path.join(root, 'native/linux');
const { version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
const WARNINGS = ['-std=c11', '-Wall', '-Wextra', '-Werror', `-DCORDON_VERSION="${version}"`];
const RELEASE = ['-O2', '-D_FORTIFY_SOURCE=2', '-fstack-protector-strong'];
const SANITIZED = ['-g', '-O1', '-fno-omit-frame-pointer', '-fno-sanitize-recover=all'];
const CC = process.env.CC ?? 'cc';

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
  else {
    buildProgram('guard', 'cordon-guard');
    buildProgram('launcher', 'cordon-launcher');
  }
}

/** Compiles native/linux/common and native/linux/NAME. */
function buildProgram(name, output) {
  const files = ['common', name].flatMap(sourcesIn);
  const built = RELEASE_WAYS.some(({ cc, flags }) => compileTo(output, cc, [...RELEASE, ...flags], files));
  if (!built)
    console.warn(`cordon: ${output} was not built: no working C compiler (cc). Sandboxes on Linux need it.`);
}

function buildSanitized() {
  const files = ['common', 'launcher'].flatMap(sourcesIn);
  const flags = [...SANITIZED, '-fsanitize=address,undefined'];
  const built = [
    compileTo('sanitized/cordon-launcher', CC, flags, files),
    compileTo('sanitized/cordon-launcher-old-mounts', CC, [...flags, '-DTEST_OLD_MOUNTS'], files),
    ...OLD_LANDLOCKS.map((abi) =>
      compileTo(
        `sanitized/cordon-launcher-landlock-${abi}`,
        CC,
        [...flags, `-DTEST_LANDLOCK_ABI=${abi}`],
        files,
      ),
    ),
  ];
  if (built.includes(false)) process.exitCode = 1;
}

function buildFuzzers() {
  const files = ['common', 'launcher'].flatMap(sourcesIn).filter((file) => !file.endsWith('/main.c'));
  const flags = [...SANITIZED, '-fsanitize=fuzzer,address,undefined', `-I${path.join(native, 'launcher')}`];
  for (const harness of sourcesIn('fuzz'))
    if (!compileTo(`fuzz/${path.basename(harness, '.c')}`, 'clang', flags, [...files, harness]))
      process.exitCode = 1;
}

/** Compiles into native/linux/build, where the old program stands until the new one is complete. */
function compileTo(output, cc, flags, files) {
  const target = path.join(native, 'build', output);
  const temporary = `${target}.${process.pid}`;
  mkdirSync(path.dirname(target), { recursive: true });
  const common = `-I${path.join(native, 'common')}`;
  const { status, error, stderr } = spawnSync(
    cc,
    [...WARNINGS, common, ...flags, ...files, '-o', temporary],
    {
      encoding: 'utf8',
    },
  );
  if (status !== 0 && error === undefined && stderr) console.warn(stderr.trim());
  if (status === 0) renameSync(temporary, target);
  else rmSync(temporary, { force: true });
  return status === 0;
}

function sourcesIn(name) {
  const directory = path.join(native, name);
  return readdirSync(directory)
    .filter((file) => file.endsWith('.c'))
    .map((file) => path.join(directory, file));
}

/** Behind all other directories of headers, so that only what musl does not have comes from there. */
function kernelHeaders() {
  const { stdout } = spawnSync(CC, ['-print-multiarch'], { encoding: 'utf8' });
  const directories = ['/usr/include', `/usr/include/${(stdout ?? '').trim()}`];
  return directories.flatMap((directory) => ['-idirafter', directory]);
}
