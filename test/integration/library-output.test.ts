import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { SandboxManager } from '../../src/sandbox/sandbox-manager.js';
import { fixtureCommand } from '../support/integration-fixtures.js';
import { describeSandboxed } from '../support/require-sandbox.js';

describeSandboxed('What the library keeps of output', () => {
  const base = mkdtempSync('/var/tmp/cordon-library-');
  const [home, workspace] = ['home', 'workspace'].map((name) => path.join(base, name)) as [string, string];
  for (const directory of [home, workspace]) mkdirSync(directory);
  afterAll(() => {
    rmSync(base, { recursive: true });
  });

  function manager(): SandboxManager {
    return new SandboxManager({ environment: { HOME: home, PATH: process.env['PATH'] } });
  }

  test('is all of it within the bound', async () => {
    const outcome = await manager().run({
      argv: ['/bin/sh', '-c', 'printf out; printf error >&2; exit 3'],
      cwd: workspace,
    });
    expect(outcome).toMatchObject({
      status: { kind: 'exit', code: 3 },
      stdout: { text: 'out', totalBytes: 3, truncated: false },
      stderr: { text: 'error', totalBytes: 5, truncated: false },
    });
  });

  test('is head and tail beyond it, and says how much is missing', async () => {
    const outcome = await manager().run({
      argv: ['/bin/sh', '-c', 'printf head; head -c 50000000 /dev/zero; printf tail'],
      cwd: workspace,
      maxOutputBytes: 8,
    });
    const { text, totalBytes, truncated } = outcome.stdout;
    expect([text, totalBytes, truncated]).toEqual([
      'head\n[... 50000000 bytes left out ...]\ntail',
      50_000_008,
      true,
    ]);
  });

  test('is one stream in order when both are asked for as one', async () => {
    const outcome = await manager().run({
      argv: [fixtureCommand('alternates-its-outputs.sh'), '200'],
      cwd: workspace,
      stdio: { kind: 'pipes', stdin: 'null', stdout: 'pipe', stderr: 'stdout' },
    });
    expect(outcome.stdout.text.trim().split('\n').map(Number)).toEqual(
      Array.from({ length: 200 }, (_, index) => index + 1),
    );
  });

  test('is nothing where a descriptor of ours takes it', async () => {
    const fd = openSync('/dev/null', 'w');
    const outcome = await manager().run({
      argv: ['echo', 'lost'],
      cwd: workspace,
      stdio: { kind: 'pipes', stdin: 'null', stdout: { fd }, stderr: 'pipe' },
    });
    closeSync(fd);
    expect(outcome.stdout).toMatchObject({ text: '', totalBytes: 0, truncated: false });
  });
});
