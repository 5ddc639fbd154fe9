import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { completionCommand } from '../../../src/cli/commands/completion.js';
import { OPTIONS, subcommandWords } from '../../../src/cli/options.js';

const SCRIPTS = ['bash', 'zsh', 'fish'].map((shell) => [shell, completionCommand(shell).output] as const);

describe('each completion script', () => {
  it.each(SCRIPTS)('knows every option: %s', (shell, script) => {
    const spelling = shell === 'fish' ? '-l ' : '--';
    const missing = Object.keys(OPTIONS).filter((name) => !script.includes(`${spelling}${name}`));
    expect(missing).toEqual([]);
  });

  it.each(SCRIPTS)('knows every subcommand: %s', (_shell, script) => {
    expect(subcommandWords().filter((word) => !script.includes(word))).toEqual([]);
  });

  it.each(SCRIPTS)('opens and closes every quotation: %s', (_shell, script) => {
    const code = script.split('\n').filter((line) => !line.trimStart().startsWith('#'));
    expect(code.filter((line) => (withoutEscapes(line).match(/'/gu) ?? []).length % 2 !== 0)).toEqual([]);
  });

  it('is loaded by zsh from a directory of functions, too', () => {
    expect(completionCommand('zsh').output).toMatch(/^#compdef sandbox-run\n/u);
  });
});

describe('the completion script, run by bash,', () => {
  let directory = '';
  beforeAll(() => {
    directory = realpathSync(mkdtempSync(path.join(tmpdir(), 'cordon-completion-')));
    writeFileSync(path.join(directory, 'completion.bash'), completionCommand('bash').output);
    writeFileSync(path.join(directory, 'a file'), '');
    writeFileSync(path.join(directory, 'alone.toml'), '');
    mkdirSync(path.join(directory, 'src'));
  });
  afterAll(() => {
    rmSync(directory, { recursive: true, force: true });
  });

  /** What bash would offer; `sandbox-run` knows two profiles, one of them with a malicious name. */
  const offersFor = (words: readonly string[]): readonly string[] => {
    const script = `
      cd "$1" && shift
      sandbox-run() { [[ $* == 'profiles list --names' ]] && printf '%s\\n' strict '$(touch made)'; }
      source ./completion.bash
      COMP_WORDS=(sandbox-run "$@") COMP_CWORD=$#
      _sandbox_run sandbox-run
      printf '%s\\n' "\${COMPREPLY[@]}"`;
    const { stdout, stderr, status } = spawnSync(
      'bash',
      ['--norc', '-c', script, 'bash', directory, ...words],
      {
        encoding: 'utf8',
        env: { PATH: process.env['PATH'] ?? '', MADE_UP: '1' },
      },
    );
    expect([status, stderr]).toEqual([0, '']);
    return stdout.split('\n').filter((line) => line !== '');
  };

  it('is free of mistakes in its syntax', () => {
    const { status, stderr } = spawnSync('bash', ['-n', 'completion.bash'], {
      cwd: directory,
      encoding: 'utf8',
    });
    expect([status, stderr]).toEqual([0, '']);
  });

  it.each([
    [['--pro'], ['--profile']],
    [['--de'], ['--deny-read', '--deny-write']],
    [
      ['--profile', 's'],
      ['strict', 'src'],
    ],
    [['--profile', '=', 'st'], ['strict']],
    [['--profile', 'strict', '--net'], ['--network']],
    [
      ['--network', ''],
      ['on', 'off'],
    ],
    [
      ['--network', '='],
      ['on', 'off'],
    ],
    [['--env', 'A', '=', 'b', '--env', 'B', '=', '', '--ti'], ['--timeout']],
    [['--unset-env', 'MADE'], ['MADE_UP']],
    [['--cwd', ''], ['src']],
    [
      ['--allow-read', 'a'],
      ['a file', 'alone.toml'],
    ],
    [['doct'], ['doctor']],
    [['doctor', '--j'], ['--json']],
    [['doctor', '--pro'], []],
    [
      ['profiles', ''],
      ['list', 'show', 'check'],
    ],
    [['profiles', 'show', 'stri'], ['strict']],
    [['profiles', 'list', '--n'], ['--names']],
    [
      ['explain', '--w'],
      ['--workspace-root', '--write'],
    ],
    [['explain', '--write', 'sr'], ['src']],
    [
      ['completion', ''],
      ['bash', 'zsh', 'fish'],
    ],
    [['--', 'cat', 'alo'], ['alone.toml']],
    [['cat', 'alo'], ['alone.toml']],
    [['--json', 'cat', '--pro'], []],
    [['--', 'doctor', '--j'], []],
  ])('offers after %j just %j', (words, offers) => {
    expect(new Set(offersFor(words))).toEqual(new Set(offers));
  });

  it.each([[['bas']], [['--', 'bas']], [['--tty', '--', 'bas']]])('offers programs after %j', (words) => {
    expect(offersFor(words)).toContain('bash');
  });

  it('does not run what a name says', () => {
    expect(offersFor(['--profile', '$'])).toEqual(['$(touch made)']);
    expect(offersFor(['--cwd', ''])).toEqual(['src']);
    expect(offersFor(['--allow-read', 'mad'])).toEqual([]);
  });
});

/** Quotation marks that stand for themselves do not open or close anything; neither do those inside of other quotations. */
function withoutEscapes(line: string): string {
  return line.replaceAll(String.raw`'\''`, '').replaceAll(String.raw`\'`, '');
}
