import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { TokenLock } from '../../../../../src/backends/linux/mount-point-journal/token-lock.js';
import { ownIdentity } from '../../../../../src/backends/linux/mount-point-journal/process-identity.js';
import { bundled } from '../bundled.js';

let base = '';
let directory = '';
beforeEach(() => {
  base = mkdtempSync('/var/tmp/cordon-lock-');
  directory = path.join(base, 'lock');
});
afterEach(() => {
  rmSync(base, { recursive: true });
});

/** A process that adds 1 to the number in a file, again and again, under the lock. */
const COUNTING = `
const [module, directory, counter, times] = process.argv.slice(1);
const { TokenLock } = await import(module);
const { readFileSync, writeFileSync } = await import('node:fs');
const lock = new TokenLock(directory);
for (let time = 0; time < Number(times); time += 1) {
  await lock.run(() => writeFileSync(counter, String(Number(readFileSync(counter, 'utf8')) + 1)));
}`;

const MODULE = await bundled('backends/linux/mount-point-journal/token-lock.ts');

describe('The lock between processes', () => {
  test('lets one at a time through: four processes count to 800', { timeout: 60_000 }, async () => {
    const counter = path.join(base, 'counter');
    writeFileSync(counter, '0');
    const args = ['--input-type=module', '-e', COUNTING, '--', MODULE, directory, counter, '200'];
    const children = Array.from({ length: 4 }, () => spawn(process.execPath, args, { stdio: 'inherit' }));
    const codes = await Promise.all(children.map(async (child) => (await once(child, 'exit'))[0] as unknown));
    expect([codes, readFileSync(counter, 'utf8'), readdirSync(directory)]).toEqual([
      [0, 0, 0, 0],
      '800',
      ['free'],
    ]);
    expect(readdirSync(base).sort()).toEqual(['counter', 'lock']);
  });

  test('is taken over from processes that were killed while they held it', { timeout: 60_000 }, async () => {
    const counter = path.join(base, 'counter');
    writeFileSync(counter, '0');
    const script = COUNTING.replace(
      'for (',
      `await lock.run(() => process.kill(process.pid, 'SIGKILL')); for (`,
    );
    for (let round = 0; round < 5; round += 1) {
      const args = ['--input-type=module', '-e', script, '--', MODULE, directory, counter, '1'];
      await once(spawn(process.execPath, args), 'exit');
      expect(readdirSync(directory)).toEqual([expect.stringMatching(/^held-/u)]);
    }
    expect(await new TokenLock(directory).run(() => 'taken')).toBe('taken');
    expect(readdirSync(directory)).toEqual(['free']);
  });

  test('queues callers of one process in the order of their asking', async () => {
    const lock = new TokenLock(directory);
    const order: number[] = [];
    await Promise.all([1, 2, 3].map((number) => lock.run(() => order.push(number))));
    expect(order).toEqual([1, 2, 3]);
  });

  test('is free again after an action that throws, and tells the error', async () => {
    const lock = new TokenLock(directory);
    await expect(
      lock.run(() => {
        throw new TypeError('mine');
      }),
    ).rejects.toThrow(TypeError);
    expect(await lock.run(() => 1)).toBe(1);
  });

  test('gives what the action returns', async () => {
    expect(await new TokenLock(directory).run(() => 'value')).toBe('value');
  });

  test('is taken from a holder of an earlier start of the machine', async () => {
    mkdirSync(directory);
    const [pid, startTime, namespace] = ownIdentity().split('-');
    writeFileSync(path.join(directory, `held-${[pid, startTime, namespace, 'another-boot'].join('-')}`), '');
    expect(await new TokenLock(directory).run(() => 1)).toBe(1);
  });

  test('is taken from a holder whose process id now belongs to another process', async () => {
    mkdirSync(directory);
    const [pid, , namespace, boot] = ownIdentity().split('-');
    writeFileSync(path.join(directory, `held-${[pid, '1', namespace, boot].join('-')}`), '');
    expect(await new TokenLock(directory).run(() => 1)).toBe(1);
  });

  test('that cannot be made is told as an error', async () => {
    const file = path.join(base, 'file');
    writeFileSync(file, '');
    await expect(new TokenLock(path.join(file, 'lock')).run(() => 1)).rejects.toThrow();
  });
});
