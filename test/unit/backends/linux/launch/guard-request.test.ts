import { describe, expect, test } from 'vitest';
import { type GuardMessage, encodeRequest } from '../../../../../src/backends/linux/launch/guard-request.js';
import { parseAbsolutePath, ROOT_PATH } from '../../../../../src/paths/absolute-path.js';

function encode(message: Partial<GuardMessage>): Buffer {
  return encodeRequest({ options: [], seccomp: Uint8Array.of(0), checks: [], commandLine: [], ...message });
}

describe('The request to the guard', () => {
  test('is magic, four lengths, options, filter, checks, command line', () => {
    const encoded = encode({
      options: ['--a', 'ü'],
      seccomp: Uint8Array.of(1, 2, 3),
      commandLine: ['/b', 'ö', ''],
    });
    expect(encoded.toString('latin1', 0, 4)).toBe('CRD2');
    expect([4, 8, 12, 16].map((at) => encoded.readUInt32LE(at))).toEqual([7, 3, 0, 7]);
    expect(encoded.subarray(20, 27)).toEqual(Buffer.from('--a\0ü\0'));
    expect([...encoded.subarray(27, 30)]).toEqual([1, 2, 3]);
    expect(encoded.subarray(30)).toEqual(Buffer.from('/b\0ö\0\0'));
  });

  test('holds a check as device, inode, side and path', () => {
    const path = parseAbsolutePath('/ä');
    const identity = { device: 0x0102030405060708n, inode: 2n ** 64n - 1n };
    const encoded = encode({ checks: [{ side: 'sandbox', path, identity }] });
    const check = encoded.subarray(21);
    expect(encoded.readUInt32LE(12)).toBe(check.length);
    expect(check.readBigUInt64LE(0)).toBe(identity.device);
    expect(check.readBigUInt64LE(8)).toBe(identity.inode);
    expect(check.subarray(16).toString('utf8')).toBe('s/ä\0');
  });

  test('tells the host side from the sandbox side', () => {
    const identity = { device: 0n, inode: 0n };
    const encoded = encode({ checks: [{ side: 'host', path: ROOT_PATH, identity }] });
    expect(encoded.subarray(37).toString('utf8')).toBe('h/\0');
  });

  test('takes an inode that the system told as a negative number', () => {
    const identity = { device: -1n, inode: -2n };
    const encoded = encode({ checks: [{ side: 'host', path: ROOT_PATH, identity }] });
    expect(encoded.readBigUInt64LE(21)).toBe(2n ** 64n - 1n);
    expect(encoded.readBigUInt64LE(29)).toBe(2n ** 64n - 2n);
  });
});
