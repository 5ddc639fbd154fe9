import { chmodSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { fixtureCommand } from '../support/integration-fixtures.js';
import { makeMark, markedProcesses } from '../support/integration-processes.js';
import { describeOnStage } from '../support/stage.js';

/** Holds bubblewrap on every distribution, and no directory that is closed to anybody. */
const SEARCH_PATH = '/usr/local/bin:/usr/bin:/bin';

describeOnStage("sandbox-run's exit status", (stage) => {
  test.each([0, 1, 2, 7, 42, 124, 125, 126, 127, 128, 255])('is the %i of the command', async (code) => {
    const { code: seen, stderr } = await stage.run(['--', '/bin/sh', '-c', `exit ${String(code)}`]);
    expect([seen, stderr]).toEqual([code, '']);
  });

  test.each([
    ['HUP', 129],
    ['INT', 130],
    ['ABRT', 134],
    ['KILL', 137],
    ['SEGV', 139],
    ['TERM', 143],
  ])('is 128 and the number of SIG%s when the command dies of it', async (signal, code) => {
    const run = await stage.shell(`kill -${signal} $$`);
    expect(run.code).toBe(code);
    expect(run.json).toMatchObject({ status: { kind: 'signal', signal: `SIG${signal}`, code } });
  });

  test('is 127 for a program that is not on the path', async () => {
    const run = await stage.run(['--json', '--', 'no-such-program-anywhere'], { env: { PATH: SEARCH_PATH } });
    expect(run.code).toBe(127);
    expect(run.json).toMatchObject({
      status: { kind: 'not-executed', program: 'no-such-program-anywhere', code: 127 },
    });
  });

  test('is 127 for it, as in a shell, when a directory on the path may not be searched', async () => {
    stage.plantOutside({ 'closed/': '' });
    chmodSync(path.join(stage.outside, 'closed'), 0o000);
    const env = { PATH: `${path.join(stage.outside, 'closed')}:${SEARCH_PATH}` };
    expect((await stage.run(['--', 'no-such-program-anywhere'], { env })).code).toBe(127);
  });

  test.each([
    ['profile', '; did you mean "sandbox-run profiles"?'],
    ['no-such-program-anywhere', ''],
    ['./profile', ''],
  ])('is 127 for %s, which may be a mistyped subcommand', async (program, question) => {
    const { code, stderr } = await stage.run(['--', program, 'list'], { env: { PATH: SEARCH_PATH } });
    expect([code, stderr]).toEqual([127, `sandbox-run: "${program}": command not found${question}\n`]);
  });

  test.each([['./missing'], ['/no/such/program']])('is 127 for the missing file %s', async (program) => {
    expect((await stage.run(['--', program])).code).toBe(127);
  });

  test('is 126 for a file that is not executable', async () => {
    stage.plant({ script: 'echo\n' });
    expect((await stage.run(['--', './script'])).code).toBe(126);
  });

  test('is 126 for a directory', async () => {
    stage.plant({ 'directory/': '' });
    expect((await stage.run(['--', './directory'])).code).toBe(126);
  });

  test('is 127 for a script whose interpreter is missing', async () => {
    stage.plant({ script: '#!/no/such/interpreter\n' });
    chmodSync(path.join(stage.workspace, 'script'), 0o755);
    expect((await stage.run(['--', './script'])).code).toBe(127);
  });

  test('is 127 for a file below a file', async () => {
    stage.plant({ file: '' });
    expect((await stage.run(['--', './file/program'])).code).toBe(127);
  });

  test("is the command's when it says what bubblewrap says of a missing program", async () => {
    const sentence = 'bwrap: execvp true: No such file or directory';
    const run = await stage.run(['--', '/bin/sh', '-c', `echo '${sentence}' >&2; exit 9`]);
    expect([run.code, run.stderr]).toEqual([9, `${sentence}\n`]);
  });

  test.each([
    ['an option that does not exist', ['--no-such-option'], 'usage-invalid'],
    ['no command', [], 'usage-invalid'],
    ['an empty program', ['--', ''], 'usage-invalid'],
    ['a time limit that is no time', ['--timeout', 'soon', '--', 'true'], 'usage-invalid'],
    ['a profile that does not exist', ['--profile', 'nowhere', '--', 'true'], 'profile-not-found'],
    [
      'a workspace root that does not exist',
      ['--workspace-root', 'nowhere', '--', 'true'],
      'workspace-root-invalid',
    ],
    [
      'a workspace root that is a file',
      ['--workspace-root', '/etc/passwd', '--', 'true'],
      'workspace-root-invalid',
    ],
    ['"/" for a workspace that nobody named', ['--cwd', '/', '--', 'true'], 'workspace-root-invalid'],
    [
      'a directory that does not exist',
      ['--workspace-root', '.', '--cwd', 'nowhere', '--', 'true'],
      'cwd-not-visible',
    ],
    [
      'a directory that does not exist and would be the workspace',
      ['--cwd', '/nonexist', '--', 'true'],
      'cwd-not-visible',
    ],
    ['a missing path to read', ['--allow-read', 'nowhere', '--', 'true'], 'entry-path-missing'],
    ['a missing socket', ['--allow-unix-socket', 'nowhere', '--', 'true'], 'entry-path-missing'],
    ['a socket that is a file', ['--allow-unix-socket', '/etc/passwd', '--', 'true'], 'usage-invalid'],
    ['a missing path to write', ['--allow-write', 'nowhere', '--', 'true'], 'entry-path-missing'],
  ])('is 125 with an error for %s', async (_what, words, code) => {
    const run = await stage.run(['--json', ...words]);
    expect([run.code, run.errorCode, run.output]).toEqual([125, code, '']);
  });

  test('is 124 at the time limit, with the tree gone', async () => {
    const mark = makeMark();
    const run = await stage.shell('echo begun; sleep 1000 & sleep 1000', {
      options: ['--timeout', '500ms'],
      args: [mark],
    });
    expect([run.code, run.output]).toEqual([124, 'begun\n']);
    expect(run.json).toMatchObject({ status: { kind: 'timeout', code: 124 } });
    expect(markedProcesses(mark)).toEqual([]);
  });

  test('is 124 at the time limit for a command that ignores being asked to end', async () => {
    const mark = makeMark();
    const run = await stage.run([
      '--timeout',
      '500ms',
      '--json',
      '--',
      fixtureCommand('ignores-being-asked-to-end.sh'),
      mark,
    ]);
    expect([run.code, run.output]).toEqual([124, 'ready\n']);
    expect(markedProcesses(mark)).toEqual([]);
  });

  test('is 124 at the time limit for a command that ends in its own way when it is asked to', async () => {
    const run = await stage.shell("trap 'echo asked; exit 0' TERM; while :; do sleep 0.05; done", {
      options: ['--timeout', '500ms'],
    });
    expect([run.code, run.output]).toEqual([124, 'asked\n']);
  });
});
