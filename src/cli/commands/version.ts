import { readFileSync } from 'node:fs';
import { packageRoot } from '../../host/package-root.js';
import { unreachable } from '../../errors/cordon-error.js';
import { type CommandResult } from './result.js';

/** The package's version, from its package.json. */
export function versionCommand(): CommandResult {
  const manifest: unknown = JSON.parse(readFileSync(`${packageRoot()}/package.json`, 'utf8'));
  if (typeof manifest !== 'object' || manifest === null || !('version' in manifest)) {
    return unreachable('the package has no version');
  }
  return { output: `${String(manifest.version)}\n`, exitCode: 0 };
}
