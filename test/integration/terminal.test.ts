import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import { fixtureCommand } from '../support/integration-fixtures.js';
import { makeMark, markedProcesses } from '../support/integration-processes.js';
import { openSession, startInTerminal } from '../support/integration-terminal.js';
import { until } from '../support/integration-until.js';
import { runProgram } from '../support/run-program.js';
import { TEST_LAUNCHER, launcherChoice, sandboxRunCommand } from '../support/run-sandboxed.js';
import { describeOnStage } from '../support/stage.js';

const INTERRUPT = '\u0003';
const END_OF_INPUT = '\u0004';
const QUIT = '\u001c';
const SUSPEND = '\u001a';

describeOnStage('A command in a terminal', (stage) => {
  test('has one for all three streams, and as its controlling one', async () => {
    const script = 'test -t 0 && test -t 1 && test -t 2 && : </dev/tty && tty';
    const session = openSession(stage, ['--', '/bin/sh', '-c', script]);
    expect(await session.ended).toBe(0);
    expect(session.text()).toMatch(/^\/dev\/\S+\r*\n$/u);
  });

  test('has it by the launcher that was asked for', async () => {
    const session = openSession(stage, ['--json', '--', 'true']);
    await session.ended;
    expect(session.text()).toContain(
      `"enforcement":{"kind":"full","launcher":"${TEST_LAUNCHER ?? 'bwrap'}",`,
    );
  });

  test('has pipes with --no-tty', async () => {
    const session = openSession(stage, ['--no-tty', '--', '/bin/sh', '-c', 'test -t 1; echo "$?"']);
    await session.ended;
    expect(session.text()).toContain('1');
  });

  test('has one with --tty where we have none', async () => {
    const { code, output } = await stage.run([
      '--tty',
      '--',
      '/bin/sh',
      '-c',
      'test -t 0 && test -t 1; echo "$?"',
    ]);
    expect([code, output]).toEqual([0, '0\r\n']);
  });

  test.each([0, 1, 7, 255])('gives its exit status %i', async (code) => {
    expect(await openSession(stage, ['--', '/bin/sh', '-c', `exit ${String(code)}`]).ended).toBe(code);
  });

  test('has the size of ours, and is told of each change', async () => {
    const session = openSession(stage, ['--', fixtureCommand('tells-its-size.sh')]);
    await session.shows(/size 30 100\r*\n/u);
    session.resize(50, 120);
    await session.shows(/size 50 120\r*\n/u);
    session.resize(10, 20);
    await session.shows(/size 10 20\r*\n/u);
    session.type('\r');
    expect(await session.ended).toBe(0);
  });

  test('without a handler ends with ^C, and all that it started', async () => {
    const mark = makeMark();
    const script = 'setsid sleep 1000 & echo ready; exec sleep 1000';
    const session = openSession(stage, ['--', '/bin/sh', '-c', script, 'sh', mark]);
    await session.shows(/ready/u);
    session.type(INTERRUPT);
    expect(await session.ended).toBe(130);
    await until('nothing of it is left', () => markedProcesses(mark).length === 0);
  });

  test('ends with ^\\ as well', async () => {
    const session = openSession(stage, ['--', '/bin/sh', '-c', 'ulimit -c 0; echo ready; exec sleep 1000']);
    await session.shows(/ready/u);
    session.type(QUIT);
    expect(await session.ended).toBe(131);
  });

  test('with a handler goes on after ^C, however often it comes', async () => {
    const session = openSession(stage, [
      '--',
      process.execPath,
      fixtureCommand('goes-on-after-interrupt.mjs'),
    ]);
    await session.shows(/ready/u);
    for (let count = 1; count <= 3; count += 1) {
      session.type(INTERRUPT);
      await until('it has been interrupted', () => session.text().split('interrupted').length - 1 >= count);
    }
    session.type('line\r');
    await session.shows(/got line/u);
    session.type(END_OF_INPUT);
    expect(await session.ended).toBe(7);
  });

  test('ends its input at ^D', async () => {
    const session = openSession(stage, ['--', 'cat']);
    session.type('text\r');
    await session.shows(/text\r*\ntext\r*\n/u);
    session.type(END_OF_INPUT);
    expect(await session.ended).toBe(0);
  });

  test('writes 5 MiB byte for byte', async () => {
    const words = [process.execPath, fixtureCommand('writes-bytes.mjs')] as const;
    const direct = await runProgram(
      ['/bin/sh', '-c', '"$0" "$1" 5242880 | sha256sum | cut -d" " -f1', ...words],
      {
        caller: stage.caller,
        cwd: stage.workspace,
        env: { PATH: '/usr/bin:/bin' },
      },
    );
    const session = openSession(stage, ['--', '/bin/sh', '-c', 'stty -opost; "$0" "$1" 5242880', ...words]);
    expect(await session.ended).toBe(0);
    expect(createHash('sha256').update(session.output()).digest('hex')).toBe(direct.output.trim());
  });

  test('changes no line ends beyond what its own terminal does', async () => {
    const session = openSession(stage, ['--', '/bin/sh', '-c', 'echo cooked; stty -opost; echo raw']);
    await session.ended;
    expect(session.text()).toBe('cooked\r\nraw\n');
  });

  test('is a shell with job control', async () => {
    const session = openSession(stage, ['--', 'bash', '--norc', '--noprofile', '-i']);
    await session.shows(/[$#] $/u);
    session.type('sleep 1234567\r');
    await until('sleep is in front', () => markedProcesses('1234567').some(({ name }) => name === 'sleep'));
    session.type(SUSPEND);
    await session.shows(/Stopped/u);
    session.type('kill %1; fg; echo "status $?"\r');
    await session.shows(/status 143/u);
    session.type('exit 9\r');
    expect(await session.ended).toBe(9);
    expect(session.text()).not.toMatch(/no job control|cannot set terminal process group/u);
  });

  test('may be a pager', async () => {
    stage.plant({ text: Array.from({ length: 200 }, (_, index) => `line ${String(index)}\n`).join('') });
    const session = openSession(stage, ['--', 'less', 'text']);
    await session.shows(/line 5/u);
    session.type('G');
    await session.shows(/line 199/u);
    session.type('q');
    expect(await session.ended).toBe(0);
  });

  test('ends when our terminal hangs up, with all that it started', async () => {
    const mark = makeMark();
    const session = openSession(stage, [
      '--',
      '/bin/sh',
      '-c',
      'setsid sleep 1000 & echo ready; exec sleep 1000',
      'sh',
      mark,
    ]);
    await session.shows(/ready/u);
    session.hangUp();
    await session.ended;
    await until('nothing of it is left', () => markedProcesses(mark).length === 0);
    await until('its mount points are gone', () => !existsSync(`${stage.workspace}/.git`));
  });

  test('does not outlive sandbox-run when that is killed', async () => {
    const mark = makeMark();
    const session = openSession(stage, [
      '--',
      '/bin/sh',
      '-c',
      'setsid sleep 1000 & echo ready; exec sleep 1000',
      'sh',
      mark,
    ]);
    await session.shows(/ready/u);
    process.kill(session.pid, 'SIGKILL');
    await session.ended;
    await until('nothing of it is left', () => markedProcesses(mark).length === 0);
  });

  test('is ended at its time limit', async () => {
    const session = openSession(stage, ['--timeout', '500ms', '--', 'sleep', '1000']);
    expect(await session.ended).toBe(124);
  });

  test('that is not found is told of as without a terminal', async () => {
    const session = openSession(stage, ['--', './nowhere']);
    expect(await session.ended).toBe(127);
    expect(session.text()).toContain('nowhere');
  });
});

describeOnStage('Our own terminal', (stage) => {
  test.each([
    ['a command that ends', 'exit 3'],
    ['a command that is killed', 'kill -9 $$'],
    ['a command that changed the settings of its terminal', 'stty raw -echo'],
  ])('is as it was after %s', async (_what, script) => {
    const line = `before=$(stty -g); "$@"; test "$before" = "$(stty -g)" && echo same || echo changed`;
    const session = startInTerminal(stage, [
      '/bin/sh',
      '-c',
      line,
      'sh',
      ...sandboxRunCommand(),
      ...launcherChoice(['--']),
      '--',
      '/bin/sh',
      '-c',
      script,
    ]);
    await session.ended;
    expect(session.text()).toMatch(/same\r\n$/u);
  });

  test('is as it was when nothing could be run', async () => {
    const line = `before=$(stty -g); "$@"; test "$before" = "$(stty -g)" && echo same || echo changed`;
    const words = [...sandboxRunCommand(), '--profile', 'nowhere', '--', 'true'];
    const session = startInTerminal(stage, ['/bin/sh', '-c', line, 'sh', ...words]);
    await session.ended;
    expect(session.text()).toMatch(/same\r\n$/u);
  });
});
