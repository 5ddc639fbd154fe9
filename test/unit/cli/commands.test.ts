import { describe, expect, it, vi } from 'vitest';
import { doctorCommand } from '../../../src/cli/commands/doctor.js';
import { explainCommand } from '../../../src/cli/commands/explain.js';
import { helpCommand } from '../../../src/cli/commands/help.js';
import { profilesCommand } from '../../../src/cli/commands/profiles.js';
import { type CommandResult } from '../../../src/cli/commands/result.js';
import { isSubcommand, OPTIONS, subcommandsOf } from '../../../src/cli/options.js';
import { parseArguments } from '../../../src/cli/parse-arguments.js';
import { parseAbsolutePath } from '../../../src/paths/absolute-path.js';
import { type LoadedProfile, type ProfileCheck } from '../../../src/profiles/load-profile.js';
import { type DoctorCheck, type DoctorReport } from '../../../src/sandbox/inspection.js';
import { type ExplainQuestion } from '../../../src/sandbox/explain.js';
import { errorOf } from './error-code.js';

const HERE = parseAbsolutePath('/nowhere/project');

describe('help', () => {
  const { output, exitCode } = helpCommand();

  it.each(Object.entries(OPTIONS).filter(([, row]) => row.of.includes('run')))(
    'names the option %s',
    (name) => {
      expect(output).toContain(`--${name}`);
      expect(exitCode).toBe(0);
    },
  );

  it.each([...subcommandsOf(), '124', '125', '126', '127', '128'].map((text) => [text]))(
    'names %s',
    (text) => {
      expect(output).toContain(text);
    },
  );

  it('on a subcommand names its options and no others', () => {
    const about = helpCommand('explain').output;
    expect(about).toContain('--write <PATH>');
    expect(about).not.toContain('--timeout');
  });

  it('on profiles is about all three', () => {
    const about = helpCommand('profiles').output;
    expect(subcommandsOf('profiles').filter((name) => about.includes(`sandbox-run ${name}`))).toHaveLength(3);
  });
});

describe('the tables', () => {
  it('let every option belong to a command', () => {
    const owners = Object.values(OPTIONS).flatMap(({ of }) => of);
    expect(owners.filter((owner) => owner !== 'run' && !isSubcommand(owner))).toEqual([]);
    expect(Object.values(OPTIONS).filter(({ of }) => of.length === 0)).toEqual([]);
  });
});

describe('doctor', () => {
  const good: DoctorCheck = {
    name: 'mounts',
    isOk: true,
    detail: 'work',
    code: undefined,
    remedy: undefined,
  };
  const bad: DoctorCheck = {
    name: 'launcher',
    isOk: false,
    detail: 'none',
    code: 'launcher-missing',
    remedy: 'Install it.',
  };
  const report = (checks: readonly DoctorCheck[]): DoctorReport => ({
    platform: 'linux',
    kernelRelease: '6.1',
    userId: 1000,
    launcher: '/usr/bin/bwrap',
    checks,
    canSandbox: checks.every(({ isOk }) => isOk),
  });
  const ask = (checks: readonly DoctorCheck[], json: boolean): Promise<CommandResult> =>
    doctorCommand({ doctor: () => Promise.resolve(report(checks)) }, { json });

  it('says yes where commands can be sandboxed', async () => {
    const { output, exitCode } = await ask([good], false);
    expect(exitCode).toBe(0);
    expect(output).toMatch(/^ok +mounts +work$/mu);
  });

  it('says no with the remedy, once for all checks that it is the remedy of', async () => {
    const { output, exitCode } = await ask([bad, good, { ...bad, name: 'probe' }], false);
    expect(exitCode).toBe(1);
    expect(output.match(/hint: Install it\./gu)).toHaveLength(1);
    expect(output).toContain('launcher, probe\n');
  });

  it('says the same in JSON', async () => {
    const { output, exitCode } = await ask([bad], true);
    expect(exitCode).toBe(1);
    expect(JSON.parse(output)).toMatchObject({ canSandbox: false, checks: [{ code: 'launcher-missing' }] });
  });
});

describe('explain', () => {
  const asked: ExplainQuestion[] = [];
  const ask = (allowed: boolean, ...words: readonly string[]): CommandResult => {
    const request = parseArguments(['explain', ...words]);
    if (request.kind !== 'explain') throw new Error('not explain');
    const manager = {
      explain: (question: ExplainQuestion) => {
        asked.push(question);
        const { operation, path } = question;
        const allowedBy = allowed ? undefined : '--allow-write "/x"';
        return { allowed, operation, path, resolvedPath: '/real', decidedBy: 'an entry', allowedBy };
      },
    };
    return explainCommand(manager, request, HERE);
  };

  it('asks about the path as it was typed here, under the profile and permissions of the command line', () => {
    ask(true, '--profile', 'strict', '--cwd', '/b', '--read', 'a');
    expect(asked.at(-1)).toMatchObject({
      command: { profile: 'strict', cwd: '/b', workspaceRoots: ['/b'] },
      operation: 'read',
      path: '/nowhere/project/a',
    });
  });

  it('takes a leading "~" for the home directory', () => {
    vi.stubEnv('HOME', '/home/ada');
    ask(true, '--read=~/.ssh');
    vi.unstubAllEnvs();
    expect(asked.at(-1)).toMatchObject({ path: '/home/ada/.ssh' });
    expect(errorOf(() => ask(true, '--write=~bob/x')).details).toMatchObject({ option: '--write' });
  });

  it.each([
    [true, 0],
    [false, 1],
  ])('leaves, when the answer is %j, with %i', (allowed, exitCode) => {
    expect(ask(allowed, '--write', '/x').exitCode).toBe(exitCode);
    const inJson = ask(allowed, '--write', '/x', '--json');
    expect(inJson.exitCode).toBe(exitCode);
    expect(JSON.parse(inJson.output)).toMatchObject({ allowed, operation: 'write', resolvedPath: '/real' });
  });

  it('tells where the path leads, what decides and what would allow it', () => {
    expect(ask(false, '--write', '/x').output).toMatch(
      /^refused: .*"\/x"\n.*"\/real"\n.*an entry\n.*--allow-write "\/x"\n$/u,
    );
  });
});

describe('profiles', () => {
  const loaded: LoadedProfile = {
    profile: {
      name: 'mine',
      permissions: {
        type: 'managed',
        file_system: {
          type: 'restricted',
          entries: [
            { path: { type: 'special', value: { kind: 'project_roots', subpath: 'out' } }, access: 'write' },
            { path: { type: 'special', value: { kind: 'unknown', path: ':later' } }, access: 'read' },
            { path: { type: 'path', path: 'file:///a%20b' }, access: 'read' },
            { path: { type: 'glob_pattern', pattern: '**/*.pem' }, access: 'deny' },
          ],
        },
        network: 'restricted',
      },
      environment: {
        inherit: 'core',
        ignoreDefaultExcludes: false,
        exclude: [],
        includeOnly: [],
        set: { TOKEN: 'hunter2' },
      },
      unixSockets: ['/run/x.sock'],
    },
    source: { kind: 'user', path: parseAbsolutePath('/home/ada/mine.toml') },
    warnings: ['something is odd'],
  };
  const valid: ProfileCheck = { kind: 'valid', ...loaded };
  const invalid: ProfileCheck = {
    kind: 'invalid',
    problems: [{ code: 'profile-not-found', message: 'there is none', hint: 'Make one.' }],
    warnings: [],
  };
  const ask = (found: ProfileCheck, ...words: readonly string[]): CommandResult => {
    const request = parseArguments(['profiles', ...words]);
    if (request.kind !== 'profiles') throw new Error('not profiles');
    const manager = {
      listProfiles: () => [
        { name: 'strict', description: 'little', source: { kind: 'built-in' } as const },
        { name: 'mine', description: '', source: loaded.source, problem: 'line 1' },
      ],
      showProfile: () => loaded,
      checkProfile: () => found,
    };
    return profilesCommand(manager, request, HERE);
  };

  it('list names each with what it is for, or why it cannot be read', () => {
    const { output, exitCode } = ask(valid, 'list');
    expect(exitCode).toBe(0);
    expect(output).toMatch(/^strict +built-in +little\nmine +user +.*line 1\n$/u);
  });

  it.each([
    [['--names'], 'strict\nmine\n'],
    [['--names', '--json'], '[\n  "strict",\n  "mine"\n]\n'],
  ])('list with %j prints the names alone', (words, output) => {
    expect(ask(valid, 'list', ...words).output).toBe(output);
  });

  it.each([
    ['write  :workspace_roots/out'],
    ['read   :later'],
    ['read   /a b'],
    ['deny   **/*.pem'],
    ['network restricted'],
    ['/run/x.sock'],
    ['TOKEN'],
    ['/home/ada/mine.toml'],
    ['something is odd'],
  ])('show prints "%s"', (text) => {
    expect(ask(valid, 'show', 'mine').output).toContain(text);
  });

  it('show keeps the values of variables to itself', () => {
    expect(ask(valid, 'show', 'mine').output).not.toContain('hunter2');
  });

  it.each([
    [valid, 0],
    [invalid, 125],
  ])('check leaves with 0 or 125', (found, exitCode) => {
    expect(ask(found, 'check', 'mine').exitCode).toBe(exitCode);
    const inJson = ask(found, 'check', 'mine', '--json');
    expect(inJson.exitCode).toBe(exitCode);
    expect(JSON.parse(inJson.output)).toMatchObject({ kind: found.kind });
  });

  it('check tells every mistake, with what to do', () => {
    expect(ask(invalid, 'check', 'mine').output).toBe(
      'mine: 1 mistake\n  there is none\n    hint: Make one.\n',
    );
  });
});
