/**
 * The one table of the command line. The parser (`parse-arguments.ts`), the help (`commands/help.ts`) and the completion
 * scripts (`completion/`) are made from it, and none of them knows an option of its own.
 *
 * Parsing is ours and not commander's: bundled, commander takes 4 ms to load and 2 ms to parse, `util.parseArgs` 1 ms and
 * more with the length of the command (Node 20), and every command that is run would pay for it. Our parser takes about
 * half a millisecond, stops where the command begins, and serves the subcommands too, so that there is one reading
 * of every option. commander lays out the help and is loaded for nothing else.
 */

/** A command of sandbox-run; `run` has no name on the command line. */
export type CommandName =
  'run' | 'doctor' | 'profiles list' | 'profiles show' | 'profiles check' | 'explain' | 'completion';

/** What a value names, for completion. */
export type ValueKind = 'profile' | 'directory' | 'path' | 'variable' | 'text';

/** The value of an option, or an operand of a subcommand. */
export interface ValueRow {
  /** As help and messages call it. */
  readonly name: string;
  readonly kind: ValueKind;
  /** When there are any, the value is one of them. */
  readonly words?: readonly string[];
  /** Never repeated in an error. */
  readonly isSecret?: boolean;
}

/** One option. */
export interface OptionRow {
  readonly description: string;
  /** The commands that take it. */
  readonly of: readonly CommandName[];
  /** Left out for a switch. */
  readonly value?: ValueRow;
  readonly isRepeatable?: boolean;
  /** One letter that stands for it, after one dash. */
  readonly letter?: string;
}

/** One subcommand. */
export interface CommandRow {
  readonly description: string;
  readonly operand?: ValueRow;
}

const PROFILE: ValueRow = { name: 'NAME|FILE', kind: 'profile' };
const PATH: ValueRow = { name: 'PATH', kind: 'path' };
const DIRECTORY: ValueRow = { name: 'DIR', kind: 'directory' };
const ALL = ['run', 'doctor', 'profiles list', 'profiles show', 'profiles check', 'explain'] as const;
const POLICY = ['run', 'explain'] as const;
const RUN = ['run'] as const;

const OPTION_ROWS = {
  profile: {
    description: 'what the command may do: the name of a profile or a document (default: workspace-write)',
    of: POLICY,
    value: PROFILE,
  },
  'workspace-root': {
    description: 'a directory that the profile means by :workspace_roots (default: the working directory)',
    of: POLICY,
    value: DIRECTORY,
    isRepeatable: true,
  },
  launcher: {
    description:
      'what enters the sandbox (default: auto, which is the first of bwrap, builtin and landlock that works here)',
    of: ['run', 'doctor'],
    value: {
      name: 'auto|bwrap|builtin|zygote|landlock',
      kind: 'text',
      words: ['auto', 'bwrap', 'builtin', 'zygote', 'landlock'],
    },
  },
  cwd: { description: 'run the command in this directory', of: POLICY, value: DIRECTORY },
  'allow-read': { description: 'also let it read PATH', of: POLICY, value: PATH, isRepeatable: true },
  'allow-write': {
    description: 'also let it read and write PATH',
    of: POLICY,
    value: PATH,
    isRepeatable: true,
  },
  'deny-read': {
    description: 'hide PATH from it; a quoted glob hides what it matches',
    of: POLICY,
    value: PATH,
    isRepeatable: true,
  },
  'deny-write': {
    description: 'let it read PATH, not write it',
    of: POLICY,
    value: PATH,
    isRepeatable: true,
  },
  network: {
    description: 'let it use the network, or not (default: as the profile says)',
    of: RUN,
    value: { name: 'on|off', kind: 'text', words: ['on', 'off'] },
  },
  env: {
    description: 'set an environment variable',
    of: RUN,
    value: { name: 'NAME=VALUE', kind: 'text', isSecret: true },
    isRepeatable: true,
  },
  'unset-env': {
    description: 'take an environment variable away',
    of: RUN,
    value: { name: 'NAME', kind: 'variable' },
    isRepeatable: true,
  },
  'allow-unix-socket': {
    description: 'let it connect to this socket',
    of: RUN,
    value: PATH,
    isRepeatable: true,
  },
  evidence: {
    description: "tell what was refused from the command's words (default: text), or from its calls (exact)",
    of: RUN,
    value: { name: 'text|exact', kind: 'text', words: ['text', 'exact'] },
  },
  tty: { description: 'give it a terminal (default: when we have one)', of: RUN },
  'no-tty': { description: 'give it pipes', of: RUN },
  timeout: {
    description: 'end it after this time: 30s, 500ms, 2m, 1h; a number alone is seconds',
    of: RUN,
    value: { name: 'TIME', kind: 'text' },
  },
  'print-plan': { description: 'print what the system would be told, and run nothing', of: RUN },
  read: { description: 'ask whether the command could read PATH', of: ['explain'], value: PATH },
  write: { description: 'ask whether the command could write PATH', of: ['explain'], value: PATH },
  names: { description: 'print the names alone', of: ['profiles list'] },
  json: { description: 'report in JSON', of: ALL },
  quiet: { description: 'report nothing but errors', of: RUN },
  help: { description: 'print this help', of: [...ALL, 'completion'], letter: 'h' },
  version: { description: 'print the version', of: RUN },
} satisfies Readonly<Record<string, OptionRow>>;

/** The name of an option, without its dashes. */
export type OptionName = keyof typeof OPTION_ROWS;

/** Every option by its name, in the order of the help. */
export const OPTIONS: Readonly<Record<OptionName, OptionRow>> = OPTION_ROWS;

/** Every subcommand, in the order of the help. */
export const SUBCOMMANDS: Readonly<Record<Exclude<CommandName, 'run'>, CommandRow>> = {
  doctor: { description: 'tell what this machine can enforce, and what to do where it cannot' },
  'profiles list': { description: 'list the profiles' },
  'profiles show': { description: 'print what a profile says', operand: PROFILE },
  'profiles check': { description: 'tell every mistake in a profile', operand: PROFILE },
  explain: { description: 'tell whether a command could read or write a path, and which entry decides' },
  completion: {
    description: 'print the completion script for a shell',
    operand: { name: 'bash|zsh|fish', kind: 'text', words: ['bash', 'zsh', 'fish'] },
  },
};

/** Whether an option has this name. */
export function isOptionName(text: string): text is OptionName {
  return Object.hasOwn(OPTIONS, text);
}

/** Whether a subcommand has this name of one or two words. */
export function isSubcommand(text: string): text is Exclude<CommandName, 'run'> {
  return Object.hasOwn(SUBCOMMANDS, text);
}

/** The options that a command takes, in the order of the help. */
export function optionsOf(command: CommandName): readonly OptionName[] {
  return Object.keys(OPTIONS)
    .filter(isOptionName)
    .filter((name) => OPTIONS[name].of.includes(command));
}

/** The names of the subcommands that begin with a word, or of all. */
export function subcommandsOf(word?: string): readonly Exclude<CommandName, 'run'>[] {
  const names = Object.keys(SUBCOMMANDS).filter(isSubcommand);
  return word === undefined ? names : names.filter((name) => firstWord(name) === word);
}

/** The first words of the subcommands, each once. */
export function subcommandWords(): readonly string[] {
  return [...new Set(subcommandsOf().map(firstWord))];
}

function firstWord(name: string): string {
  return name.split(' ', 1)[0] ?? name;
}
