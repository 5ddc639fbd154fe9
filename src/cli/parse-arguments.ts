import { CordonError } from '../errors/cordon-error.js';
import { type FileOperation } from '../permissions/evaluate.js';
import { nearestOf } from '../profiles/nearest.js';
import { type SandboxManagerOptions } from '../sandbox/sandbox-manager.js';
import { parseDuration } from './duration.js';
import {
  type CommandName,
  isSubcommand,
  type OptionName,
  OPTIONS,
  SUBCOMMANDS,
  subcommandsOf,
  subcommandWords,
} from './options.js';
import { type GivenOptions, scanOptions, wrongValue } from './scan-options.js';

/** What enters the sandbox, as the library has it. */
export type LauncherChoice = NonNullable<SandboxManagerOptions['launcher']>;

/** What the command line says about a run; paths as they were typed. */
export interface RunOptions {
  readonly profile?: string | undefined;
  readonly workspaceRoots: readonly string[];
  readonly launcher?: SandboxManagerOptions['launcher'];
  readonly cwd?: string | undefined;
  readonly allowRead: readonly string[];
  readonly allowWrite: readonly string[];
  readonly denyRead: readonly string[];
  readonly denyWrite: readonly string[];
  readonly network?: 'on' | 'off' | undefined;
  readonly env: Readonly<Record<string, string>>;
  readonly unsetEnv: readonly string[];
  readonly unixSockets: readonly string[];
  readonly evidence?: 'text' | 'exact' | undefined;
  /** Undefined: a terminal when we have one. */
  readonly tty?: boolean | undefined;
  /** 1 to 2^31 - 1. */
  readonly timeoutMs?: number | undefined;
  readonly json: boolean;
  readonly printPlan: boolean;
  readonly quiet: boolean;
}

/** What is asked for. */
export type ParsedArguments =
  | { readonly kind: 'run'; readonly options: RunOptions; readonly argv: readonly string[] }
  /** `topic` is the first word of a subcommand. */
  | { readonly kind: 'help'; readonly topic?: string }
  | { readonly kind: 'version' }
  | SubcommandArguments;

/** What a subcommand is asked for. */
export type SubcommandArguments =
  | { readonly kind: 'doctor'; readonly launcher?: SandboxManagerOptions['launcher']; readonly json: boolean }
  | { readonly kind: 'profiles'; readonly action: 'list'; readonly names: boolean; readonly json: boolean }
  | {
      readonly kind: 'profiles';
      readonly action: 'show' | 'check';
      readonly profile: string;
      readonly json: boolean;
    }
  | {
      readonly kind: 'explain';
      readonly options: RunOptions;
      readonly operation: FileOperation;
      readonly path: string;
      readonly json: boolean;
    }
  | { readonly kind: 'completion'; readonly shell: string };

/**
 * Reads the command line. The first word that is no option begins the command, unless it is a subcommand's; after `--`
 * everything is the command. A subcommand's options may stand anywhere.
 *
 * @param argv - the words after the program's own name.
 * @throws CordonError `usage-invalid`, with the option, what it expects and what it got.
 */
export function parseArguments(argv: readonly string[]): ParsedArguments {
  const given: GivenOptions = new Map();
  const next = scanOptions(argv, 0, given);
  const word = argv[next];
  if (word !== undefined && subcommandWords().includes(word)) return parseSubcommand(argv.slice(next), given);
  if (given.has('help')) return { kind: 'help' };
  refuseForeign(given, 'run');
  if (given.has('version')) return { kind: 'version' };
  const command = argv.slice(word === '--' ? next + 1 : next);
  if (command[0] === undefined || command[0] === '') {
    throw new CordonError('usage-invalid', 'No command was given', {
      hint: 'Put it behind "--": sandbox-run -- ls. "sandbox-run --help" tells more.',
    });
  }
  return { kind: 'run', options: runOptions(given), argv: command };
}

function parseSubcommand(argv: readonly string[], given: GivenOptions): ParsedArguments {
  const words = operandsOf(argv, given);
  const [topic = '', second] = words;
  if (given.has('help')) return { kind: 'help', topic };
  const command = isSubcommand(topic) ? topic : `${topic} ${second ?? ''}`;
  if (!isSubcommand(command)) throw wrongAction(topic, second);
  refuseForeign(given, command);
  const operand = operandOf(command, words.slice(command.split(' ').length));
  return subcommandArguments(command, operand, given);
}

/** The words that are no options; after `--` all are none. */
function operandsOf(argv: readonly string[], given: GivenOptions): readonly string[] {
  const words: string[] = [];
  for (let at = 0; at < argv.length; at = scanOptions(argv, at + 1, given)) {
    const word = argv[at] ?? '';
    if (word === '--') return [...words, ...argv.slice(at + 1)];
    words.push(word);
  }
  return words;
}

function subcommandArguments(
  command: Exclude<CommandName, 'run'>,
  operand: string,
  given: GivenOptions,
): SubcommandArguments {
  const json = given.has('json');
  switch (command) {
    case 'doctor':
      return { kind: 'doctor', launcher: readLauncher(given), json };
    case 'profiles list':
      return { kind: 'profiles', action: 'list', names: given.has('names'), json };
    case 'profiles show':
      return { kind: 'profiles', action: 'show', profile: operand, json };
    case 'profiles check':
      return { kind: 'profiles', action: 'check', profile: operand, json };
    case 'explain':
      return { kind: 'explain', options: runOptions(given), ...question(given), json };
    case 'completion':
      return { kind: 'completion', shell: operand };
  }
}

function question(given: GivenOptions): { operation: FileOperation; path: string } {
  const [read, write] = [one(given, 'read'), one(given, 'write')];
  if (read !== undefined && write === undefined) return { operation: 'read', path: read };
  if (write !== undefined && read === undefined) return { operation: 'write', path: write };
  throw new CordonError('usage-invalid', '"explain" expects one of --read PATH and --write PATH');
}

function runOptions(given: GivenOptions): RunOptions {
  const all = (name: OptionName): readonly string[] => given.get(name) ?? [];
  return {
    profile: one(given, 'profile'),
    workspaceRoots: all('workspace-root'),
    launcher: readLauncher(given),
    cwd: one(given, 'cwd'),
    allowRead: all('allow-read'),
    allowWrite: all('allow-write'),
    denyRead: all('deny-read'),
    denyWrite: all('deny-write'),
    network: given.has('network') ? (one(given, 'network') === 'on' ? 'on' : 'off') : undefined,
    env: Object.fromEntries(all('env').map(readAssignment)),
    unsetEnv: all('unset-env').map(readVariableName),
    unixSockets: all('allow-unix-socket'),
    evidence: given.has('evidence') ? (one(given, 'evidence') === 'exact' ? 'exact' : 'text') : undefined,
    tty: readTty(given),
    timeoutMs: readTimeout(one(given, 'timeout')),
    json: given.has('json'),
    printPlan: given.has('print-plan'),
    quiet: given.has('quiet'),
  };
}

function one(given: GivenOptions, name: OptionName): string | undefined {
  return given.get(name)?.[0];
}

function readAssignment(text: string): readonly [string, string] {
  const cut = text.indexOf('=');
  if (cut > 0) return [text.slice(0, cut), text.slice(cut + 1)];
  throw wrongValue('env', 'NAME=VALUE', text);
}

function readVariableName(text: string): string {
  if (!text.includes('=')) return text;
  throw wrongValue('unset-env', 'the name of a variable, without "="', text);
}

const LAUNCHERS: readonly NonNullable<SandboxManagerOptions['launcher']>[] = [
  'auto',
  'bwrap',
  'builtin',
  'zygote',
  'landlock',
];

/** The table of options lets no other word through. */
function readLauncher(given: GivenOptions): SandboxManagerOptions['launcher'] {
  const text = one(given, 'launcher');
  return LAUNCHERS.find((launcher) => launcher === text);
}

function readTty(given: GivenOptions): boolean | undefined {
  const [isWanted, isUnwanted] = [given.has('tty'), given.has('no-tty')];
  if (isWanted && isUnwanted) {
    throw new CordonError('usage-invalid', 'Options --tty and --no-tty exclude each other', {
      details: { option: '--tty' },
    });
  }
  return isWanted ? true : isUnwanted ? false : undefined;
}

function readTimeout(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const timeoutMs = parseDuration(text);
  if (timeoutMs !== undefined) return timeoutMs;
  throw wrongValue('timeout', 'a time like 30s, 500ms, 2m or 1h, more than 0 and at most 596h', text);
}

function refuseForeign(given: GivenOptions, command: CommandName): void {
  for (const name of given.keys()) {
    if (OPTIONS[name].of.includes(command)) continue;
    const [owner = ''] = OPTIONS[name].of;
    const isRuns = owner === 'run';
    throw new CordonError(
      'usage-invalid',
      `Option --${name} does not belong to ${command === 'run' ? 'running a command' : JSON.stringify(command)}`,
      {
        details: { option: `--${name}`, command },
        hint: isRuns
          ? `It belongs to running a command; a program called ${JSON.stringify(command)} is run by "-- ${command}".`
          : `It belongs to "sandbox-run ${owner}".`,
      },
    );
  }
}

function wrongAction(word: string, action: string | undefined): CordonError {
  const actions = subcommandsOf(word).map((name) => name.slice(word.length + 1));
  const nearest = action === undefined ? undefined : nearestOf(action, actions);
  const got = action === undefined ? '' : `, not ${JSON.stringify(action)}`;
  return new CordonError('usage-invalid', `"${word}" expects ${actions.join(' or ')}${got}`, {
    details: { command: word, expected: actions, ...(action === undefined ? {} : { value: action }) },
    ...(nearest === undefined ? {} : { hint: `Did you mean "${word} ${nearest}"?` }),
  });
}

/** Empty for a subcommand that takes none. */
function operandOf(command: Exclude<CommandName, 'run'>, operands: readonly string[]): string {
  const { operand: row } = SUBCOMMANDS[command];
  const superfluous = operands[row === undefined ? 0 : 1];
  if (superfluous !== undefined) throw wrongOperand(command, 'no further word', superfluous);
  if (row === undefined) return '';
  const [operand = ''] = operands;
  if (operand === '' || row.words?.includes(operand) === false) {
    throw wrongOperand(command, row.name, operands[0]);
  }
  return operand;
}

function wrongOperand(command: CommandName, expected: string, value: string | undefined): CordonError {
  const got = value === undefined ? '' : `, not ${JSON.stringify(value)}`;
  return new CordonError('usage-invalid', `"${command}" expects ${expected}${got}`, {
    details: { command, expected, ...(value === undefined ? {} : { value }) },
  });
}
