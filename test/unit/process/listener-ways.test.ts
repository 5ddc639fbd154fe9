import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { CordonError } from '../../../src/errors/cordon-error.js';
import { ListenerWays } from '../../../src/process/listener-ways.js';
import { runProgram } from '../../support/run-program.js';
import { CALLERS } from '../../support/caller.js';

let directory = '/nonexistent';

beforeEach(() => {
  directory = mkdtempSync('/tmp/cordon-ways-');
});

afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

function ways(launcher: string, privateDirectory = directory): ListenerWays {
  return new ListenerWays('auto', { launcher, privateDirectory: () => privateDirectory });
}

test.each(['/bin/true', '/bin/false'])(
  'Where no listening socket arrives over the channel, connections are relayed (%s)',
  async (launcher) => {
    const reception = await ways(launcher).open([3128, 0]);
    expect(reception.onHandle).toBeUndefined();
    const [made = ''] = readdirSync(directory);
    expect(reception.options).toEqual([
      ...['--listen', '3128', '--listen', '0'],
      ...['--listener-dir', path.join(directory, made)],
    ]);
    reception.close();
    expect(readdirSync(directory)).toEqual([]);
  },
);

test('What a killed process has left is removed, and what is in use is not', async () => {
  const [caller = { name: '', uid: 0, gid: 0 }] = CALLERS;
  mkdirSync(path.join(directory, 'listen-left'));
  const leave = `require('node:net').createServer().listen('listen-left/ports', () => process.kill(process.pid, 'SIGKILL'))`;
  await runProgram([process.execPath, '-e', leave], { caller, cwd: directory, env: {} });
  const used = await ways('/bin/false').open([1]);
  const other = await ways('/bin/false').open([2]);
  expect(readdirSync(directory)).toHaveLength(2);
  expect(readdirSync(directory)).not.toContain('listen-left');
  used.close();
  other.close();
});

test('A path that is too long for a socket is refused', async () => {
  const long = path.join(directory, 'x'.repeat(80));
  mkdirSync(long);
  const refusal = await ways('/bin/false', long)
    .open([1])
    .then(
      () => undefined,
      (error: unknown) => error,
    );
  expect(refusal instanceof CordonError && refusal.code).toBe('listener-unavailable');
});
