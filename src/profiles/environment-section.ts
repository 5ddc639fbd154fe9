import { type EnvironmentPolicy } from '../permissions/profile.js';
import {
  below,
  type Place,
  readBoolean,
  readTable,
  readText,
  readTextList,
  readWord,
  refuseUnknownKeys,
  type Table,
} from './values.js';

/** The `environment` table of one document. */
export interface EnvironmentSection {
  readonly inherit?: EnvironmentPolicy['inherit'] | undefined;
  readonly ignoreDefaultExcludes?: boolean | undefined;
  readonly exclude: readonly string[];
  readonly includeOnly: readonly string[];
  readonly set: ReadonlyMap<string, string>;
}

/** How much of the caller's environment a command may get. */
export const INHERIT_WORDS: readonly EnvironmentPolicy['inherit'][] = ['all', 'core', 'none'];

const KEYS = ['inherit', 'ignore_default_excludes', 'exclude', 'include_only', 'set'];

/**
 * Reads the `environment` table.
 *
 * @param table - the parsed table.
 * @param place - where it stands.
 * @returns what could be read; everything else is a problem in the log, which never holds the value of a variable.
 */
export function readEnvironmentSection(table: Table, place: Place): EnvironmentSection {
  refuseUnknownKeys(table, place, KEYS);
  const set = below(place, 'set');
  return {
    inherit: readWord(table.get('inherit'), below(place, 'inherit'), INHERIT_WORDS),
    ignoreDefaultExcludes: readBoolean(
      table.get('ignore_default_excludes'),
      below(place, 'ignore_default_excludes'),
    ),
    exclude: readTextList(table.get('exclude'), below(place, 'exclude')),
    includeOnly: readTextList(table.get('include_only'), below(place, 'include_only')),
    set: readVariables(readTable(table.get('set'), set) ?? new Map(), set),
  };
}

function readVariables(table: Table, place: Place): ReadonlyMap<string, string> {
  const variables = new Map<string, string>();
  for (const [name, value] of table) {
    const at = below(place, name);
    if (name === '' || /[=\0]/.test(name)) {
      at.log.problem({ keys: at.keys, text: `${JSON.stringify(name)} cannot be the name of a variable` });
    }
    const text = readText(value, at);
    if (text !== undefined) variables.set(name, text);
  }
  return variables;
}
