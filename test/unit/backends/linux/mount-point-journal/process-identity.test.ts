import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import {
  isRunning,
  ownIdentity,
} from '../../../../../src/backends/linux/mount-point-journal/process-identity.js';

const [PID = '', START = '', NAMESPACE = '', BOOT = ''] = ownIdentity().split('-');

describe('The identity of a process', () => {
  test('is of this process, and that runs', () => {
    expect([PID, isRunning(ownIdentity())]).toEqual([String(process.pid), true]);
  });

  test.each([
    ['another start time', [PID, '1', NAMESPACE, BOOT]],
    ['a process that does not exist', ['4194305', START, NAMESPACE, BOOT]],
    ['another start of the machine', [PID, START, NAMESPACE, '000000000000']],
    ['nothing at all', ['', '', '', '']],
  ])('with %s is of no process that runs', (_what, parts) => {
    expect(isRunning(parts.join('-'))).toBe(false);
  });

  test('of another process namespace counts as running: nothing of it may be cleaned away', () => {
    expect(isRunning([PID, '1', '1', BOOT].join('-'))).toBe(true);
  });

  test.each([[''], ['x'], ['1-1-1-1'], ['-']])('that reads %j is of no process', (identity) => {
    expect(isRunning(identity)).toBe(false);
  });

  test('of a process that has ended does not run', async () => {
    const child = spawn('/bin/sh', ['-c', 'read x'], { stdio: ['pipe', 'ignore', 'ignore'] });
    const stat = readFileSync(`/proc/${String(child.pid)}/stat`, 'utf8');
    const identity = [child.pid, stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19], NAMESPACE, BOOT].join(
      '-',
    );
    expect(isRunning(identity)).toBe(true);
    child.stdin.end();
    await once(child, 'exit');
    expect(isRunning(identity)).toBe(false);
  });
});
