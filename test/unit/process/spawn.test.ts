import { createHash } from 'node:crypto';
import { chmodSync, closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { afterAll, describe, expect, test } from 'vitest';
import { spawnProcess } from '../../../src/process/spawn.js';
import { bytesOf, node, openDescriptors, rejectionOf, shell, textOf } from './support.js';

const scratch = mkdtempSync(join(tmpdir(), 'cordon-spawn-'));
afterAll(() => {
  rmSync(scratch, { recursive: true });
});

describe('a process gets', () => {
  test('the arguments, the name, the directory and the environment of the request, and no others', async () => {
    const script =
      'console.log(JSON.stringify([process.argv0, process.argv.slice(1), process.cwd(), {...process.env}]))';
    const child = await spawnProcess(
      node('', { args: ['-e', script, '--', 'a b', ''], argv0: 'me', cwd: scratch, env: { ONLY: '1' } }),
    );
    child.stderr?.resume();
    expect(JSON.parse(await textOf(child.stdout))).toEqual(['me', ['a b', ''], scratch, { ONLY: '1' }]);
    expect(await child.closed).toEqual({ code: 0, signal: null });
  });

  test('none of the variables that Node passes on by itself', async () => {
    process.env['NODE_V8_COVERAGE'] ??= '';
    const child = await spawnProcess(shell('env', { executable: '/usr/bin/env', args: [], env: { A: 'b' } }));
    expect(await textOf(child.stdout)).toBe('A=b\n');
  });

  test('nothing to read and nowhere to write with "null"', async () => {
    const child = await spawnProcess(
      shell('cat; echo lost; readlink /proc/self/fd/0 >&3', {
        stdin: 'null',
        stdout: 'null',
        stderr: 'null',
        extra: ['pipe'],
      }),
    );
    expect([child.stdin, child.stdout, child.stderr]).toEqual([undefined, undefined, undefined]);
    expect(await textOf(child.extra[0])).toBe('/dev/null\n');
  });

  test('descriptors of ours, which stay open here', async () => {
    const path = join(scratch, 'output');
    const fd = openSync(path, 'w+');
    const child = await spawnProcess(
      shell('echo one; echo two >&4', { stdout: { fd }, extra: ['pipe', { fd }] }),
    );
    child.stderr?.resume();
    child.extra[0]?.resume();
    await child.closed;
    expect(child.extra[1]).toBeUndefined();
    closeSync(fd);
    expect(readFileSync(path, 'utf8')).toBe('one\ntwo\n');
  });

  test('extra pipes of both directions that close when it ends', async () => {
    const child = await spawnProcess(shell('read line <&3; echo "got $line" >&3', { extra: ['pipe'] }));
    const [pipe] = child.extra;
    pipe?.write('hello\n');
    expect(await textOf(pipe)).toBe('got hello\n');
    if (pipe !== undefined) await finished(pipe);
    expect(pipe?.destroyed).toBe(true);
  });

  test('no descriptor of ours that was not given', async () => {
    const child = await spawnProcess(
      shell('fd=3; while [ $fd -lt 64 ]; do [ -e /proc/$$/fd/$fd ] && echo $fd; fd=$((fd + 1)); done'),
    );
    expect(await textOf(child.stdout)).toBe('');
  });
});

describe('output', () => {
  test('of 20 MB comes byte for byte, to a reader that takes its time', async () => {
    const bytes = 20_000_000;
    const script = `const b = Buffer.alloc(${String(bytes)});
      for (let i = 0; i < b.length; i++) b[i] = (i * 31 + (i >> 11)) & 255;
      process.stdout.write(b);`;
    const expected = Buffer.alloc(bytes);
    for (let i = 0; i < bytes; i++) expected[i] = (i * 31 + (i >> 11)) & 255;
    const child = await spawnProcess(node(script));
    const hash = createHash('sha256');
    let seen = 0;
    let mostBuffered = 0;
    for await (const chunk of child.stdout ?? []) {
      hash.update(chunk as Uint8Array);
      seen += (chunk as Uint8Array).length;
      mostBuffered = Math.max(mostBuffered, child.stdout?.readableLength ?? 0);
      await new Promise(setImmediate);
    }
    expect(seen).toBe(bytes);
    expect(hash.digest('hex')).toBe(createHash('sha256').update(expected).digest('hex'));
    expect(mostBuffered).toBeLessThan(1024 * 1024);
  });

  test('is there for a reader that comes after the end', async () => {
    const child = await spawnProcess(shell('echo out; echo err >&2; echo three >&3', { extra: ['pipe'] }));
    await child.exited;
    await new Promise(setImmediate);
    await new Promise(setImmediate);
    expect(await textOf(child.stdout)).toBe('out\n');
    expect(await textOf(child.stderr)).toBe('err\n');
    expect(await textOf(child.extra[0])).toBe('three\n');
    await child.closed;
  });

  test('goes on after exit while a grandchild holds the pipe, and only then is the process closed', async () => {
    const child = await spawnProcess(shell('(read go; echo late) <&3 & exit 5', { extra: ['pipe'] }));
    const order: string[] = [];
    void child.closed.then(() => order.push('closed'));
    expect(await child.exited).toEqual({ code: 5, signal: null });
    order.push('exited');
    child.extra[0]?.write('go\n');
    child.extra[0]?.resume();
    child.stderr?.resume();
    order.push(await textOf(child.stdout));
    expect(await child.closed).toEqual({ code: 5, signal: null });
    expect(order[0]).toBe('exited');
    expect(order.slice(1).sort()).toEqual(['closed', 'late\n']);
  });
});

describe('input', () => {
  test('reaches the process byte for byte', async () => {
    const sent = Buffer.from(Array.from({ length: 3_000_000 }, (_, at) => (at * 7 + (at >> 8)) & 255));
    const child = await spawnProcess(shell('exec cat'));
    child.stdin?.end(sent);
    expect((await bytesOf(child.stdout)).equals(sent)).toBe(true);
  });

  test('for a process that does not read is an error of the write and no event', async () => {
    const child = await spawnProcess(shell('exec <&-; echo closed; read go <&3', { extra: ['pipe'] }));
    await new Promise((resolve) => child.stdout?.once('data', resolve));
    const error = await new Promise((resolve) => child.stdin?.write('x', resolve));
    expect(error).toMatchObject({ code: 'EPIPE' });
    child.extra[0]?.end('go\n');
    expect(await child.exited).toMatchObject({ signal: null });
  });
});

describe('the end', () => {
  test('by a signal is told by its name', async () => {
    const child = await spawnProcess(shell('exec cat'));
    expect(child.kill('SIGTERM')).toBe(true);
    expect(await child.exited).toEqual({ code: null, signal: 'SIGTERM' });
    expect(child.kill('SIGTERM')).toBe(false);
  });

  test('of a stream that is destroyed is felt by the process', async () => {
    const child = await spawnProcess(shell('while echo line; do :; done', { stderr: 'null' }));
    child.stdout?.destroy();
    expect(await child.closed).not.toEqual({ code: null, signal: null });
  });
});

describe('a start that the system refuses rejects with setup-failed', () => {
  const plain = join(scratch, 'plain');
  const orphan = join(scratch, 'orphan');
  writeFileSync(plain, 'text');
  writeFileSync(orphan, '#!/no/such/interpreter\n');
  chmodSync(orphan, 0o755);

  test.each([
    ['a missing program', { executable: '/no/such/program' }, 'ENOENT'],
    ['a missing interpreter', { executable: orphan }, 'ENOENT'],
    ['a missing directory', { cwd: '/no/such/directory' }, 'ENOENT'],
    ['a file that is not executable', { executable: plain }, 'EACCES'],
    ['a directory as program', { executable: '/' }, 'EACCES'],
    ['an argument of 5 MB', { args: ['-c', 'x'.repeat(5_000_000)] }, 'E2BIG'],
  ])('%s', async (_name, more, errno) => {
    const request = shell('true', more);
    const error = await rejectionOf(spawnProcess(request));
    expect(error).toMatchObject({
      code: 'setup-failed',
      details: { errno, syscall: 'spawn', path: request.executable },
    });
    /* Node's error lists the arguments. */
    expect(error).not.toHaveProperty('cause');
  });

  test('leaving no descriptor behind', async () => {
    const before = openDescriptors().length;
    for (let count = 0; count < 50; count++) {
      await rejectionOf(spawnProcess(shell('', { executable: '/no/such', extra: ['pipe'] })));
    }
    await new Promise(setImmediate);
    expect(openDescriptors().length).toBeLessThanOrEqual(before);
  });
});

test.each([
  ['a relative program', { executable: 'sh' }],
  ['a relative directory', { cwd: 'tmp' }],
  ['NUL in an argument', { args: ['a\0b'] }],
  ['NUL in a variable', { env: { A: 'secret\0' } }],
])('%s is refused as usage-invalid', async (_name, more) => {
  expect(await rejectionOf(spawnProcess(shell('true', more)))).toMatchObject({ code: 'usage-invalid' });
});
