import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { snapshotTree } from '../support/file-tree.js';
import { describeOnStage } from '../support/stage.js';

/** Appends the path of each program that loads it to a file in the workspace and to one outside. */
const PRELOADED_SOURCE = `
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
static void note(const char *variable, const char *text) {
  const char *file = getenv(variable);
  int fd = file == NULL ? -1 : open(file, O_WRONLY | O_CREAT | O_APPEND, 0666);
  if (fd >= 0) { dprintf(fd, "%s\\n", text); close(fd); }
}
__attribute__((constructor)) static void loaded(void) {
  char name[4096] = {0};
  if (readlink("/proc/self/exe", name, sizeof name - 1) < 0) return;
  note("NOTE_INSIDE", name);
  note("NOTE_OUTSIDE", name);
}
`;

const AWKWARD_ARGUMENTS = [
  '',
  ' ',
  'two words',
  'new\nline',
  '*',
  '$HOME',
  '`id`',
  '--',
  '-x',
  '--json',
  '"',
  "'",
  '\\',
  'ü日🦊',
  'a=b',
  '\u0001',
];

describeOnStage('the command', (stage) => {
  it('gets its arguments as they are', async () => {
    const script = 'console.log(JSON.stringify(process.argv.slice(1)))';
    const { output } = await stage.node(script, { args: AWKWARD_ARGUMENTS });
    expect(JSON.parse(output)).toEqual(AWKWARD_ARGUMENTS);
  });

  it.each([0, 1, 7, 123, 126, 127, 200])('ends with %i, and so does sandbox-run', async (code) => {
    expect((await stage.run(['--', '/bin/sh', '-c', `exit ${String(code)}`])).code).toBe(code);
  });

  it.each([
    ['TERM', 143],
    ['KILL', 137],
    ['ABRT', 134],
  ])('dies of SIG%s, and sandbox-run ends with %i', async (signal, code) => {
    expect((await stage.run(['--', '/bin/sh', '-c', `kill -${signal} $$`])).code).toBe(code);
  });

  it('that is not found ends with 127, and one that cannot be executed with 126', async () => {
    stage.plant({ plain: 'x\n' });
    const env = { PATH: '/usr/bin:/bin' };
    expect((await stage.run(['--', 'no-such-program'], { env })).code).toBe(127);
    expect((await stage.run(['--', './plain'], { env })).code).toBe(126);
  });

  it('that is not found ends with 127 as in a shell, even where a directory of PATH is closed', async () => {
    stage.plantOutside({ 'closed/': '' });
    chmodSync(`${stage.outside}/closed`, 0);
    const env = { PATH: `${stage.outside}/closed:/usr/bin:/bin` };
    expect((await stage.shell('no-such-program', { env })).code).toBe(127);
    expect((await stage.run(['--', 'no-such-program'], { env })).code).toBe(127);
  });

  it('reads what its caller gives it, byte for byte', async () => {
    const input = 'line\0with\nnul\r\n';
    expect(await stage.shell('cat', { input })).toMatchObject({ output: input });
  });

  it('keeps both outputs apart', async () => {
    const run = await stage.run(['--', '/bin/sh', '-c', 'echo out; echo err >&2']);
    expect(run).toMatchObject({ code: 0, output: 'out\n', stderr: 'err\n' });
  });

  it('that runs longer than its time is ended with 124', async () => {
    expect(
      (await stage.run(['--timeout=200ms', '--', '/bin/sh', '-c', 'read forever < /dev/zero'])).code,
    ).toBe(124);
  });

  it("runs as the caller's user and group", async () => {
    const { uid, gid } = stage.caller;
    expect((await stage.shell('id -u; id -g')).output).toBe(`${String(uid)}\n${String(gid)}\n`);
    await stage.shell('echo x > file');
    expect(statSync(`${stage.workspace}/file`)).toMatchObject({ uid, gid });
  });

  it.each(['022', '077', '027', '000'])("has the caller's umask %s", async (umask) => {
    const launcher = ['/bin/sh', '-c', `umask ${umask} && exec "$@"`, 'sh'];
    const { output } = await stage.shell('umask; ls -A', { launcher });
    expect(output.split('\n')[0]?.slice(-3)).toBe(umask);
  });
});

describeOnStage("the caller's descriptors", (stage) => {
  it('above 2 are not there: neither files nor directories nor sockets', async () => {
    stage.plantOutside({ secret: 'secret\n' });
    const file = openSync(`${stage.outside}/secret`, 'r+');
    const directory = openSync('/', 'r');
    try {
      const script =
        'ls -l /proc/self/fd | grep -c -e secret -e "-> /$"; cat <&3; cat <&4; ls /proc/self/fd | tr "\\n" " "';
      const { output } = await stage.shell(script, { descriptors: [file, directory] });
      /* The last is ls's own. */
      expect(output).toBe('0\n0 1 2 3 ');
    } finally {
      closeSync(file);
      closeSync(directory);
    }
  });

  it('that are sockets are not there either', async () => {
    const { output } = await stage.shell('ls /proc/self/fd | tr "\\n" " "; cat <&3', {
      descriptors: ['pipe'],
    });
    expect(output).toBe('0 1 2 3 ');
  });

  it('far above are not there', async () => {
    const launcher = ['/bin/sh', '-c', 'exec 9</; exec "$@"', 'sh'];
    expect((await stage.shell('ls /proc/self/fd | tr "\\n" " "', { launcher })).output).toBe('0 1 2 3 ');
  });

  it('of no process in the sandbox lead out of it', async () => {
    const script =
      'for p in /proc/[0-9]*; do ls -l $p/fd 2>/dev/null; done | grep -e memfd -e "-> /$" -e cordon-guard; true';
    expect((await stage.shell(script)).output).toBe('');
  });
});

/** Each tries to write through standard input. */
const WRITES_TO_INPUT = [
  { way: 'the descriptor itself', script: 'echo forged >&0' },
  { way: '/dev/stdin', script: 'echo forged > /dev/stdin' },
  { way: '/dev/stdin, appending', script: 'echo forged >> /dev/stdin' },
  { way: '/proc/self/fd/0', script: 'echo forged > /proc/self/fd/0' },
  { way: '/proc/self/fd/0, for reading and writing', script: 'echo forged 1<> /proc/self/fd/0' },
  { way: '/proc/PID/fd/0', script: 'echo forged > "/proc/$$/fd/0"' },
  { way: 'truncate(1)', script: 'truncate -s 0 /dev/stdin' },
  { way: 'chmod(1)', script: 'chmod 777 /proc/self/fd/0' },
  { way: 'a file in the directory that it is', script: 'echo forged > /proc/self/fd/0/file' },
  { way: 'a new file in the directory that it is', script: 'echo forged > /proc/self/fd/0/new' },
] as const;

describeOnStage('standard input', (stage) => {
  /** A shell that opens a file as its standard input and becomes sandbox-run. */
  function fed(operator: '<' | '<>', file: string): readonly string[] {
    return ['/bin/sh', '-c', `file=$1; shift; exec "$@" ${operator} "$file"`, 'sh', file];
  }

  it.each(['<', '<>'] as const)('that is a file (%s) is read byte for byte', async (operator) => {
    const content = Buffer.from(Array.from({ length: 300_000 }, (_, index) => (index * 7919) % 251));
    writeFileSync(`${stage.outside}/input`, content);
    chownSync(`${stage.outside}/input`, stage.caller.uid, stage.caller.gid);
    const launcher = fed(operator, `${stage.outside}/input`);
    expect((await stage.shell('cat', { launcher })).stdout.equals(content)).toBe(true);
    expect((await stage.shell('cat /dev/stdin', { launcher })).stdout.equals(content)).toBe(true);
  });

  describe.each(WRITES_TO_INPUT)('and a command that writes to $way', ({ script }) => {
    it.each([
      ['<', 'input/file'],
      ['<>', 'input/file'],
      ['<', 'input'],
    ] as const)('leave what is given by %s %s as it is', async (operator, name) => {
      stage.plantOutside({ 'input/file': 'old\n' });
      const before = snapshotTree(stage.outside);
      await stage.shell(script, { launcher: fed(operator, `${stage.outside}/${name}`) });
      expect(snapshotTree(stage.outside)).toEqual(before);
    });
  });

  it('that is a file can be changed by its path where the command may write, and not by the descriptor', async () => {
    stage.plant({ file: 'old\n' });
    const launcher = fed('<', `${stage.workspace}/file`);
    await stage.shell('echo forged > /dev/stdin', { launcher });
    expect(readFileSync(`${stage.workspace}/file`, 'utf8')).toBe('old\n');
    const run = await stage.shell('cat && echo new > file', { launcher });
    expect(run).toMatchObject({ code: 0, output: 'old\n' });
    expect(readFileSync(`${stage.workspace}/file`, 'utf8')).toBe('new\n');
  });

  it('that is a directory is nothing to read, and does not lead there', async () => {
    stage.plantOutside({ 'input/file': 'secret\n' });
    const launcher = fed('<', `${stage.outside}/input`);
    const options = [`--deny-read=${stage.outside}/input`];
    const run = await stage.shell('cat; cat /proc/self/fd/0/file; ls /dev/stdin/', { launcher, options });
    expect(run.output).toBe('');
  });
});

describeOnStage('the environment', (stage) => {
  const secrets = {
    GITHUB_TOKEN: 'secret-value',
    AWS_SECRET_ACCESS_KEY: 'secret-value',
    OPENAI_API_KEY: 'secret-value',
    DB_PASSWORD: 'secret-value',
    NODE_OPTIONS: '--no-warnings',
    BASH_ENV: '/dev/null',
  };
  const harmless = { EDITOR: 'vi', CI: 'true' };

  it('holds what the caller has but names that look like secrets or start code', async () => {
    const { output } = await stage.shell('env', { env: { ...secrets, ...harmless } });
    expect(output).not.toContain('secret-value');
    const names = output.split('\n').map((line) => line.split('=')[0] ?? '');
    expect(names.filter((name) => name in secrets)).toEqual([]);
    expect(names.filter((name) => name in harmless).sort()).toEqual(['CI', 'EDITOR']);
  });

  it('of no process in the sandbox holds them', async () => {
    const script =
      'cat /proc/[0-9]*/environ /proc/[0-9]*/cmdline | tr "\\0" "\\n" | grep -c "secret-val[u]e"';
    expect((await stage.shell(script, { env: secrets })).output).toBe('0\n');
  });

  it('holds what --env says, a secret name too, and not what --unset-env says', async () => {
    const options = ['--env=GITHUB_TOKEN=given', '--env=EDITOR=ed', '--env=EMPTY=', '--unset-env=CI'];
    const { output } = await stage.shell('echo "$GITHUB_TOKEN $EDITOR ${EMPTY-unset} ${CI-unset}"', {
      options,
      env: { ...secrets, ...harmless },
    });
    expect(output).toBe('given ed  unset\n');
  });

  it.each([
    ['core', 'HOME LANG PATH '],
    ['none', ''],
  ])('of a profile that inherits "%s" holds %j', async (inherit, expected) => {
    const profile = `extends = "workspace-write"\n[environment]\ninherit = "${inherit}"\n`;
    stage.plantAtHome({ [`.config/cordon/profiles/${inherit}.toml`]: profile });
    const { output } = await stage.node(
      'console.log(Object.keys(process.env).filter((n) => n !== "PWD").sort().join(" "))',
      {
        options: [`--profile=${inherit}`],
        env: { ...secrets, ...harmless },
      },
    );
    expect(output.trim()).toBe(expected.trim());
  });

  describe('that changes the loader', () => {
    let directory = '';
    let library = '';

    beforeAll(() => {
      directory = mkdtempSync('/var/tmp/cordon-preload-');
      library = path.join(directory, 'preloaded.so');
      spawnSync('chmod', ['755', directory]);
      writeFileSync(path.join(directory, 'preloaded.c'), PRELOADED_SOURCE);
      const built = spawnSync(
        'cc',
        ['-shared', '-fPIC', '-o', library, path.join(directory, 'preloaded.c')],
        { encoding: 'utf8' },
      );
      expect(built.stderr).toBe('');
    });

    afterAll(() => {
      rmSync(directory, { recursive: true, force: true });
    });

    it("by the caller's LD_PRELOAD reaches sandbox-run's own process and no other", async () => {
      const env = {
        LD_PRELOAD: library,
        NOTE_INSIDE: `${stage.workspace}/noted`,
        NOTE_OUTSIDE: `${stage.outside}/noted`,
      };
      const { output } = await stage.shell('echo "${LD_PRELOAD-unset}"; /bin/true', { env });
      expect(output).toBe('unset\n');
      expect(readFileSync(env.NOTE_OUTSIDE, 'utf8')).toBe(`${process.execPath}\n`);
    });

    it('by --env LD_PRELOAD is loaded inside of the sandbox, and by nothing outside', async () => {
      const inside = `${stage.workspace}/noted`;
      const outside = `${stage.outside}/noted`;
      const options = [
        `--env=LD_PRELOAD=${library}`,
        `--env=NOTE_INSIDE=${inside}`,
        `--env=NOTE_OUTSIDE=${outside}`,
      ];
      expect(await stage.shell('/bin/true', { options })).toMatchObject({ code: 0 });
      expect(existsSync(outside)).toBe(false);
      expect(readFileSync(inside, 'utf8')).toMatch(/\/(?:ba|da)?sh\n/u);
    });
  });
});
