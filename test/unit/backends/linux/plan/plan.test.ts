import { describe, expect, test } from 'vitest';
import { planLinuxLaunch } from '../../../../../src/backends/linux/plan/plan.js';
import { ROOT_PATH } from '../../../../../src/paths/absolute-path.js';
import { type NetworkAccess } from '../../../../../src/permissions/profile.js';

const COMMAND = { argv: ['true'], argv0: undefined, environment: {}, stdio: 'pipes' } as const;

function planOn(
  architecture: string,
  network: NetworkAccess = 'restricted',
): ReturnType<typeof planLinuxLaunch> {
  const context = { mask: { device: 1n, inode: 1n }, proc: { readOnly: [], hidden: [] }, architecture };
  const policy = {
    kind: 'managed',
    network,
    fileSystem: { kind: 'unrestricted' },
    cwd: ROOT_PATH,
    workspaceRoots: [],
    warnings: [],
  } as const;
  return planLinuxLaunch(policy, COMMAND, context);
}

describe('A launch', () => {
  test.each(['x64', 'arm64'])('is planned on %s with a system-call filter of its own', (architecture) => {
    expect(planOn(architecture).seccomp).toEqual({ architecture, network: 'restricted' });
  });

  test.each(['ia32', 'arm', 'riscv64', 'loong64', ''])(
    'is refused on %j, which has no filter',
    (architecture) => {
      expect(() => planOn(architecture)).toThrow(expect.objectContaining({ code: 'backend-unavailable' }));
    },
  );

  test('shares the network of the host only when that is enabled', () => {
    expect(planOn('x64', 'restricted').namespaces).toContain('network');
    expect(planOn('x64', 'enabled').namespaces).not.toContain('network');
  });
});
