import { describe, expect, test } from 'vitest';
import { type BoundFileSystem, type ManagedPolicy } from '../../../src/binding/bound-policy.js';
import { type Denial } from '../../../src/denials/denial.js';
import { RefusedCalls, type TriedCall, withExact } from '../../../src/denials/refused-calls.js';
import { ROOT_PATH, parseAbsolutePath } from '../../../src/paths/absolute-path.js';
import { type NetworkAccess } from '../../../src/permissions/profile.js';
import { RULES, classify, judge, summaries } from './world.js';

const WORLD: BoundFileSystem = {
  kind: 'restricted',
  ruleSet: { rules: RULES, globs: [{ base: parseAbsolutePath('/ws'), pattern: '**/*.env' }] },
  links: [],
  maskedSockets: [],
  allowedSockets: [],
  identities: new Map(),
};

function refusedIn(
  calls: readonly TriedCall[],
  network: NetworkAccess = 'restricted',
  fileSystem: BoundFileSystem = WORLD,
): RefusedCalls {
  const policy: ManagedPolicy = {
    kind: 'managed',
    network,
    fileSystem,
    cwd: ROOT_PATH,
    workspaceRoots: [],
    warnings: [],
  };
  const refused = new RefusedCalls(policy);
  for (const call of calls) refused.take(call);
  return refused;
}

function tried(use: TriedCall['use'], subject: string, isHidden = false): TriedCall {
  return { call: 'openat', use, subject, isHidden };
}

function told(...calls: readonly TriedCall[]): readonly string[] {
  return summaries(refusedIn(calls).denials(judge));
}

describe('A reported call', () => {
  test.each<[string, readonly TriedCall[], readonly string[]]>([
    ['that writes what is readable', [tried('write', '/etc/hosts')], ['write /etc/hosts']],
    ['that writes what is writable', [tried('write', '/ws/f')], []],
    ['that removes what is readable', [tried('remove', '/etc/hosts')], ['write /etc/hosts']],
    ['that writes protected metadata', [tried('write', '/ws/.git/config')], ['write /ws/.git/config']],
    ['that writes what a glob denies', [tried('write', '/ws/a.env')], ['write /ws/a.env']],
    ['into what is hidden', [tried('write', '/secret/key', true)], ['write /secret/key']],
    ['into what is missing', [tried('write', '/etc/none/file', true)], []],
    ['by way of ".." behind what is missing', [tried('write', '/etc/none/../x')], ['write /etc/x']],
    ['of a socket', [tried('connect', '/opt/masked.sock')], ['socket /opt/masked.sock']],
    ['of a network', [tried('reach', '192.0.2.1:9')], ['network 192.0.2.1:9']],
    ['that tells no path', [tried('write', 'pipe:[1]')], []],
  ])('%s', (_what, calls, denials) => {
    expect(told(...calls)).toEqual(denials);
  });

  test('is proof, and names itself, its rule and what would allow it', () => {
    expect(refusedIn([tried('write', '/etc/hosts')]).denials(judge)).toEqual([
      {
        kind: 'file',
        operation: 'write',
        path: '/etc/hosts',
        certainty: 'proven',
        source: 'system-call',
        call: 'openat',
        rule: '":root" = "read"',
        allowedBy: { flag: '--allow-write', value: '/etc/hosts' },
      },
    ]);
  });

  test('is kept once, however often it is tried', () => {
    const calls = Array.from({ length: 5 }, () => tried('write', '/etc/hosts'));
    expect(told(...calls)).toHaveLength(1);
    expect(told(...calls, { ...tried('write', '/etc/hosts'), call: 'chmod' })).toHaveLength(2);
  });

  test.each([
    [1000, 0],
    [1001, 1],
  ])('of %d different ones leaves %d out', (count, dropped) => {
    const calls = Array.from({ length: count }, (_, index) => tried('write', `/etc/${String(index)}`));
    const refused = refusedIn([...calls, tried('write', '/ws/f')]);
    expect(refused.denials(judge)).toHaveLength(1000);
    expect(refused.dropped).toBe(dropped);
  });

  test('is nothing where the disk is not restricted, nor about a network that is on', () => {
    const calls = [tried('write', '/etc/hosts'), tried('reach', '192.0.2.1:9')];
    expect(refusedIn(calls, 'enabled', { kind: 'unrestricted' }).denials(judge)).toEqual([]);
  });
});

describe('Exact evidence and words', () => {
  test('say the same thing once', () => {
    const exact = refusedIn([tried('write', '/etc/hosts')]).denials(judge);
    const words = classify(
      'sh: 1: cannot create /etc/hosts: Read-only file system\nrm: cannot remove "/ro/f": Read-only file system',
    );
    const joined: readonly Denial[] = withExact(exact, words);
    expect(joined.map(({ certainty }) => certainty)).toEqual(['proven', 'likely']);
    expect(summaries(joined)[0]).toBe('write /etc/hosts');
  });
});
