import {
  type CommandName,
  SUBCOMMANDS,
  subcommandsOf,
  subcommandWords,
  type ValueKind,
  type ValueRow,
} from '../options.js';
import { flagsOf, flagsWithValue, flagsWithWords, secondWordsOf, wordsWithSecond } from './flags.js';

/** What offers values of each kind; `$current` is what has been typed of the word. */
const OFFERS: Readonly<Record<ValueKind, string>> = {
  profile: '_sandbox_run_profiles',
  directory: '_sandbox_run_files -d',
  path: '_sandbox_run_files -f',
  variable: '_sandbox_run_offer < <(compgen -e)',
  text: ':',
};

/** The part that no table changes. */
const HELPERS = String.raw`# The command's own completion where the package bash-completion is loaded.
_sandbox_run_command() {
  if declare -F _command_offset >/dev/null; then
    _command_offset "$1"
  elif ((COMP_CWORD == $1)); then
    _sandbox_run_offer < <(compgen -c -- "$current")
  else
    _sandbox_run_files -f
  fi
}

_sandbox_run_profiles() {
  _sandbox_run_offer < <(sandbox-run profiles list --names 2>/dev/null)
  _sandbox_run_files -f
}

_sandbox_run_files() {
  compopt -o filenames 2>/dev/null
  _sandbox_run_offer < <(compgen "$1" -- "$current")
}

_sandbox_run_words() {
  _sandbox_run_offer < <(printf '%s\n' "$@")
}

_sandbox_run_offer() {
  local line
  while IFS= read -r line; do
    [[ $line == "$current"* ]] && COMPREPLY+=("$line")
  done
}

complete -F _sandbox_run sandbox-run
`;

/**
 * The completion script for bash 3.2 and newer (https://www.gnu.org/software/bash/manual/html_node/Programmable-Completion.html).
 * Words that come from the disk are compared, never given to `compgen -W`, which would expand a `$(…)` in them.
 */
export function bashCompletion(): string {
  return `${walk()}${dispatchers()}${HELPERS}`;
}

/** Finds the place of the current word: a subcommand, or `run` before the command. */
function walk(): string {
  return `# bash completion for sandbox-run; to load it: source <(sandbox-run completion bash)

_sandbox_run() {
  local current=\${COMP_WORDS[COMP_CWORD]} place=run option= index=1 word
  COMPREPLY=()
  while ((index < COMP_CWORD)); do
    word=\${COMP_WORDS[index]}
    case $word in
      --)
        if [[ $place == run ]]; then
          _sandbox_run_command $((index + 1))
          return
        fi
        ;;
      ${flagsWithValue().join('|')})
        option=$word
        # bash makes three words of --option=value and of NAME=VALUE.
        ((index += 1))
        [[ \${COMP_WORDS[index]-} == = ]] && ((index += 1))
        while [[ \${COMP_WORDS[index + 1]-} == [=:] ]]; do ((index += 2)); done
        ;;
      -*) ;;
      *)
        case $place in
          run)
            case $word in
              ${subcommandWords().join('|')}) place=$word ;;
              *)
                _sandbox_run_command "$index"
                return
                ;;
            esac
            ;;
          ${wordsWithSecond().join('|')}) place="$place $word" ;;
        esac
        ;;
    esac
    ((index += 1))
  done
  if ((index > COMP_CWORD)); then
    [[ $current == [=:] ]] && current=
    _sandbox_run_value "$option"
  elif [[ $current == -* ]]; then
    _sandbox_run_options "$place"
  else
    _sandbox_run_operand "$place"
  fi
}

`;
}

function dispatchers(): string {
  return `_sandbox_run_value() {
  case $1 in
${valueCases().join('\n')}
  esac
}

_sandbox_run_options() {
  case $1 in
${optionCases().join('\n')}
  esac
}

_sandbox_run_operand() {
  case $1 in
${operandCases().join('\n')}
  esac
}

`;
}

function valueCases(): readonly string[] {
  const kinds = (['profile', 'directory', 'path', 'variable'] as const).map(
    (kind) => `    ${flagsWithValue(kind).join('|')}) ${OFFERS[kind]} ;;`,
  );
  return [
    ...kinds,
    ...flagsWithWords().map(({ flag, words }) => `    ${flag}) _sandbox_run_words ${words.join(' ')} ;;`),
  ];
}

function optionCases(): readonly string[] {
  const commands: readonly CommandName[] = ['run', ...subcommandsOf()];
  return commands.map((name) => `    '${name}') _sandbox_run_words ${flagsOf(name).join(' ')} ;;`);
}

function operandCases(): readonly string[] {
  const operands = subcommandsOf().flatMap((name) => {
    const { operand } = SUBCOMMANDS[name];
    return operand === undefined ? [] : [`    '${name}') ${offerOf(operand)} ;;`];
  });
  return [
    `    run)
      _sandbox_run_words ${subcommandWords().join(' ')}
      _sandbox_run_command "$COMP_CWORD"
      ;;`,
    ...wordsWithSecond().map((word) => `    ${word}) _sandbox_run_words ${secondWordsOf(word).join(' ')} ;;`),
    ...operands,
  ];
}

function offerOf({ kind, words }: ValueRow): string {
  return words === undefined ? OFFERS[kind] : `_sandbox_run_words ${words.join(' ')}`;
}
