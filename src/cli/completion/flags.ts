import {
  type CommandName,
  type OptionName,
  OPTIONS,
  optionsOf,
  subcommandsOf,
  subcommandWords,
  type ValueKind,
} from '../options.js';

/** The options of a command as they are typed, letters among them. */
export function flagsOf(command: CommandName): readonly string[] {
  return optionsOf(command).flatMap(spellings);
}

/** The options that take a value, of all commands. */
export function flagsWithValue(kind?: ValueKind): readonly string[] {
  return allOptions()
    .filter((name) => {
      const { value } = OPTIONS[name];
      return value !== undefined && (kind === undefined || value.kind === kind);
    })
    .flatMap(spellings);
}

/** The options whose value is one of a few words, with these words. */
export function flagsWithWords(): readonly { readonly flag: string; readonly words: readonly string[] }[] {
  return allOptions().flatMap((name) => {
    const words = OPTIONS[name].value?.words;
    return words === undefined ? [] : [{ flag: `--${name}`, words }];
  });
}

/** What may follow the first word of the subcommands that have two. */
export function secondWordsOf(word: string): readonly string[] {
  return subcommandsOf(word)
    .filter((name) => name !== word)
    .map((name) => name.slice(word.length + 1));
}

/** The first words of the subcommands that have two. */
export function wordsWithSecond(): readonly string[] {
  return subcommandWords().filter((word) => secondWordsOf(word).length > 0);
}

function allOptions(): readonly OptionName[] {
  const commands: readonly CommandName[] = ['run', ...subcommandsOf()];
  return [...new Set(commands.flatMap(optionsOf))];
}

function spellings(name: OptionName): readonly string[] {
  const { letter } = OPTIONS[name];
  return letter === undefined ? [`--${name}`] : [`--${name}`, `-${letter}`];
}
