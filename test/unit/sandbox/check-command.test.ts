import { describe, expect, it } from 'vitest';
import { CordonError } from '../../../src/errors/cordon-error.js';
import { checkCommand, checkManagerOptions, checkQuestion } from '../../../src/sandbox/check-command.js';
import { SandboxManager } from '../../../src/sandbox/sandbox-manager.js';

const ENVIRONMENT = { inherit: 'all', ignoreDefaultExcludes: false, exclude: [], set: {}, includeOnly: [] };
const ENTRY = { path: { type: 'path', path: 'file:///a' }, access: 'read' };
const PROFILE = {
  name: 'mine',
  permissions: {
    type: 'managed',
    network: 'restricted',
    file_system: {
      type: 'restricted',
      glob_scan_max_depth: 1,
      entries: [
        ENTRY,
        { path: { type: 'glob_pattern', pattern: '**/x' }, access: 'deny', missing_path_behavior: 'skip' },
        { path: { type: 'special', value: { kind: 'project_roots', subpath: 'a' } }, access: 'write' },
      ],
    },
  },
  environment: ENVIRONMENT,
  unixSockets: [],
};

function mistakeOf(check: (value: unknown) => void, value: unknown): CordonError {
  try {
    check(value);
  } catch (error) {
    if (error instanceof CordonError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('a command', () => {
  it.each([
    ['of its program alone', {}],
    [
      'with all that is left out given as undefined',
      { cwd: undefined, overlay: undefined, stdio: undefined },
    ],
    ['with an empty argument', { argv: ['printf', ''] }],
    ['with a profile by name', { profile: 'strict' }],
    ['with a profile object', { profile: PROFILE }],
    ['with nothing enforced', { profile: { ...PROFILE, permissions: { type: 'disabled' } } }],
    ['with an overlay', { overlay: { entries: [ENTRY], network: 'enabled' } }],
    ['with lists', { readOnlyPaths: ['/a'], workspaceRoots: ['/a', '/b'], unixSockets: [] }],
    ['with an environment', { environment: { policy: ENVIRONMENT, set: { A: '' }, unset: ['B'] } }],
    ['with streams', { stdio: { kind: 'pipes', stdin: { fd: 0 }, stdout: 'pipe', stderr: 'stdout' } }],
    ['with a terminal', { stdio: { kind: 'terminal', rows: 1, columns: 65_535 } }],
    ['with the least limits', { timeoutMs: 1, graceMs: 0, maxOutputBytes: 1 }],
    ['with the longest limits', { timeoutMs: 2 ** 31 - 1, graceMs: 2 ** 31 - 1 }],
  ])('%s is taken', (_, changes) => {
    expect(() => {
      checkCommand({ argv: ['true'], ...changes });
    }).not.toThrow();
  });

  it.each([
    [{ argv: undefined }, 'argv'],
    [{ argv: 'ls' }, 'argv'],
    [{ argv: [] }, 'argv'],
    [{ argv: [''] }, 'argv'],
    [{ argv: ['ls', 1] }, 'argv[1]'],
    [{ argv0: 1 }, 'argv0'],
    [{ cwd: 5 }, 'cwd'],
    [{ cwd: null }, 'cwd'],
    [{ profile: 5 }, 'profile'],
    [{ profile: null }, 'profile'],
    [{ profile: {} }, 'profile.name'],
    [{ profile: PROFILE.permissions }, 'profile.type'],
    [{ profile: { ...PROFILE, permissions: { type: 'mangaed' } } }, 'profile.permissions.type'],
    [{ profile: { ...PROFILE, environment: {} } }, 'profile.environment.inherit'],
    [{ overlay: [] }, 'overlay'],
    [{ overlay: {} }, 'overlay.entries'],
    [{ overlay: { entries: [{ ...ENTRY, access: 'none' }] } }, 'overlay.entries[0].access'],
    [{ overlay: { entries: [{ path: '/a', access: 'read' }] } }, 'overlay.entries[0].path'],
    [{ overlay: { entries: [], network: true } }, 'overlay.network'],
    [{ readOnlyPaths: '/a' }, 'readOnlyPaths'],
    [{ workspaceRoots: [1] }, 'workspaceRoots[0]'],
    [{ unixSockets: {} }, 'unixSockets'],
    [{ environment: { A: '1' } }, 'environment.A'],
    [{ environment: { set: { A: 1 } } }, 'environment.set.A'],
    [{ environment: { unset: 'A' } }, 'environment.unset'],
    [{ environment: { policy: { inherit: 'all' } } }, 'environment.policy.ignoreDefaultExcludes'],
    [{ stdio: 'inherit' }, 'stdio'],
    [{ stdio: { kind: 'pipe' } }, 'stdio.kind'],
    [{ stdio: { kind: 'pipes', stdin: 'stdout', stdout: 'pipe', stderr: 'pipe' } }, 'stdio.stdin'],
    [{ stdio: { kind: 'pipes', stdin: { fd: -1 }, stdout: 'pipe', stderr: 'pipe' } }, 'stdio.stdin.fd'],
    [{ stdio: { kind: 'terminal', rows: 0, columns: 80 } }, 'stdio.rows'],
    [{ timeoutMs: 0 }, 'timeoutMs'],
    [{ timeoutMs: 1.5 }, 'timeoutMs'],
    [{ timeoutMs: 2 ** 31 }, 'timeoutMs'],
    [{ timeoutMs: Infinity }, 'timeoutMs'],
    [{ timeoutMs: '5' }, 'timeoutMs'],
    [{ graceMs: -1 }, 'graceMs'],
    [{ maxOutputBytes: 0 }, 'maxOutputBytes'],
    [{ constructor: 1 }, 'constructor'],
  ])('with %j is refused, and the key named', (changes, key) => {
    const { code, details } = mistakeOf(checkCommand, { argv: ['true'], ...changes });
    expect([code, details['key']]).toEqual(['usage-invalid', key]);
    expect(details['expected']).toBeDefined();
  });

  it.each([[undefined], [null], ['ls'], [['ls']]])('that is none is refused: %j', (command) => {
    expect(mistakeOf(checkCommand, command).code).toBe('usage-invalid');
  });

  it.each([
    ['timeout', 'timeoutMs'],
    ['workspaceRoot', 'workspaceRoots'],
    ['enviroment', 'environment'],
    ['profil', 'profile'],
  ])('with the key %s is told of %s', (key, nearest) => {
    const { hint, details } = mistakeOf(checkCommand, { argv: ['true'], [key]: undefined });
    expect(details['nearest']).toBe(nearest);
    expect(hint).toContain(nearest);
  });

  it('does not give away the value of a variable', () => {
    const error = mistakeOf(checkCommand, { argv: ['true'], environment: { set: { A: ['hunter2'] } } });
    expect(JSON.stringify([error.message, error.hint, error.details])).not.toContain('hunter2');
  });
});

describe('a manager', () => {
  const manager = new SandboxManager();
  const wrong = { argv: ['true'], timeout: 5 } as unknown as Parameters<SandboxManager['run']>[0];

  it.each(['run', 'spawn', 'preview'] as const)('refuses a wrong command to %s', async (method) => {
    await expect(manager[method](wrong)).rejects.toMatchObject({ code: 'usage-invalid' });
  });

  it('refuses a wrong question, and the name of a profile that is none', () => {
    const ask = mistakeOf.bind(undefined, (value) => {
      manager.explain(value as Parameters<SandboxManager['explain']>[0]);
    });
    expect(ask({ command: wrong, operation: 'read', path: '/' }).code).toBe('usage-invalid');
    expect(mistakeOf((value) => manager.showProfile(value as string), 5).details['key']).toBe('nameOrFile');
  });

  it.each([
    [{ standby: 'no' }, 'standby'],
    [{ launcher: 'bubblewrap' }, 'launcher'],
    [{ environment: { A: 1 } }, 'environment.A'],
    [{ enviroment: {} }, 'enviroment'],
    [{ environment: [] }, 'environment'],
  ])('is not made with %j', (options, key) => {
    const make = (value: unknown): unknown =>
      new SandboxManager(value as ConstructorParameters<typeof SandboxManager>[0]);
    expect(mistakeOf(make, options).details['key']).toBe(key);
  });

  it.each([[{}], [{ environment: process.env }], [{ environment: { A: undefined }, standby: false }]])(
    'is made with %j',
    (options) => {
      expect(() => {
        checkManagerOptions(options);
      }).not.toThrow();
    },
  );
});

describe('a question', () => {
  it.each([
    [{ operation: 'execute' }, 'operation'],
    [{ path: undefined }, 'path'],
    [{ command: undefined }, 'command'],
    [{ command: { cwd: 1 } }, 'command.cwd'],
  ])('with %j is refused', (changes, key) => {
    const question = { command: {}, operation: 'read', path: '/a', ...changes };
    expect(mistakeOf(checkQuestion, question).details['key']).toBe(key);
  });

  it('about a command without a program is taken', () => {
    expect(() => {
      checkQuestion({ command: { profile: 'strict' }, operation: 'write', path: '/a' });
    }).not.toThrow();
  });
});
