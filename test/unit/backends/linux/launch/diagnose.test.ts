import { describe, expect, test } from 'vitest';
import { diagnoseSetupFailure } from '../../../../../src/backends/linux/launch/diagnose.js';

const PLAIN = { isWsl1: false, apparmorRestricts: false };
const NO_NAMESPACE =
  "bwrap: No permissions to create new namespace, likely because the kernel does not allow non-privileged user namespaces. On e.g. debian this can be enabled with 'sysctl kernel.unprivileged_userns_clone=1'.";

describe('What bubblewrap says', () => {
  test.each([
    ['bwrap: Unknown option --perms', 'launcher-too-old'],
    ['bwrap: unknown option --chmod', 'launcher-too-old'],
    [NO_NAMESPACE, 'user-namespaces-forbidden'],
    ['bwrap: No permissions to creating new namespace, likely because …', 'user-namespaces-forbidden'],
    ['bwrap: Creating new namespace failed: No space left on device', 'user-namespaces-forbidden'],
    [
      'bwrap: Creating new namespace failed, likely because the kernel does not support user namespaces.',
      'user-namespaces-forbidden',
    ],
    ['bwrap: setting up uid map: Permission denied', 'user-namespaces-forbidden'],
    ['bwrap: setting up gid map: Operation not permitted', 'user-namespaces-forbidden'],
    ['bwrap: loopback: Failed RTM_NEWADDR: Operation not permitted', 'user-namespaces-forbidden'],
    ["bwrap: Can't mount proc on /newroot/proc: Operation not permitted", 'proc-masked'],
    ["bwrap: Can't find source path /x: No such file or directory", 'launcher-probe-failed'],
    [
      'cordon-launcher: make the Landlock domain: Landlock with ABI 6: Operation not supported',
      'landlock-unavailable',
    ],
    ['cordon-guard: enter a domain for signals: Landlock: Operation not supported', 'landlock-unavailable'],
    ['cordon-launcher: make the Landlock domain: enter it: Argument list too long', 'launcher-probe-failed'],
    ['', 'launcher-probe-failed'],
  ])('%j is told as %s', (said, code) => {
    const error = diagnoseSetupFailure(said, PLAIN, 'launcher-probe-failed');
    expect([error.code, error.details['launcherSaid']]).toEqual([code, said]);
  });

  test('is told as WSL 1 there, whatever it is', () => {
    const facts = { isWsl1: true, apparmorRestricts: false };
    expect(diagnoseSetupFailure(NO_NAMESPACE, facts, 'setup-failed').code).toBe('wsl1');
    expect(diagnoseSetupFailure('anything', facts, 'setup-failed').code).toBe('wsl1');
  });

  test('but for a missing option, which no kernel is to blame for', () => {
    const facts = { isWsl1: true, apparmorRestricts: true };
    expect(diagnoseSetupFailure('bwrap: Unknown option --perms', facts, 'setup-failed').code).toBe(
      'launcher-too-old',
    );
  });

  test("is told as AppArmor's refusal where AppArmor restricts user namespaces", () => {
    const facts = { isWsl1: false, apparmorRestricts: true };
    expect(diagnoseSetupFailure(NO_NAMESPACE, facts, 'setup-failed').code).toBe(
      'apparmor-forbids-user-namespaces',
    );
    expect(
      diagnoseSetupFailure("bwrap: Can't mount proc on /newroot/proc: x", facts, 'setup-failed').code,
    ).toBe('proc-masked');
  });

  test('that nobody knows keeps the code of the place that asks', () => {
    expect(diagnoseSetupFailure('bwrap: odd', PLAIN, 'setup-failed').code).toBe('setup-failed');
  });
});
