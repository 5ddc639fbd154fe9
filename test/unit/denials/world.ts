import {
  type Evidence,
  type EvidenceOfExit,
  type JudgedPath,
  type PathJudge,
} from '../../../src/denials/evidence.js';
import { classifyDenials } from '../../../src/denials/classify.js';
import { type Denial } from '../../../src/denials/denial.js';
import { type AbsolutePath, parseAbsolutePath } from '../../../src/paths/absolute-path.js';
import { type FileOperation, createEvaluator } from '../../../src/permissions/evaluate.js';
import { type Access } from '../../../src/permissions/profile.js';
import { type PathRule, type RuleOrigin } from '../../../src/permissions/rules.js';

/** The policy of these tests: everything readable, /ws writable, some of it not; /run and /secret hidden. */
export const RULES: readonly PathRule[] = [
  rule('/', 'read', { kind: 'profile', text: ':root' }),
  rule('/ws', 'write', { kind: 'profile', text: ':workspace_roots' }),
  rule('/ws/.git', 'read', { kind: 'protected-metadata', root: parseAbsolutePath('/ws') }),
  rule('/ws/frozen', 'read', { kind: 'overlay', text: 'file:///ws/frozen' }),
  rule('/secret', 'deny', { kind: 'profile', text: 'file:///secret' }),
  rule('/run', 'deny', { kind: 'built-in', reason: 'sockets and run-time files of the host are hidden' }),
  rule('/opt/allowed.sock', 'read', { kind: 'profile', text: 'unix socket /opt/allowed.sock' }),
];

const SOCKETS = ['/run/docker.sock', '/run/pg/.s.PGSQL.5432', '/opt/masked.sock', '/opt/allowed.sock'];

const EXISTING = new Set([
  ...['/', '/etc', '/etc/hosts', '/etc/shadow', '/ro', '/ro/f', '/ro/sub', '/ro/.git', '/ro/.git/config'],
  ...['/secret', '/secret/key', '/ws', '/ws/f', '/ws/a.env', '/ws/.git', '/ws/.git/config', '/ws/frozen'],
  ...['/run', '/run/state', '/dev', '/dev/video0', '/usr', '/usr/lib', '/opt', ...SOCKETS],
]);

const evaluator = createEvaluator({
  rules: RULES,
  globs: [{ base: parseAbsolutePath('/ws'), pattern: '**/*.env' }],
});

/** What the policy of these tests says. */
export const judge: PathJudge = (operation: FileOperation, path: AbsolutePath): JudgedPath => ({
  verdict: evaluator.evaluate(operation, path),
  path,
  exists: EXISTING.has(path),
  isSocket: SOCKETS.includes(path),
});

/** Classifies output of a command that exited with 1 in /ro, a directory it may only read, without network. */
export function classify(output: string, changes: Partial<Evidence> = {}): readonly Denial[] {
  const exit: EvidenceOfExit = { kind: 'exited', code: 1 };
  return classifyDenials({
    exit,
    output,
    cwd: parseAbsolutePath('/ro'),
    judge,
    network: 'restricted',
    ...changes,
  });
}

/** Denials as short texts: `write /etc/x`, `socket /run/a.sock`, `network example.com`. */
export function summaries(denials: readonly Denial[]): readonly string[] {
  return denials.map((denial) => {
    switch (denial.kind) {
      case 'file':
        return `${denial.operation} ${denial.path}`;
      case 'socket':
        return `socket ${denial.path}`;
      case 'network':
        return `network ${denial.target ?? '?'}`;
      case 'system-call':
        return 'system-call';
    }
  });
}

function rule(path: string, access: Access, origin: RuleOrigin): PathRule {
  return { path: parseAbsolutePath(path), access, target: 'directory', origin };
}
