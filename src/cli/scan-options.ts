import { CordonError } from '../errors/cordon-error.js';
import { nearestOf } from '../profiles/nearest.js';
import { isOptionName, type OptionName, OPTIONS, type OptionRow } from './options.js';

/** Options as they were given: name to values, in order; a switch has one empty value. */
export type GivenOptions = Map<OptionName, string[]>;

/**
 * Reads options up to the first word that is none: `--`, the command or a subcommand.
 *
 * @param argv - the command line's words.
 * @param from - index of the first word to read.
 * @param given - takes the options.
 * @returns the index of the first word that is no option; `argv.length` when there is none.
 * @throws CordonError `usage-invalid` for an unknown option, a missing or superfluous value, a word outside of the
 *   option's list, and an option given twice that may be given once.
 */
export function scanOptions(argv: readonly string[], from: number, given: GivenOptions): number {
  let at = from;
  for (let word = argv[at]; word !== undefined && isOption(word); word = argv[at]) {
    const { name, inlineValue } = splitOption(word);
    const row = OPTIONS[name];
    const isNextTaken = row.value !== undefined && inlineValue === undefined;
    const value = isNextTaken ? argv[at + 1] : inlineValue;
    if (isNextTaken && value !== undefined && (value === '--' || isOption(value)))
      throw looksLikeOption(name, value);
    record(given, name, checkedValue(name, row, value));
    at += isNextTaken ? 2 : 1;
  }
  return at;
}

/**
 * The error for an option's wrong value.
 *
 * @param name - the option.
 * @param expected - what it takes, after "expects".
 * @param value - what it got; left out of message and details where the table calls it a secret.
 */
export function wrongValue(name: OptionName, expected: string, value: string): CordonError {
  const { value: row } = OPTIONS[name];
  const isSecret = row?.isSecret === true;
  const nearest = nearestOf(value, row?.words ?? []);
  return new CordonError(
    'usage-invalid',
    `Option --${name} expects ${expected}${isSecret ? '' : `, not ${JSON.stringify(value)}`}`,
    {
      details: { option: `--${name}`, expected, ...(isSecret ? {} : { value }) },
      ...(nearest === undefined ? {} : { hint: `Did you mean "--${name} ${nearest}"?` }),
    },
  );
}

function isOption(word: string): boolean {
  return word.startsWith('-') && word !== '-' && word !== '--';
}

function splitOption(word: string): { name: OptionName; inlineValue: string | undefined } {
  const cut = word.indexOf('=');
  const text = cut === -1 ? word : word.slice(0, cut);
  const name = text.startsWith('--') ? text.slice(2) : nameOfLetter(text.slice(1));
  if (name === undefined || !isOptionName(name)) throw unknownOption(text);
  return { name, inlineValue: cut === -1 ? undefined : word.slice(cut + 1) };
}

function nameOfLetter(letter: string): string | undefined {
  return Object.keys(OPTIONS).find((name) => isOptionName(name) && OPTIONS[name].letter === letter);
}

function checkedValue(name: OptionName, row: OptionRow, value: string | undefined): string {
  if (row.value === undefined) {
    if (value === undefined) return '';
    throw new CordonError('usage-invalid', `Option --${name} takes no value`, {
      details: { option: `--${name}` },
    });
  }
  if (value === undefined || value === '') throw missingValue(name, row.value.name);
  if (row.value.words?.includes(value) === false) throw wrongValue(name, row.value.words.join(' or '), value);
  return value;
}

function record(given: GivenOptions, name: OptionName, value: string): void {
  const values = given.get(name);
  if (values === undefined) given.set(name, [value]);
  else if (OPTIONS[name].isRepeatable === true) values.push(value);
  else if (OPTIONS[name].value !== undefined) throw givenTwice(name);
}

function unknownOption(text: string): CordonError {
  const nearest = nearestOf(
    text,
    Object.keys(OPTIONS).map((name) => `--${name}`),
  );
  return new CordonError('usage-invalid', `There is no option ${JSON.stringify(text)}`, {
    details: { option: text, ...(nearest === undefined ? {} : { nearest }) },
    ...(nearest === undefined ? {} : { hint: `Did you mean "${nearest}"?` }),
  });
}

function missingValue(name: OptionName, expected: string): CordonError {
  return new CordonError('usage-invalid', `Option --${name} expects ${expected}, and nothing was given`, {
    details: { option: `--${name}`, expected },
  });
}

function looksLikeOption(name: OptionName, value: string): CordonError {
  if (value === '--') return missingValue(name, OPTIONS[name].value?.name ?? '');
  const expected = OPTIONS[name].value?.name ?? '';
  return new CordonError('usage-invalid', `Option --${name} expects ${expected}, and an option follows it`, {
    details: { option: `--${name}`, expected },
    hint: `A value that begins with a dash is written --${name}=VALUE.`,
  });
}

/** One of the two would have to be dropped without a word. */
function givenTwice(name: OptionName): CordonError {
  return new CordonError('usage-invalid', `Option --${name} is given twice`, {
    details: { option: `--${name}` },
    hint: 'Take one of them out.',
  });
}
