import { describe, expect, it } from 'vitest';
import { type PathJudge } from '../../../src/denials/evidence.js';
import { parseAbsolutePath } from '../../../src/paths/absolute-path.js';
import { classify, judge, summaries } from './world.js';

const REFUSAL = 'bash: line 1: /etc/x: Read-only file system';

function notExecuted(candidate: string | undefined): Parameters<typeof classify>[1] {
  return {
    exit: {
      kind: 'not-executed',
      program: 'tool',
      reason: 'not-found',
      candidate: candidate === undefined ? undefined : parseAbsolutePath(candidate),
    },
  };
}

/** The judge of these tests, and how often it was asked. */
function countingJudge(): { readonly judge: PathJudge; readonly asked: () => number } {
  let count = 0;
  const counting: PathJudge = (operation, path) => {
    count += 1;
    return judge(operation, path);
  };
  return { judge: counting, asked: () => count };
}

describe('the exit', () => {
  it('decides alone when it is success, whatever was said', () => {
    expect(classify(REFUSAL, { exit: { kind: 'exited', code: 0 } })).toEqual([]);
  });

  it.each([1, 2, 126, 127, 158, 160, 255])('leaves it to the words when it is %i', (code) => {
    const exit = { kind: 'exited', code } as const;
    expect(summaries(classify(REFUSAL, { exit }))).toEqual(['write /etc/x']);
    expect(classify('tool: bad option', { exit })).toEqual([]);
  });

  it('is a likely system-call denial when it is 128 + SIGSYS, before what the words tell', () => {
    const denials = classify(REFUSAL, { exit: { kind: 'exited', code: 159 } });
    expect(denials[0]).toEqual({ kind: 'system-call', certainty: 'likely', source: 'seccomp-signal' });
    expect(summaries(denials)).toEqual(['system-call', 'write /etc/x']);
  });
});

describe('a program that was not executed', () => {
  it('is proven denied when it exists and the policy hides it', () => {
    expect(classify('', notExecuted('/secret/key'))).toEqual([
      {
        kind: 'file',
        operation: 'read',
        path: '/secret/key',
        certainty: 'proven',
        source: 'launcher',
        rule: '"file:///secret" = "deny"',
        allowedBy: undefined,
      },
    ]);
  });

  it('is not denied when the policy lets it be read, or when it is nowhere', () => {
    expect(classify('', notExecuted('/etc/hosts'))).toEqual([]);
    expect(classify('', notExecuted(undefined))).toEqual([]);
  });
});

describe('a denial from words', () => {
  it('is likely, names the deciding entry, and the option that would allow it', () => {
    expect(classify(REFUSAL)).toEqual([
      {
        kind: 'file',
        operation: 'write',
        path: '/etc/x',
        certainty: 'likely',
        source: 'policy',
        rule: '":root" = "read"',
        allowedBy: { flag: '--allow-write', value: '/etc' },
      },
    ]);
  });

  it('has the path with its symbolic links followed', () => {
    const following: PathJudge = (operation, path) =>
      judge(operation, path === '/ws/link' ? parseAbsolutePath('/secret/key') : path);
    expect(summaries(classify('cat: /ws/link: Permission denied', { judge: following }))).toEqual([
      'read /secret/key',
    ]);
  });

  it('is told once, however often the command says it', () => {
    expect(
      summaries(classify(`${REFUSAL}\n${REFUSAL}\ntouch: cannot touch '/etc/x': Read-only file system`)),
    ).toEqual(['write /etc/x']);
  });

  it('is one of 100 at most, the first of the output', () => {
    const lines = Array.from(
      { length: 130 },
      (_, index) => `tee: /etc/${String(index)}: Read-only file system`,
    );
    const denials = summaries(classify(lines.join('\n')));
    expect(denials).toHaveLength(100);
    expect(denials.at(-1)).toBe('write /etc/99');
  });

  it('is found at the end of long output, and not before the last 64 Ki', () => {
    const noise = 'x'.repeat(1023) + '\n';
    expect(summaries(classify(`${noise.repeat(100)}${REFUSAL}\n`))).toEqual(['write /etc/x']);
    expect(classify(`${REFUSAL}\n${noise.repeat(64)}`)).toEqual([]);
  });
});

describe('hostile output', () => {
  const CHUNK = 65_536;
  const filled = (pattern: string): string => pattern.repeat(Math.ceil(CHUNK / pattern.length));

  it.each([
    [
      'thousands of paths',
      Array.from({ length: 3000 }, (_, n) => `tee: /ws/${String(n)}: Permission denied`).join('\n'),
    ],
    ['thousands of paths in one line', `${filled("'/ws/a' ")}: Permission denied`],
    [
      'deep missing directories',
      Array.from({ length: 30 }, (_, n) => `tee: /etc/${'d/'.repeat(900)}${String(n)}: EROFS`).join('\n'),
    ],
  ])('asks the policy a bounded number of questions: %s', (_, output) => {
    const { judge: counting, asked } = countingJudge();
    classify(output, { judge: counting });
    expect(asked()).toBeLessThan(1000);
  });

  it('asks the same question once', () => {
    const { judge: counting, asked } = countingJudge();
    classify('cat: /etc/shadow: Permission denied\n'.repeat(1000), { judge: counting });
    expect(asked()).toBe(1);
  });

  it.each([
    ['open quotes', filled(" '")],
    ['closed quotes', filled("'a' ")],
    ['colons', filled(': ')],
    ['slashes', filled(' /')],
    ['escape sequences', filled('\u001b[0;')],
    ['socket addresses', filled('unix:/')],
    ['host names', `${filled('a.')}: Network is unreachable`],
    ['errno texts', filled('EPERM ')],
    ['parentheses', `${filled('(1:')} Operation not permitted`],
    ['carriage returns', filled('\r')],
    ['half surrogates', filled('\ud800')],
  ])('makes no denial out of noise: %s', (_, output) => {
    expect(summaries(classify(output)).filter((text) => !text.startsWith('network'))).toEqual([]);
  });

  it('is cut: a path behind the first 4096 characters of a line is not looked at', () => {
    expect(classify(`${'x'.repeat(4096)}: /etc/x: Read-only file system`)).toEqual([]);
    expect(summaries(classify(`${'x'.repeat(4000)}: /etc/x: Read-only file system`))).toEqual([
      'write /etc/x',
    ]);
  });
});
