import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { namesIn, snapshotTree } from '../support/file-tree.js';
import { processesWithWord } from '../support/host-processes.js';
import { describeOnStage } from '../support/stage.js';

/** Prints every file below its words that can be opened for writing; those that belong to a process are passed over. */
const LIST_WRITABLE = `
const fs = require('node:fs');
const passedOver = /^\\/proc\\/(\\d+|self|thread-self|net|mounts)(\\/|$)/;
function walk(directory) {
  let entries = [];
  try { entries = fs.readdirSync(directory, { withFileTypes: true }); } catch { return; }
  for (const entry of entries) {
    const file = directory + '/' + entry.name;
    if (passedOver.test(file) || entry.isSymbolicLink()) continue;
    if (entry.isDirectory()) walk(file);
    else tryToOpen(file);
  }
}
function tryToOpen(file) {
  try { fs.closeSync(fs.openSync(file, fs.constants.O_WRONLY | fs.constants.O_NONBLOCK)); } catch { return; }
  console.log(file);
}
process.argv.slice(1).forEach(walk);
`;

const PROBE_SOURCE = path.join(import.meta.dirname, 'seccomp-probe.c');

/** Of the probe's attempts, those that would reach keys, other processes, mounts or the machine. */
const REFUSED_CALLS = [
  ...['ptrace', 'process_vm_readv', 'process_vm_writev', 'pidfd_getfd', 'kcmp'],
  ...['keyctl', 'add_key', 'request_key', 'bpf', 'perf_event_open', 'userfaultfd', 'io_uring_setup'],
  ...[
    'mount',
    'umount2',
    'pivot_root',
    'chroot',
    'move_mount',
    'open_tree',
    'fsopen',
    'mount_setattr',
    'setns',
  ],
  ...['open_by_handle_at', 'init_module', 'kexec_load', 'reboot', 'swapon', 'settimeofday', 'syslog'],
  ...[
    'clone-newuser',
    'clone-newns',
    'clone-newnet',
    'unshare-newuser',
    'unshare-newns',
    'TIOCSTI',
    'TIOCLINUX',
  ],
  ...['socket-packet', 'socket-vsock', 'socket-alg', 'fchmod-setuid', 'chmod-setuid', 'mknod-setuid'],
] as const;

const ALLOWED_CALLS = [
  'getppid',
  'socket-unix',
  'socket-inet',
  'socketpair-unix',
  'fchmod',
  'mknod-fifo',
  'clone',
] as const;

const STATUS_FIELDS = ['NoNewPrivs', 'Seccomp', 'CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb'] as const;

describeOnStage('the kernel', (stage) => {
  it('has no setting below /proc or /sys that a command could write', async () => {
    stage.plant({ 'd/file': '' });
    const args = ['/proc', '/sys', `${stage.workspace}/d`];
    const { output } = await stage.node(LIST_WRITABLE, { args });
    expect(output).toBe(`${stage.workspace}/d/file\n`);
  });

  it('does not show its memory, keys, symbols and messages', async () => {
    const hidden = [
      'kcore',
      'keys',
      'key-users',
      'kallsyms',
      'kmsg',
      'sched_debug',
      'slabinfo',
      'timer_list',
      'vmallocinfo',
    ];
    const script = 'for f in "$@"; do head -c 1 "/proc/$f" 2>/dev/null | grep -q . && echo "$f"; done; true';
    expect((await stage.shell(script, { args: [...hidden, 'version'] })).output).toBe('version\n');
  });

  it('gives the command no capability, no new privileges, and a system-call filter', async () => {
    const { output } = await stage.shell('cat /proc/self/status');
    const fields = new Map(
      output
        .split('\n')
        .map((line): [string, string] => [line.split(':')[0] ?? '', (line.split(':')[1] ?? '').trim()]),
    );
    expect(STATUS_FIELDS.map((name) => `${name} ${String(Number(fields.get(name)))}`)).toEqual([
      ...['NoNewPrivs 1', 'Seccomp 2', 'CapInh 0', 'CapPrm 0', 'CapEff 0', 'CapBnd 0', 'CapAmb 0'],
    ]);
  });

  it('offers a small /dev: what programs need, and no disk, memory or terminal of the host', async () => {
    const known = [
      'console',
      'core',
      'fd',
      'full',
      'mqueue',
      'null',
      'ptmx',
      'pts',
      'random',
      'shm',
      'stderr',
      'stdin',
      'stdout',
      'tty',
      'urandom',
      'zero',
    ];
    const { output } = await stage.shell(
      'ls /dev; ls /dev/pts /dev/shm >&2; echo x > /dev/null; head -c 1 /dev/zero | wc -c',
    );
    const names = output.trim().split('\n');
    expect(names.at(-1)).toBe('1');
    expect(names.slice(0, -1).filter((name) => !known.includes(name))).toEqual([]);
    expect(names).toContain('null');
  });

  it('shares no /dev/shm with the host', async () => {
    const directory = mkdtempSync('/dev/shm/cordon-stage-');
    try {
      const { output } = await stage.shell('ls /dev/shm; echo x > "/dev/shm/cordon-inside"; true');
      expect(output).toBe('');
      expect(namesIn('/dev/shm')).not.toContain('cordon-inside');
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  it('makes no device nodes for the command, but named pipes', async () => {
    const script = 'mknod c c 1 3; mknod b b 7 0; mknod p p; true';
    await stage.shell(script);
    expect(namesIn(stage.workspace)).toEqual(['p']);
  });

  it('sets no set-user-id bit for the command, but the ordinary ones', async () => {
    stage.plant({ file: '' });
    const script =
      '! chmod u+s file && ! chmod g+s file && ! chmod 4755 file && ! install -m 4755 file new && chmod 755 file';
    expect(await stage.shell(script)).toMatchObject({ code: 0 });
    expect(snapshotTree(stage.workspace)['file']).toMatch(/^file 755 /u);
    expect(
      Object.values(snapshotTree(stage.workspace)).filter((text) => /^file [4267]\d{3} /u.test(text)),
    ).toEqual([]);
  });

  it('keeps the name of the host from being changed', async () => {
    const before = readFileSync('/proc/sys/kernel/hostname', 'utf8');
    await stage.shell('hostname forged || echo forged > /proc/sys/kernel/hostname');
    expect(readFileSync('/proc/sys/kernel/hostname', 'utf8')).toBe(before);
  });

  describe('asked by system calls', () => {
    let directory = '';

    beforeAll(() => {
      directory = mkdtempSync('/var/tmp/cordon-probe-');
      const built = spawnSync(
        'cc',
        ['-std=gnu11', '-O1', '-o', path.join(directory, 'probe'), PROBE_SOURCE],
        { encoding: 'utf8' },
      );
      expect(built.stderr).toBe('');
      spawnSync('chmod', ['755', directory]);
    });

    afterAll(() => {
      rmSync(directory, { recursive: true, force: true });
    });

    it('refuses keys, tracing, mounts and namespaces, and lets ordinary calls be', async () => {
      const { output } = await stage.shell('"$1/probe"', { args: [directory] });
      const lines = new Set(output.split('\n'));
      const missing = [
        ...REFUSED_CALLS.map((name) => `refused ${name} errno 1`),
        ...ALLOWED_CALLS.map((name) => `allowed ${name} errno 0`),
      ].filter((line) => !lines.has(line));
      expect(missing).toEqual([]);
    });
  });
});

describeOnStage('other processes', (stage) => {
  it('of the host are invisible', async () => {
    const { output } = await stage.shell('ls /proc | grep -c "^[0-9]"; cat /proc/1/comm');
    const [count, init] = output.split('\n');
    expect(Number(count)).toBeLessThan(8);
    expect(['bwrap', 'cordon-launcher']).toContain(init);
  });

  it('of the host cannot be signalled, by number or all at once', async () => {
    const { uid, gid } = stage.caller;
    const ids = process.getuid?.() === 0 ? { uid, gid } : {};
    const host = spawn('/bin/cat', [], { ...ids, stdio: ['pipe', 'pipe', 'ignore'] });
    try {
      const pid = String(host.pid);
      const run = await stage.shell('kill -9 "$1" 2>/dev/null && echo "$1"; kill -9 -1; echo after', {
        args: [pid],
      });
      expect(run.output).not.toContain(pid);
      host.stdin.write('alive\n');
      await once(host.stdout, 'readable');
      expect(String(host.stdout.read())).toBe('alive\n');
    } finally {
      host.kill('SIGKILL');
    }
  });

  /** Leaves one process in the background and one in a session of its own, both deaf to polite signals. */
  const LEAVE_BEHIND = `
    trap "" TERM HUP INT
    sleep "$1" < /dev/null > /dev/null 2>&1 &
    setsid sleep "$1" < /dev/null > /dev/null 2>&1 &
    echo ready
    read line`;

  /** A time that no other process on this machine sleeps. */
  const uniqueTime = (): string => `1000.${String(process.pid)}${String(stage.caller.uid)}`;

  it('that the command leaves behind end with it', async () => {
    const running = stage.start(LEAVE_BEHIND, { args: [uniqueTime()] });
    await running.firstLine;
    expect(processesWithWord(uniqueTime()).length).toBeGreaterThan(0);
    running.stdin.end('go\n');
    expect((await running.ended).code).toBe(0);
    expect(processesWithWord(uniqueTime())).toEqual([]);
  });

  it('of the command end when sandbox-run is killed', async () => {
    const running = stage.start(LEAVE_BEHIND, { args: [uniqueTime()] });
    await running.firstLine;
    running.child.kill('SIGKILL');
    await running.ended;
    await vi.waitFor(() => {
      expect(processesWithWord(uniqueTime())).toEqual([]);
    });
  });

  it('share no memory segments with the host', async () => {
    expect((await stage.shell("sed -n '2,$p' /proc/sysvipc/shm")).output).toBe('');
  });
});
