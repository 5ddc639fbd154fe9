import { describe, expect, it } from 'vitest';
import { parseArguments, type ParsedArguments, type RunOptions } from '../../../src/cli/parse-arguments.js';
import { errorOf } from './error-code.js';

const NOTHING: RunOptions = {
  workspaceRoots: [],
  allowRead: [],
  allowWrite: [],
  denyRead: [],
  denyWrite: [],
  env: {},
  unsetEnv: [],
  unixSockets: [],
  json: false,
  printPlan: false,
  quiet: false,
};

function run(options: Partial<RunOptions>, ...argv: readonly string[]): ParsedArguments {
  return { kind: 'run', options: { ...NOTHING, ...options }, argv };
}

/** Splits at blanks. */
function parse(line: string): ParsedArguments {
  return parseArguments(line.split(' '));
}

describe('where the command begins', () => {
  it.each([
    ['ls', run({}, 'ls')],
    ['ls -l --json -- x', run({}, 'ls', '-l', '--json', '--', 'x')],
    ['-- ls --profile strict', run({}, 'ls', '--profile', 'strict')],
    ['--json ls --help', run({ json: true }, 'ls', '--help')],
    ['--profile strict ls', run({ profile: 'strict' }, 'ls')],
    ['--profile=strict -- ls', run({ profile: 'strict' }, 'ls')],
    ['-- doctor', run({}, 'doctor')],
    ['--json -- profiles list', run({ json: true }, 'profiles', 'list')],
    ['-- -x', run({}, '-x')],
    ['-- --', run({}, '--')],
    ['-', run({}, '-')],
    ['doctors', run({}, 'doctors')],
    ['help', run({}, 'help')],
    ['constructor', run({}, 'constructor')],
  ])('is found in "%s"', (line, expected) => {
    expect(parse(line)).toEqual(expected);
  });

  it('does not change the words of the command, empty ones and line ends included', () => {
    expect(parseArguments(['printf', '', 'a\nb', ' '])).toEqual(run({}, 'printf', '', 'a\nb', ' '));
  });

  it.each([[[]], [['--']], [['--json']], [['--json', '--']], [['']], [['--', '']]])(
    'must not be missing, as in %j',
    (argv) => {
      expect(errorOf(() => parseArguments(argv)).code).toBe('usage-invalid');
    },
  );
});

describe('an option of a run', () => {
  it.each([
    ['--workspace-root a --workspace-root=b', { workspaceRoots: ['a', 'b'] }],
    ['--cwd a', { cwd: 'a' }],
    ['--allow-read a --allow-read b', { allowRead: ['a', 'b'] }],
    ['--allow-write a', { allowWrite: ['a'] }],
    ['--deny-read **/.env --deny-read=b', { denyRead: ['**/.env', 'b'] }],
    ['--deny-write a', { denyWrite: ['a'] }],
    ['--network on', { network: 'on' }],
    ['--network=off', { network: 'off' }],
    ['--env A=1 --env=B= --env C=x=y', { env: { A: '1', B: '', C: 'x=y' } }],
    ['--env A=1 --env A=2', { env: { A: '2' } }],
    ['--unset-env A --unset-env B', { unsetEnv: ['A', 'B'] }],
    ['--allow-unix-socket a.sock', { unixSockets: ['a.sock'] }],
    ['--evidence exact', { evidence: 'exact' }],
    ['--evidence=text', { evidence: 'text' }],
    ['--tty', { tty: true }],
    ['--no-tty', { tty: false }],
    ['--timeout 1.5s', { timeoutMs: 1500 }],
    ['--json --json', { json: true }],
    ['--print-plan --quiet', { printPlan: true, quiet: true }],
    ['--cwd=--', { cwd: '--' }],
    ['--cwd=-x', { cwd: '-x' }],
    ['--cwd -', { cwd: '-' }],
    ['--profile=a=b', { profile: 'a=b' }],
  ] satisfies [string, Partial<RunOptions>][])('is read from "%s"', (line, options) => {
    expect(parse(`${line} -- true`)).toEqual(run(options, 'true'));
  });

  it('may set a variable that is called like something every object has', () => {
    const parsed = parse('--env __proto__=1 -- true');
    expect(parsed.kind === 'run' && Object.entries(parsed.options.env)).toEqual([['__proto__', '1']]);
  });

  it.each([
    ['--profil x', '--profil', '--profile'],
    ['-profile x', '-profile', '--profile'],
    ['--no-tyy', '--no-tyy', '--no-tty'],
    ['--workspace-rooot=x', '--workspace-rooot', '--workspace-root'],
    ['--xyzzy', '--xyzzy', undefined],
    ['-x', '-x', undefined],
    ['--constructor', '--constructor', undefined],
    ['--', '--', undefined],
  ])('that there is none of is named, with the nearest: %s', (line, option, nearest) => {
    const { code, details } = errorOf(() => parseArguments(line === '--' ? ['---'] : line.split(' ')));
    expect(code).toBe('usage-invalid');
    expect(details['option']).toBe(line === '--' ? '---' : option);
    expect(details['nearest']).toBe(nearest);
  });

  it.each([
    ['--profile', '--profile'],
    ['--profile=', '--profile'],
    ['--profile -- ls', '--profile'],
    ['--profile --json ls', '--profile'],
    ['--cwd -x ls', '--cwd'],
    ['--json=yes ls', '--json'],
    ['--help=x', '--help'],
    ['--network maybe ls', '--network'],
    ['--network ON ls', '--network'],
    ['--timeout 0 ls', '--timeout'],
    ['--timeout soon ls', '--timeout'],
    ['--env A ls', '--env'],
    ['--env =1 ls', '--env'],
    ['--unset-env A=1 ls', '--unset-env'],
    ['--tty --no-tty ls', '--tty'],
    ['--profile a --profile b ls', '--profile'],
    ['--timeout 1 --timeout 1 ls', '--timeout'],
    ['--write x -- ls', '--write'],
    ['--names ls', '--names'],
  ])('that is given wrongly is named: %s', (line, option) => {
    const { code, details } = errorOf(() => parse(line));
    expect([code, details['option']]).toEqual(['usage-invalid', option]);
  });

  it.each([['--env'], ['--env=hunter2'], ['--env hunter2 ls'], ['--env -hunter2 ls'], ['--env =hunter2 ls']])(
    'that may hold a secret is not repeated in the error: %s',
    (line) => {
      const { message, hint, details } = errorOf(() => parse(line));
      expect(JSON.stringify([message, hint, details])).not.toContain('hunter2');
    },
  );
});

describe('a subcommand', () => {
  it.each([
    ['doctor', { kind: 'doctor', json: false }],
    ['doctor --json', { kind: 'doctor', json: true }],
    ['--json doctor', { kind: 'doctor', json: true }],
    ['profiles list', { kind: 'profiles', action: 'list', names: false, json: false }],
    ['profiles --names list', { kind: 'profiles', action: 'list', names: true, json: false }],
    ['profiles show strict', { kind: 'profiles', action: 'show', profile: 'strict', json: false }],
    [
      'profiles check ./a.toml --json',
      { kind: 'profiles', action: 'check', profile: './a.toml', json: true },
    ],
    ['profiles check -- -a.toml', { kind: 'profiles', action: 'check', profile: '-a.toml', json: false }],
    ['completion zsh', { kind: 'completion', shell: 'zsh' }],
    ['explain --read a', { kind: 'explain', options: NOTHING, operation: 'read', path: 'a', json: false }],
    [
      '--profile strict explain --write a --allow-write b',
      {
        kind: 'explain',
        options: { ...NOTHING, profile: 'strict', allowWrite: ['b'] },
        operation: 'write',
        path: 'a',
        json: false,
      },
    ],
    ['--version', { kind: 'version' }],
    ['--help', { kind: 'help' }],
    ['-h', { kind: 'help' }],
    ['--help -- ls', { kind: 'help' }],
    ['--json --help', { kind: 'help' }],
    ['doctor --help', { kind: 'help', topic: 'doctor' }],
    ['profiles -h', { kind: 'help', topic: 'profiles' }],
    ['profiles show -h', { kind: 'help', topic: 'profiles' }],
  ] satisfies [string, ParsedArguments][])('is read from "%s"', (line, expected) => {
    expect(parse(line)).toEqual(expected);
  });

  it.each([
    ['doctor now'],
    ['doctor --profile strict'],
    ['--profile strict doctor'],
    ['doctor --version'],
    ['profiles'],
    ['profiles lst'],
    ['profiles list more'],
    ['profiles show'],
    ['profiles show a b'],
    ['profiles show strict --names'],
    ['explain'],
    ['explain a'],
    ['explain --read a --write a'],
    ['explain --read a --network on'],
    ['completion'],
    ['completion tcsh'],
    ['completion bash zsh'],
    ['completion bash --json'],
  ])('is refused when it is given wrongly: %s', (line) => {
    expect(errorOf(() => parse(line)).code).toBe('usage-invalid');
  });

  it('that is mistyped in its second word is told the nearest', () => {
    expect(errorOf(() => parse('profiles chek')).hint).toContain('profiles check');
  });
});
