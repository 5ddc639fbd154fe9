import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, readFileSync, statSync, utimesSync } from 'node:fs';
import { createServer } from 'node:net';
import { beforeEach, expect, test } from 'vitest';
import { type MarkedProcess, makeMark, markedProcesses } from '../../support/integration-processes.js';
import { type TerminalSession, openSession } from '../../support/integration-terminal.js';
import { until } from '../../support/integration-until.js';
import { withoutUserNamespaces } from '../../support/no-user-namespaces.js';
import { type StartedProgram } from '../../support/run-program.js';
import { type SandboxedRun } from '../../support/run-sandboxed.js';
import { type Stage, type StageOptions, describeOnStage } from '../../support/stage.js';

const PROFILE = `
[filesystem]
":root" = "read"
":tmpdir" = "write"
`;

/** Where the machine forbids user namespaces; the profile reads everything and writes below TMPDIR alone. */
class Confined {
  readonly stage: Stage;

  constructor(stage: Stage) {
    this.stage = stage;
  }

  get scratch(): string {
    return `${this.stage.outside}/scratch`;
  }

  plant(): void {
    this.stage.plantAtHome({
      'profile.toml': PROFILE,
      'network.toml': `${PROFILE}\n[network]\nenabled = true\n`,
    });
    this.stage.plantOutside({ 'scratch/': '', 'scratch/file': 'text\n', file: 'text\n' });
    /* As /tmp is: metadata of a directory that everybody may write is protected only where it is there. */
    chmodSync(this.scratch, 0o1777);
  }

  options({ options = [], env = {}, ...more }: StageOptions = {}): StageOptions {
    const profile = options.includes('--profile') ? [] : ['--profile', `${this.stage.home}/profile.toml`];
    return {
      launcher: withoutUserNamespaces(this.stage.caller),
      ...more,
      options: [...profile, ...options],
      env: { TMPDIR: this.scratch, ...env },
    };
  }

  shell(script: string, more: StageOptions = {}): Promise<SandboxedRun> {
    return this.stage.shell(script, this.options(more));
  }

  node(script: string, more: StageOptions = {}): Promise<SandboxedRun> {
    return this.stage.node(script, this.options(more));
  }

  start(script: string, args: readonly string[]): StartedProgram {
    return this.stage.start(script, this.options({ args }));
  }
}

/** Everything in one line, whichever stream it came by. */
async function said(run: Promise<SandboxedRun>): Promise<string> {
  const { output, stderr } = await run;
  return `${output}${stderr}`;
}

function define(name: string, tests: (confined: Confined) => void): void {
  describeOnStage(name, (stage) => {
    const confined = new Confined(stage);
    beforeEach(() => {
      confined.plant();
    });
    tests(confined);
  });
}

define('Where user namespaces are forbidden', (confined) => {
  test.each(['bwrap', 'builtin'])('%s cannot make a sandbox, and nothing runs', async (launcher) => {
    const options = confined.options({ options: ['--launcher', launcher] });
    expect(await confined.stage.refusal(options)).toBe('user-namespaces-forbidden');
  });

  test('Landlock alone holds the command, and the outcome says what is weaker', async () => {
    for (const options of [[], ['--launcher', 'landlock']]) {
      const run = await confined.shell('echo works', { options });
      expect([run.code, run.output]).toEqual([0, 'works\n']);
      expect(run.json).toMatchObject({
        enforcement: {
          kind: 'partial',
          launcher: 'landlock',
          gaps: [
            { name: 'metadata' },
            { name: 'host-proc' },
            { name: 'device-nodes' },
            { name: 'double-kill' },
            { name: 'hidden-names' },
          ],
        },
        warnings: [expect.stringContaining('metadata, host-proc, device-nodes, double-kill, hidden-names')],
      });
    }
  });

  test('it is not taken where they are allowed', async () => {
    const { json } = await confined.shell('true', { launcher: [] });
    expect(json).toMatchObject({ enforcement: { kind: 'full', launcher: 'bwrap' }, warnings: [] });
  });

  test('doctor tells what is used, and that commands can be sandboxed', async () => {
    const run = await confined.stage.run(['doctor', '--json'], confined.options());
    expect(JSON.parse(run.output)).toMatchObject({ canSandbox: true });
    expect(run.output).toMatch(/"launcher": ?"landlock /u);
  });

  test('a plan is printed with what Landlock is told', async () => {
    const words = ['--launcher', 'landlock', '--profile', 'read-only', '--print-plan', '--', 'true'];
    const { output } = await confined.stage.run(words, confined.options());
    expect(output).toContain('--no-namespaces --die-with-parent --landlock-list / --landlock-read /');
  });
});

define('A profile that Landlock alone cannot enforce is refused, and nothing runs:', (confined) => {
  const errorOf = async (options: readonly string[]): Promise<unknown> => {
    const words = ['--json', '--launcher', 'landlock', ...options, '--', '/bin/sh', '-c', 'echo ran'];
    const run = await confined.stage.run(words, { env: { TMPDIR: confined.scratch } });
    expect([run.code, run.output, run.errorCode]).toEqual([125, '', 'landlock-cannot-express']);
    return run.json;
  };

  test('protected metadata in a writable workspace', async () => {
    const path = `${confined.stage.workspace}/.agents`;
    expect(await errorOf([])).toMatchObject({
      error: { details: { path, access: 'read', insideAccess: 'write' } },
    });
  });

  test('a path that is hidden inside of what is readable', async () => {
    const path = `${confined.stage.outside}/file`;
    expect(await errorOf(['--profile', 'read-only', '--deny-read', path])).toMatchObject({
      error: { details: { path, access: 'deny', insideAccess: 'read' } },
    });
  });

  test('a path that is read-only inside of what is writable', async () => {
    const options = [
      '--profile',
      `${confined.stage.home}/profile.toml`,
      '--deny-write',
      `${confined.scratch}/file`,
    ];
    expect(await errorOf(options)).toMatchObject({
      error: { details: { path: `${confined.scratch}/file` } },
    });
  });

  test('one Unix socket of the host', async () => {
    const path = `${confined.stage.outside}/socket`;
    const server = createServer().listen(path);
    try {
      await once(server, 'listening');
      expect(await errorOf(['--profile', 'read-only', '--allow-unix-socket', path])).toMatchObject({
        error: { details: { path } },
      });
    } finally {
      server.close();
    }
  });

  test('but a workspace whose metadata is there and opened by name can be written', async () => {
    confined.stage.plant({ '.git/': '', '.agents/': '', '.codex/': '' });
    const named = ['.git', '.agents', '.codex'].flatMap((name) => [
      '--allow-write',
      `${confined.stage.workspace}/${name}`,
    ]);
    const options = ['--profile', 'strict', ...named];
    const run = await confined.shell('echo new > file && echo new > .git/file && cat file', { options });
    expect([run.code, run.output]).toEqual([0, 'new\n']);
  });
});

/** What each of them is tried with, below the directory P. */
const CHANGES: readonly (readonly [what: string, script: string])[] = [
  ['a file written', 'echo more >> P/file'],
  ['a file cut off', 'perl -e \'truncate(shift, 0) or die "$!"\' P/file'],
  ['a file made', 'echo new > P/new'],
  ['a file removed', 'rm P/file'],
  ['a directory made', 'mkdir P/new'],
  ['a link made', 'ln -s file P/new'],
  ['a file renamed', 'mv P/file P/new'],
];

/** Landlock does not look at these: they are refused wherever the file is. */
const METADATA: readonly (readonly [what: string, script: string])[] = [
  ['permissions changed', 'chmod 777 P/file'],
  ['times changed', 'touch -d 2001-01-01 P/file'],
  ['an owner set', 'chown "$(id -u)" P/file'],
  ['an attribute set', 'perl -e \'syscall(188, $ARGV[0], "user.a", "b", 1, 0) == 0 or die "$!"\' P/file'],
];

define('The files of a command without namespaces', (confined) => {
  const at = (script: string, place: string): string => script.replaceAll('P/', `${place}/`);
  const works = async (script: string, place: string): Promise<boolean> =>
    (await confined.shell(`${at(script, place)} 2>/dev/null`)).code === 0;

  test.each(CHANGES)('may have %s where the profile says so, and nowhere else', async (_what, script) => {
    const before = statSync(`${confined.stage.outside}/file`);
    expect(await works(script, confined.stage.outside)).toBe(false);
    expect(statSync(`${confined.stage.outside}/file`)).toMatchObject({
      size: before.size,
      mtimeMs: before.mtimeMs,
    });
    expect(await works(script, confined.scratch)).toBe(true);
  });

  test.each(METADATA)('may not have %s, even where they can be written', async (_what, script) => {
    for (const place of [confined.stage.outside, confined.scratch]) {
      utimesSync(`${place}/file`, 1e9, 1e9);
      const { mode, mtimeMs } = statSync(`${place}/file`);
      expect(await works(script, place)).toBe(false);
      expect(statSync(`${place}/file`)).toMatchObject({ mode, mtimeMs });
    }
  });

  test("can be read but for those of cordon's own, which a command cannot make anything of", async () => {
    const own = `${confined.stage.home}/.local/state/cordon`;
    await confined.shell('true');
    expect(existsSync(`${own}/probes.json`)).toBe(true);
    const { output } = await confined.shell(
      `cat ${confined.stage.home}/profile.toml | wc -l; cat ${own}/probes.json 2>/dev/null; ls /`,
    );
    expect(output).toMatch(/^4\n/u);
    expect(output).not.toContain('cordon-launcher');
    expect(output).toContain('usr\n');
  });

  test('are the devices that programs need, and no other', async () => {
    const script =
      'echo x > /dev/null && head -c 1 /dev/zero | wc -c; : <> /dev/ptmx; ls /dev/pts/ > /dev/null; : > /dev/shm/cordon-inside';
    const heard = await said(confined.shell(script));
    expect(heard).toMatch(/^1\n/u);
    expect(heard).toMatch(/ptmx: Permission denied/u);
    expect(existsSync('/dev/shm/cordon-inside')).toBe(false);
  });
});

define('Other processes, to a command without namespaces,', (confined) => {
  test('can be seen, and neither signalled nor looked into nor changed', async () => {
    const { uid, gid } = confined.stage.caller;
    const ids = process.getuid?.() === 0 ? { uid, gid } : {};
    const host = spawn('/bin/cat', [], {
      ...ids,
      env: { SECRET: 'value' },
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    const pid = String(host.pid);
    try {
      const script = `
        tr '\\0' ' ' < /proc/$1/cmdline
        cat /proc/$1/environ /proc/$1/maps | grep -c .
        ls -l /proc/$1/fd | grep -c pipe
        kill -0 $1 && echo signalled
        prlimit --pid $1 --nofile=5 2>/dev/null && echo limited
        renice -n 5 -p $1 2>/dev/null && echo reniced
        kill -9 -1
        echo after`;
      const { output } = await confined.shell(script, { args: [pid] });
      expect(output).toBe('/bin/cat 0\n0\nafter\n');
      expect(readFileSync(`/proc/${pid}/environ`, 'utf8')).toContain('value');
      host.stdin.write('alive\n');
      await once(host.stdout, 'readable');
      expect(String(host.stdout.read())).toBe('alive\n');
    } finally {
      host.kill('SIGKILL');
    }
  });

  test('share no queues, semaphores and memory with it', async () => {
    const script = 'for kind in "-Q" "-S 1" "-M 1"; do ipcmk $kind > /dev/null 2>&1 && echo made; done; true';
    expect((await confined.shell(script)).output).toBe('');
    const { output } = await confined.stage.shell(script, { options: ['--launcher', 'builtin'] });
    expect(output).toBe('made\nmade\nmade\n');
  });

  test('keep their descriptors from it', async () => {
    const launcher = ['/bin/sh', '-c', 'exec 9</etc/passwd; exec "$@"', 'sh'];
    const { stage } = confined;
    const words = { launcher: [...withoutUserNamespaces(stage.caller), ...launcher] };
    expect((await confined.shell('ls /proc/self/fd | tr "\\n" " "', words)).output).toBe('0 1 2 3 ');
  });
});

/** Prints what came of each attempt: "ok" or the code of the error. */
const ATTEMPT = `
  const net = require('node:net'), dgram = require('node:dgram');
  const told = (name, emitter, event) => new Promise((resolve) => {
    emitter.on(event, () => resolve(name + ' ok')).on('error', (e) => resolve(name + ' ' + e.code));
  });
  const [port, socket, own] = process.argv.slice(1);
  (async () => {
    const all = [];
    const attempt = async (name, make, event) => {
      try { all.push(await told(name, make(), event)); } catch (e) { all.push(name + ' ' + e.code); }
    };
    await attempt('tcp', () => net.connect(Number(port), '127.0.0.1'), 'connect');
    await attempt('listen', () => net.createServer().listen(0, '127.0.0.1'), 'listening');
    await attempt('udp', () => dgram.createSocket('udp4').bind(0, '127.0.0.1'), 'listening');
    await attempt('unix', () => net.connect(socket), 'connect');
    await attempt('bound', () => net.createServer().listen(own), 'listening');
    console.log(all.join(', '));
    process.exit(0);
  })();
`;

define('The network of a command without namespaces', (confined) => {
  test.each([
    ['off', 'profile.toml', 'tcp EPERM, listen EPERM, udp EPERM, unix EPERM, bound EPERM'],
    ['on', 'network.toml', 'tcp ok, listen ok, udp ok, unix EPERM, bound EPERM'],
  ])('is %s as the profile says, and no Unix socket answers', async (_what, profile, expected) => {
    const socket = `${confined.stage.outside}/socket`;
    const [tcp, unix] = [createServer().listen(0, '127.0.0.1'), createServer().listen(socket)];
    try {
      await once(unix, 'listening');
      const address = tcp.address();
      const port = typeof address === 'object' && address !== null ? String(address.port) : '0';
      const options = ['--profile', `${confined.stage.home}/${profile}`];
      const args = [port, socket, `${confined.scratch}/bound`];
      const run = await confined.node(ATTEMPT, { options, args });
      expect(`${run.output}${run.code === 0 ? '' : run.stderr}`).toBe(`${expected}\n`);
    } finally {
      tcp.close();
      unix.close();
    }
  });

  test('leaves pipes between its own processes alone', async () => {
    const script = `require('node:child_process').spawn('cat', { stdio: ['pipe', 'inherit', 'inherit'] }).stdin.end('through a pair of sockets\\n')`;
    expect((await confined.node(script)).output).toBe('through a pair of sockets\n');
  });
});

const PARTS: Readonly<Record<string, (found: MarkedProcess, all: readonly MarkedProcess[]) => boolean>> = {
  'cordon-guard': ({ name }) => name === 'cordon-guard',
  'the monitor': ({ name, parent }, all) =>
    name === 'cordon-launcher' && all.some((other) => other.pid === parent && other.name === 'cordon-guard'),
  'the process above the command': ({ name, parent }, all) =>
    name === 'cordon-launcher' &&
    all.some((other) => other.pid === parent && other.name === 'cordon-launcher'),
};

/** Leaves processes in the background, in sessions of their own, deaf to polite signals; each carries the mark. */
const LEAVE_BEHIND = `
  trap "" TERM HUP INT
  for i in 1 2 3; do setsid sh -c 'trap "" TERM; while :; do sleep 1; done' "$1" "$1" < /dev/null > /dev/null 2>&1 & done
  echo ready
  read line
  exit 3`;

/** Starts itself anew and ends, on and on: its process id is never the same. */
const RUN_AWAY = '#!/bin/sh\n"$0" "$1" &\n';

define('Nothing is left of a command without namespaces', (confined) => {
  const begin = async (script = LEAVE_BEHIND): Promise<StartedProgram & { mark: string }> => {
    const mark = makeMark();
    const running = confined.start(script, [mark]);
    await running.firstLine;
    return { ...running, mark };
  };
  const nothingIsLeft = async (mark: string): Promise<void> => {
    await until('nothing of it is left', () => markedProcesses(mark).length === 0);
  };

  test('when it has ended', async () => {
    const { stdin, ended, mark } = await begin();
    expect(markedProcesses(mark).length).toBeGreaterThan(3);
    stdin.end('go\n');
    expect((await ended).code).toBe(3);
    expect(markedProcesses(mark)).toEqual([]);
  });

  test('when sandbox-run is killed', async () => {
    const { child, ended, mark } = await begin();
    child.kill('SIGKILL');
    await ended;
    await nothingIsLeft(mark);
  });

  test.each(Object.keys(PARTS))('when somebody kills %s', async (part) => {
    const { ended, mark } = await begin();
    const all = markedProcesses(mark);
    const found = all.find((one) => PARTS[part]?.(one, all));
    expect([part, found?.name]).toEqual([part, expect.stringMatching(/^cordon-/u)]);
    if (found !== undefined) process.kill(found.pid, 'SIGKILL');
    expect([125, 137]).toContain((await ended).code);
    await nothingIsLeft(mark);
  });

  test.each(['sandbox-run', 'cordon-guard'])(
    'when somebody kills %s at any moment of its start',
    async (part) => {
      for (let round = 0; round < 25; round += 1) {
        const mark = makeMark();
        const { child, ended, firstLine } = confined.start(LEAVE_BEHIND, [mark]);
        firstLine.catch(() => undefined);
        const guard = await until('the guard runs', () =>
          markedProcesses(mark).find(({ name }) => name === 'cordon-guard'),
        );
        const moment = process.hrtime.bigint() + BigInt(round) * 300_000n;
        while (process.hrtime.bigint() < moment) continue;
        if (part === 'sandbox-run') child.kill('SIGKILL');
        else process.kill(guard.pid, 'SIGKILL');
        await ended;
        await nothingIsLeft(mark);
      }
    },
    60_000,
  );

  test('when its time is over', async () => {
    const mark = makeMark();
    const run = await confined.shell(LEAVE_BEHIND.replace('read line', 'sleep 1000'), {
      options: ['--timeout', '500ms'],
      args: [mark],
    });
    expect(run.code).toBe(124);
    expect(markedProcesses(mark)).toEqual([]);
  });

  test('though it does nothing but make processes, each of which ends at once', async () => {
    confined.stage.plant({ 'run-away': RUN_AWAY });
    const script = 'for i in 1 2 3 4 5 6 7 8; do sh ./run-away "$1" & done; echo ready; read line';
    for (let round = 0; round < 5; round += 1) {
      const { child, ended, mark } = await begin(script);
      child.kill('SIGKILL');
      await ended;
      await nothingIsLeft(mark);
    }
    const { stdin, ended, mark } = await begin(script);
    stdin.end('go\n');
    await ended;
    expect(markedProcesses(mark)).toEqual([]);
  });

  test('and what it could not end itself is untouched: neither part of cordon takes a signal of it', async () => {
    const script = `
      for pid in $(grep -l -a -e cordon-launcher -e cordon-guard /proc/[0-9]*/comm | cut -d/ -f3); do
        kill -9 "$pid" 2>/dev/null && echo killed
      done
      echo tried`;
    const run = await confined.shell(script);
    expect([run.code, run.output]).toEqual([0, 'tried\n']);
  });
});

define('On a terminal, a command without namespaces', (confined) => {
  const open = (script: string, mark: string): TerminalSession => {
    const words = [
      '--tty',
      '--launcher',
      'landlock',
      '--profile',
      'read-only',
      '--',
      '/bin/sh',
      '-c',
      script,
    ];
    return openSession(confined.stage, [...words, 'sh', mark]);
  };

  test('has it by its name, and by those of the standard streams', async () => {
    const session = open(
      'echo by-name > /dev/tty; echo again > /dev/stdout; stty size; read x; exit 4',
      makeMark(),
    );
    await session.shows(/by-name\r\nagain\r\n30 100/u);
    session.type('x\r');
    expect(await session.ended).toBe(4);
  });

  test('goes on after a key that it takes, and leaves nothing when it ends', async () => {
    const mark = makeMark();
    const session = open(
      `trap "echo caught" INT; setsid sh -c 'trap "" HUP; while :; do sleep 1; done' "$1" & echo ready; read x; read x; exit 5`,
      mark,
    );
    await session.shows(/ready/u);
    session.type('\u0003');
    await session.shows(/caught/u);
    session.type('x\r');
    session.type('x\r');
    expect(await session.ended).toBe(5);
    await until('nothing of it is left', () => markedProcesses(mark).length === 0);
  });

  test('ends with all that it left when the guard is killed', async () => {
    const mark = makeMark();
    const session = open(
      `setsid sh -c 'trap "" HUP; while :; do sleep 1; done' "$1" "$1" & echo ready; read x`,
      mark,
    );
    await session.shows(/ready/u);
    const guard = await until('the guard runs', () =>
      markedProcesses(mark).find(({ name }) => name === 'cordon-guard'),
    );
    process.kill(guard.pid, 'SIGKILL');
    await until('nothing of it is left', () => markedProcesses(mark).length === 0);
  });
});

define('A command without namespaces', (confined) => {
  test('is asked to end before it is ended', async () => {
    const script = 'trap "echo polite; exit 5" TERM; while :; do sleep 0.05; done';
    const { code, output } = await confined.shell(script, { options: ['--timeout', '300ms'] });
    expect([code, output]).toEqual([124, 'polite\n']);
  });

  test.each([
    ['no-such-program', 127],
    ['/etc/passwd', 126],
  ])('that cannot be executed, %s, ends with %i', async (program, code) => {
    const words = ['--launcher', 'landlock', '--profile', 'read-only', '--', program];
    expect(
      (await confined.stage.run(words, { launcher: withoutUserNamespaces(confined.stage.caller) })).code,
    ).toBe(code);
  });

  test('can be signalled by sandbox-run', async () => {
    const script = 'trap "echo caught; exit 9" USR2; echo ready; while :; do sleep 0.05; done';
    const running = confined.start(script, []);
    await running.firstLine;
    running.child.kill('SIGUSR2');
    const { code, output } = await running.ended;
    expect([code, output]).toEqual([9, 'ready\ncaught\n']);
  });

  test('has no capability and no new privileges', async () => {
    /* Who has none cannot empty the bounding set either, and gets none by it. */
    const script =
      'grep -e CapInh -e CapPrm -e CapEff -e CapAmb -e NoNewPrivs -e ^Seccomp: /proc/self/status';
    const { output } = await confined.shell(script);
    const fields = output
      .trim()
      .split('\n')
      .map((line) => line.split(/:\s*/u));
    expect(fields.map(([name, value]) => `${name ?? ''} ${String(Number(value))}`)).toEqual([
      ...['CapInh 0', 'CapPrm 0', 'CapEff 0', 'CapAmb 0', 'NoNewPrivs 1', 'Seccomp 2'],
    ]);
  });
});
