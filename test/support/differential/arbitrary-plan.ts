import fc from 'fast-check';
import { type FileTree } from '../file-tree.js';
import { arbitraryStep } from './arbitrary-steps.js';
import { type Base, type HostMount, type Plan } from './plan.js';

/** What may be on the host: directories, files, and links that stay, leave, loop and lead nowhere (named r, l, loop, gone). */
const ENTRIES: FileTree = {
  'h/a/': '',
  'h/a/b/': '',
  'h/f': 'file\n',
  'h/a/f': 'inner file\n',
  'h/a/b/f': '#!/no/such/interpreter\n',
  'h/a/ü x': 'odd\n',
  'h/a/new\nline/': '',
  'h/r': { linkTo: 'a' },
  'h/a/r': { linkTo: './b/../f' },
  'h/l': { linkTo: '@/o' },
  'h/a/l': { linkTo: '../../o/f' },
  'h/up': { linkTo: '../..' },
  'h/loop': { linkTo: 'loop' },
  'h/a/gone': { linkTo: 'nowhere/at/all' },
  'o/f': 'outside\n',
  'o/a/': '',
};

/** Where least can be made, least is to be seen. */
const BASES: readonly Base[] = ['bare', 'bare', 'host', 'host', 'read-only host'];

/** Of what a machine can show, and a caller may do. */
export interface PlanScope {
  /** Options that both launchers know. */
  readonly options: ReadonlySet<string>;
  /** Whether the host can be given mounts, owners and devices of any kind. */
  readonly isRoot: boolean;
}

/** Plans of every kind, most of which can be carried out. */
export function arbitraryPlan(scope: PlanScope): fc.Arbitrary<Plan> {
  return fc.constantFrom(...BASES).chain((base) =>
    fc.record({
      base: fc.constant(base),
      tree: arbitraryTree(),
      closed: few(Object.keys(ENTRIES)),
      foreign: scope.isRoot ? few(Object.keys(ENTRIES)) : fc.constant([]),
      hasDevice: scope.isRoot
        ? fc.integer({ max: 9, min: 0 }).map((chance) => chance === 9)
        : fc.constant(false),
      mounts: scope.isRoot ? arbitraryMounts() : fc.constant([]),
      steps: fc.array(arbitraryStep(base, scope.options), { maxLength: 8 }),
      cwd: fc.constantFrom('@/h', '@/h/a', '@/w', '@', '/', '/usr'),
      program: fc.oneof(
        { weight: 30, arbitrary: fc.constant('probe' as const) },
        { weight: 1, arbitrary: fc.constantFrom('@/h/f', '@/h/a', '/no/such', 'no-such') },
      ),
      status: fc.oneof(
        { weight: 4, arbitrary: fc.constant(0) },
        { weight: 1, arbitrary: fc.constantFrom(1, 7, 125, 255, -9, -15, -6) },
      ),
    }),
  );
}

function arbitraryTree(): fc.Arbitrary<FileTree> {
  return fc
    .subarray(Object.entries(ENTRIES))
    .map((entries) => Object.fromEntries([...entries, ['h/', ''], ['w/', ''], ['o/', '']]));
}

function few(names: readonly string[]): fc.Arbitrary<string[]> {
  return fc.oneof(
    { weight: 3, arbitrary: fc.constant<string[]>([]) },
    { weight: 1, arbitrary: fc.subarray([...names], { maxLength: 2 }) },
  );
}

function arbitraryMounts(): fc.Arbitrary<HostMount[]> {
  const mount = fc.record<HostMount>({
    directory: fc.constantFrom('h', 'h/a', 'h/a/b', 'w'),
    options: fc.constantFrom('rw', 'ro', 'nosuid', 'noexec,nodev'),
  });
  return fc.oneof(
    { weight: 5, arbitrary: fc.constant<HostMount[]>([]) },
    { weight: 1, arbitrary: fc.array(mount, { minLength: 1, maxLength: 2 }) },
  );
}
