import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { fstatSync } from 'node:fs';
import { type Readable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { type RunningProcess, spawnProcess } from '../../../src/process/spawn.js';
import { type Terminal, loadTerminalLibrary, openTerminal } from '../../../src/process/terminal.js';
import { bytesOf, node, openDescriptors, rejectionOf, shell, textOf } from './support.js';

const SIZE = { rows: 24, cols: 80 };

/** Runs a script of Python on the terminal's slave, which becomes its controlling terminal. */
async function python(terminal: Terminal, script: string): Promise<RunningProcess> {
  const prelude = 'import os,sys,tty,fcntl,termios,signal\nos.setsid()\nfcntl.ioctl(0,termios.TIOCSCTTY,0)\n';
  const slave = { fd: terminal.slaveFd };
  const request = { stdin: slave, stdout: slave, stderr: slave, extra: ['pipe'] as const };
  const child = await spawnProcess(
    shell('', { executable: '/usr/bin/env', args: ['python3', '-c', prelude + script], ...request }),
  );
  terminal.closeSlave();
  return child;
}

const WRITE_ALL = `
def write_all(data):
    while data: data = data[os.write(1, data):]
`;

/** Reads until what came contains the text. */
async function readUntil(stream: Readable, text: string): Promise<string> {
  let seen = '';
  while (!seen.includes(text)) {
    const chunk = stream.read() as Buffer | null;
    if (chunk === null) await once(stream, 'readable');
    else seen += chunk.toString('utf8');
  }
  return seen;
}

describe('a terminal', () => {
  test('echoes input and carries output both ways', async () => {
    const terminal = await openTerminal(SIZE);
    const child = await python(terminal, 'print("got", input("name? "))');
    await readUntil(terminal.output, 'name? ');
    terminal.input.write('you\n');
    expect(await textOf(terminal.output)).toBe('you\r\ngot you\r\n');
    expect(await child.exited).toEqual({ code: 0, signal: null });
  });

  test('has the size it was opened with', async () => {
    const terminal = await openTerminal({ rows: 31, cols: 97 });
    await python(terminal, 'os.execvp("stty", ["stty", "size"])');
    expect(await textOf(terminal.output)).toBe('31 97\r\n');
  });

  test('tells a new size to the process in front', async () => {
    const terminal = await openTerminal(SIZE);
    await python(
      terminal,
      `signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGWINCH])
print("ready")
signal.sigwait([signal.SIGWINCH])
print(os.get_terminal_size().lines, os.get_terminal_size().columns)`,
    );
    await readUntil(terminal.output, 'ready\r\n');
    terminal.resize(50, 132);
    expect(await textOf(terminal.output)).toBe('50 132\r\n');
    expect(() => {
      terminal.resize(1, 1);
    }).not.toThrow();
  });

  test.each([
    [0, 80],
    [24, 65_536],
    [1.5, 80],
    [Number.NaN, 80],
  ])('refuses the size %d x %d', async (rows, cols) => {
    expect(await rejectionOf(openTerminal({ rows, cols }))).toMatchObject({ code: 'usage-invalid' });
  });
});

test('a machine with terminals says so', async () => {
  expect(await loadTerminalLibrary()).toContain('node-pty');
});

describe('what is written to a terminal', () => {
  test('arrives complete: 5 MB, to a reader that takes its time', async () => {
    const terminal = await openTerminal(SIZE);
    const script = `${WRITE_ALL}
tty.setraw(1)
write_all(bytes((i * 31 + (i >> 11)) & 255 for i in range(5000000)))`;
    const child = await python(terminal, script);
    const expected = Buffer.alloc(5_000_000);
    for (let at = 0; at < expected.length; at++) expected[at] = (at * 31 + (at >> 11)) & 255;
    const hash = createHash('sha256');
    let seen = 0;
    let mostBuffered = 0;
    for await (const chunk of terminal.output) {
      hash.update(chunk as Uint8Array);
      seen += (chunk as Uint8Array).length;
      mostBuffered = Math.max(mostBuffered, terminal.output.readableLength);
      if (seen % 3 === 0) await new Promise(setImmediate);
    }
    expect(seen).toBe(expected.length);
    expect(hash.digest('hex')).toBe(createHash('sha256').update(expected).digest('hex'));
    expect(mostBuffered).toBeLessThan(1024 * 1024);
    expect(await child.exited).toEqual({ code: 0, signal: null });
  });

  test.each([1, 4095, 4096, 30_000])('arrives when %i bytes come right before the end', async (count) => {
    for (let round = 0; round < 5; round++) {
      const terminal = await openTerminal(SIZE);
      terminal.output.pause();
      const child = await python(terminal, `${WRITE_ALL}\ntty.setraw(1)\nwrite_all(b"x" * ${String(count)})`);
      await child.exited;
      expect((await bytesOf(terminal.output)).length).toBe(count);
    }
  });

  test('arrives when we hang up right after it, though somebody still has the slave', async () => {
    const terminal = await openTerminal(SIZE);
    const child = await python(
      terminal,
      `${WRITE_ALL}
tty.setraw(1)
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGHUP])
write_all(b"x" * 9000)
os.write(3, b"!")
signal.sigwait([signal.SIGHUP])
os.write(3, b"hung up")`,
    );
    const [told] = child.extra;
    await new Promise((resolve) => told?.once('data', resolve));
    terminal.hangUp();
    expect((await bytesOf(terminal.output)).length).toBe(9000);
    expect(await textOf(told)).toBe('hung up');
  });

  test('is thrown away once nobody wants it, and the writer does not wait', async () => {
    const terminal = await openTerminal(SIZE);
    terminal.output.destroy();
    const child = await python(terminal, `${WRITE_ALL}\nwrite_all(b"x" * 500000)`);
    expect(await child.exited).toEqual({ code: 0, signal: null });
    terminal.close();
  });
});

describe('input', () => {
  test('of 1 MB for a process that reads late arrives complete, and this process is not held up', async () => {
    const terminal = await openTerminal(SIZE);
    const child = await python(
      terminal,
      `tty.setraw(0)
os.write(3, b"raw")
os.read(3, 1)
n = 0
while n < 1000000: n += len(os.read(0, 65536))
print(n)`,
    );
    const [told] = child.extra;
    await new Promise((resolve) => told?.once('data', resolve));
    const sent = new Promise((resolve) => terminal.input.write(Buffer.alloc(1_000_000, 'x'), resolve));
    await new Promise(setImmediate);
    told?.write('g');
    expect(await sent).toBeFalsy();
    expect(await textOf(terminal.output)).toContain('1000000');
  });

  test('for a terminal that has been closed is an error of the write and no event', async () => {
    const terminal = await openTerminal(SIZE);
    terminal.close();
    const error = await new Promise((resolve) => terminal.input.write('x', resolve));
    expect(error).toMatchObject({ code: 'terminal-unavailable' });
  });
});

describe('descriptors', () => {
  test('none is left of 200 terminals', async () => {
    const before = openDescriptors().filter((link) => !link.startsWith('/proc')).length;
    for (let count = 0; count < 200; count++) {
      const terminal = await openTerminal(SIZE);
      terminal.closeSlave();
      if (count % 2 === 0) terminal.close();
      else terminal.hangUp();
      await textOf(terminal.output);
    }
    await new Promise(setImmediate);
    expect(openDescriptors().filter((link) => !link.startsWith('/proc')).length).toBeLessThanOrEqual(before);
  });

  test('the slave is a blocking terminal and may be closed twice', async () => {
    const terminal = await openTerminal(SIZE);
    expect(fstatSync(terminal.slaveFd).isCharacterDevice()).toBe(true);
    terminal.closeSlave();
    terminal.closeSlave();
    terminal.close();
    terminal.close();
  });

  test('no other process gets the master, the slave or the place of either', async () => {
    const terminals = [await openTerminal(SIZE), await openTerminal(SIZE)];
    const script = `const fs = require('fs');
      console.log(JSON.stringify(fs.readdirSync('/proc/self/fd').map((fd) => {
        try { return fs.readlinkSync('/proc/self/fd/' + fd) } catch { return '' }
      })))`;
    const child = await spawnProcess(node(script, { stdin: 'null' }));
    const links = JSON.parse(await textOf(child.stdout)) as string[];
    expect(links.filter((link) => /ptmx|\/pts\//u.test(link))).toEqual([]);
    for (const terminal of terminals) terminal.close();
  });

  test('a terminal hangs up for its process when closed, though others were started meanwhile', async () => {
    const terminal = await openTerminal(SIZE);
    const child = await python(terminal, 'print("ready")\nsignal.pause()');
    const other = await spawnProcess(shell('exec cat'));
    await readUntil(terminal.output, 'ready');
    terminal.close();
    expect(await child.exited).toEqual({ code: null, signal: 'SIGHUP' });
    other.stdin?.end();
    await other.exited;
  });
});
