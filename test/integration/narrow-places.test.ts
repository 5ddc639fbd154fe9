import { readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { makeMark, markedProcesses } from '../support/integration-processes.js';
import { until } from '../support/integration-until.js';
import { describeOnStage } from '../support/stage.js';

/** A shell that changes something about itself and then becomes sandbox-run. */
function after(change: string): readonly string[] {
  return ['/bin/bash', '-c', `${change} && exec "$@"`, 'bash'];
}

describeOnStage(
  'With little room sandbox-run works, or says what is missing, and leaves nothing:',
  (stage) => {
    test.each([
      ['64 open files', 'ulimit -n 64', 0],
      ['256 KiB of locked memory', 'ulimit -l 256', 0],
      ['no core files', 'ulimit -c 0', 0],
      ['a file size of nothing but what fits', 'ulimit -f 100000', 0],
      ['a stack of 1 MiB', 'ulimit -s 1024', 0],
      ['the lowest priority', 'renice -n 19 $$ >/dev/null', 0],
    ])('%s', async (_what, change, expected) => {
      const mark = makeMark();
      const run = await stage.run(['--', '/bin/sh', '-c', 'echo works', 'sh', mark], {
        launcher: after(change),
      });
      expect([run.code, run.output]).toEqual([expected, 'works\n']);
      expect(markedProcesses(mark)).toEqual([]);
    });

    test.each([24, 28, 32, 40])('%i open files', async (count) => {
      const mark = makeMark();
      const words = ['--json', '--', '/bin/sh', '-c', 'echo works', 'sh', mark];
      const run = await stage.run(words, { launcher: after(`ulimit -n ${String(count)}`) });
      if (run.code !== 0) expect([run.output, run.errorCode === undefined]).toEqual(['', false]);
      await until('nothing of it is left', () => markedProcesses(mark).length === 0);
      expect((await stage.run(['--', 'true'])).code).toBe(0);
      expect(readdirSync(stage.workspace)).toEqual([]);
    });

    test.each([1, 10, 14, 16])('%i processes', async (count) => {
      if (stage.caller.uid === 0) return;
      const mark = makeMark();
      const words = ['--json', '--', '/bin/sh', '-c', 'echo works', 'sh', mark];
      const run = await stage.run(words, { launcher: after(`ulimit -u ${String(count)}`) });
      if (run.code === 0) expect(run.output).toBe('works\n');
      else expect(run.output).toBe('');
      await until('nothing of it is left', () => markedProcesses(mark).length === 0);
      expect((await stage.run(['--', 'true'])).code).toBe(0);
      expect(readdirSync(stage.workspace)).toEqual([]);
    });

    test('a home directory that may not be written', async () => {
      const env = { HOME: '/sys', XDG_STATE_HOME: stage.outside };
      expect((await stage.run(['--', 'true'], { env })).code).toBe(0);
      const run = await stage.run(['--json', '--', 'touch', 'ran'], { env: { HOME: '/sys' } });
      expect([run.code, run.errorCode]).toEqual([125, 'private-directory-unavailable']);
      expect(readdirSync(stage.workspace)).toEqual([]);
    });

    test('400 kB of arguments', async () => {
      const args = Array.from({ length: 4000 }, (_, index) => `argument-${String(index)}`.padEnd(100, 'x'));
      const { code, output } = await stage.run(['--', '/bin/sh', '-c', 'echo "$#"', 'sh', ...args]);
      expect([code, output]).toEqual([0, '4000\n']);
    });

    test.each([
      [8000, 0, undefined],
      [9000, 125, 'plan-too-large'],
      [20_000, 125, 'plan-too-large'],
    ])('%i arguments', async (count, code, errorCode) => {
      const args = Array.from({ length: count }, (_, index) => String(index));
      const run = await stage.run(['--json', '--', '/bin/sh', '-c', 'echo "$#"', 'sh', ...args]);
      expect([run.code, run.errorCode]).toEqual([code, errorCode]);
      if (code === 0) expect(run.output).toBe(`${String(count)}\n`);
    });

    test('an argument of 100 kB', async () => {
      const { code, output } = await stage.run([
        '--',
        '/bin/sh',
        '-c',
        'echo "${#1}"',
        'sh',
        'x'.repeat(100_000),
      ]);
      expect([code, output]).toEqual([0, '100000\n']);
    });

    test('an environment of 3,000 variables', async () => {
      const env = Object.fromEntries(
        Array.from({ length: 3000 }, (_, index) => [`VARIABLE_${String(index)}`, 'x']),
      );
      const run = await stage.run(['--json', '--', '/bin/sh', '-c', 'env | grep -c ^VARIABLE_'], { env });
      if (run.code === 125) expect(run.errorCode).toBe('plan-too-large');
      else expect([run.code, run.output]).toEqual([0, '3000\n']);
    });

    test('a working directory that has been removed', async () => {
      stage.plantOutside({ 'gone/': '' });
      const gone = path.join(stage.outside, 'gone');
      const words = ['--json', '--', 'touch', path.join(stage.workspace, 'ran')];
      const run = await stage.run(words, { cwd: gone, launcher: after(`rmdir ${gone}`) });
      expect(run.code).toBe(125);
      expect(['cwd-not-visible', 'workspace-root-invalid']).toContain(run.errorCode);
      rmSync(gone, { recursive: true, force: true });
      expect(readdirSync(stage.workspace)).toEqual([]);
    });

    test('a workspace whose name holds blanks, quotes, a newline and no ASCII', async () => {
      const name = 'a b\n"c" \'d\' $e ü 漢';
      stage.plant({ [`${name}/`]: '' });
      const cwd = path.join(stage.workspace, name);
      const { code, output } = await stage.run(['--', '/bin/sh', '-c', 'touch here; ls -A; pwd'], { cwd });
      expect([code, output]).toEqual([0, `.agents\n.codex\n.git\nhere\n${cwd}\n`]);
      expect(readdirSync(cwd)).toEqual(['here']);
    });

    test('descriptors that the caller left open are closed inside', async () => {
      const words = ['--', '/bin/sh', '-c', 'ls /proc/self/fd'];
      const { output } = await stage.run(words, { launcher: after('exec 5</etc/passwd 9</ 20</dev/null') });
      expect(output.trim().split('\n').length).toBe(4);
    });
  },
);
