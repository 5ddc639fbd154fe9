import { describe, expect, it } from 'vitest';
import { type RefusedUse, allowFlagFor, allowSocketFlagFor } from '../../../src/denials/allow-flag.js';
import { type PathJudge } from '../../../src/denials/evidence.js';
import { describeDecision } from '../../../src/permissions/explain.js';
import { parseAbsolutePath } from '../../../src/paths/absolute-path.js';
import { type Decision } from '../../../src/permissions/evaluate.js';
import { judge } from './world.js';

function allowed(use: RefusedUse, path: string): unknown {
  return allowFlagFor(use, judge(use === 'read' ? 'read' : 'write', parseAbsolutePath(path)), judge);
}

describe('the option that would allow a refused operation', () => {
  it.each([
    ['a file that exists, itself', '/etc/hosts', '/etc/hosts'],
    ['a new file, its directory', '/etc/x', '/etc'],
    ['a new file in new directories, the nearest that exists', '/etc/a/b/c', '/etc'],
    ['protected metadata, the whole of it', '/ws/.git/hooks/new', '/ws/.git'],
    ['a new file below a rule, the rule’s path', '/ws/frozen/new', '/ws/frozen'],
  ])('names for writing to %s', (_, path, value) => {
    expect(allowed('write', path)).toEqual({ flag: '--allow-write', value });
  });

  it.each([
    ['what a profile denies', '/secret/key'],
    ['what a glob denies', '/ws/a.env'],
    ['what cordon itself hides', '/run/state'],
    ['the root directory', '/new'],
    ['the command’s own /proc', '/proc/sys/kernel/hostname'],
    ['a path too deep to climb', `/${'d/'.repeat(40)}x`],
  ])('does not exist for %s', (_, path) => {
    expect(allowed('write', path)).toBeUndefined();
  });

  it('names for removing or renaming something the directory that holds it', () => {
    expect(allowed('remove', '/etc/hosts')).toEqual({ flag: '--allow-write', value: '/etc' });
    expect(allowed('remove', '/ws/frozen/sub')).toEqual({ flag: '--allow-write', value: '/ws/frozen' });
    expect(allowed('remove', '/ws/.git/config')).toEqual({ flag: '--allow-write', value: '/ws/.git' });
  });

  it('does not exist for removing the path of a rule, which is mounted', () => {
    expect(allowed('remove', '/ws/frozen')).toBeUndefined();
    expect(allowed('remove', '/ws/.git')).toBeUndefined();
  });

  it('says of protected metadata that does not exist that it has to be made first', () => {
    const without: PathJudge = (operation, path) => ({
      ...judge(operation, path),
      exists: !path.startsWith('/ws/.git'),
    });
    const judged = without('write', parseAbsolutePath('/ws/.git/config'));
    expect(allowFlagFor('write', judged, without)).toEqual({
      flag: '--allow-write',
      value: '/ws/.git',
      isMissing: true,
    });
  });

  it('names a path that no entry covers, for reading as for writing', () => {
    const nothing: PathJudge = (operation, path) => ({
      ...judge(operation, path),
      verdict: { allowed: false, access: 'deny', decision: { kind: 'no-entry' } },
    });
    const judged = nothing('read', parseAbsolutePath('/opt/new'));
    expect(allowFlagFor('read', judged, nothing)).toEqual({ flag: '--allow-read', value: '/opt' });
    const existing = nothing('read', parseAbsolutePath('/etc/hosts'));
    expect(allowFlagFor('read', existing, nothing)).toEqual({ flag: '--allow-read', value: '/etc/hosts' });
    expect(allowFlagFor('write', judged, nothing)).toEqual({ flag: '--allow-write', value: '/opt' });
  });

  it('names a socket, unless a deny names this very socket', () => {
    const socket = judge('read', parseAbsolutePath('/run/docker.sock'));
    expect(allowSocketFlagFor(socket)).toEqual({ flag: '--allow-unix-socket', value: '/run/docker.sock' });
    expect(allowSocketFlagFor(judge('read', parseAbsolutePath('/secret')))).toBeUndefined();
    expect(allowSocketFlagFor(judge('read', parseAbsolutePath('/ws/a.env')))).toBeUndefined();
  });
});

describe('the deciding rule in words', () => {
  const decisionAt = (path: string): Decision => judge('write', parseAbsolutePath(path)).verdict.decision;

  it.each([
    ['/etc/x', '":root" = "read"'],
    ['/ws/frozen', '"file:///ws/frozen" = "read"'],
    ['/ws/.git/config', 'protected metadata of "/ws"'],
    ['/ws/a.env', '"**/*.env" = "deny"'],
    ['/run/state', 'sockets and run-time files of the host are hidden'],
  ])('for %s is: %s', (path, words) => {
    expect(describeDecision(decisionAt(path))).toBe(words);
  });

  it('says so when nothing covers a path', () => {
    expect(describeDecision({ kind: 'no-entry' })).toBe('no entry covers it');
  });
});
