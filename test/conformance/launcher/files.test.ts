import { existsSync, readFileSync, readdirSync, symlinkSync } from 'node:fs';
import { expect, test } from 'vitest';
import { describeLauncher } from '../../support/launcher-stage.js';

type Row = readonly [what: string, options: readonly string[], script: string, said: RegExp | string];

const INPUTS = ['three\n', 'four\n'];

/** Each refusal stands beside its allowed twin. D is the caller's own directory. */
const ROWS: readonly Row[] = [
  ['--bind is writable', ['--bind', 'D', 'D'], 'echo a > D/new && cat D/new', 'a'],
  ['--ro-bind is not', ['--ro-bind', 'D', 'D'], 'echo a > D/new', /Read-only file system/u],
  ['--bind-try binds what exists', ['--bind-try', '/etc', 'D'], 'test -e D/passwd && echo there', 'there'],
  ['--bind-try leaves out what does not', ['--bind-try', '/no/such', 'D/x'], 'ls D', ''],
  ['--ro-bind-try leaves out what does not', ['--ro-bind-try', '/no/such', 'D/x'], 'ls D', ''],
  ['--dev-bind-try leaves out what does not', ['--dev-bind-try', '/no/such', 'D/x'], 'ls D', ''],
  ['--bind needs a source', ['--bind', '/no/such', 'D'], 'echo ran', /mount \/no\/such on .*: No such file/u],
  ['--dev-bind shows devices', ['--dev-bind', '/dev', '/dev'], 'echo a > /dev/null && echo works', 'works'],
  ['--bind does not', ['--bind', '/dev', '/dev'], 'echo a > /dev/null', /Permission denied/u],
  ['--tmpfs is empty and writable', ['--tmpfs', 'D'], 'ls D; echo a > D/b && cat D/b', 'a'],
  ['--tmpfs has usual permissions', ['--tmpfs', 'D'], 'stat -c %a D', '755'],
  ['--perms sets them', ['--perms', '1741', '--tmpfs', 'D'], 'stat -c %a D', '1741'],
  ['--perms is for one option', ['--perms', '0700', '--tmpfs', 'D', '--dir', 'D/a'], 'stat -c %a D/a', '755'],
  ['--size limits a tmpfs', ['--size', '1048576', '--tmpfs', 'D'], 'df -k --output=size D | tail -1', '1024'],
  ['--dir has usual permissions', ['--tmpfs', 'D', '--dir', 'D/a/b'], 'stat -c %a D/a D/a/b', '755\n755'],
  [
    'parents are as closed as --dir',
    ['--tmpfs', 'D', '--perms', '0750', '--dir', 'D/a/b'],
    'stat -c %a D/a',
    '750',
  ],
  ['--dir keeps set-id bits', ['--tmpfs', 'D', '--perms', '2755', '--dir', 'D/a'], 'stat -c %a D/a', '2755'],
  [
    '--dir over a file',
    ['--tmpfs', 'D', '--file', '3', 'D/f', '--dir', 'D/f'],
    'echo ran',
    /create directory/u,
  ],
  ['--chmod', ['--tmpfs', 'D', '--dir', 'D/a', '--chmod', '0711', 'D/a'], 'stat -c %a D/a', '711'],
  ['--chmod of nothing', ['--chmod', '0711', 'D/a'], 'echo ran', /change permissions of .*: No such file/u],
  ['--symlink', ['--tmpfs', 'D', '--symlink', 'text', 'D/a/l'], 'readlink D/a/l', 'text'],
  [
    'the same --symlink again',
    ['--tmpfs', 'D', '--symlink', 'a', 'D/l', '--symlink', 'a', 'D/l'],
    'echo ran',
    'ran',
  ],
  [
    'another --symlink',
    ['--tmpfs', 'D', '--symlink', 'a', 'D/l', '--symlink', 'b', 'D/l'],
    'echo ran',
    /File exists/u,
  ],
  ['--remount-ro', ['--tmpfs', 'D', '--remount-ro', 'D'], 'echo a > D/b', /Read-only file system/u],
  [
    '--remount-ro leaves what is below',
    ['--tmpfs', 'D', '--dir', 'D/a', '--tmpfs', 'D/a', '--remount-ro', 'D'],
    'echo a > D/a/b && cat D/a/b',
    'a',
  ],
  ['--remount-ro of no mount', ['--remount-ro', '/etc'], 'echo ran', /make \/etc read-only/u],
  ['--file', ['--tmpfs', 'D', '--file', '3', 'D/a/f'], 'cat D/a/f; stat -c %a D/a/f', 'three\n666'],
  [
    '--file with permissions',
    ['--tmpfs', 'D', '--perms', '0640', '--file', '3', 'D/f'],
    'stat -c %a D/f',
    '640',
  ],
  [
    '--bind-data',
    ['--tmpfs', 'D', '--bind-data', '4', 'D/f'],
    'echo more >> D/f; cat D/f; stat -c %a D/f',
    'four\nmore\n600',
  ],
  [
    '--ro-bind-data',
    ['--tmpfs', 'D', '--ro-bind-data', '4', 'D/f'],
    'cat D/f; echo more > D/f',
    /^four\n.*Read-only/su,
  ],
  ['data over a file of the root', ['--ro-bind-data', '3', '/etc/hostname'], 'cat /etc/hostname', 'three'],
  [
    '--mqueue',
    ['--unshare-ipc', '--tmpfs', 'D', '--mqueue', 'D/q'],
    'stat -f -c %T D/q; stat -c %a D/q',
    'mqueue\n1777',
  ],
  ['operations keep their order', ['--tmpfs', 'D', '--dir', 'D/a', '--tmpfs', 'D'], 'ls D', ''],
];

describeLauncher("The launcher's files", ['sanitized', 'for old kernels'], (stage) => {
  const here = (text: string): string => text.replaceAll(/\bD\b/gu, stage.directory);

  test.each(ROWS)('%s', async (_what, options, script, said) => {
    const heard = await stage.shell(options.map(here), here(script), { inputs: INPUTS });
    if (typeof said === 'string') expect(heard).toBe(said);
    else expect(heard).toMatch(said);
  });

  test('of a minimal /dev', async () => {
    const script =
      'ls /dev; for d in null zero full random urandom tty; do test -c /dev/$d || echo no $d; done; echo a >/dev/null; ls /dev/pts';
    expect(await stage.shell(['--unshare-user', '--dev', '/dev'], script)).toBe(
      'core\nfd\nfull\nnull\nptmx\npts\nrandom\nshm\nstderr\nstdin\nstdout\ntty\nurandom\nzero\nptmx',
    );
  });

  test('of a new /proc show only what is inside', async () => {
    const script = 'ls /proc | grep -c "^[0-9]"; cat /proc/1/comm';
    const said = await stage.shell(['--unshare-pid', '--proc', '/proc'], script);
    expect(said).toMatch(/^[2-5]\ncordon-launcher$/u);
  });

  test('of an open directory and an open file', async () => {
    stage.makeFile('content', 'content\n');
    const script = `exec ${stage.launcher} --ro-bind / / --tmpfs /tmp --bind-fd 8 /tmp/d --ro-bind-fd 9 /tmp/f -- sh -c 'cat /tmp/d/content /tmp/f; echo a > /tmp/d/new; echo a > /tmp/f; ls /proc/self/fd | grep -c -x -e 8 -e 9' 8<. 9<content`;
    const said = await stage.shell(
      ['--bind', '/', '/', '--proc', '/proc', '--unshare-pid', '--dev-bind', '/dev', '/dev'],
      script,
    );
    expect(said).toMatch(/^content\ncontent\n0\n.*Read-only/su);
    expect(readdirSync(stage.directory)).toContain('new');
  });

  test('never reach through a link out of the new root', async () => {
    const outside = stage.makeDirectory('outside');
    symlinkSync(outside, `${stage.directory}/link`);
    symlinkSync('../../../../../../../../..', `${stage.directory}/up`);
    const options = [
      '--ro-bind',
      '/usr',
      '/usr',
      '--symlink',
      'usr/bin',
      '/bin',
      '--symlink',
      'usr/lib',
      '/lib',
      '--symlink',
      'usr/lib64',
      '/lib64',
    ];
    const binds = [
      '--bind',
      stage.directory,
      '/w',
      '--dir',
      '/w/up/made',
      '--dir',
      outside,
      '--tmpfs',
      '/w/link/a',
    ];
    const said = await stage.shell([...options, ...binds], `ls -d /made ${outside}/a`, { isBare: true });
    expect(said).toBe(`/made\n${outside}/a`);
    expect(existsSync('/made')).toBe(false);
    expect(readdirSync(outside)).toEqual([]);
  });

  test('are not made where a link leads nowhere', async () => {
    symlinkSync('missing', `${stage.directory}/link`);
    const said = await stage.shell(['--bind', '/', '/', '--tmpfs', `${stage.directory}/link`], 'echo ran');
    expect(said).toMatch(/^cordon-launcher: create directory/u);
    expect(readdirSync(stage.directory)).toEqual(['link']);
  });

  test('can be bound over links to links', async () => {
    const options = [
      '--tmpfs',
      '/tmp',
      '--dir',
      '/tmp/a/b',
      '--symlink',
      '/tmp/a',
      '/tmp/l',
      '--symlink',
      '../l/b',
      '/tmp/a/m',
      '--ro-bind',
      '/etc',
      '/tmp/l/m',
    ];
    expect(await stage.shell(options, 'test -e /tmp/a/b/passwd && echo there')).toBe('there');
  });

  test('below a bound directory are limited as well', async () => {
    const sub = stage.makeDirectory('sub');
    const inner = (option: string): readonly string[] => [
      stage.launcher,
      '--dev-bind',
      '/dev',
      '/dev',
      option,
      '/',
      '/',
      '--',
      'sh',
      '-c',
      `echo a > ${sub}/new && echo written; grep -c "${sub} .*nosuid,nodev" /proc/self/mountinfo`,
    ];
    const nested = async (option: string): Promise<string> => {
      const outer = ['--bind', '/', '/', '--tmpfs', sub, '--', ...inner(option)];
      const { output, stderr } = await stage.run(outer);
      return output + stderr;
    };
    expect(await nested('--bind')).toBe('written\n1\n');
    expect(await nested('--ro-bind')).toMatch(/^1\n.*Read-only file system/su);
  });

  test('that are read-only outside stay so', async () => {
    const outer = ['--bind', '/', '/', '--ro-bind', '/etc', stage.directory];
    const inner = [stage.launcher, '--bind', '/', '/', '--', 'sh', '-c', `echo a > ${stage.directory}/new`];
    const { stderr } = await stage.run([...outer, '--', ...inner]);
    expect(stderr).toMatch(/Read-only file system/u);
  });

  test('of the host are where they were, and its mounts are gone', async () => {
    const before = readFileSync('/proc/self/mountinfo', 'utf8');
    const options = ['--tmpfs', '/tmp', '--dev', '/dev', '--proc', '/proc', '--unshare-pid'];
    const said = await stage.shell(
      options,
      `ls -a / | grep -x -e root -e scratch -e oldroot; awk '{ print $5 }' /proc/self/mountinfo | grep -cx /`,
    );
    expect(said).toMatch(/^(?:root\n)?1$/u);
    expect(readFileSync('/proc/self/mountinfo', 'utf8')).toBe(before);
  });
});

describeLauncher("The launcher's masks", ['released', 'for old kernels'], (stage) => {
  test('cover five hundred files', async () => {
    const names = Array.from({ length: 500 }, (_, index) =>
      stage.makeFile(`file-${String(index)}`, 'secret'),
    );
    const denied = stage.makeFile('denied', '');
    const words = names.flatMap((name) => ['--ro-bind', denied, name, '']).filter((word) => word !== '');
    const { code, output, stderr } = await stage.run(
      ['--bind', '/', '/', '--args', '3', '--', 'sh', '-c', 'cat file-*; echo a > file-7'],
      { inputs: [words.map((word) => `${word}\0`).join('')] },
    );
    expect([code, output]).toEqual([2, '']);
    expect(stderr).toMatch(/file-7: Read-only/u);
  });
});
