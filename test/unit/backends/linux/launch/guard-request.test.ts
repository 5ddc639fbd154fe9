import { describe, expect, test } from 'vitest';
import { encodeRequest } from '../../../../../src/backends/linux/launch/guard-request.js';
import { type LinuxLaunchPlan, type MountCheck } from '../../../../../src/backends/linux/plan/launch-plan.js';
import { parseAbsolutePath, ROOT_PATH } from '../../../../../src/paths/absolute-path.js';

function planWith(checks: readonly MountCheck[]): LinuxLaunchPlan {
  return {
    mounts: [],
    mountPoints: [],
    covered: [],
    checks,
    namespaces: [],
    seccomp: { architecture: 'x64', network: 'restricted' },
    command: { argv: ['true'], argv0: undefined, cwd: ROOT_PATH, environment: {}, stdio: 'pipes' },
  };
}

describe('The request to the guard', () => {
  test('is magic, three lengths, options, filter, checks', () => {
    const encoded = encodeRequest(['--a', 'ü'], Uint8Array.of(1, 2, 3), planWith([]));
    expect(encoded.toString('latin1', 0, 4)).toBe('CRD1');
    expect([4, 8, 12].map((at) => encoded.readUInt32LE(at))).toEqual([7, 3, 0]);
    expect(encoded.subarray(16, 23)).toEqual(Buffer.from('--a\0ü\0'));
    expect([...encoded.subarray(23)]).toEqual([1, 2, 3]);
  });

  test('holds a check as device, inode, side and path', () => {
    const path = parseAbsolutePath('/ä');
    const identity = { device: 0x0102030405060708n, inode: 2n ** 64n - 1n };
    const encoded = encodeRequest([], Uint8Array.of(0), planWith([{ side: 'sandbox', path, identity }]));
    const check = encoded.subarray(17);
    expect(encoded.readUInt32LE(12)).toBe(check.length);
    expect(check.readBigUInt64LE(0)).toBe(identity.device);
    expect(check.readBigUInt64LE(8)).toBe(identity.inode);
    expect(check.subarray(16).toString('utf8')).toBe('s/ä\0');
  });

  test('tells the host side from the sandbox side', () => {
    const identity = { device: 0n, inode: 0n };
    const encoded = encodeRequest(
      [],
      Uint8Array.of(0),
      planWith([{ side: 'host', path: ROOT_PATH, identity }]),
    );
    expect(encoded.subarray(33).toString('utf8')).toBe('h/\0');
  });

  test('takes an inode that the system told as a negative number', () => {
    const identity = { device: -1n, inode: -2n };
    const encoded = encodeRequest(
      [],
      Uint8Array.of(0),
      planWith([{ side: 'host', path: ROOT_PATH, identity }]),
    );
    expect(encoded.readBigUInt64LE(17)).toBe(2n ** 64n - 1n);
    expect(encoded.readBigUInt64LE(25)).toBe(2n ** 64n - 2n);
  });
});
