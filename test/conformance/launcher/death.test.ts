import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type Writable } from 'node:stream';
import { expect, test } from 'vitest';
import { processesWithWord } from '../../support/host-processes.js';
import { until } from '../../support/integration-until.js';
import { type LauncherStage, describeLauncher } from '../../support/launcher-stage.js';
import { type StartedProgram } from '../../support/run-program.js';

const SPACES: readonly (readonly [string, readonly string[]])[] = [
  ['with namespaces of its own', ['--unshare-all']],
  ['with the process ids of the host', ['--unshare-user']],
  ['as process 1', ['--unshare-pid', '--as-pid-1']],
];

const ROUNDS = 200;
/** A launch takes less: every step of it, and the command's own start, is hit. */
const WITHIN_MICROSECONDS = 8000;

/** An owner that has started a launcher, which waits for its options on descriptor 3. */
async function startOwner(stage: LauncherStage, command: readonly string[]): Promise<StartedProgram> {
  const script = '"$@" & echo $!; wait';
  const launcher = [stage.launcher, '--args', '3', '--', ...command];
  const owner = stage.startProgram(['/bin/sh', '-c', script, 'sh', ...launcher], ['pipe']);
  const pid = await owner.firstLine;
  await until('the launcher waits', () => isWaitingLauncher(pid));
  return owner;
}

function isWaitingLauncher(pid: string): boolean {
  return readFileSync(`/proc/${pid}/stat`, 'utf8').includes('(cordon-launcher) S');
}

function giveOptions(owner: StartedProgram, words: readonly string[]): void {
  const pipe = owner.child.stdio[3] as Writable;
  pipe.on('error', () => undefined);
  pipe.end(words.map((word) => `${word}\0`).join(''));
}

function passMicroseconds(count: number): void {
  const end = process.hrtime.bigint() + BigInt(count) * 1000n;
  while (process.hrtime.bigint() < end) continue;
}

describeLauncher('A sandbox whose owner is killed', ['released'], (stage) => {
  test.each(SPACES)(
    'at any moment of its start leaves nothing, %s',
    async (_what, options) => {
      /* As a number of seconds it is a word that no other process has. */
      const mark = `1000.${String(randomInt(1e12))}`;
      const words = ['--die-with-parent', '--ro-bind', '/', '/', '--dev', '/dev', ...options];
      for (let round = 0; round < ROUNDS; round++) {
        const owner = await startOwner(stage, ['sleep', mark]);
        giveOptions(owner, words);
        passMicroseconds(randomInt(WITHIN_MICROSECONDS));
        owner.child.kill('SIGKILL');
        await once(owner.child, 'exit');
      }
      await until('nothing of it is left', () => processesWithWord(mark).length === 0);
    },
    120_000,
  );

  test('while it runs leaves nothing, and without --die-with-parent runs on', async () => {
    const mark = `1000.${String(randomInt(1e12))}`;
    for (const options of [['--die-with-parent'], []]) {
      const owner = await startOwner(stage, ['sleep', mark]);
      giveOptions(owner, [...options, '--unshare-all', '--ro-bind', '/', '/']);
      await until('the command runs', () => processesWithWord(mark).length > 3);
      owner.child.kill('SIGKILL');
      await once(owner.child, 'exit');
      if (options.length > 0) await until('nothing is left', () => processesWithWord(mark).length === 0);
    }
    expect(processesWithWord(mark)).toHaveLength(3);
    for (const pid of processesWithWord(mark)) process.kill(pid, 'SIGKILL');
    await until('nothing is left', () => processesWithWord(mark).length === 0);
  });
});
