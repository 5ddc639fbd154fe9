import { describe, expect, it } from 'vitest';
import { type Denial } from '../../../src/denials/denial.js';
import { hintLines } from '../../../src/denials/hint-text.js';
import { parseAbsolutePath } from '../../../src/paths/absolute-path.js';
import { classify } from './world.js';

describe('hints', () => {
  it.each([
    [
      'a refused write',
      'tee: /etc/x: Read-only file system',
      'write to "/etc/x" was refused (likely): ":root" = "read"; --allow-write "/etc" would allow it',
    ],
    [
      'a deny that no option lifts',
      'cat: /secret/key: Permission denied',
      'read of "/secret/key" was refused (likely): "file:///secret" = "deny"',
    ],
    [
      'a socket',
      'dial unix /run/docker.sock: connect: no such file or directory',
      'connecting to socket "/run/docker.sock" was refused (likely): sockets and run-time files of the host are hidden; --allow-unix-socket "/run/docker.sock" would allow it',
    ],
    [
      'a socket in a message without any word for it',
      '/opt/masked.sock: Permission denied at -e line 1.',
      'connecting to socket "/opt/masked.sock" was refused (likely): sockets of the host answer only where they are allowed by name; --allow-unix-socket "/opt/masked.sock" would allow it',
    ],
    [
      'the network with a host',
      'Could not resolve host: example.com',
      'connecting to "example.com" was refused (likely): the network is restricted; --network on would allow it',
    ],
    [
      'the network without a host',
      'OSError: [Errno 101] Network is unreachable',
      'a network connection was refused (likely): the network is restricted; --network on would allow it',
    ],
  ])('tell %s in one line', (_, output, hint) => {
    expect(hintLines(classify(output))).toEqual([hint]);
  });

  it('tell a system call', () => {
    expect(hintLines([{ kind: 'system-call', certainty: 'likely', source: 'seccomp-signal' }])).toEqual([
      'a system call was refused (likely): the command ended as if by SIGSYS',
    ]);
  });

  it('do not say likely of what is proven', () => {
    const exit = {
      kind: 'not-executed',
      program: 'x',
      reason: 'not-found',
      candidate: parseAbsolutePath('/secret/key'),
    } as const;
    expect(hintLines(classify('', { exit }))).toEqual([
      'read of "/secret/key" was refused: "file:///secret" = "deny"',
    ]);
  });

  it('are one line each without control characters, whatever a path holds', () => {
    const path = parseAbsolutePath('/etc/a\nb\u001b[2J\u009b31m\u202ec');
    const denial: Denial = {
      kind: 'file',
      operation: 'write',
      path,
      certainty: 'likely',
      source: 'policy',
      rule: '":root" = "read"',
      allowedBy: { flag: '--allow-write', value: path },
    };
    const [line] = hintLines([denial]);
    expect(line).toMatch(/^[ -~]+$/u);
    expect(line).toContain('"/etc/a\\nb\\u001b[2J\\u009b31m\\u202ec"');
  });

  it.each([
    [20, 20, undefined],
    [21, 21, 'and 1 more'],
    [60, 21, 'and 40 more'],
  ])('of %i denials are %i lines', (count, length, last) => {
    const output = Array.from(
      { length: count },
      (_, index) => `tee: /etc/x${String(index)}: Read-only file system`,
    );
    const lines = hintLines(classify(output.join('\n')));
    expect(lines).toHaveLength(length);
    if (last !== undefined) expect(lines.at(-1)).toBe(last);
  });
});
