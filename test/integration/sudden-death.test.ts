import { chmodSync, existsSync, readdirSync, readlinkSync, rmdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { type MarkedProcess, makeMark, markedProcesses } from '../support/integration-processes.js';
import { type TerminalSession, openSession } from '../support/integration-terminal.js';
import { until } from '../support/integration-until.js';
import { type StartedProgram, startProgram } from '../support/run-program.js';
import { sandboxRunCommand } from '../support/run-sandboxed.js';
import { type Stage, describeOnStage } from '../support/stage.js';

/** How often sandbox-run is killed while it starts; the moments are spread over its start. */
const ROUNDS = 60;

/** A run that waits for input, with the processes it consists of. */
interface Running extends StartedProgram {
  readonly mark: string;
}

function start(stage: Stage, script: string): Running {
  const mark = makeMark();
  const env = { HOME: stage.home, PATH: process.env['PATH'] ?? '/usr/bin:/bin' };
  const words = ['--', '/bin/sh', '-c', script, 'sh', mark];
  const started = startProgram([...sandboxRunCommand(), ...words], {
    caller: stage.caller,
    cwd: stage.workspace,
    env,
  });
  started.firstLine.catch(() => undefined);
  return { ...started, mark };
}

async function startWaiting(stage: Stage): Promise<Running> {
  const running = start(stage, 'setsid sleep 1000 & echo ready; read x; exit 3');
  await running.firstLine;
  return running;
}

function isMonitor({ name, namespacePids }: MarkedProcess): boolean {
  return name === 'bwrap' && namespacePids.length === 1;
}

const PARTS: Readonly<Record<string, (found: MarkedProcess) => boolean>> = {
  'cordon-guard': ({ name }) => name === 'cordon-guard',
  "bubblewrap's monitor": isMonitor,
  "bubblewrap's process 1": ({ name, namespacePids }) => name === 'bwrap' && namespacePids.at(-1) === 1,
};

function find(mark: string, part: string): MarkedProcess {
  const found = markedProcesses(mark).find((one) => PARTS[part]?.(one));
  if (found === undefined) throw new Error(`${part} does not run: ${JSON.stringify(markedProcesses(mark))}`);
  return found;
}

async function nothingIsLeft({ mark }: Running): Promise<void> {
  await until('nothing of it is left', () => markedProcesses(mark).length === 0);
}

/** In octal, as chmod(1) takes it. */
function modeOf(file: string): string {
  return (statSync(file).mode & 0o7777).toString(8);
}

function mountPoints(stage: Stage): readonly string[] {
  return readdirSync(stage.workspace).filter((name) => name.startsWith('.'));
}

describeOnStage('When sandbox-run is killed', (stage) => {
  test('at any moment of its start, no process and no mount point outlives the next run', async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const running = start(stage, 'while :; do sleep 0.05; done');
      setTimeout(() => running.child.kill('SIGKILL'), Math.floor((round * 150) / ROUNDS));
      await running.ended;
      await nothingIsLeft(running);
    }
    expect((await stage.run(['--', 'true'])).code).toBe(0);
    expect(mountPoints(stage)).toEqual([]);
  });

  test('while the command runs, all its processes end', async () => {
    const running = await startWaiting(stage);
    running.child.kill('SIGKILL');
    await running.ended;
    await nothingIsLeft(running);
  });

  test('together with the guard, all its processes end', async () => {
    const running = await startWaiting(stage);
    const guard = find(running.mark, 'cordon-guard');
    running.child.kill('SIGKILL');
    process.kill(guard.pid, 'SIGKILL');
    await running.ended;
    await nothingIsLeft(running);
  });

  test('while it is stopped, all its processes end', async () => {
    const running = await startWaiting(stage);
    running.child.kill('SIGSTOP');
    running.child.kill('SIGKILL');
    await running.ended;
    await nothingIsLeft(running);
  });

  test('while the guard is stopped, all its processes end once it goes on', async () => {
    const running = await startWaiting(stage);
    const guard = find(running.mark, 'cordon-guard');
    process.kill(guard.pid, 'SIGSTOP');
    running.child.kill('SIGKILL');
    process.kill(guard.pid, 'SIGCONT');
    await running.ended;
    await nothingIsLeft(running);
  });

  test('while the command does nothing but make processes, all of them end', async () => {
    const running = start(stage, 'echo ready; while :; do setsid sleep 1000 & done');
    await running.firstLine;
    running.child.kill('SIGKILL');
    await running.ended;
    await nothingIsLeft(running);
  });
});

describeOnStage('When part of the sandbox is killed from outside', (stage) => {
  test.each(Object.keys(PARTS))('%s: sandbox-run fails, and nothing is left', async (part) => {
    const running = await startWaiting(stage);
    process.kill(find(running.mark, part).pid, 'SIGKILL');
    const { code } = await running.ended;
    expect([125, 137]).toContain(code);
    await nothingIsLeft(running);
    expect(mountPoints(stage)).toEqual([]);
  });

  test('the guard while it sets the sandbox up: sandbox-run fails, and nothing is left', async () => {
    for (let round = 0; round < 10; round += 1) {
      const running = start(stage, 'read x; exit 3');
      const guard = await until('the guard runs', () =>
        markedProcesses(running.mark).find(PARTS['cordon-guard'] ?? isNone),
      );
      process.kill(guard.pid, 'SIGKILL');
      const { code } = await running.ended;
      expect([125, 137]).toContain(code);
      await nothingIsLeft(running);
    }
    expect(mountPoints(stage)).toEqual([]);
  });

  test('the guard is stopped and goes on: nothing is lost', async () => {
    const running = await startWaiting(stage);
    const guard = find(running.mark, 'cordon-guard');
    process.kill(guard.pid, 'SIGSTOP');
    running.child.stdin?.end('\n');
    process.kill(guard.pid, 'SIGCONT');
    expect((await running.ended).code).toBe(3);
    await nothingIsLeft(running);
  });
});

/** Deaf to what a terminal that goes away, or a key on it, would say. */
const DEAF = 'trap "" HUP INT TERM; setsid sleep 1000 & echo ready; while read x; do echo "$x"; done; exit 3';

/** A command with a terminal, and the processes it consists of. */
interface InTerminal extends TerminalSession {
  readonly mark: string;
}

async function openDeaf(stage: Stage): Promise<InTerminal> {
  const mark = makeMark();
  const session = openSession(stage, ['--', '/bin/sh', '-c', DEAF, 'sh', mark]);
  await session.shows(/ready/u);
  return { ...session, mark };
}

describeOnStage('When the guard of a command with a terminal is killed', (stage) => {
  test('all its processes end, those that are deaf to the hang-up too, and no others', async () => {
    const [killed, other] = [await openDeaf(stage), await openDeaf(stage)];
    process.kill(find(killed.mark, 'cordon-guard').pid, 'SIGKILL');
    expect([125, 137]).toContain(await killed.ended);
    await until('nothing of it is left', () => markedProcesses(killed.mark).length === 0);
    other.type('alive\r');
    await other.shows(/alive\r*\nalive/u);
    other.type('\u0004');
    expect(await other.ended).toBe(3);
    expect(mountPoints(stage)).toEqual([]);
  });

  test('after its monitor has ended of ^C, all its processes end', async () => {
    const session = await openDeaf(stage);
    session.type('\u0003');
    await until('the monitor has ended', () => !markedProcesses(session.mark).some(isMonitor));
    session.type('alive\r');
    await session.shows(/alive\r*\nalive/u);
    process.kill(find(session.mark, 'cordon-guard').pid, 'SIGKILL');
    expect([125, 137]).toContain(await session.ended);
    await until('nothing of it is left', () => markedProcesses(session.mark).length === 0);
    expect(mountPoints(stage)).toEqual([]);
  });
});

describeOnStage('A mount point that a killed run left', (stage) => {
  async function crash(): Promise<void> {
    const running = await startWaiting(stage);
    running.child.kill('SIGKILL');
    await running.ended;
    await nothingIsLeft(running);
  }

  test('is an empty directory of mode 1555, and named in the journal', async () => {
    await crash();
    const left = path.join(stage.workspace, '.git');
    expect(statSync(left).mode & 0o7777).toBe(0o1555);
    const records = path.join(stage.home, '.local/state/cordon/mount-points');
    expect(readdirSync(records).map((name) => readlinkSync(path.join(records, name)))).toContain(`c${left}`);
  });

  test('is removed by the next run in the same workspace', async () => {
    await crash();
    await stage.run(['--', 'true']);
    expect(mountPoints(stage)).toEqual([]);
  });

  test('protects during the next run as during the first', async () => {
    await crash();
    const { output } = await stage.run([
      '--',
      '/bin/sh',
      '-c',
      'mkdir .git/hooks || rmdir .git || echo refused',
    ]);
    expect(output).toBe('refused\n');
  });

  test('is removed by the next run in another workspace', async () => {
    await crash();
    await stage.run(['--', 'true'], { cwd: stage.outside });
    expect(mountPoints(stage)).toEqual([]);
  });

  test('is removed by a run that needs no mount points itself', async () => {
    await crash();
    await stage.run(['--profile', 'read-only', '--', 'true']);
    expect(mountPoints(stage)).toEqual([]);
  });

  test('is removed by "doctor"', async () => {
    await crash();
    await stage.run(['doctor']);
    expect(mountPoints(stage)).toEqual([]);
  });

  test.each([
    ['1555', []],
    ['1555', ['kept']],
    ['1755', []],
    ['1755', ['kept']],
    ['700', []],
  ])('and that is a link now is let be, and so is what it leads to (mode %s, %j)', async (mode, names) => {
    await crash();
    const target = path.join(stage.outside, 'target');
    stage.plantOutside({
      'target/': '',
      ...Object.fromEntries(names.map((name) => [`target/${name}`, ''])),
    });
    chmodSync(target, mode);
    rmdirSync(path.join(stage.workspace, '.git'));
    stage.plant({ '.git': { linkTo: '../outside/target' } });
    const run = await stage.run(['--json', '--', 'true'], { cwd: stage.outside });
    expect([run.code, run.errorCode]).toEqual([0, undefined]);
    expect([modeOf(target), readdirSync(target)]).toEqual([mode, names]);
    expect(mountPoints(stage)).toEqual(['.git']);
    expect(readlinkSync(path.join(stage.workspace, '.git'))).toBe('../outside/target');
  });

  test('that was filled meanwhile stays, as an ordinary directory', async () => {
    await crash();
    /* A user who is not root has to open it first. */
    if (process.getuid?.() !== 0) chmodSync(path.join(stage.workspace, '.git'), 0o755);
    stage.plant({ '.git/HEAD': 'ref: refs/heads/main\n' });
    await stage.run(['--', 'true']);
    const git = path.join(stage.workspace, '.git');
    expect([statSync(git).mode & 0o7777, existsSync(path.join(git, 'HEAD'))]).toEqual([0o755, true]);
  });
});

function isNone(): boolean {
  return false;
}
