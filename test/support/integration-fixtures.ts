import path from 'node:path';

/**
 * The absolute path of a command for sandboxes to run.
 *
 * @param name - a file of test/fixtures/commands.
 */
export function fixtureCommand(name: string): string {
  return path.join(import.meta.dirname, '../fixtures/commands', name);
}
