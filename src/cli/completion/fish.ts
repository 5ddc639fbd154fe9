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
import { flagsWithValue, secondWordsOf, wordsWithSecond } from './flags.js';

/** How `complete` is told to offer values of each kind. */
const OFFERS: Readonly<Record<ValueKind, string>> = {
  profile: "-F -a '(__sandbox_run_profiles)'",
  directory: "-f -a '(__fish_complete_directories)'",
  path: '-F',
  variable: "-f -a '(set -nx)'",
  text: '-f',
};

/** The part that no table changes. */
const HELPERS = String.raw`function __sandbox_run_at
    set -l place (__sandbox_run_place)
    test "$place[1]" = "$argv[1]"
end

function __sandbox_run_profiles
    sandbox-run profiles list --names 2>/dev/null
end

function __sandbox_run_command
    set -l place (__sandbox_run_place)
    set -l typed (string escape -- $place[2..-1]) (commandline -ct)
    complete -C "$typed"
end

complete -c sandbox-run -f
complete -c sandbox-run -n '__sandbox_run_at run' -a '(__fish_complete_command)'
complete -c sandbox-run -n '__sandbox_run_at command' -a '(__sandbox_run_command)'
`;

/** The completion script for fish 3 (https://fishshell.com/docs/current/completions.html). */
export function fishCompletion(): string {
  return `${placeFunction()}${HELPERS}${subcommandWords().flatMap(wordLines).join('\n')}
${(['run', ...subcommandsOf()] as const).flatMap(commandLines).join('\n')}
`;
}

function placeFunction(): string {
  return `# fish completion for sandbox-run; to load it: sandbox-run completion fish | source

# Prints the subcommand that is being typed; "run" before the command, and from there on "command" and its words.
function __sandbox_run_place
    set -l words (commandline -opc)
    set -e words[1]
    set -l place run
    set -l is_value no
    while set -q words[1]
        set -l word $words[1]
        if test $is_value = yes
            set is_value no
        else if test "$word" = --; and test "$place" = run
            printf '%s\\n' command $words[2..-1]
            return
        else if contains -- "$word" ${flagsWithValue().join(' ')}
            set is_value yes
        else if not string match -q -- '-*' "$word"
            if test "$place" = run
                if not contains -- "$word" ${subcommandWords().join(' ')}
                    printf '%s\\n' command $words
                    return
                end
                set place $word
            else if contains -- "$place" ${wordsWithSecond().join(' ')}
                set place "$place $word"
            end
        end
        set -e words[1]
    end
    echo $place
end

`;
}

function wordLines(word: string): readonly string[] {
  const seconds = secondWordsOf(word);
  const [first] = subcommandsOf(word);
  const description =
    first === undefined || seconds.length > 0 ? seconds.join(', ') : SUBCOMMANDS[first].description;
  return [
    `complete -c sandbox-run -n '__sandbox_run_at run' -a ${word} -d ${quote(description)}`,
    ...subcommandsOf(word)
      .filter((name) => name !== word)
      .map(
        (name) => `${at(word)} -a ${name.slice(word.length + 1)} -d ${quote(SUBCOMMANDS[name].description)}`,
      ),
  ];
}

function commandLines(command: CommandName): readonly string[] {
  const operand = command === 'run' ? undefined : SUBCOMMANDS[command].operand;
  const options = optionsOf(command).map((name) => `${at(command)} ${optionWords(name)}`);
  return operand === undefined ? options : [`${at(command)} ${offerOf(operand)}`, ...options];
}

function optionWords(name: OptionName): string {
  const { description, value, letter } = OPTIONS[name];
  const spelling = letter === undefined ? `-l ${name}` : `-s ${letter} -l ${name}`;
  const offer = value === undefined ? '' : ` -r ${offerOf(value)}`;
  return `${spelling}${offer} -d ${quote(description)}`;
}

function offerOf({ kind, words }: ValueRow): string {
  return words === undefined ? OFFERS[kind] : `-f -a ${quote(words.join(' '))}`;
}

function at(command: string): string {
  return `complete -c sandbox-run -n ${quote(`__sandbox_run_at "${command}"`)}`;
}

function quote(text: string): string {
  return `'${text.replaceAll(/['\\]/gu, String.raw`\$&`)}'`;
}
