import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  mkdirSync,
  mkdtempSync,
  openSync,
  closeSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';

const INSTALLATION = inject('installation');
const EXECUTABLE = path.join(INSTALLATION, 'dist/bin/sandbox-run.cjs');

/** Below /var/tmp, where nothing is writable under workspace-write but the workspace. */
let base = '';
let workspace = '';

beforeAll(() => {
  base = realpathSync(mkdtempSync('/var/tmp/cordon-cli-'));
  workspace = path.join(base, 'workspace');
  mkdirSync(path.join(workspace, '.git'), { recursive: true });
  mkdirSync(path.join(base, 'config/cordon/profiles'), { recursive: true });
});
afterAll(() => {
  rmSync(base, { recursive: true, force: true });
});

interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function sandboxRun(words: readonly string[], cwd = workspace): Ended {
  return spawnSync(process.execPath, [EXECUTABLE, ...words], { cwd, env: environment(), encoding: 'utf8' });
}

function environment(): Record<string, string> {
  return {
    PATH: process.env['PATH'] ?? '/usr/bin:/bin',
    HOME: path.join(base, 'home'),
    XDG_CONFIG_HOME: path.join(base, 'config'),
    XDG_STATE_HOME: path.join(base, 'state'),
  };
}

function profileDocument(name: string, text: string): string {
  const file = path.join(base, 'config/cordon/profiles', `${name}.toml`);
  writeFileSync(file, text);
  return file;
}

describe('sandbox-run', () => {
  test('prints the version of the package', () => {
    const manifest: unknown = JSON.parse(readFileSync(path.join(INSTALLATION, 'package.json'), 'utf8'));
    const { status, stdout, stderr } = sandboxRun(['--version']);
    expect([status, stderr]).toEqual([0, '']);
    expect(manifest).toMatchObject({ version: stdout.trimEnd() });
  });

  test.each([[['--help']], [['-h']], [['doctor', '--help']]])(
    'prints help for %j on standard output',
    (words) => {
      const { status, stdout, stderr } = sandboxRun(words);
      expect([status, stderr]).toEqual([0, '']);
      expect(stdout).toMatch(/^Usage: sandbox-run/u);
    },
  );

  test.each([[[]], [['--nope', 'ls']], [['--network', 'maybe', 'ls']], [['profiles']]])(
    'refuses %j with 125 and writes nothing to standard output',
    (words) => {
      const { status, stdout, stderr } = sandboxRun(words);
      expect([status, stdout]).toEqual([125, '']);
      expect(stderr).toContain('code: usage-invalid');
    },
  );

  test('tells the same in JSON to a program that asked for JSON', () => {
    const { status, stderr } = sandboxRun(['--json', '--nope', '--', 'ls']);
    expect(status).toBe(125);
    expect(JSON.parse(stderr)).toMatchObject({
      error: { code: 'usage-invalid', details: { option: '--nope' } },
    });
  });

  test('refuses to take / for a workspace that nobody named', () => {
    const { status, stderr } = sandboxRun(['--', 'true'], '/');
    expect(status).toBe(125);
    expect(stderr).toContain('code: workspace-root-invalid');
  });

  test('tells of a working directory that has been removed', () => {
    const words = ['-c', 'mkdir gone && cd gone && rmdir ../gone && exec "$@"', 'sh'];
    const { status, stderr } = spawnSync('sh', [...words, process.execPath, EXECUTABLE, 'profiles', 'list'], {
      cwd: workspace,
      env: environment(),
      encoding: 'utf8',
    });
    expect(status).toBe(125);
    expect(stderr).toContain('code: cwd-not-visible');
  });

  test('has nothing to say about a reader that has had enough', async () => {
    const child = spawn(process.execPath, [EXECUTABLE, '--help'], { cwd: workspace, env: environment() });
    child.stdout.destroy();
    const stderr: Buffer[] = [];
    child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
    await once(child, 'close');
    expect([child.exitCode, Buffer.concat(stderr).toString()]).toEqual([0, '']);
  });

  test('says so when what it prints cannot be kept', () => {
    const full = openSync('/dev/full', 'w');
    const { status, stderr } = spawnSync(process.execPath, [EXECUTABLE, '--help'], {
      cwd: workspace,
      env: environment(),
      stdio: ['ignore', full, 'pipe'],
      encoding: 'utf8',
    });
    closeSync(full);
    expect(status).toBe(125);
    expect(stderr).toContain('ENOSPC');
  });
});

describe('sandbox-run doctor', () => {
  test('leaves with 0 exactly where it says that commands can be sandboxed', () => {
    const { status, stdout } = sandboxRun(['doctor', '--json']);
    const { canSandbox } = JSON.parse(stdout) as { canSandbox: boolean };
    expect(status).toBe(canSandbox ? 0 : 1);
    expect(sandboxRun(['doctor']).status).toBe(status);
  });
});

describe('sandbox-run profiles', () => {
  test('lists the built-in profiles and those of the user', () => {
    profileDocument('mine', 'description = "my own"\nextends = "strict"\n');
    const { status, stdout } = sandboxRun(['profiles', 'list', '--names']);
    expect(status).toBe(0);
    expect(stdout.trimEnd().split('\n')).toEqual(
      expect.arrayContaining(['danger-full-access', 'read-only', 'strict', 'workspace-write', 'mine']),
    );
    expect(sandboxRun(['profiles', 'list']).stdout).toMatch(/^mine +user +my own$/mu);
  });

  test('shows what a profile and those it extends say', () => {
    const shown = JSON.parse(sandboxRun(['profiles', 'show', 'workspace-write', '--json']).stdout) as unknown;
    expect(shown).toMatchObject({
      profile: { name: 'workspace-write', permissions: { type: 'managed', network: 'restricted' } },
      source: { kind: 'built-in' },
    });
    expect(sandboxRun(['profiles', 'show', 'workspace-write']).stdout).toMatch(
      /^ +write +:workspace_roots$/mu,
    );
  });

  test('names the nearest of a profile that there is none of', () => {
    const { status, stderr } = sandboxRun(['profiles', 'show', 'strikt']);
    expect(status).toBe(125);
    expect(stderr).toContain('"strict"');
    expect(stderr).toContain('code: profile-not-found');
  });

  test('checks a document by its path from here', () => {
    writeFileSync(path.join(workspace, 'good.toml'), 'extends = "strict"\n');
    writeFileSync(path.join(workspace, 'bad.toml'), '[filesystem]\n":root" = "reed"\n"/x" = "wide"\n');
    expect(sandboxRun(['profiles', 'check', './good.toml']).status).toBe(0);
    const { status, stdout } = sandboxRun(['profiles', 'check', 'bad.toml', '--json']);
    expect(status).toBe(125);
    expect(JSON.parse(stdout)).toMatchObject({ kind: 'invalid', problems: [{ line: 2 }, { line: 3 }] });
  });
});

describe('sandbox-run explain', () => {
  test.each([
    [['--write', 'file'], 0],
    [['--read', '/etc/passwd'], 0],
    [['--write', '/etc/passwd'], 1],
    [['--write', '/etc/passwd', '--allow-write', '/etc/passwd'], 0],
    [['--write', '.git/config'], 1],
    [['--write', 'file', '--deny-write', 'file'], 1],
    [['--read', 'a/b.pem', '--deny-read', '**/*.pem'], 1],
    [['--read', 'a/b.txt', '--deny-read', '**/*.pem'], 0],
    [['--profile', 'read-only', '--write', 'file'], 1],
    [['--profile', 'danger-full-access', '--write', '/etc/passwd'], 0],
  ])('answers %j with %i', (words, exitCode) => {
    const { status, stderr } = sandboxRun(['explain', ...words]);
    expect([status, stderr]).toEqual([exitCode, '']);
  });

  test('names what would allow it, in a form that does', () => {
    const outside = path.join(base, 'outside');
    mkdirSync(outside, { recursive: true });
    const asked = ['--write', path.join(outside, 'new')];
    const { allowedBy } = JSON.parse(sandboxRun(['explain', ...asked, '--json']).stdout) as {
      allowedBy: string;
    };
    const [option = '', quoted = ''] = allowedBy.split(/ (?=")/u);
    expect(sandboxRun(['explain', ...asked, option, JSON.parse(quoted) as string]).status).toBe(0);
  });
});

describe('sandbox-run completion', () => {
  test.each([['bash'], ['zsh'], ['fish']])('prints a script for %s', (shell) => {
    const { status, stdout, stderr } = sandboxRun(['completion', shell]);
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toContain('sandbox-run profiles list --names');
  });
});
