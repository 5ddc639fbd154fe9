// Builds cordon's native programs ahead, for machines without a C compiler: npm run prebuild -- [--out DIRECTORY]. Static with musl,
// for each kind of processor, on Debian and its like:
//
//   apt install gcc musl-tools                                               this machine's
//   dpkg --add-architecture arm64 && apt install gcc-aarch64-linux-gnu musl-dev:arm64 linux-libc-dev-arm64-cross   arm64 on x64
//
// What cannot be built is told, and makes the exit status 1; the rest is built.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { NATIVE, PROGRAMS, RELEASE, compile, sourcesIn } from './compile-native.mjs';

const { values } = parseArgs({
  options: { out: { type: 'string', default: path.join(NATIVE, '../prebuilt') } },
});

/** `machine` is e_machine of elf(5). */
const TARGETS = {
  x64: {
    gnu: 'x86_64-linux-gnu',
    musl: 'x86_64-linux-musl',
    debian: 'amd64',
    machine: 62,
    most: 150_000,
    flags: [],
  },
  /* RELRO is filled up to a page, of 64 KiB there; in a static program that is no library's it guards next to nothing. */
  arm64: {
    gnu: 'aarch64-linux-gnu',
    musl: 'aarch64-linux-musl',
    debian: 'arm64',
    machine: 183,
    /* A fifth more code than on x64. */
    most: 175_000,
    flags: ['-Wl,-z,norelro', '-mno-outline-atomics'],
  },
};

for (const [arch, target] of Object.entries(TARGETS)) {
  const missing = missingFor(target);
  if (missing.length > 0) fail(`linux-${arch} is not built: there is no ${missing.join(', no ')}`);
  else for (const [directory, name] of Object.entries(PROGRAMS)) make(arch, directory, name);
}

function make(arch, directory, name) {
  const { gnu, flags, machine, most } = TARGETS[arch];
  const output = path.join(values.out, `linux-${arch}`, name);
  const files = sourcesIn('common', directory);
  const all = [...RELEASE, '-static', '-s', ...flags, ...muslFlags(TARGETS[arch])];
  if (!compile(output, `${gnu}-gcc`, all, files)) fail(`linux-${arch}/${name} cannot be compiled`);
  else if (readFileSync(output).readUInt16LE(18) !== machine)
    fail(`linux-${arch}/${name} is for another processor`);
  else if (statSync(output).size > most) fail(`linux-${arch}/${name} has more than ${most} bytes`);
  else console.log(`linux-${arch}/${name}: ${statSync(output).size} bytes`);
}

/** What musl-gcc does, for any compiler; the kernel's headers, of that processor, behind all others. */
function muslFlags({ gnu, musl }) {
  const headers = [`/usr/${gnu}/include`, '/usr/include', `/usr/include/${gnu}`].filter(existsSync);
  return ['-specs', specsOf(musl), ...headers.flatMap((directory) => ['-idirafter', directory])];
}

function specsOf(musl) {
  return `/usr/lib/${musl}/musl-gcc.specs`;
}

function missingFor({ gnu, musl, debian }) {
  const hasCompiler = spawnSync(`${gnu}-gcc`, ['--version']).status === 0;
  return [
    ...(hasCompiler ? [] : [`${gnu}-gcc (Debian: gcc-${gnu.replace('_', '-')})`]),
    ...(existsSync(specsOf(musl)) ? [] : [`${specsOf(musl)} (Debian: musl-dev:${debian})`]),
  ];
}

function fail(what) {
  console.error(`cordon: ${what}`);
  process.exitCode = 1;
}
