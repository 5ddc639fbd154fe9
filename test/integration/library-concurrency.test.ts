import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type RunningCommand } from '../../src/sandbox/running-command.js';
import { SandboxManager } from '../../src/sandbox/sandbox-manager.js';
import { describeSandboxed } from '../support/require-sandbox.js';
import { until } from '../support/integration-until.js';

const PROTECTED = ['.agents', '.codex', '.git'];

/** Waits for a line, then tries to take the place of each protected path, and tells what it could. */
const WAITS = `echo ready; read line; for d in ${PROTECTED.join(' ')}; do
  mkdir "$d/x" 2>/dev/null && echo "made $d/x"
  rmdir "$d" 2>/dev/null && echo "removed $d"
done; echo "$line"`;

/** A command that runs, and what it has written so far. */
interface Started {
  readonly running: RunningCommand;
  readonly output: () => string;
}

describeSandboxed('Two managers in one process', () => {
  let base = '';
  let workspace = '';

  beforeEach(() => {
    base = mkdtempSync('/var/tmp/cordon-managers-');
    workspace = path.join(base, 'workspace');
    for (const name of ['workspace', 'home']) mkdirSync(path.join(base, name));
  });
  afterEach(() => {
    rmSync(base, { recursive: true, force: true });
  });

  function twoManagers(): readonly [SandboxManager, SandboxManager] {
    const environment = { HOME: path.join(base, 'home'), PATH: process.env['PATH'] };
    return [new SandboxManager({ environment }), new SandboxManager({ environment })];
  }

  async function start(manager: SandboxManager): Promise<Started> {
    const running = await manager.spawn({ argv: ['/bin/sh', '-c', WAITS], cwd: workspace });
    let text = '';
    running.stdout?.on('data', (chunk: Buffer) => (text += chunk.toString('utf8')));
    const output = (): string => text;
    await until('the command runs', () => output().includes('ready\n'));
    return { running, output };
  }

  async function end({ running }: Started): Promise<void> {
    running.stdin?.end('end\n');
    expect((await running.outcome()).status).toEqual({ kind: 'exit', code: 0 });
  }

  /** What is left of claims, and of a lock that is held. */
  function accounts(): readonly string[] {
    const state = path.join(base, 'home/.local/state/cordon');
    return [...readdirSync(path.join(state, 'mount-points')), ...readdirSync(path.join(state, 'lock'))];
  }

  test.each([
    ['first', [0, 1]],
    ['last', [1, 0]],
  ])(
    'keep the mount points of one workspace until both commands have ended, the %s started first',
    async (_which, order) => {
      const started = await Promise.all(twoManagers().map(start));
      for (const index of order) {
        expect(readdirSync(workspace)).toEqual(PROTECTED);
        const one = started[index];
        if (one === undefined) throw new Error('no such command');
        await end(one);
        expect(one.output()).toBe('ready\nend\n');
      }
      expect(readdirSync(workspace)).toEqual([]);
      expect(accounts()).toEqual(['free']);
    },
  );

  test('run many commands at once in one workspace, and leave nothing', async () => {
    const managers = twoManagers();
    const command = { argv: ['/bin/sh', '-c', `echo end | { ${WAITS}; }`], cwd: workspace };
    for (let round = 0; round < 3; round += 1) {
      const both = Array.from({ length: 4 }, () => managers.map((manager) => manager.run(command)));
      const outcomes = await Promise.all(both.flat());
      expect(outcomes.map(({ exitCode, stdout }) => [exitCode, stdout.text])).toEqual(
        outcomes.map(() => [0, 'ready\nend\n']),
      );
    }
    expect(readdirSync(workspace)).toEqual([]);
    expect(accounts()).toEqual(['free']);
  });

  test('and one that ends by force leaves the mount points to the other', async () => {
    const [first, second] = await Promise.all(twoManagers().map(start));
    if (first === undefined || second === undefined) throw new Error('not two commands');
    first.running.kill();
    await first.running.ended;
    expect(readdirSync(workspace)).toEqual(PROTECTED);
    await end(second);
    expect(second.output()).toBe('ready\nend\n');
    expect(existsSync(path.join(workspace, '.git'))).toBe(false);
    expect(accounts()).toEqual(['free']);
  });
});
