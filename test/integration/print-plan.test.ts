import { readdirSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { runProgram } from '../support/run-program.js';
import { describeOnStage } from '../support/stage.js';

describeOnStage('--print-plan', (stage) => {
  test.each([['workspace-write'], ['read-only'], ['strict']])(
    'prints for %s a line that sh runs, with the exit status of the command',
    async (profile) => {
      stage.plant({ '.git/': '', '.agents/': '', '.codex/': '' });
      const words = [
        '--profile',
        profile,
        '--print-plan',
        '--',
        '/bin/sh',
        '-c',
        'echo "it\'s $1"; exit 9',
        'sh',
        'a b',
      ];
      const { code, output: line } = await stage.run(words);
      expect(code).toBe(0);
      const run = await runProgram(['/bin/sh', '-c', line], {
        caller: stage.caller,
        cwd: stage.workspace,
        env: { PATH: process.env['PATH'] ?? '/usr/bin:/bin', HOME: stage.home },
      });
      expect([run.code, run.output]).toEqual([9, "it's a b\n"]);
    },
  );

  test('holds no value of any environment variable, in neither form', async () => {
    const secret = 'value-that-must-not-be-seen';
    const env = { OPEN: secret, API_TOKEN: secret, 'BASH_FUNC_x%%': secret };
    for (const form of [[], ['--json']]) {
      const run = await stage.run(['--print-plan', ...form, '--env', `GIVEN=${secret}`, '--', 'true'], {
        env,
      });
      expect(run.code).toBe(0);
      expect(run.output).toContain('OPEN');
      expect(run.output + run.stderr).not.toContain(secret);
    }
  });

  test('runs nothing and leaves nothing', async () => {
    await stage.run(['--print-plan', '--', 'touch', 'ran']);
    expect(readdirSync(stage.workspace)).toEqual([]);
  });

  test('is JSON with --json, and names what is protected', async () => {
    const { output } = await stage.run(['--print-plan', '--json', '--', 'true']);
    const plan = JSON.parse(output) as { plan: { mountPoints: { path: string }[] } };
    expect(plan.plan.mountPoints.map(({ path: of }) => of)).toContain(path.join(stage.workspace, '.git'));
  });
});

describeOnStage('The process list', (stage) => {
  test('shows neither variables nor paths of the sandbox', async () => {
    const script = 'echo ready; read x';
    const { child, firstLine, ended } = stage.start(script, { options: ['--env', 'NAME=seen-by-all'] });
    await firstLine;
    const list = await runProgram(['/bin/sh', '-c', 'cat /proc/[0-9]*/cmdline | tr "\\0" " "'], {
      caller: stage.caller,
      cwd: '/',
      env: { PATH: '/usr/bin:/bin' },
    });
    child.stdin?.end('\n');
    await ended;
    expect(list.output).not.toContain('--setenv');
  });
});
