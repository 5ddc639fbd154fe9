import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { type LinuxLaunchPlan } from '../../../../../src/backends/linux/plan/launch-plan.js';
import { printPlan } from '../../../../../src/backends/linux/plan/print-plan.js';
import { parseAbsolutePath, ROOT_PATH } from '../../../../../src/paths/absolute-path.js';

const BWRAP = { isOwn: false, path: 'bwrap', canWatch: false } as const;
const DENIED = parseAbsolutePath('/private/denied');

function planOf(
  argv: readonly [string, ...string[]],
  environment: Readonly<Record<string, string>>,
): LinuxLaunchPlan {
  return {
    mounts: [{ kind: 'bind', source: ROOT_PATH, target: ROOT_PATH, mode: 'read-only' }],
    mountPoints: [],
    covered: [],
    checks: [{ side: 'host', path: ROOT_PATH, identity: { device: 1n, inode: 2n } }],
    namespaces: ['user'],
    listeners: [],
    landlock: undefined,
    seccomp: { architecture: 'x64', network: 'restricted' },
    watch: { sockets: { allowed: [parseAbsolutePath('/a b')], hasDatagrams: false }, changes: false },
    command: { argv, argv0: undefined, cwd: ROOT_PATH, environment, stdio: 'pipes' },
  };
}

/** What a shell makes of the line: its words, one on each line. */
function wordsInShell(line: string, env: Readonly<Record<string, string>>): readonly string[] {
  const script = line.replace('bwrap', "printf '%s\\0'");
  const { stdout } = spawnSync('/bin/sh', ['-c', script], { encoding: 'utf8', env });
  return stdout.split('\0').slice(0, -1);
}

describe('A printed plan', () => {
  test.each([
    ["it's"],
    ['a b'],
    ['$HOME `id` $(id)'],
    ['"double"'],
    [''],
    ['-n'],
    ['*'],
    ['~'],
    ['line\nbreak'],
    ['ü漢'],
    ['\\'],
    ['a;b|c&d'],
    ['#x'],
  ])('quotes %j for a shell', (word) => {
    const { commandLine } = printPlan(planOf(['echo', word], {}), BWRAP, DENIED);
    expect(wordsInShell(commandLine, {}).at(-1)).toBe(word);
  });

  test('takes the values of variables from the shell that runs it', () => {
    const { commandLine } = printPlan(planOf(['true'], { NAME: 'secret', OTHER: 'secret' }), BWRAP, DENIED);
    expect(commandLine).not.toContain('secret');
    const words = wordsInShell(commandLine, { NAME: 'a "b" $c' });
    expect(words.slice(words.indexOf('NAME'), words.indexOf('NAME') + 2)).toEqual(['NAME', 'a "b" $c']);
    expect(words.slice(words.indexOf('OTHER'), words.indexOf('OTHER') + 2)).toEqual(['OTHER', '']);
  });

  test.each([['--setenv'], ['BASH_FUNC_x%%'], ['1A'], ['a b'], ['$(touch /x)']])(
    'stays one word for one word with the variable %j',
    (name) => {
      const { commandLine } = printPlan(planOf(['true'], { [name]: 'secret' }), BWRAP, DENIED);
      expect(commandLine).not.toContain('secret');
      const words = wordsInShell(commandLine, {});
      expect(words.slice(-6)).toEqual([name, words.at(-5), '--chdir', '/', '--', 'true']);
    },
  );

  test("tells cordon's own launcher what to supervise, and bubblewrap nothing of it", () => {
    const plan = planOf(['true'], {});
    const own = printPlan(plan, { path: 'bwrap', isOwn: true, canWatch: true }, DENIED);
    const words = ['--notify-sockets', '--allow-socket', '/a b'];
    expect(wordsInShell(own.commandLine, {}).slice(0, 3)).toEqual(words);
    expect(own.json).toMatchObject({ watch: plan.watch });
    const bubblewrap = printPlan(plan, BWRAP, DENIED);
    expect(wordsInShell(bubblewrap.commandLine, {})).not.toEqual(expect.arrayContaining(words.slice(0, 1)));
    expect(bubblewrap.json).toMatchObject({ watch: null });
  });

  test('is JSON with names of variables, big numbers as text, and a system-call filter in words', () => {
    const { json } = printPlan(planOf(['true'], { B: 'secret', A: 'secret' }), BWRAP, DENIED);
    const text = JSON.stringify(json);
    expect(text).not.toContain('secret');
    expect(json).toMatchObject({
      launcher: 'bwrap',
      command: { argv: ['true'], environment: ['A', 'B'], cwd: '/' },
      checks: [{ side: 'host', path: '/', device: '1', inode: '2' }],
    });
  });
});
