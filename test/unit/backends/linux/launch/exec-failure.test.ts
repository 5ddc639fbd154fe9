import { describe, expect, test } from 'vitest';
import { readExecFailure } from '../../../../../src/backends/linux/launch/exec-failure.js';

describe("The launcher's sentence about a program", () => {
  test.each([
    ['No such file or directory', 'not-found'],
    ['Not a directory', 'not-found'],
    ['Permission denied', 'not-executable'],
    ['Exec format error', 'not-executable'],
    ['Argument list too long', 'not-executable'],
    ['Too many levels of symbolic links', 'not-executable'],
  ])('"%s" means %s', (reason, expected) => {
    const failure = readExecFailure(`bwrap: execvp ./prog: ${reason}`, './prog');
    expect(failure).toEqual({ kind: 'not-executed', program: './prog', reason: expected, message: reason });
  });

  test.each([['a: b'], ['with\nnewline'], ['ü'], ['']])('may name the program %j', (program) => {
    expect(readExecFailure(`bwrap: execvp ${program}: Permission denied`, program)).toMatchObject({
      program,
      reason: 'not-executable',
    });
  });

  test.each([
    [''],
    ['bwrap: '],
    ["bwrap: Can't mount proc on /newroot/proc: Operation not permitted"],
    ['execvp prog: No such file or directory'],
    ['cordon-guard: execvp prog: No such file or directory'],
    ['bwrap: Unknown option --perms'],
  ])('is not %j', (said) => {
    expect(readExecFailure(said, 'prog')).toBeUndefined();
  });
});
