import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import { CordonError } from '../../../src/errors/cordon-error.js';
import { type AbsolutePath, parseAbsolutePath, resolvePath } from '../../../src/paths/absolute-path.js';
import { type LoadRequest } from '../../../src/profiles/load-profile.js';

/** A directory of its own for one test, with a home, a configuration and a workspace in it. */
export interface ProfileFixture {
  readonly root: AbsolutePath;
  readonly at: (relative: string) => AbsolutePath;
  /** Writes a file, with its directories, and tells its path. */
  readonly write: (relative: string, text: string | Uint8Array) => AbsolutePath;
  readonly request: (nameOrFile: string, changes?: Partial<LoadRequest>) => LoadRequest;
}

export const HOME = parseAbsolutePath('/home/ada');

/** Makes the directory and removes it when the test is over. */
export function profileFixture(): ProfileFixture {
  const root = parseAbsolutePath(realpathSync(mkdtempSync(path.join(tmpdir(), 'cordon-profiles-'))));
  onTestFinished(() => {
    rmSync(root, { recursive: true, force: true });
  });
  const at = (relative: string): AbsolutePath => resolvePath(root, relative);
  for (const directory of ['config/profiles', 'workspace']) mkdirSync(at(directory), { recursive: true });
  return {
    root,
    at,
    write: (relative, text) => {
      mkdirSync(path.dirname(at(relative)), { recursive: true });
      writeFileSync(at(relative), text);
      return at(relative);
    },
    request: (nameOrFile, changes) => ({
      nameOrFile,
      homeDir: HOME,
      configDir: at('config'),
      cwd: root,
      builtins: new Map([
        ['read-only', 'description = "look"\n[filesystem]\n":root" = "read"\n'],
        ['write', 'extends = "read-only"\n[filesystem]\n":workspace_roots" = "write"\n'],
        ['off', 'enforcement = "disabled"\n'],
      ]),
      forbiddenBelow: [],
      ...changes,
    }),
  };
}

/** Runs what must fail and gives its error. */
export function errorOf(run: () => unknown): CordonError {
  try {
    run();
  } catch (error) {
    if (error instanceof CordonError) return error;
    throw error;
  }
  throw new TypeError('nothing was thrown');
}
