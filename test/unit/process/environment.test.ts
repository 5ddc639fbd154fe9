import { describe, expect, test } from 'vitest';
import { CordonError } from '../../../src/errors/cordon-error.js';
import {
  CORE_NAMES,
  SECRET_NAMES,
  START_UP_CODE_NAMES,
  changesLoader,
} from '../../../src/process/environment-names.js';
import { type EnvironmentChoice, buildEnvironment } from '../../../src/process/environment.js';

const ALL: EnvironmentChoice = {
  inherit: 'all',
  ignoreDefaultExcludes: false,
  exclude: [],
  set: {},
  includeOnly: [],
};

function namesKept(names: readonly string[], choice: Partial<EnvironmentChoice>): string[] {
  const source = Object.fromEntries(names.map((name) => [name, 'x']));
  return Object.keys(buildEnvironment(source, { ...ALL, ...choice }));
}

function codeOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    return error instanceof CordonError ? error.code : 'other';
  }
  return 'none';
}

/** A name that a pattern stands for. */
const example = (pattern: string): string => pattern.replaceAll('*', 'x');

describe('an environment is inherited', () => {
  test('whole, value by value, with "all"', () => {
    expect(buildEnvironment({ A: '1', B: '', C: undefined }, ALL)).toEqual({ A: '1', B: '' });
  });

  test('not at all with "none"', () => {
    expect(namesKept(['HOME', 'PATH'], { inherit: 'none' })).toEqual([]);
  });

  test('by its core names with "core"', () => {
    const core = CORE_NAMES.flatMap((row) => row.patterns).map(example);
    expect(namesKept([...core, 'EDITOR', 'LC', 'HOMES', 'XPATH'], { inherit: 'core' })).toEqual(core);
  });

  test('without variables that no process can be given', () => {
    const source = { '': 'x', 'A=B': 'x', 'A\0': 'x', B: 'x\0y', '=C:': 'x', GOOD: 'a=b' };
    expect(buildEnvironment(source, ALL)).toEqual({ GOOD: 'a=b' });
  });

  test('including names that JavaScript objects treat specially', () => {
    const source = Object.fromEntries([
      ['__proto__', 'p'],
      ['constructor', 'c'],
    ]);
    expect(Object.entries(buildEnvironment(source, ALL))).toEqual([
      ['__proto__', 'p'],
      ['constructor', 'c'],
    ]);
  });
});

describe('left out by default', () => {
  const rows = [...SECRET_NAMES, ...START_UP_CODE_NAMES].flatMap((row) =>
    row.patterns.map((pattern) => ({ pattern, reason: row.reason })),
  );

  test.each(rows)('is $pattern: $reason', ({ pattern }) => {
    const name = example(pattern);
    expect(namesKept([name, name.toLowerCase(), 'KEPT'], {})).toEqual(['KEPT']);
  });

  test.each(rows)('but not with ignoreDefaultExcludes is $pattern', ({ pattern }) => {
    expect(namesKept([example(pattern)], { ignoreDefaultExcludes: true })).toEqual([example(pattern)]);
  });

  test.each(['API_KEY', 'aws_secret_access', 'GITHUB_TOKEN', 'DbPassword', 'SSH_PRIVATE'])(
    'is %s',
    (name) => {
      expect(namesKept([name], {})).toEqual([]);
    },
  );

  test.each(['LD_LIBRARY_PATH', 'PYTHONPATH', 'GIT_SSH_COMMAND', 'SSH_AUTH_SOCK', 'ENVIRONMENT', 'EDITOR'])(
    'is not %s',
    (name) => {
      expect(namesKept([name], {})).toEqual([name]);
    },
  );
});

describe('the order of a policy', () => {
  test('is exclude, then set, then includeOnly', () => {
    const source = { A: 'inherited', B: 'inherited', C: 'inherited' };
    const set = { A: 'set', D: 'set', API_KEY: 'set' };
    expect(buildEnvironment(source, { ...ALL, exclude: ['a', 'b'], set })).toEqual({
      C: 'inherited',
      ...set,
    });
    expect(
      buildEnvironment(source, { ...ALL, exclude: ['a', 'b'], set, includeOnly: ['?', 'api*'] }),
    ).toEqual({ C: 'inherited', A: 'set', D: 'set', API_KEY: 'set' });
    expect(buildEnvironment(source, { ...ALL, set, includeOnly: ['c'] })).toEqual({ C: 'inherited' });
  });

  test.each([
    ['an empty name', { '': 'x' }],
    ['"=" in a name', { 'A=B': 'x' }],
    ['NUL in a name', { 'A\0': 'x' }],
    ['NUL in a value', { A: 'secret\0' }],
  ])('refuses %s in set', (_problem, set) => {
    expect(codeOf(() => buildEnvironment({}, { ...ALL, set }))).toBe('usage-invalid');
  });

  test('never tells a refused value', () => {
    expect(() => buildEnvironment({}, { ...ALL, set: { A: 'hunter2\0' } })).toThrow(
      expect.not.objectContaining({ message: expect.stringContaining('hunter2') as unknown }),
    );
  });
});

test.each([
  ['LD_PRELOAD', true],
  ['LD_LIBRARY_PATH', true],
  ['ld_library_path', true],
  ['DYLD_INSERT_LIBRARIES', true],
  ['GLIBC_TUNABLES', true],
  ['LDFLAGS', false],
  ['PATH', false],
])('whether %s changes the loader: %s', (name, expected) => {
  expect(changesLoader(name)).toBe(expected);
});
