import { describe, expect, test } from 'vitest';
import { type AllowedSocket, type BoundFileSystem } from '../../../../../src/binding/bound-policy.js';
import { watchOptions } from '../../../../../src/backends/linux/plan/bubblewrap-arguments.js';
import { planLinuxLaunch } from '../../../../../src/backends/linux/plan/plan.js';
import { ROOT_PATH, parseAbsolutePath } from '../../../../../src/paths/absolute-path.js';
import { type NetworkAccess } from '../../../../../src/permissions/profile.js';

function bindingWith(allowedSockets: readonly AllowedSocket[]): BoundFileSystem {
  return {
    kind: 'restricted',
    ruleSet: { rules: [], globs: [] },
    links: [],
    maskedSockets: [],
    allowedSockets,
    identities: new Map(),
  };
}

const COMMAND = { argv: ['true'], argv0: undefined, environment: {}, stdio: 'pipes' } as const;

function planOn(
  architecture: string,
  network: NetworkAccess = 'restricted',
  fileSystem: BoundFileSystem = { kind: 'unrestricted' },
): ReturnType<typeof planLinuxLaunch> {
  const context = { mask: { device: 1n, inode: 1n }, proc: { readOnly: [], hidden: [] }, architecture };
  const policy = {
    kind: 'managed',
    network,
    fileSystem,
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

  test('has sockets decided one by one where the network is restricted and the disk too', () => {
    const binding = bindingWith([]);
    expect(planOn('x64', 'restricted', binding).watch).toEqual({
      sockets: { allowed: [], hasDatagrams: false },
      changes: false,
    });
    expect(planOn('x64', 'enabled', binding).watch).toBeUndefined();
    expect(planOn('x64', 'restricted').watch).toBeUndefined();
  });

  test('has sending watched only where a socket that takes datagrams is allowed', () => {
    const path = parseAbsolutePath('/s');
    const words = [false, true].map((isDatagram) => {
      const { watch } = planOn('x64', 'restricted', bindingWith([{ path, isDatagram }]));
      return watch === undefined ? [] : watchOptions(watch);
    });
    expect(words).toEqual([
      ['--notify-sockets', '--allow-socket', '/s'],
      ['--notify-sockets', '--notify-datagrams', '--allow-socket', '/s'],
    ]);
  });

  test('shares the network of the host only when that is enabled', () => {
    expect(planOn('x64', 'restricted').namespaces).toContain('network');
    expect(planOn('x64', 'enabled').namespaces).not.toContain('network');
  });
});
