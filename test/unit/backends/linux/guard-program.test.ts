import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type Duplex } from 'node:stream';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';

const GUARD = path.join(import.meta.dirname, '../../../../native/linux/build/cordon-guard');

const base = mkdtempSync('/var/tmp/cordon-guard-');
const marker = path.join(base, 'started');
/** Stands for bubblewrap: notes that it was started. */
const launcher = path.join(base, 'launcher');
writeFileSync(launcher, `#!/bin/sh\ncat <&4 >"${marker}"\n`);
chmodSync(launcher, 0o755);
afterAll(() => {
  rmSync(base, { recursive: true });
});
beforeEach(() => {
  rmSync(marker, { force: true });
});

function start(args: readonly string[]): { child: ChildProcess; control: Duplex } {
  const child = spawn(GUARD, args, { stdio: ['ignore', 'pipe', 'pipe', 'pipe'], env: {} });
  const control = child.stdio[3] as Duplex;
  control.on('error', () => undefined);
  control.resume();
  return { child, control };
}

async function statusOf(child: ChildProcess): Promise<unknown> {
  const [code, signal] = (await once(child, 'exit')) as [number | null, string | null];
  return code ?? signal;
}

function header(magic: string, ...lengths: readonly number[]): Buffer {
  const bytes = Buffer.alloc(20);
  bytes.write(magic, 'latin1');
  lengths.forEach((length, index) => bytes.writeUInt32LE(length, 4 + index * 4));
  return bytes;
}

describe('The guard starts nothing and leaves with 125', () => {
  const MEBIBYTE = 1 << 20;
  test.each<[string, Buffer]>([
    ['at the end of file at once', Buffer.alloc(0)],
    ['after half a header', Buffer.from('CRD2\0\0')],
    ['after a header alone', header('CRD2', 4, 8, 0)],
    ['with another magic word', Buffer.concat([header('CRD1', 0, 8, 0), Buffer.alloc(8)])],
    ['without a filter', header('CRD2', 0, 0, 0)],
    ['with options longer than 16 MiB', header('CRD2', 16 * MEBIBYTE + 1, 8, 0)],
    ['with a filter longer than 4096 instructions', header('CRD2', 0, 4096 * 8 + 1, 0)],
    ['with checks longer than 16 MiB', header('CRD2', 0, 8, 16 * MEBIBYTE + 1)],
    ['with a command line longer than 16 MiB', header('CRD2', 0, 8, 0, 16 * MEBIBYTE + 1)],
    ['with lengths of 4 GiB', header('CRD2', 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff)],
    ['when options are cut short', Buffer.concat([header('CRD2', 10, 8, 0), Buffer.from('--a')])],
    [
      'when the filter is cut short',
      Buffer.concat([header('CRD2', 2, 8, 0), Buffer.from('a\0'), Buffer.alloc(7)]),
    ],
    ['when checks are cut short', Buffer.concat([header('CRD2', 0, 8, 9), Buffer.alloc(8 + 8)])],
  ])('%s', async (_what, bytes) => {
    const { child, control } = start(['--', launcher]);
    control.end(bytes);
    expect(await statusOf(child)).toBe(125);
    expect(existsSync(marker)).toBe(false);
  });

  test.each<[string, readonly string[]]>([
    ['no arguments', []],
    ['no launcher', ['--']],
    ['a launcher by its name', ['--', 'launcher']],
    ['an option that it does not know', ['--strange', '--', launcher]],
    ['a pipe for a fourth stream', ['--pipe-4', '--', launcher]],
    ['a pipe with more than a number', ['--pipe-11', '--', launcher]],
  ])('with %s', async (_what, args) => {
    const { child, control } = start(args);
    control.end(Buffer.concat([header('CRD2', 0, 8, 0), Buffer.alloc(8)]));
    expect(await statusOf(child)).toBe(125);
    expect(existsSync(marker)).toBe(false);
  });

  test('with a launcher that is not there, which is told as a failure', async () => {
    const { child, control } = start(['--', '/no/such/launcher']);
    control.write(Buffer.concat([header('CRD2', 0, 8, 0), Buffer.alloc(8)]));
    expect(await statusOf(child)).toBe(125);
  });
});

describe('A guard that waits for a command line', () => {
  const FILTER = Buffer.alloc(8);

  test('executes the one of its request', async () => {
    const { child, control } = start(['--standby']);
    const argv = Buffer.from(`${launcher}\0`);
    control.write(Buffer.concat([header('CRD2', 2, 8, 0, argv.length), Buffer.from('a\0'), FILTER, argv]));
    await statusOf(child);
    expect(readFileSync(marker, 'utf8')).toBe('a\0');
  });

  test('leaves without a word when it is not needed any more', async () => {
    const { child, control } = start(['--standby']);
    control.end();
    let said = '';
    child.stderr?.on('data', (chunk: Buffer) => (said += chunk.toString()));
    expect(await statusOf(child)).toBe(0);
    expect(said).toBe('');
  });

  test.each<[string, readonly string[], Buffer]>([
    ['by its name', ['--standby'], Buffer.from('launcher\0')],
    ['without an end', ['--standby'], Buffer.from(launcher)],
    ['that is missing', ['--standby'], Buffer.alloc(0)],
    ['and is given another', ['--standby', '--', launcher], Buffer.from(`${launcher}\0`)],
    ['of a terminal', ['--standby', '--tty'], Buffer.from(`${launcher}\0`)],
    ['for no sandbox', ['--standby', '--plain'], Buffer.from(`${launcher}\0`)],
    ['though it was not told to wait', ['--', launcher], Buffer.from(`${launcher}\0`)],
  ])('starts nothing for one %s', async (_what, args, argv) => {
    const { child, control } = start(args);
    control.end(Buffer.concat([header('CRD2', 0, 8, 0, argv.length), FILTER, argv]));
    expect(await statusOf(child)).toBe(125);
    expect(existsSync(marker)).toBe(false);
  });

  test('starts nothing for one that is cut short', async () => {
    const { child, control } = start(['--standby']);
    const argv = Buffer.from(`${launcher}\0`);
    control.end(Buffer.concat([header('CRD2', 0, 8, 0, argv.length + 1), FILTER, argv]));
    expect(await statusOf(child)).toBe(125);
    expect(existsSync(marker)).toBe(false);
  });
});

describe('The guard', () => {
  test('does nothing, with success, as a probe', async () => {
    const { child } = start(['--probe']);
    expect(await statusOf(child)).toBe(0);
  });

  test('hands the launcher the options of the request, whole', async () => {
    const { child, control } = start(['--', launcher]);
    const options = Buffer.from(`--a\0${'b'.repeat(200_000)}\0`);
    control.write(Buffer.concat([header('CRD2', options.length, 8, 0), options, Buffer.alloc(8)]));
    await statusOf(child);
    expect(readFileSync(marker)).toEqual(options);
  });

  test('ends what it started when its owner goes', async () => {
    const waiting = path.join(base, 'waiting');
    writeFileSync(
      waiting,
      '#!/bin/sh\necho "$$"\nsetsid sleep 1000 >/dev/null 2>&1 &\necho "$!"\nsleep 1000\n',
    );
    chmodSync(waiting, 0o755);
    const { child, control } = start(['--', waiting]);
    control.write(Buffer.concat([header('CRD2', 0, 8, 0), Buffer.alloc(8)]));
    const pids = await new Promise<readonly string[]>((resolve) => {
      let text = '';
      child.stdout?.on('data', (chunk: Buffer) => {
        text += chunk.toString();
        if (text.split('\n').length > 2) resolve(text.trim().split('\n'));
      });
    });
    control.destroy();
    expect(await statusOf(child)).toBe(137);
    expect(pids.filter((pid) => existsSync(`/proc/${pid}`))).toEqual([]);
  });
});
