import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { onTestFinished } from 'vitest';
import { type AbsolutePath, joinPath, parseAbsolutePath } from '../../../../../src/paths/absolute-path.js';

/** A directory of one test. */
export function scratch(): { readonly root: AbsolutePath; readonly at: (relative: string) => AbsolutePath } {
  const root = parseAbsolutePath(realpathSync(mkdtempSync('/var/tmp/cordon-setup-')));
  onTestFinished(() => {
    rmSync(root, { recursive: true, force: true });
  });
  return { root, at: (relative) => joinPath(root, relative) };
}
