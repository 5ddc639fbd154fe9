import { expect, test } from 'vitest';
import { runTool } from '../../../src/process/run-tool.js';
import { TEST_ENV } from './support.js';

const OPTIONS = { timeoutMs: 20_000, env: TEST_ENV, cwd: '/' };

const run = (script: string, more: object = {}): ReturnType<typeof runTool> =>
  runTool('/bin/sh', ['-c', script], { ...OPTIONS, ...more });

test('both streams and the exit code are kept as they are', async () => {
  expect(await run('echo out; echo err >&2; exit 3')).toEqual({
    exitCode: 3,
    signal: null,
    stdout: 'out\n',
    stderr: 'err\n',
    timedOut: false,
    truncated: false,
    spawnError: undefined,
  });
});

test('a tool has no input, the given directory and only the given environment', async () => {
  const result = await run('cat; pwd; env | sort | cut -d= -f1', {
    cwd: '/usr',
    env: { ...TEST_ENV, A: '1' },
  });
  expect(result.stdout).toMatch(/^\/usr\nA\n/u);
  expect(result.stdout).not.toContain('HOME');
});

test('death by a signal is a value', async () => {
  expect(await run('kill -TERM $$')).toMatchObject({
    exitCode: null,
    signal: 'SIGTERM',
    spawnError: undefined,
  });
});

test.each([
  ['/no/such/tool', [], 'ENOENT'],
  ['/etc/passwd', [], 'EACCES'],
  ['/bin/sh', ['a\0b'], 'UNKNOWN'],
  ['/bin/sh', ['-c', 'x'.repeat(5_000_000)], 'E2BIG'],
])('%s that cannot be started is a value', async (file, args, spawnError) => {
  expect(await runTool(file, args, OPTIONS)).toMatchObject({ exitCode: null, signal: null, spawnError });
});

test('a tool that takes too long is killed, though a child of it holds its pipes', async () => {
  const result = await run('echo begun; sleep 60 & echo $! >&2; wait', { timeoutMs: 300 });
  expect(result).toMatchObject({ timedOut: true, signal: 'SIGKILL', stdout: 'begun\n' });
  process.kill(Number(result.stderr), 'SIGKILL');
});

test('a tool that writes too much is ended', async () => {
  const result = await run('while :; do echo 0123456789; done', { maxBytes: 100 });
  expect(result.truncated).toBe(true);
  expect(result.stdout.length).toBe(100);
});
