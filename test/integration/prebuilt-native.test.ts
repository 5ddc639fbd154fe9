import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const CHECKOUT = path.join(import.meta.dirname, '../..');
const PROGRAMS = ['cordon-guard', 'cordon-launcher'];
const OWN = `linux-${process.arch}`;

/** elf(5): e_machine, and the kind of a program header that names a loader. */
const MACHINES = { 'linux-x64': 62, 'linux-arm64': 183 };
const INTERPRETER = 3;

/** A directory of programs for PATH, each found on ours. */
function onlyWith(directory: string, programs: readonly string[]): string {
  mkdirSync(directory, { recursive: true });
  for (const program of programs) {
    const { stdout } = spawnSync('/bin/sh', ['-c', `command -v ${program}`], { encoding: 'utf8' });
    symlinkSync(stdout.trim(), path.join(directory, program));
  }
  return directory;
}

function segmentKinds(program: Buffer): readonly number[] {
  const [start, size, count] = [program.readUInt32LE(32), program.readUInt16LE(54), program.readUInt16LE(56)];
  return Array.from({ length: count }, (_, index) => program.readUInt32LE(start + index * size));
}

describe('Programs that are built ahead', () => {
  let base = '';
  const prebuild = (out: string, env: NodeJS.ProcessEnv = process.env) =>
    spawnSync(process.execPath, [path.join(CHECKOUT, 'scripts/prebuild-native.mjs'), '--out', out], {
      encoding: 'utf8',
      env,
    });
  const programOf = (out: string, target: string, name: string): Buffer =>
    readFileSync(path.join(base, out, target, name));

  beforeAll(() => {
    base = mkdtempSync('/var/tmp/cordon-prebuilt-');
    for (const out of ['one', 'another']) prebuild(path.join(base, out));
  }, 120_000);
  afterAll(() => {
    rmSync(base, { recursive: true, force: true });
  });

  describe.each(Object.entries(MACHINES))('for %s', (target, machine) => {
    test.each(PROGRAMS)('are static, small, of that machine, and the same bytes each time: %s', (name) => {
      const program = programOf('one', target, name);
      expect(program.readUInt16LE(18)).toBe(machine);
      expect(segmentKinds(program)).not.toContain(INTERPRETER);
      /* arm64 takes a fifth more code. */
      expect(program.length).toBeLessThan(target === 'linux-x64' ? 150_000 : 175_000);
      expect(program.equals(programOf('another', target, name))).toBe(true);
    });
  });

  test('for arm64 tell their version, their options and their mistakes', () => {
    const run = (...words: readonly string[]) =>
      spawnSync('qemu-aarch64-static', [path.join(base, 'one/linux-arm64/cordon-launcher'), ...words], {
        encoding: 'utf8',
      });
    expect(run('--version').stdout).toMatch(/^cordon-launcher \d/u);
    expect(run('--help').stdout).toContain('--ro-bind');
    expect(run('--strange')).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/unknown option/u) as string,
    });
  });

  test('are told to be missing where a cross compiler is, and the others are built', () => {
    const own = process.arch === 'arm64' ? 'aarch64-linux-gnu-gcc' : 'x86_64-linux-gnu-gcc';
    const PATH = onlyWith(path.join(base, 'path'), [own, 'as', 'ld']);
    const out = path.join(base, 'partly');
    const { status, stderr } = prebuild(out, { PATH });
    expect(status).toBe(1);
    expect(stderr).toMatch(/linux-\w+ is not built: there is no \S+-gcc \(Debian: gcc-/u);
    expect(existsSync(path.join(out, OWN, 'cordon-launcher'))).toBe(true);
  });
});

describe('Where cordon is installed', () => {
  let base = '';
  const installIn = (name: string, env: NodeJS.ProcessEnv) => {
    const root = path.join(base, name);
    const { status, stderr } = spawnSync(process.execPath, [path.join(root, 'scripts/build-native.mjs')], {
      encoding: 'utf8',
      env,
    });
    const built = (program: string): string => path.join(root, 'native/linux/build', program);
    return { status, stderr, built };
  };
  const packageAt = (name: string, prebuilt: string | undefined): void => {
    const root = path.join(base, name);
    for (const part of ['common', 'guard', 'launcher'])
      cpSync(path.join(CHECKOUT, 'native/linux', part), path.join(root, 'native/linux', part), {
        recursive: true,
      });
    cpSync(path.join(CHECKOUT, 'package.json'), path.join(root, 'package.json'));
    for (const script of ['build-native.mjs', 'compile-native.mjs'])
      cpSync(path.join(CHECKOUT, 'scripts', script), path.join(root, 'scripts', script));
    if (prebuilt === undefined) return;
    for (const program of PROGRAMS) {
      mkdirSync(path.join(root, 'native/prebuilt', OWN), { recursive: true });
      writeFileSync(path.join(root, 'native/prebuilt', OWN, program), prebuilt);
    }
  };
  const withoutCompiler = (): NodeJS.ProcessEnv => ({ PATH: onlyWith(mkdtempSync(`${base}/path-`), []) });

  beforeAll(() => {
    base = mkdtempSync('/var/tmp/cordon-install-');
  });
  afterAll(() => {
    rmSync(base, { recursive: true, force: true });
  });

  test('and a compiler is, programs are compiled, whatever was built ahead', () => {
    packageAt('both', '#!/bin/sh\necho prebuilt\n');
    const { built } = installIn('both', process.env);
    expect(spawnSync(built('cordon-launcher'), ['--version'], { encoding: 'utf8' }).stdout).toMatch(
      /^cordon-launcher /u,
    );
  }, 60_000);

  test('and no compiler is, those that were built ahead are used', () => {
    packageAt('ahead', '#!/bin/sh\necho prebuilt\n');
    const { status, stderr, built } = installIn('ahead', withoutCompiler());
    expect([status, stderr]).toEqual([0, '']);
    for (const program of PROGRAMS)
      expect(spawnSync(built(program), [], { encoding: 'utf8' }).stdout).toBe('prebuilt\n');
  });

  test('and the compiler does not work, those that were built ahead are used', () => {
    packageAt('broken', '#!/bin/sh\necho prebuilt\n');
    const { status, built } = installIn('broken', { ...withoutCompiler(), CC: '/bin/false' });
    expect(status).toBe(0);
    expect(spawnSync(built('cordon-guard'), [], { encoding: 'utf8' }).stdout).toBe('prebuilt\n');
  });

  test('and neither is, it says what is missing, and goes on', () => {
    packageAt('neither', undefined);
    const { status, stderr, built } = installIn('neither', withoutCompiler());
    expect(status).toBe(0);
    for (const program of PROGRAMS) {
      expect(stderr).toContain(`${program} is missing`);
      expect(existsSync(built(program))).toBe(false);
    }
    expect(stderr).toMatch(/no working C compiler .* none was built ahead for linux-/u);
  });
});
