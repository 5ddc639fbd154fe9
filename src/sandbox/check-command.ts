import { CordonError } from '../errors/cordon-error.js';
import { nearestOf } from '../profiles/nearest.js';

/**
 * Looks at one value and throws when it is not what it should be. By hand and without a schema library: it is done for every
 * command, whose launch is measured in tenths of a millisecond.
 */
type Check = (value: unknown, key: string) => void;

/** What an object may hold: the check of each key, and the keys that it must have. */
interface Shape {
  readonly checks: Readonly<Record<string, Check>>;
  readonly required: readonly string[];
}

/** The longest delay a timer takes; a longer one would fire at once (https://nodejs.org/api/timers.html#settimeoutcallback-delay-args). */
const MAX_DELAY_MS = 2 ** 31 - 1;

/** winsize counts in unsigned short (ioctl_tty(2)). */
const MAX_TERMINAL_SIZE = 65_535;

/**
 * Checks what `run`, `spawn` and `preview` are given, since callers in plain JavaScript have no types. What paths, names and
 * globs hold is checked where they are read.
 *
 * @param command - anything.
 * @throws CordonError `usage-invalid`, with `details.key`, `details.expected` and the nearest right key.
 */
export function checkCommand(command: unknown): void {
  COMMAND(command, '');
}

/**
 * Checks what `explain` is given.
 *
 * @param question - anything.
 * @throws CordonError `usage-invalid` as {@link checkCommand}.
 */
export function checkQuestion(question: unknown): void {
  QUESTION(question, '');
}

/**
 * Checks what a manager is made with.
 *
 * @param options - anything.
 * @throws CordonError `usage-invalid` as {@link checkCommand}.
 */
export function checkManagerOptions(options: unknown): void {
  MANAGER_OPTIONS(options, '');
}

/**
 * Checks the name or path of a profile.
 *
 * @param nameOrFile - anything.
 * @throws CordonError `usage-invalid` as {@link checkCommand}.
 */
export function checkProfileName(nameOrFile: unknown): void {
  text(nameOrFile, 'nameOrFile');
}

const text: Check = (value, key) => {
  if (typeof value !== 'string') throw wrong(key, 'text', value);
};

const boolean: Check = (value, key) => {
  if (typeof value !== 'boolean') throw wrong(key, 'true or false', value);
};

const texts = listOf(text, 'a list of text');

const argv: Check = (value, key) => {
  texts(value, key);
  if (Array.isArray(value) && value.length > 0 && value[0] !== '') return;
  throw new CordonError('usage-invalid', `No command was given: ${JSON.stringify(key)} names no program`, {
    details: { key, expected: 'a program and its arguments' },
    hint: 'Give the program and its arguments: ["ls", "-l"].',
  });
};

const variables: Check = (value, key) => {
  for (const [name, content] of plainObject(value, key)) text(content, `${key}.${name}`);
};

/** `process.env` and its like: what is undefined is not there. */
const inheritedVariables: Check = (value, key) => {
  if (value === process.env) return;
  for (const [name, content] of plainObject(value, key))
    if (content !== undefined) text(content, `${key}.${name}`);
};

const ENVIRONMENT_POLICY = object({
  required: ['inherit', 'ignoreDefaultExcludes', 'exclude', 'set', 'includeOnly'],
  checks: {
    inherit: oneOf('all', 'core', 'none'),
    ignoreDefaultExcludes: boolean,
    exclude: texts,
    set: variables,
    includeOnly: texts,
  },
});

const SPECIAL_PATH = object({ required: ['kind'], checks: { kind: text, path: text, subpath: text } });

const ENTRY_PATH = variant('type', {
  path: { required: ['path'], checks: { path: text } },
  glob_pattern: { required: ['pattern'], checks: { pattern: text } },
  special: { required: ['value'], checks: { value: SPECIAL_PATH } },
});

const ENTRIES = listOf(
  object({
    required: ['path', 'access'],
    checks: {
      path: ENTRY_PATH,
      access: oneOf('read', 'write', 'deny'),
      missing_path_behavior: oneOf('skip'),
    },
  }),
  'a list of entries',
);

const NETWORK = oneOf('restricted', 'enabled');

const FILE_SYSTEM = variant('type', {
  restricted: {
    required: ['entries'],
    checks: { entries: ENTRIES, glob_scan_max_depth: integer(1, Number.MAX_SAFE_INTEGER) },
  },
  unrestricted: { required: [], checks: {} },
});

const PERMISSIONS = variant('type', {
  managed: { required: ['file_system', 'network'], checks: { file_system: FILE_SYSTEM, network: NETWORK } },
  disabled: { required: [], checks: {} },
  external: { required: ['network'], checks: { network: NETWORK } },
});

const PROFILE_OBJECT = object({
  required: ['name', 'permissions', 'environment', 'unixSockets'],
  checks: { name: text, permissions: PERMISSIONS, environment: ENVIRONMENT_POLICY, unixSockets: texts },
});

const profile: Check = (value, key) => {
  if (typeof value === 'string') return;
  if (typeof value !== 'object' || value === null)
    throw wrong(key, "a profile's name, file or object", value);
  PROFILE_OBJECT(value, key);
};

const stream =
  (...words: readonly string[]): Check =>
  (value, key) => {
    if (typeof value === 'object' && value !== null) DESCRIPTOR(value, key);
    else if (!isOneOf(words, value)) throw wrong(key, `${quoted(words)} or {fd}`, value);
  };

const DESCRIPTOR = object({ required: ['fd'], checks: { fd: integer(0, MAX_DELAY_MS) } });

const STDIO = variant('kind', {
  pipes: {
    required: ['stdin', 'stdout', 'stderr'],
    checks: {
      stdin: stream('pipe', 'null'),
      stdout: stream('pipe', 'null'),
      stderr: stream('pipe', 'null', 'stdout'),
    },
  },
  terminal: {
    required: ['rows', 'columns'],
    checks: { rows: integer(1, MAX_TERMINAL_SIZE), columns: integer(1, MAX_TERMINAL_SIZE) },
  },
});

const PORTS = listOf(
  object({ required: ['port'], checks: { port: integer(0, 65_535) } }),
  'a list of {port}',
);

/** MAX_LISTENERS of native/linux/launcher/setup.h. */
const MAX_LISTENERS = 16;

const listeners: Check = (value, key) => {
  PORTS(value, key);
  if (Array.isArray(value) && value.length > MAX_LISTENERS)
    throw wrong(key, `a list of ${String(MAX_LISTENERS)} at most`, value);
};

const CIRCUMSTANCES: Shape['checks'] = {
  argv,
  argv0: text,
  cwd: text,
  profile,
  overlay: object({ required: ['entries'], checks: { entries: ENTRIES, network: NETWORK } }),
  readOnlyPaths: texts,
  workspaceRoots: texts,
  unixSockets: texts,
  listeners,
  environment: object({
    required: [],
    checks: { policy: ENVIRONMENT_POLICY, set: variables, unset: texts },
  }),
  evidence: oneOf('text', 'exact'),
  stdio: STDIO,
  timeoutMs: integer(1, MAX_DELAY_MS),
  graceMs: integer(0, MAX_DELAY_MS),
  maxOutputBytes: integer(1, Number.MAX_SAFE_INTEGER),
};

const COMMAND = object({ required: ['argv'], checks: CIRCUMSTANCES });

const QUESTION = object({
  required: ['command', 'operation', 'path'],
  checks: {
    command: object({ required: [], checks: CIRCUMSTANCES }),
    operation: oneOf('read', 'write'),
    path: text,
  },
});

const MANAGER_OPTIONS = object({
  required: [],
  checks: {
    environment: inheritedVariables,
    launcher: oneOf('auto', 'bwrap', 'builtin', 'zygote', 'landlock'),
    standby: boolean,
    listenerWay: oneOf('auto', 'channel', 'relay'),
  },
});

function integer(least: number, most: number): Check {
  return (value, key) => {
    if (typeof value === 'number' && Number.isSafeInteger(value) && value >= least && value <= most) return;
    throw wrong(key, `a whole number of ${String(least)} to ${String(most)}`, value);
  };
}

function oneOf(...words: readonly string[]): Check {
  return (value, key) => {
    if (!isOneOf(words, value)) throw wrong(key, quoted(words), value);
  };
}

function isOneOf(words: readonly string[], value: unknown): boolean {
  return typeof value === 'string' && words.includes(value);
}

function listOf(check: Check, expected: string): Check {
  return (value, key) => {
    if (!Array.isArray(value)) throw wrong(key, expected, value);
    for (let index = 0; index < value.length; index += 1) check(value[index], `${key}[${String(index)}]`);
  };
}

/** An object whose other keys depend on one of them. */
function variant(tag: string, shapes: Readonly<Record<string, Shape>>): Check {
  const words = Object.keys(shapes);
  const isWord = oneOf(...words);
  const checks = new Map<unknown, Check>(
    Object.entries(shapes).map(([word, { required, checks: own }]) => [
      word,
      object({ required, checks: { ...own, [tag]: isWord } }),
    ]),
  );
  return (value, key) => {
    const word = plainObject(value, key).get(tag);
    isWord(word, placeOf(tag, key));
    checks.get(word)?.(value, key);
  };
}

/** A key that is undefined counts as left out. */
function object({ checks, required }: Shape): Check {
  const known = new Map(Object.entries(checks));
  return (value, key) => {
    const members = plainObject(value, key);
    for (const [name, member] of members) {
      const check = known.get(name);
      if (check === undefined) throw unknownKey(name, key, [...known.keys()]);
      if (member !== undefined) check(member, placeOf(name, key));
    }
    for (const name of required)
      if (members.get(name) === undefined) throw wrong(placeOf(name, key), 'a value', undefined);
  };
}

/** As a map, so that no key can be mistaken for something every object has. */
function plainObject(value: unknown, key: string): ReadonlyMap<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return new Map(Object.entries(value));
  throw wrong(key, 'an object', value);
}

function placeOf(name: string, key: string): string {
  return key === '' ? name : `${key}.${name}`;
}

function quoted(words: readonly string[]): string {
  return words.map((word) => JSON.stringify(word)).join(' or ');
}

function unknownKey(name: string, parent: string, known: readonly string[]): CordonError {
  const key = placeOf(name, parent);
  const nearest = nearestOf(name, known);
  return new CordonError('usage-invalid', `There is no key ${JSON.stringify(key)}`, {
    details: { key, expected: known, ...(nearest === undefined ? {} : { nearest }) },
    hint:
      nearest === undefined
        ? `The keys are ${known.join(', ')}.`
        : `Did you mean ${JSON.stringify(nearest)}?`,
  });
}

/** Tells the kind of a wrong value and, but for numbers, never the value, which may be a secret. */
function wrong(key: string, expected: string, value: unknown): CordonError {
  const place = key === '' ? 'the argument' : JSON.stringify(key);
  return new CordonError('usage-invalid', `Expected ${place} to be ${expected}, got ${kindOf(value)}`, {
    details: { key, expected },
    hint: 'See the type SandboxCommand or SandboxManagerOptions of the package.',
  });
}

function kindOf(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' ? 'other text' : `a value of type ${typeof value}`;
}
