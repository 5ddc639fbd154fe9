import { spawnSync } from 'node:child_process';
import { describe } from 'vitest';

/** CI sets it: a machine that cannot sandbox then fails instead of skipping. */
const MUST_SANDBOX = process.env['CORDON_MUST_SANDBOX'] === '1';

/** Asked once per test file: `undefined` when bubblewrap can make a sandbox here, else why not. */
const OBSTACLE = findObstacle();

/** Whether bubblewrap is here and can make a user namespace with a read-only root. */
export function sandboxAvailable(): boolean {
  return OBSTACLE === undefined;
}

/**
 * `describe` for tests that need a real sandbox. Where none can be made they are skipped with the reason in their name; under
 * CORDON_MUST_SANDBOX=1 they run all the same and fail.
 */
export function describeSandboxed(name: string, define: () => void): void {
  const skipped = OBSTACLE !== undefined && !MUST_SANDBOX;
  describe.skipIf(skipped)(skipped ? `${name} (skipped: ${OBSTACLE})` : name, define);
}

function findObstacle(): string | undefined {
  if (process.platform !== 'linux') return 'this is not Linux';
  const { error, status, stderr } = spawnSync('bwrap', ['--unshare-user', '--ro-bind', '/', '/', 'true'], {
    encoding: 'utf8',
    timeout: 10_000,
  });
  if (error !== undefined) return `bwrap cannot be started: ${error.message}`;
  return status === 0 ? undefined : `bwrap makes no sandbox: ${stderr.trim()}`;
}
