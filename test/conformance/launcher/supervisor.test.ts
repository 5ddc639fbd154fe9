import { randomInt } from 'node:crypto';
import { readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { expect, test } from 'vitest';
import { processesWithWord } from '../../support/host-processes.js';
import { until } from '../../support/integration-until.js';
import { type LauncherStage, describeLauncher } from '../../support/launcher-stage.js';
import { type StartedProgram } from '../../support/run-program.js';

const OPTIONS = [
  ...['--unshare-user', '--unshare-pid', '--unshare-net', '--cap-drop', 'ALL'],
  ...['--ro-bind', '/', '/', '--dev', '/dev', '--proc', '/proc', '--notify-sockets'],
];

/** Says "ready", waits for a line, connects to what nobody listens at, and says what came of it. */
const CONNECT = `
import socket
print('ready', flush=True)
input()
try:
  socket.socket().connect(('127.0.0.1', 1))
except OSError as error:
  print(error.errno)
`;

const [ECONNREFUSED, ENOSYS] = ['111', '38'];

/** A sandbox with a supervisor, and the ids of its processes on this machine. */
interface Supervised {
  readonly started: StartedProgram;
  readonly mark: string;
  readonly supervisor: number;
}

async function start(stage: LauncherStage, options: readonly string[] = []): Promise<Supervised> {
  const mark = `mark-${String(randomInt(1e12))}`;
  const command = ['python3', '-c', CONNECT, mark];
  const words = [...OPTIONS, ...options, '--', ...command] as const;
  const started = stage.startProgram([stage.launcher, ...words]);
  expect(await started.firstLine).toBe('ready');
  const [supervisor] = processesWithWord(mark).filter((pid) => isSupervisorOf(pid, started));
  if (supervisor === undefined) throw new Error('there is no supervisor');
  return { started, mark, supervisor };
}

/** It leads a session of its own, in the namespaces of its starter. */
function isSupervisorOf(pid: number, { child }: StartedProgram): boolean {
  const stat = readFileSync(`/proc/${String(pid)}/stat`, 'latin1');
  const [, parent, , session] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return Number(parent) === child.pid && Number(session) === pid;
}

function descriptorsOf(pid: number): readonly string[] {
  const directory = `/proc/${String(pid)}/fd`;
  return readdirSync(directory).map((fd) => readlinkSync(`${directory}/${fd}`).replace(/\d+/u, 'N'));
}

function statusOf(pid: number, field: string): string {
  const line = new RegExp(`^${field}:\\s*(.*)$`, 'mu').exec(
    readFileSync(`/proc/${String(pid)}/status`, 'utf8'),
  );
  return line?.[1] ?? '';
}

describeLauncher('The supervisor of a sandbox', ['released', 'sanitized', 'for old kernels'], (stage) => {
  test('carries calls out, and is gone with the command', async () => {
    const { started, mark } = await start(stage);
    started.stdin.end('go\n');
    expect(await started.ended).toMatchObject({ code: 0, output: `ready\n${ECONNREFUSED}\n`, stderr: '' });
    expect(processesWithWord(mark)).toEqual([]);
  });

  test('has no capabilities, and no descriptors but its own', async () => {
    const { started, supervisor } = await start(stage);
    expect(statusOf(supervisor, 'CapEff')).toBe('0000000000000000');
    expect(statusOf(supervisor, 'CapPrm')).toBe('0000000000000000');
    expect([...descriptorsOf(supervisor)].sort()).toEqual([
      ...['/dev/null', '/dev/null', '/dev/null', 'anon_inode:seccomp notify', 'socket:[N]', 'socket:[N]'],
    ]);
    started.stdin.end('go\n');
    await started.ended;
  });

  test('when it is killed leaves calls that fail', async () => {
    const { started, supervisor, mark } = await start(stage);
    process.kill(supervisor, 'SIGKILL');
    await until('it is gone', () => statusOf(supervisor, 'State').startsWith('Z'));
    started.stdin.end('go\n');
    expect((await started.ended).output).toBe(`ready\n${ENOSYS}\n`);
    expect(processesWithWord(mark)).toEqual([]);
  });

  test('is gone when its owner is killed, as the sandbox is', async () => {
    const { started, mark } = await start(stage, ['--die-with-parent']);
    started.child.kill('SIGKILL');
    await until('nothing is left', () => processesWithWord(mark).length === 0);
  });

  test('goes on when its owner is killed and the sandbox does', async () => {
    const { started, mark } = await start(stage);
    started.child.kill('SIGKILL');
    started.stdin.end('go\n');
    await until('nothing is left', () => processesWithWord(mark).length === 0);
    expect((await started.ended).output).toBe(`ready\n${ECONNREFUSED}\n`);
  });
});
