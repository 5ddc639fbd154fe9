import {
  type CommandName,
  type OptionName,
  OPTIONS,
  optionsOf,
  SUBCOMMANDS,
  subcommandsOf,
  subcommandWords,
  type ValueKind,
  type ValueRow,
} from '../options.js';
import { secondWordsOf } from './flags.js';

/** What completes values of each kind; `( )` completes nothing. */
const ACTIONS: Readonly<Record<ValueKind, string>> = {
  profile: '_sandbox_run_profiles',
  directory: '_directories',
  path: '_files',
  variable: '_parameters -g "*export*"',
  text: '( )',
};

/** The completion script for zsh (zshcompsys(1), "_arguments"), to be sourced or put into a directory of `$fpath`. */
export function zshCompletion(): string {
  return `#compdef sandbox-run
# zsh completion for sandbox-run; to load it: source <(sandbox-run completion zsh)

_sandbox_run_profiles() {
  local -a names
  names=(\${(f)"$(sandbox-run profiles list --names 2>/dev/null)"})
  _alternative 'profiles:profile:compadd -a names' 'documents:profile document:_files -g "*.toml(-.)"'
}

_sandbox_run_first() {
  local -a subcommands
  subcommands=(
${subcommandWords()
  .map((word) => `    ${quote(`${word}:${wordDescription(word)}`)}`)
  .join('\n')}
  )
  _describe -t subcommands subcommand subcommands
  _command_names -e
}

_sandbox-run() {
  local curcontext=$curcontext state line
  local -A opt_args
  _arguments -C -S -A '-*' \\
${argumentLines('run', '    ')}
    '(-)1: :_sandbox_run_first' \\
    '*:: :->rest' && return 0
  [[ $state == rest ]] || return 1
  case $words[1] in
${subcommandWords().map(subcommandCase).join('\n')}
    *) _normal ;;
  esac
}

if [[ $funcstack[1] == _sandbox-run ]]; then
  _sandbox-run "$@"
else
  compdef _sandbox-run sandbox-run
fi
`;
}

function subcommandCase(word: string): string {
  const seconds = secondWordsOf(word);
  if (seconds.length === 0) {
    return subcommandsOf(word)
      .map((name) => `    ${word})\n${argumentsCall(name, '      ')}\n      ;;`)
      .join('\n');
  }
  return `    ${word})
      if ((CURRENT == 2)); then
        compadd ${seconds.join(' ')}
        return
      fi
      shift words
      ((CURRENT -= 1))
      case $words[1] in
${subcommandsOf(word)
  .map(
    (name) => `        ${name.slice(word.length + 1)})\n${argumentsCall(name, '          ')}\n          ;;`,
  )
  .join('\n')}
      esac
      ;;`;
}

function argumentsCall(name: Exclude<CommandName, 'run'>, indent: string): string {
  const { operand } = SUBCOMMANDS[name];
  const last = operand === undefined ? `'*: :( )'` : quote(`1:${escape(operand.name)}:${actionOf(operand)}`);
  return `${indent}_arguments -S \\\n${argumentLines(name, `${indent}  `)}\n${indent}  ${last}`;
}

function argumentLines(command: CommandName, indent: string): string {
  return optionsOf(command)
    .map((name) => `${indent}${argumentOf(name)} \\`)
    .join('\n');
}

/** `*--name=[description]:value:action`; with a letter it is written twice. */
function argumentOf(name: OptionName): string {
  const { description, value, isRepeatable, letter } = OPTIONS[name];
  const help = `[${escape(description)}]`;
  if (letter !== undefined) return `'(-${letter} --${name})'{-${letter},--${name}}${quote(help)}`;
  const many = isRepeatable === true ? '*' : '';
  if (value === undefined) return quote(`${many}--${name}${help}`);
  return quote(`${many}--${name}=${help}:${escape(value.name)}:${actionOf(value)}`);
}

function actionOf({ kind, words }: ValueRow): string {
  return words === undefined ? ACTIONS[kind] : `(${words.join(' ')})`;
}

function wordDescription(word: string): string {
  const [first, ...more] = subcommandsOf(word);
  if (first === undefined || more.length > 0) return secondWordsOf(word).join(', ');
  return SUBCOMMANDS[first].description;
}

function escape(text: string): string {
  return text.replaceAll(/[[\]:\\]/gu, String.raw`\$&`);
}

function quote(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
