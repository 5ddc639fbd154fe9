import { spawnSync, type SpawnSyncReturns } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { assembleSeccompProgram } from '../../src/backends/linux/plan/seccomp/program.js';
import { describeSandboxed } from '../support/require-sandbox.js';

const PROBE_SOURCE = path.join(import.meta.dirname, 'seccomp-probe.c');
const HERE = process.arch === 'arm64' ? 'arm64' : 'x64';
const ELSEWHERE = HERE === 'x64' ? 'arm64' : 'x64';
const NETWORKS = ['restricted', 'enabled'] as const;

const WORKED = 'errno 0';
const EPERM = 'errno 1';
const ENOSYS = 'errno 38';
const SIGSEGV = 'signal 11';
const SIGSYS = 'signal 31';

/** Every capability in a user namespace of its own: what is refused in it, the filter has refused and no missing capability. */
const SANDBOX = [
  ...['--unshare-user', '--uid', '0', '--gid', '0', '--cap-add', 'ALL'],
  ...['--unshare-pid', '--unshare-net', '--unshare-ipc', '--die-with-parent', '--new-session'],
  ...['--ro-bind', '/', '/', '--dev', '/dev', '--proc', '/proc', '--tmpfs', '/tmp', '--chdir', '/tmp'],
];

/** Calls that work, or fail for another reason, without the filter on every kernel that can run the sandbox. */
const REFUSED_BY_THE_FILTER_ALONE = [
  ...['process_vm_readv', 'keyctl', 'mount', 'open_tree', 'fsopen', 'chroot', 'clone-newns', 'clone-newnet'],
  ...['unshare-newns', 'TIOCSTI', 'TIOCSTI-high-garbage', 'TIOCLINUX', 'TIOCSETD', 'socket-netlink-route'],
  ...['fchmod-setuid', 'fchmodat-setuid', 'openat-creates-setuid', 'openat-tmpfile-setgid', 'mknodat-setuid'],
];

/** What the probe said: `refused` and `allowed` each by the attempt's name. */
type Observed = Readonly<Record<'refused' | 'allowed', Readonly<Record<string, string>>>>;

describeSandboxed('the seccomp program on this kernel', () => {
  let directory = '';
  let unfiltered: Observed = { refused: {}, allowed: {} };

  beforeAll(() => {
    directory = mkdtempSync(path.join(tmpdir(), 'cordon-seccomp-'));
    const flags = ['-std=gnu11', '-Wall', '-Wextra', '-Werror', '-O1'];
    const built = spawnSync('cc', [...flags, '-o', path.join(directory, 'probe'), PROBE_SOURCE], {
      encoding: 'utf8',
    });
    expect(built.stderr).toBe('');
    unfiltered = observe(undefined);
  });

  afterAll(() => {
    rmSync(directory, { recursive: true, force: true });
  });

  /** Runs a command in the sandbox behind a filter, which bubblewrap reads from descriptor 3. */
  function run(filter: Uint8Array | undefined, command: readonly string[]): SpawnSyncReturns<string> {
    const file = path.join(directory, 'filter');
    writeFileSync(file, filter ?? '');
    const descriptor = openSync(file, 'r');
    const probe = ['--ro-bind', path.join(directory, 'probe'), '/tmp/probe'];
    const seccomp = filter === undefined ? [] : ['--seccomp', '3'];
    try {
      return spawnSync('bwrap', [...SANDBOX, ...probe, ...seccomp, '--', ...command], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'pipe', descriptor],
      });
    } finally {
      closeSync(descriptor);
    }
  }

  function observe(filter: Uint8Array | undefined): Observed {
    const { status, stdout, stderr } = run(filter, ['/tmp/probe']);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const of = (kind: string): Readonly<Record<string, string>> =>
      Object.fromEntries(
        stdout
          .split('\n')
          .map((line) => line.split(' '))
          .filter(([first]) => first === kind)
          .map(([, name = '', ...result]) => [name, result.join(' ')]),
      );
    return { refused: of('refused'), allowed: of('allowed') };
  }

  describe.each(NETWORKS)('with network %s', (network) => {
    let filtered: Observed = { refused: {}, allowed: {} };

    beforeAll(() => {
      filtered = observe(assembleSeccompProgram({ architecture: HERE, network }));
    });

    it('refuses every call of the policy with the error the policy names', () => {
      const expected: Record<string, string> = {
        ...Object.fromEntries(Object.keys(unfiltered.refused).map((name) => [name, EPERM])),
        ...{ clone3: ENOSYS, openat2: ENOSYS },
        ...(network === 'enabled' ? { 'socket-netlink-route': WORKED } : {}),
        ...(HERE === 'x64' ? foreignCalls() : {}),
      };
      expect(Object.keys(expected).length).toBeGreaterThan(70);
      expect(filtered.refused).toEqual(expected);
    });

    it('leaves the nearest calls that are allowed as they are without it', () => {
      expect(Object.keys(filtered.allowed).length).toBeGreaterThan(25);
      expect(filtered.allowed).toEqual(unfiltered.allowed);
    });

    it('lets a shell with children and pipes work', () => {
      const filter = assembleSeccompProgram({ architecture: HERE, network });
      const script = 'mkdir a && echo hello | tee a/b | cat && chmod 755 a/b && (cd a && ls)';
      expect(run(filter, ['sh', '-c', script])).toMatchObject({ status: 0, stdout: 'hello\nb\n' });
    });
  });

  /** Calls by another convention are killed, if the kernel knows the convention at all: else `int 0x80` is a fault. */
  function foreignCalls(): Readonly<Record<string, string>> {
    const without32Bit = unfiltered.refused['int80-getpid'] === SIGSEGV;
    return { 'x32-getpid': SIGSYS, 'int80-getpid': without32Bit ? SIGSEGV : SIGSYS };
  }

  it('is what refuses: without it these calls do not fail with EPERM', () => {
    const results = REFUSED_BY_THE_FILTER_ALONE.map((name) => [name, unfiltered.refused[name]]);
    expect(results.filter(([, result]) => result === undefined || result === EPERM)).toEqual([]);
  });

  it('runs nothing behind a program of the other architecture', () => {
    const filter = assembleSeccompProgram({ architecture: ELSEWHERE, network: 'restricted' });
    const { status, stdout } = run(filter, ['echo', 'ran']);
    expect(stdout).toBe('');
    expect(status).not.toBe(0);
  });

  describe.each(NETWORKS)('cut off, with network %s', (network) => {
    const whole = assembleSeccompProgram({ architecture: HERE, network });
    const half = Math.floor(whole.length / 16) * 8;
    const lengths = [0, 7, 8, 16, 24, 32, 40, 48, half, half + 4, whole.length - 16, whole.length - 8];

    it.each(lengths)('is not taken with %i bytes, and nothing runs', (length) => {
      const { status, stdout } = run(whole.subarray(0, length), ['echo', 'ran']);
      expect(stdout).toBe('');
      expect(status).not.toBe(0);
    });

    it('is taken whole', () => {
      expect(run(whole, ['echo', 'ran'])).toMatchObject({ status: 0, stdout: 'ran\n' });
    });
  });
});
