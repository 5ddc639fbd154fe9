import { CordonError } from '../errors/cordon-error.js';
import { type AbsolutePath, parseAbsolutePath } from '../paths/absolute-path.js';
import { expandHome } from './entry-path.js';
import { below, type Place, readBoolean, readTextList, refuseUnknownKeys, type Table } from './values.js';

/** The `network` table of one document. */
export interface NetworkSection {
  readonly enabled?: boolean | undefined;
  readonly unixSockets: readonly AbsolutePath[];
}

/**
 * Reads the `network` table.
 *
 * @param table - the parsed table.
 * @param place - where it stands.
 * @param homeDir - what `~` stands for.
 * @returns what could be read; everything else is a problem in the log.
 */
export function readNetworkSection(table: Table, place: Place, homeDir: AbsolutePath): NetworkSection {
  refuseUnknownKeys(table, place, ['enabled', 'unix_sockets']);
  const sockets = below(place, 'unix_sockets');
  return {
    enabled: readBoolean(table.get('enabled'), below(place, 'enabled')),
    unixSockets: readTextList(table.get('unix_sockets'), sockets)
      .map((text, index) => readSocketPath(expandHome(text, homeDir), below(sockets, index)))
      .filter((path) => path !== undefined),
  };
}

function readSocketPath(text: string, place: Place): AbsolutePath | undefined {
  try {
    return parseAbsolutePath(text);
  } catch (error) {
    if (!(error instanceof CordonError)) throw error;
    place.log.problem({ keys: place.keys, text: `unix socket: ${error.message}` });
    return undefined;
  }
}
