import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { fixtureCommand } from '../support/integration-fixtures.js';
import { makeMark, markedProcesses } from '../support/integration-processes.js';
import { until } from '../support/integration-until.js';
import { startProgram } from '../support/run-program.js';
import { sandboxRunCommand } from '../support/run-sandboxed.js';
import { type Stage, describeOnStage } from '../support/stage.js';

const TRAPS = fixtureCommand('ends-seven-on-signal.sh');

function start(stage: Stage, words: readonly string[]): ReturnType<typeof startProgram> {
  const env = { HOME: stage.home, PATH: process.env['PATH'] ?? '/usr/bin:/bin' };
  const options = { caller: stage.caller, cwd: stage.workspace, env };
  const started = startProgram([...sandboxRunCommand(), ...words], options);
  started.firstLine.catch(() => undefined);
  return started;
}

describeOnStage('A signal to sandbox-run', (stage) => {
  test.each(['TERM', 'INT', 'HUP', 'QUIT', 'USR1', 'USR2', 'ALRM', 'WINCH'] as const)(
    'SIG%s reaches the command, which ends in its own way',
    async (name) => {
      const { child, firstLine, ended } = start(stage, ['--', TRAPS, name, 'seen']);
      await firstLine;
      child.kill(`SIG${name}`);
      expect((await ended).code).toBe(7);
      expect(readFileSync(path.join(stage.workspace, 'seen'), 'utf8')).toBe(`${name}\n`);
    },
  );

  test('SIGUSR1 opens no debugger', async () => {
    const { child, firstLine, ended } = start(stage, ['--', TRAPS, 'USR1', 'seen']);
    await firstLine;
    child.kill('SIGUSR1');
    const { code, stderr } = await ended;
    expect(code).toBe(7);
    expect(stderr).not.toMatch(/debugger/iu);
  });

  test.each([
    ['SIGTERM', 143],
    ['SIGINT', 130],
    ['SIGHUP', 129],
    ['SIGUSR1', 138],
    ['SIGALRM', 142],
  ] as const)('%s ends a command that has no handler, and all its children', async (name, code) => {
    const mark = makeMark();
    const script = 'sleep 1000 & echo ready; exec sleep 1000';
    const { child, firstLine, ended } = start(stage, ['--', '/bin/sh', '-c', script, 'sh', mark]);
    await firstLine;
    child.kill(name);
    expect((await ended).code).toBe(code);
    expect(markedProcesses(mark)).toEqual([]);
  });

  test('reaches every process of the command, and sandbox-run waits for the first of them', async () => {
    const script = `trap 'exit 3' TERM; (trap 'echo child >child; exit' TERM; while :; do sleep 0.05; done) & echo ready; wait; wait; exit 4`;
    const { child, firstLine, ended } = start(stage, ['--', '/bin/bash', '-c', script]);
    await firstLine;
    child.kill('SIGTERM');
    expect((await ended).code).toBe(3);
  });

  test.each(Array.from({ length: 12 }, (_, index) => [index * 8]))(
    'ends it also %i ms after the start, when nothing runs yet',
    async (delayMs) => {
      const mark = makeMark();
      const { child, ended } = start(stage, [
        '--',
        '/bin/sh',
        '-c',
        'while :; do sleep 0.05; done',
        'sh',
        mark,
      ]);
      setTimeout(() => child.kill('SIGTERM'), delayMs);
      const { code, signal } = await ended;
      expect([143, null]).toContain(code);
      expect(signal ?? 'SIGTERM').toBe('SIGTERM');
      await until('nothing of it is left', () => markedProcesses(mark).length === 0);
      expect(existsSync(path.join(stage.workspace, '.git'))).toBe(false);
    },
  );

  test('SIGSTOP and SIGCONT change nothing but the time', async () => {
    const { child, firstLine, ended } = start(stage, ['--', '/bin/sh', '-c', 'echo one; read x; echo "$x"']);
    await firstLine;
    child.kill('SIGSTOP');
    await until('it stands still', () => stateOf(child.pid ?? 0) === 'T');
    child.stdin?.end('two\n');
    child.kill('SIGCONT');
    const { code, output } = await ended;
    expect([code, output]).toEqual([0, 'one\ntwo\n']);
  });

  test('SIGTSTP stops the command with sandbox-run, SIGCONT lets both go on', async () => {
    const mark = makeMark();
    const { child, firstLine, ended } = start(stage, [
      '--',
      '/bin/sh',
      '-c',
      'echo one; read x; echo "$x"',
      'sh',
      mark,
    ]);
    await firstLine;
    child.kill('SIGTSTP');
    await until('both stand still', () => {
      const shell = markedProcesses(mark).find(({ name }) => name === 'sh');
      return shell?.state === 'T' && stateOf(child.pid ?? 0) === 'T';
    });
    child.kill('SIGCONT');
    child.stdin?.end('two\n');
    const { code, output } = await ended;
    expect([code, output]).toEqual([0, 'one\ntwo\n']);
  });
});

describeOnStage('A command in its sandbox', (stage) => {
  test('has no signal blocked or ignored', async () => {
    const { output } = await stage.run(['--', 'grep', '-E', '^Sig(Blk|Ign)', '/proc/self/status']);
    expect(output.match(/[0-9a-f]{16}/gu)).toEqual(['0000000000000000', '0000000000000000']);
  });

  test('has a session and a process group of its own: 0 would be one of the host', async () => {
    const { output } = await stage.run(['--', '/bin/sh', '-c', 'cut -d" " -f5,6 </proc/$$/stat']);
    expect(output).toMatch(/^[1-9]\d* [1-9]\d*\n$/u);
  });

  test('cannot end what is outside: it sees no process of the host', async () => {
    const { output } = await stage.run([
      '--',
      '/bin/sh',
      '-c',
      'ls -d /proc/[0-9]* | wc -l; kill -0 -1; echo done',
    ]);
    expect(Number(output.split('\n')[0])).toBeLessThan(6);
  });

  test('is ended with its caller, and no process is left when it has two hundred', async () => {
    const mark = makeMark();
    const script = 'i=0; while [ $i -lt 200 ]; do setsid sleep 1000 & i=$((i+1)); done; echo ready; wait';
    const { child, firstLine, ended } = start(stage, ['--', '/bin/sh', '-c', script, 'sh', mark]);
    await firstLine;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
    await ended;
    await until('nothing of it is left', () => markedProcesses(mark).length === 0);
  });
});

/** One letter, as ps(1) shows it. */
function stateOf(pid: number): string {
  const stat = readFileSync(`/proc/${String(pid)}/stat`, 'latin1');
  return stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3);
}
