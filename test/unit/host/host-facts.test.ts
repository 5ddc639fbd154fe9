import { existsSync } from 'node:fs';
import os from 'node:os';
import { describe, expect, test } from 'vitest';
import { isWsl1, readHostFacts } from '../../../src/host/host-facts.js';
import { packageRoot } from '../../../src/host/package-root.js';
import { readProcEntries } from '../../../src/host/proc-entries.js';

/** An id that the user database does not have has no home. */
function homeInDatabase(): string {
  try {
    return os.userInfo().homedir;
  } catch {
    return '/nonexistent';
  }
}

describe('Of this machine', () => {
  test('the system, its processor, kernel and user are known', () => {
    expect(readHostFacts({})).toMatchObject({
      platform: process.platform,
      architecture: process.arch,
      kernelRelease: os.release(),
      userId: process.getuid?.(),
    });
  });

  test.each([
    ['HOME', { HOME: '/h' }, '/h', '/h/.config/cordon', '/h/.local/state/cordon'],
    [
      'the XDG variables',
      { HOME: '/h', XDG_CONFIG_HOME: '/c', XDG_STATE_HOME: '/s' },
      '/h',
      '/c/cordon',
      '/s/cordon',
    ],
    [
      'relative XDG variables, which are to be ignored',
      { HOME: '/h', XDG_CONFIG_HOME: 'c', XDG_STATE_HOME: '' },
      '/h',
      '/h/.config/cordon',
      '/h/.local/state/cordon',
    ],
    ['paths with dots', { HOME: '/x/../h/./' }, '/h', '/h/.config/cordon', '/h/.local/state/cordon'],
  ])('directories are taken from %s', (_what, environment, homeDir, configDir, stateDir) => {
    expect(readHostFacts(environment)).toMatchObject({ homeDir, configDir, stateDir });
  });

  test.each([[undefined], [''], ['relative']])(
    'HOME=%j counts as none, and the user database is asked',
    (HOME) => {
      expect(readHostFacts({ HOME }).homeDir).toBe(homeInDatabase());
    },
  );

  test.each([
    [undefined, undefined],
    ['', undefined],
    ['tmp', undefined],
    ['/tmp/mine/', '/tmp/mine'],
  ])('TMPDIR=%j is %s', (TMPDIR, expected) => {
    expect(readHostFacts({ HOME: '/h', TMPDIR }).tmpDir).toBe(expected);
  });

  test('programs are looked for where PATH says, or in the usual places', () => {
    expect(readHostFacts({ HOME: '/h', PATH: '/a:/b' }).searchPath).toBe('/a:/b');
    expect(readHostFacts({ HOME: '/h' }).searchPath).toContain('/usr/bin');
  });

  test('the files that run outside of the sandbox are below the package', () => {
    const { ownFiles, guard } = readHostFacts({ HOME: '/h' });
    expect(existsSync(`${packageRoot()}/package.json`)).toBe(true);
    expect(ownFiles).toContain(`${packageRoot()}/native`);
    expect(guard.startsWith(`${packageRoot()}/native/`)).toBe(true);
  });

  test.each([
    ['4.4.0-19041-Microsoft', true],
    ['5.15.90.1-microsoft-standard-WSL2', false],
    ['6.1.0', false],
  ])('the kernel %s is WSL 1: %s', (kernelRelease, expected) => {
    expect(isWsl1({ ...readHostFacts({ HOME: '/h' }), kernelRelease })).toBe(expected);
  });

  test('only parts of /proc that exist are covered, and the dangerous ones are', () => {
    const { readOnly, hidden } = readProcEntries();
    expect([...readOnly, ...hidden].every((path) => path.startsWith('/proc/') && existsSync(path))).toBe(
      true,
    );
    expect(readOnly).toContain('/proc/sys');
  });
});
