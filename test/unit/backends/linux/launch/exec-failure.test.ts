import { describe, expect, test } from 'vitest';
import { type CommandLine } from '../../../../../src/backends/linux/plan/launch-plan.js';
import { ROOT_PATH } from '../../../../../src/paths/absolute-path.js';
import { readExecFailure } from '../../../../../src/backends/linux/launch/exec-failure.js';

function commandOf(program: string, environment: Readonly<Record<string, string>> = {}): CommandLine {
  return { argv: [program], argv0: undefined, cwd: ROOT_PATH, environment, stdio: 'pipes' };
}

describe("The launcher's sentence about a program", () => {
  test.each([
    ['No such file or directory', 'not-found'],
    ['Not a directory', 'not-found'],
    ['Permission denied', 'not-executable'],
    ['Exec format error', 'not-executable'],
    ['Argument list too long', 'not-executable'],
    ['Too many levels of symbolic links', 'not-executable'],
  ])('"%s" means %s', (reason, expected) => {
    const failure = readExecFailure(`bwrap: execvp ./prog: ${reason}`, commandOf('./prog'));
    expect(failure).toEqual({ kind: 'not-executed', program: './prog', reason: expected, message: reason });
  });

  test.each([['./a: b'], ['./with\nnewline'], ['./ü']])('may name the program %j', (program) => {
    expect(readExecFailure(`bwrap: execvp ${program}: Permission denied`, commandOf(program))).toMatchObject({
      program,
      reason: 'not-executable',
    });
  });

  test.each([
    ['no directory of the path has it', 'no-such-program', 'not-found'],
    ['a directory of the path has it', 'sh', 'not-executable'],
  ])('that permission is denied: %s', (_what, program, reason) => {
    const command = commandOf(program, { PATH: '/no/such/directory:/bin' });
    expect(readExecFailure(`bwrap: execvp ${program}: Permission denied`, command)).toMatchObject({ reason });
  });

  test.each([
    [''],
    ['bwrap: '],
    ["bwrap: Can't mount proc on /newroot/proc: Operation not permitted"],
    ['execvp prog: No such file or directory'],
    ['cordon-guard: execvp prog: No such file or directory'],
    ['bwrap: Unknown option --perms'],
  ])('is not %j', (said) => {
    expect(readExecFailure(said, commandOf('prog'))).toBeUndefined();
  });
});
