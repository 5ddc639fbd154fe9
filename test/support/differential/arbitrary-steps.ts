import fc from 'fast-check';
import { type Base, type Input, type Step } from './plan.js';

const NAMES = ['a', 'a', 'a', 'b', 'b', 'f', 'f', 'n', 'ü x', 'new\nline', 'r', 'r', '.', '..'];
const LINKS = ['l', 'up', 'loop', 'gone'];
const MODES = ['0755', '0700', '0750', '0000', '0777', '1777', '2755', '04711', '600', '0'];
/** bubblewrap writes a file after it has given it its permissions; who is not root loses set-id bits by that (write(2)). */
const FILE_MODES = MODES.filter((mode) => mode !== '2755' && mode !== '04711');
const SIZES = ['4096', '1048576', '1', '65536'];
const CAPABILITIES = ['CAP_CHOWN', 'CAP_NET_ADMIN', 'CAP_SYS_ADMIN', 'cap_dac_override', 'CAP_KILL', 'ALL'];

/** One step of a plan, which may be refused. */
export function arbitraryStep(base: Base, options: ReadonlySet<string>): fc.Arbitrary<Step> {
  const target = arbitraryTarget(base);
  return fc
    .oneof(
      { weight: 14, arbitrary: binds(target) },
      { weight: 10, arbitrary: fileSystems(target) },
      { weight: 8, arbitrary: made(target) },
      { weight: 12, arbitrary: namespaces() },
      { weight: 6, arbitrary: identities() },
      { weight: 8, arbitrary: commands() },
      { weight: 4, arbitrary: descriptors() },
      { weight: 1, arbitrary: wrong() },
    )
    .filter(({ words }) =>
      words.every((word) => !word.startsWith('--') || options.has(word) || isWrong(word)),
    );
}

function isWrong(word: string): boolean {
  return word === '--strange';
}

/** Links that lead away are followed in sources often, and in targets seldom, where the launchers mean to differ. */
function arbitraryPath(linkWeight: number): fc.Arbitrary<string> {
  const name = fc.oneof(
    { weight: 100, arbitrary: fc.constantFrom(...NAMES) },
    { weight: linkWeight, arbitrary: fc.constantFrom(...LINKS) },
  );
  return fc.oneof(fc.constant([]), fc.array(name, { maxLength: 3 })).map((names) => names.join('/'));
}

function arbitrarySource(): fc.Arbitrary<string> {
  return fc.oneof(
    {
      weight: 12,
      arbitrary: fc.tuple(fc.constantFrom('@/h', '@/h', '@/o', '@/w'), arbitraryPath(30)).map(join),
    },
    { weight: 1, arbitrary: fc.constantFrom('@', '@/none', '', 'a', 'f', './/f', '@/h/null', '@/h/null') },
  );
}

/** Below the run's directory wherever the host is shown: nothing else of it may be changed. */
function arbitraryTarget(base: Base): fc.Arbitrary<string> {
  const below = fc
    .tuple(fc.constantFrom('@/h', '@/h', '@/w', '@/o'), arbitraryPath(2))
    .map(([start, path]) => join([start, path.replaceAll('..', '.')]));
  if (base !== 'bare') return below;
  const own = fc.tuple(fc.constantFrom('', '', '/a', '/x'), arbitraryPath(2)).map(join);
  const odd = fc.constantFrom('/', '//a//b', '/a/./b', 'a/b', 'x', '');
  return fc
    .oneof({ weight: 6, arbitrary: own }, { weight: 2, arbitrary: below }, { weight: 1, arbitrary: odd })
    .filter((path) => !climbs(path));
}

/** Out of the root: bubblewrap leaves the new one there. */
function climbs(path: string): boolean {
  let depth = 0;
  return path
    .split('/')
    .filter((name) => name !== '' && name !== '.')
    .some((name) => (depth += name === '..' ? -1 : 1) < 0);
}

function join([start, path]: readonly [string, string]): string {
  return path === '' ? start : `${start}/${path}`;
}

function binds(target: fc.Arbitrary<string>): fc.Arbitrary<Step> {
  const names = ['--bind', '--ro-bind', '--dev-bind'];
  const option = fc.constantFrom(...names, ...names, ...names.map((name) => `${name}-try`));
  const paths = fc.tuple(option, arbitrarySource(), target).map((words) => ({ words }));
  const place = fc.record({
    kind: fc.constant('place' as const),
    path: fc.constantFrom('h', 'h/a', 'h/f', 'o'),
    isPathOnly: fc.boolean(),
  });
  const open = fc
    .tuple(fc.constantFrom('--bind-fd', '--ro-bind-fd'), target, place)
    .map(([name, where, input]) => ({ words: [name, '%', where], input }));
  return fc.oneof({ weight: 8, arbitrary: paths }, { weight: 1, arbitrary: open });
}

function fileSystems(target: fc.Arbitrary<string>): fc.Arbitrary<Step> {
  const tmpfs = fc
    .tuple(modifier('--perms', MODES), modifier('--size', SIZES), fc.oneof(target, fc.constant('/tmp')))
    .map(([permissions, size, where]) => ({ words: [...permissions, ...size, '--tmpfs', where] }));
  return fc.oneof(
    { weight: 4, arbitrary: tmpfs },
    { weight: 2, arbitrary: simple('--proc', fc.oneof(target, fc.constant('/proc'))) },
    { weight: 2, arbitrary: simple('--dev', fc.oneof(target, fc.constant('/dev'))) },
    { weight: 1, arbitrary: simple('--mqueue', target) },
    { weight: 3, arbitrary: simple('--remount-ro', target) },
  );
}

function made(target: fc.Arbitrary<string>): fc.Arbitrary<Step> {
  const directory = fc
    .tuple(modifier('--perms', MODES), target)
    .map(([permissions, where]) => ({ words: [...permissions, '--dir', where] }));
  const data = fc
    .tuple(
      modifier('--perms', FILE_MODES),
      fc.constantFrom('--file', '--bind-data', '--ro-bind-data'),
      target,
      fc.constantFrom('', 'data\n', 'x'.repeat(20_000)),
    )
    .map(([permissions, name, where, text]): Step => {
      return { words: [...permissions, name, '%', where], input: { kind: 'data', text } };
    });
  const link = fc
    .tuple(fc.constantFrom('a', './b', 'nowhere', '../a', '/a', '@/h'), target)
    .map(([text, where]) => ({ words: ['--symlink', text, where] }));
  const chmod = fc
    .tuple(fc.constantFrom(...MODES), target)
    .map(([mode, where]) => ({ words: ['--chmod', mode, where] }));
  return fc.oneof(directory, data, link, chmod);
}

function namespaces(): fc.Arbitrary<Step> {
  const kinds = ['user', 'ipc', 'pid', 'net', 'uts', 'cgroup', 'all', 'user-try', 'cgroup-try'];
  const words = [...kinds, ...kinds].map((kind) => [`--unshare-${kind}`]);
  return fc.constantFrom(
    ...[...words, ['--share-net'], ['--unshare-user', '--disable-userns'], ['--assert-userns-disabled']].map(
      (some) => ({ words: some }),
    ),
  );
}

function identities(): fc.Arbitrary<Step> {
  const id = fc.constantFrom('0', '1', '1000', '65534', '2147483647');
  return fc.oneof(
    id.map((value) => ({ words: ['--unshare-user', '--uid', value] })),
    id.map((value) => ({ words: ['--unshare-user', '--gid', value] })),
    fc.constantFrom('inside', 'a.b', '').map((name) => ({ words: ['--unshare-uts', '--hostname', name] })),
    simple('--cap-add', fc.constantFrom(...CAPABILITIES)),
    simple('--cap-drop', fc.constantFrom(...CAPABILITIES)),
  );
}

function commands(): fc.Arbitrary<Step> {
  const variable = fc.tuple(
    fc.constantFrom('A', 'PWD', 'HOME', 'N'),
    fc.constantFrom('', 'ü', 'a=b', '/a', '@/w'),
  );
  return fc.oneof(
    simple('--chdir', fc.constantFrom('/', '@/h', '@/w', '/a', '/no/such', '', 'a')),
    variable.map((words) => ({ words: ['--setenv', ...words] })),
    simple('--unsetenv', fc.constantFrom('A', 'B', 'PATH', 'NONE', 'HOME')),
    fc.constant({ words: ['--clearenv'] }),
    simple('--argv0', fc.constantFrom('other', '')),
    fc.constant({ words: ['--new-session'] }),
    fc.constant({ words: ['--unshare-pid', '--as-pid-1'] }),
    fc.constant({ words: ['--die-with-parent'] }),
    simple('--lock-file', fc.constantFrom('/.probe/probe', '/no/such', '@/h/f')),
  );
}

function descriptors(): fc.Arbitrary<Step> {
  const filter = fc
    .constantFrom('allows all', 'refuses a call', 'cut', 'empty')
    .map((kind): Input => ({ kind: 'filter', filter: kind }));
  const nul = fc.constantFrom('--unshare-pid\0', '--setenv\0A\0args\0', '--tmpfs\0/a\0', '--dir\0');
  return fc.oneof(
    fc
      .tuple(fc.constantFrom('--seccomp', '--add-seccomp-fd'), filter)
      .map(([name, input]) => of(name, input)),
    fc.constantFrom('--json-status-fd', '--info-fd').map((name) => of(name, { kind: 'report' })),
    fc.constantFrom('--sync-fd', '--block-fd').map((name) => of(name, { kind: 'data', text: 'go' })),
    nul.map((text) => of('--args', { kind: 'data', text })),
    fc.constantFrom('--seccomp', '--sync-fd', '--args').map((name) => of(name, { kind: 'closed' })),
  );
}

function of(name: string, input: Input): Step {
  return { words: [name, '%'], input };
}

/** What must be refused wherever it stands. */
function wrong(): fc.Arbitrary<Step> {
  const lines: readonly (readonly string[])[] = [
    ['--strange'],
    ['--perms', '0700', '--bind', '@/h', '/x'],
    ['--perms', '8', '--dir', '/a'],
    ['--perms', '10000', '--dir', '/a'],
    ['--size', '0', '--tmpfs', '/a'],
    ['--size', '-1', '--tmpfs', '/a'],
    ['--size', '1k', '--tmpfs', '/a'],
    ['--size', '4096', '--dir', '/a'],
    ['--hostname', 'inside'],
    ['--uid', '0'],
    ['--uid', '-1'],
    ['--gid', 'x'],
    ['--as-pid-1'],
    ['--cap-add', 'CAP_STRANGE'],
    ['--seccomp', '-1'],
    ['--setenv', '', 'a'],
    ['--setenv', 'a=b', 'c'],
    ['--disable-userns'],
    ['--lock-file'],
  ];
  return fc.constantFrom(...lines.map((words) => ({ words })));
}

function simple(name: string, value: fc.Arbitrary<string>): fc.Arbitrary<Step> {
  return value.map((word) => ({ words: [name, word] }));
}

function modifier(name: string, values: readonly string[]): fc.Arbitrary<readonly string[]> {
  return fc.oneof(
    { weight: 2, arbitrary: fc.constant([]) },
    { weight: 1, arbitrary: fc.constantFrom(...values).map((value) => [name, value]) },
  );
}
