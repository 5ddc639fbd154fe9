import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { describeLauncher } from '../../support/launcher-stage.js';

const ROOT = ['--ro-bind', '/', '/'];

type Row = readonly [what: string, options: readonly string[], script: string, said: RegExp | string];

const ROWS: readonly Row[] = [
  ['in a pid namespace, the command is process 2', ['--unshare-pid'], 'echo $$', '2'],
  ['--as-pid-1', ['--unshare-pid', '--as-pid-1'], 'echo $$', '1'],
  ['--setenv', ['--setenv', 'A', 'b'], 'echo "$A"', 'b'],
  ['the last --setenv counts', ['--setenv', 'A', 'b', '--setenv', 'A', 'c'], 'env | grep ^A=', 'A=c'],
  ['--unsetenv', ['--unsetenv', 'GIVEN'], 'echo "[$GIVEN]"', '[]'],
  ['the environment passes', [], 'echo "$GIVEN"', 'given'],
  ['--clearenv', ['--clearenv', '--setenv', 'A', 'b'], '/usr/bin/env | grep -v -e ^PWD= -e ^_=', 'A=b'],
  ['--chdir', ['--chdir', '/etc'], 'pwd; echo "$PWD"', '/etc\n/etc'],
  [
    '--chdir to nowhere',
    ['--chdir', '/no/such'],
    'echo ran',
    'cordon-launcher: change directory to /no/such: No such file or directory',
  ],
  [
    'a hidden directory gives way to $HOME',
    ['--tmpfs', '/var/tmp', '--setenv', 'HOME', '/etc'],
    'pwd',
    '/etc',
  ],
  ['and that to /', ['--tmpfs', '/var/tmp', '--setenv', 'HOME', '/no/such'], 'pwd', '/'],
  ['--argv0', ['--argv0', 'other'], 'echo "$0"', 'other'],
  ['--hostname', ['--unshare-uts', '--hostname', 'inside'], 'uname -n', 'inside'],
  ['--uid and --gid', ['--unshare-user', '--uid', '7', '--gid', '8'], 'id -u; id -g', '7\n8'],
  [
    'a loopback that is up',
    ['--unshare-net', '--proc', '/proc', '--unshare-pid'],
    'grep -c 127.0.0.1 /proc/net/fib_trie; tail -n +3 /proc/net/dev | wc -l',
    /^[1-9]\d*\n1$/u,
  ],
  ['no further privileges', [], 'grep NoNewPrivs /proc/self/status', /1$/u],
  ['signals as they begin', [], 'grep -E "^Sig(Blk|Ign)" /proc/self/status', /^SigBlk:\t0+\nSigIgn:\t0+$/u],
  [
    '--cap-drop ALL, bounding set too',
    ['--unshare-user', '--cap-drop', 'ALL'],
    'grep ^Cap /proc/self/status',
    /^(?:Cap\w+:\t0{16}\n?){5}$/u,
  ],
  [
    '--cap-add',
    ['--unshare-user', '--cap-drop', 'ALL', '--cap-add', 'CAP_KILL'],
    'grep ^Cap /proc/self/status',
    /^(?:Cap\w+:\t0{14}20\n?){5}$/u,
  ],
  ['--new-session', ['--unshare-pid', '--proc', '/proc', '--new-session'], 'ps -o sid= -p $$', /^\s*1$/u],
  [
    '--disable-userns',
    ['--unshare-user', '--disable-userns', '--cap-drop', 'ALL'],
    'unshare -U true && echo made',
    /unshare failed/u,
  ],
  ['without it they can be made', ['--unshare-user'], 'unshare -U true && echo made', 'made'],
  [
    '--assert-userns-disabled',
    ['--assert-userns-disabled'],
    'echo ran',
    /^cordon-launcher: user namespaces are not disabled/u,
  ],
  ['both together', ['--unshare-user', '--disable-userns', '--assert-userns-disabled'], 'echo ran', 'ran'],
  [
    'its own namespaces',
    ['--unshare-all'],
    'for n in user ipc pid net uts; do readlink /proc/self/ns/$n; done | wc -l',
    '5',
  ],
  [
    'process 1 that cannot be written to',
    ['--unshare-user', '--unshare-pid', '--proc', '/proc'],
    'head -c 1 /proc/1/mem; cat /proc/$$/environ >/dev/null && echo own',
    /Permission denied\n|own/u,
  ],
];

describeLauncher("The launcher's command has", ['sanitized', 'for old kernels'], (stage) => {
  test.each(ROWS)('%s', async (_what, options, script, said) => {
    const heard = await stage.shell(options, script, { env: { GIVEN: 'given' } });
    if (typeof said === 'string') expect(heard).toBe(said);
    else expect(heard).toMatch(said);
  });

  test('no memory of process 1', async () => {
    const script =
      'dd if=/proc/1/mem bs=1 count=1; cat /proc/1/maps; readlink -v /proc/1/fd/0; cat /proc/1/environ';
    const said = await stage.shell(
      ['--unshare-user', '--cap-drop', 'ALL', '--unshare-pid', '--proc', '/proc'],
      script,
    );
    expect(said.match(/Permission denied/gu)).toHaveLength(4);
  });

  test('none of the descriptors that were named, and all others', async () => {
    const options = [
      '--ro-bind-data',
      '3',
      '/etc/hostname',
      '--sync-fd',
      '4',
      '--block-fd',
      '5',
      '--unshare-pid',
      '--proc',
      '/proc',
    ];
    const listing =
      'for fd in 3 4 5 6; do test -e /proc/self/fd/$fd && echo $fd; done; ls /proc/1/fd | wc -l';
    const said = await stage.shell(options, listing, { inputs: ['a', 'b', 'c', 'd'] });
    expect(said).toMatch(/^6\n/u);
  });
});

describeLauncher("The launcher's exit status", ['released', 'sanitized'], (stage) => {
  const SPACES: readonly (readonly [string, readonly string[]])[] = [
    ['with a pid namespace', ['--unshare-pid']],
    ['without', []],
    ['as process 1', ['--unshare-pid', '--as-pid-1']],
  ];

  test.each(SPACES)("is the command's own, %s", async (_what, options) => {
    for (const code of [0, 1, 77, 255]) {
      const { code: seen } = await stage.run([...ROOT, ...options, '--', 'sh', '-c', `exit ${String(code)}`]);
      expect(seen).toBe(code);
    }
  });

  test('is 128 + n for signal n', async () => {
    for (const options of [['--unshare-pid'], []]) {
      const { code } = await stage.run([...ROOT, ...options, '--', 'sh', '-c', 'kill -9 $$']);
      expect(code).toBe(137);
    }
  });

  test.each([
    ['/no/such', 'execute /no/such: No such file or directory'],
    ['no-such-program', 'execute no-such-program: No such file or directory'],
    ['/etc/passwd', 'execute /etc/passwd: Permission denied'],
    ['/', 'execute /: Permission denied'],
  ])('is 1 when %s cannot be executed', async (program, sentence) => {
    const { code, stderr } = await stage.run([...ROOT, '--unshare-pid', '--', program]);
    expect([code, stderr]).toEqual([1, `cordon-launcher: ${sentence}\n`]);
  });

  test('is told as JSON, when the command was started', async () => {
    const status = async (...command: readonly string[]): Promise<string> => {
      const script = `"$0" --ro-bind / / --unshare-pid --unshare-net --json-status-fd 8 --info-fd 9 -- "$@" 8>status 9>info`;
      const { code } = await stage.run([
        '--bind',
        '/',
        '/',
        '--',
        'sh',
        '-c',
        script,
        stage.launcher,
        ...command,
      ]);
      expect(code).toBe(command.length > 1 ? 7 : 1);
      return readFileSync(`${stage.directory}/status`, 'utf8');
    };
    const [start, end] = (await status('sh', '-c', 'exit 7')).split('\n');
    expect(start).toMatch(
      /^\{ "child-pid": \d+, "mnt-namespace": \d+, "net-namespace": \d+, "pid-namespace": \d+ \}$/u,
    );
    expect(end).toBe('{ "exit-code": 7 }');
    expect(JSON.parse(readFileSync(`${stage.directory}/info`, 'utf8'))).toHaveProperty('child-pid');
    expect(await status('/no/such')).not.toContain('exit-code');
  });
});

const ALLOW_ALL = Buffer.from([6, 0, 0, 0, 0, 0, 0xff, 0x7f]);

describeLauncher("The launcher's seccomp program", ['released', 'sanitized'], (stage) => {
  test('is loaded', async () => {
    const said = await stage.shell(['--seccomp', '3'], 'grep -w Seccomp /proc/self/status', {
      inputs: [ALLOW_ALL],
    });
    expect(said).toMatch(/2$/u);
  });

  test('may be several', async () => {
    const options = ['--add-seccomp-fd', '3', '--add-seccomp-fd', '4'];
    const said = await stage.shell(options, 'grep Seccomp_filters /proc/self/status', {
      inputs: [ALLOW_ALL, ALLOW_ALL],
    });
    expect(Number(/\d+$/u.exec(said)?.[0])).toBeGreaterThanOrEqual(2);
  });

  test.each<[string, Uint8Array]>([
    ['empty', Buffer.alloc(0)],
    ['cut short', ALLOW_ALL.subarray(0, 7)],
    ['longer than 4096 instructions', Buffer.alloc(4097 * 8, ALLOW_ALL)],
    ['none that the kernel accepts', Buffer.alloc(8, 0xff)],
  ])('must not be %s', async (_what, program) => {
    const said = await stage.shell(['--seccomp', '3'], 'echo ran', { inputs: [program] });
    expect(said).toBe('cordon-launcher: load the seccomp program of descriptor 3: Invalid argument');
  });
});
