import { existsSync, realpathSync } from 'node:fs';
import path from 'node:path';
import { type AbsolutePath, parseAbsolutePath } from '../paths/absolute-path.js';
import { unreachable } from '../errors/cordon-error.js';

/** The directory of the installed package: the nearest one above this file that holds a package.json. */
export function packageRoot(): AbsolutePath {
  for (let at = realpathSync(import.meta.dirname); ; at = path.dirname(at)) {
    if (existsSync(path.join(at, 'package.json'))) return parseAbsolutePath(at);
    if (at === path.dirname(at)) return unreachable('no package.json above the running file');
  }
}
