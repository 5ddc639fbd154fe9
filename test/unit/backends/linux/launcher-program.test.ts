import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { describe, expect, test } from 'vitest';

const LAUNCHER = path.join(import.meta.dirname, '../../../../native/linux/build/cordon-launcher');

function run(...words: readonly string[]) {
  return spawnSync(LAUNCHER, words, { encoding: 'utf8', env: {} });
}

describe('The launcher refuses, with status 1 and one line,', () => {
  test.each<[string, readonly string[]]>([
    ['no command', ['--bind', '/', '/']],
    ['no words at all', []],
    ['an option that it does not know', ['--strange', 'true']],
    ['a single dash', ['-', 'true']],
    ['an option without its value', ['--tmpfs']],
    ['an option with one of two values', ['--bind', '/']],
    ['an empty source', ['--bind', '', '/', 'true']],
    ['permissions without an option', ['--perms', '0700', 'true']],
    ['permissions before an option that makes nothing', ['--perms', '0700', '--bind', '/', '/', 'true']],
    ['permissions twice', ['--perms', '0700', '--perms', '0700', '--dir', '/a', 'true']],
    ['permissions that are not octal', ['--perms', '9', '--dir', '/a', 'true']],
    ['permissions beyond 07777', ['--perms', '10000', '--dir', '/a', 'true']],
    ['a size without a tmpfs', ['--size', '1', '--dir', '/a', 'true']],
    ['a size twice', ['--size', '1', '--size', '1', '--tmpfs', '/a', 'true']],
    ['a size of 0', ['--size', '0', '--tmpfs', '/a', 'true']],
    ['a negative size', ['--size', '-1', '--tmpfs', '/a', 'true']],
    ['a size with a unit', ['--size', '1k', '--tmpfs', '/a', 'true']],
    ['a size of 2^63', ['--size', '9223372036854775808', '--tmpfs', '/a', 'true']],
    ['an empty size', ['--size', '', '--tmpfs', '/a', 'true']],
    ['a negative descriptor', ['--seccomp', '-1', 'true']],
    ['a descriptor that is no number', ['--seccomp', '0a', 'true']],
    ['a descriptor beyond an int', ['--seccomp', '2147483648', 'true']],
    ['a descriptor that is not open', ['--seccomp', '77', 'true']],
    ['options of a descriptor that is not open', ['--args', '77', 'true']],
    ['a user id of 2^32 - 1', ['--unshare-user', '--uid', '4294967295', 'true']],
    ['a host name without a namespace for it', ['--hostname', 'a', 'true']],
    ['the command as process 1 of the host', ['--as-pid-1', 'true']],
    [
      '--disable-userns without --unshare-user',
      ['--unshare-user-try', '--disable-userns', '--userns', '0', 'true'],
    ],
    ['an own and a given user namespace', ['--unshare-user', '--userns', '0', 'true']],
    ['both ways to give a seccomp program', ['--seccomp', '0', '--add-seccomp-fd', '0', 'true']],
    ['a variable without a name', ['--setenv', '', 'a', 'true']],
    ['a variable with "=" in its name', ['--setenv', 'a=b', 'c', 'true']],
    ['a capability that it does not know', ['--cap-add', 'CAP_STRANGE', 'true']],
    ['a capability without its prefix', ['--cap-add', 'kill', 'true']],
    ['sockets to decide about in the network of the host', ['--notify-sockets', 'true']],
    ['an allowed socket without a decision', ['--unshare-net', '--allow-socket', '/a', 'true']],
    ['datagrams without a decision about sockets', ['--unshare-net', '--notify-datagrams', 'true']],
    ['a descriptor for reports that nobody wants', ['--notify-fd', '0', 'true']],
    [
      'an allowed socket by a relative path',
      ['--unshare-net', '--notify-sockets', '--allow-socket', 'a', 'true'],
    ],
    ['a label for the command', ['--exec-label', 'a', 'true']],
    ['a label for files', ['--file-label', 'a', 'true']],
  ])('%s', (_what, words) => {
    const { status, stdout, stderr } = run(...words);
    expect([status, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/^cordon-launcher: [^\n]+\n$/u);
  });
});

describe('The launcher', () => {
  test('tells its options, and where it differs', () => {
    const { status, stdout } = run('--help');
    expect(status).toBe(0);
    expect(stdout).toContain(`usage: ${LAUNCHER}`);
    expect(stdout).toContain('What differs');
  });

  test('tells its version', () => {
    const { status, stdout } = run('--version');
    expect(status).toBe(0);
    expect(stdout).toMatch(/^cordon-launcher \d/u);
  });

  test('reads options of a descriptor where they stand, and no command', () => {
    const nested = (input: string) =>
      spawnSync(LAUNCHER, ['--args', '0', '--help'], { encoding: 'utf8', input, env: {} });
    expect(nested('--bind\0/\0/\0').status).toBe(0);
    expect(nested('--bind\0/\0/\0--\0').status).toBe(0);
    expect(nested('--bind\0/').status).toBe(1);
    expect(nested('true\0').status).toBe(1);
    expect(nested('--args\x000\0').status).toBe(1);
  });

  test('takes more options than a command line may hold', () => {
    const input = '--dir\0/a\0'.repeat(20_000);
    expect(spawnSync(LAUNCHER, ['--args', '0', '--help'], { input, env: {} }).status).toBe(0);
  });
});
