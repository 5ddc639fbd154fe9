import { mkdtempSync, rmSync } from 'node:fs';
import path from 'node:path';
import { build } from 'esbuild';
import { afterAll } from 'vitest';

/**
 * Bundles one file of src for processes of their own, which Node 20 cannot give TypeScript.
 *
 * @param source - below src, for example `process/errno.ts`.
 * @returns the path of an ES module; removed after the tests of the file, so call it outside of any test.
 */
export async function bundled(source: string): Promise<string> {
  const directory = mkdtempSync('/var/tmp/cordon-bundle-');
  afterAll(() => {
    rmSync(directory, { recursive: true });
  });
  const outfile = path.join(directory, 'module.mjs');
  const entry = path.join(import.meta.dirname, '../../../../src', source);
  await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    logLevel: 'error',
  });
  return outfile;
}
