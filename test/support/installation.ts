import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import path from 'node:path';
import { type TestProject } from 'vitest/node';

declare module 'vitest' {
  /** What the global set-up hands to test files. */
  export interface ProvidedContext {
    /** The directory of an installed cordon. */
    readonly installation: string;
  }
}

const CHECKOUT = path.join(import.meta.dirname, '../..');

/** What an installed package consists of, as far as it runs; the terminal library is optional. */
const PARTS = ['dist', 'native/linux/build', 'profiles', 'package.json', 'node_modules/@lydell'];

/**
 * vitest's global set-up: installs cordon once for a run, where every user can read it and, unlike in a checkout or below
 * /tmp, no sandbox of a test may write it.
 *
 * @param project - takes the directory, for `inject('installation')`.
 * @returns removes it.
 */
export function setup(project: TestProject): () => void {
  const installation = mkdtempSync('/var/tmp/cordon-installation-');
  chmodSync(installation, 0o755);
  if (!existsSync(path.join(CHECKOUT, 'dist/bin/sandbox-run.cjs'))) build();
  for (const part of PARTS) {
    const source = path.join(CHECKOUT, part);
    if (existsSync(source))
      cpSync(source, path.join(installation, part), { recursive: true, verbatimSymlinks: true });
  }
  project.provide('installation', installation);
  return () => {
    rmSync(installation, { recursive: true, force: true });
  };
}

function build(): void {
  const script = path.join(CHECKOUT, 'scripts/build.mjs');
  const { status, stderr } = spawnSync(process.execPath, [script], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${script} failed: ${stderr}`);
}
