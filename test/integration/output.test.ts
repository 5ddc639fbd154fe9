import { expect, test } from 'vitest';
import { fixtureCommand } from '../support/integration-fixtures.js';
import { makeMark, markedProcesses } from '../support/integration-processes.js';
import { runProgram } from '../support/run-program.js';
import { sandboxRunCommand } from '../support/run-sandboxed.js';
import { type Stage, describeOnStage } from '../support/stage.js';

/** Runs a line of bash, which has real pipes where Node's are sockets; `run` in it is sandbox-run, killed when it hangs. */
async function pipeline(
  stage: Stage,
  line: string,
  args: readonly string[] = [],
): ReturnType<typeof runProgram> {
  const script = `run() { timeout --foreground -s KILL 10 ${sandboxRunCommand().map(quote).join(' ')} "$@"; }\n${line}`;
  const env = { HOME: stage.home, PATH: process.env['PATH'] ?? '/usr/bin:/bin' };
  return runProgram(['/bin/bash', '-c', script, 'bash', ...args], {
    caller: stage.caller,
    cwd: stage.workspace,
    env,
  });
}

function quote(word: string): string {
  return `'${word}'`;
}

const WRITES_BYTES = fixtureCommand('writes-bytes.mjs');

describeOnStage('Output', (stage) => {
  test('of 100 MiB comes byte for byte', async () => {
    const words = [process.execPath, WRITES_BYTES];
    const direct = await pipeline(stage, '"$1" "$2" 104857600 | sha256sum', words);
    const { output } = await pipeline(stage, 'run -- "$1" "$2" 104857600 | sha256sum', words);
    expect(output).toBe(direct.output);
  });

  test('of 20 MiB on standard error comes byte for byte', async () => {
    const words = [process.execPath, WRITES_BYTES];
    const direct = await pipeline(stage, '"$1" "$2" 20971520 | sha256sum', words);
    const line = `run -- bash -c '"$@" >&2' bash "$1" "$2" 20971520 2>&1 >/dev/null | sha256sum`;
    expect((await pipeline(stage, line, words)).output).toBe(direct.output);
  });

  test('of 20 MiB on both, as one pipe, comes byte for byte', async () => {
    const words = [process.execPath, WRITES_BYTES];
    const direct = await pipeline(stage, '"$1" "$2" 20971520 | sha256sum', words);
    const line = 'run -- "$1" "$2" 20971520 2>&1 | sha256sum';
    expect((await pipeline(stage, line, words)).output).toBe(direct.output);
  });

  test('keeps its order where both streams are one pipe', async () => {
    const line = 'run -- "$1" 2000 2>&1 | cat';
    const { output } = await pipeline(stage, line, [fixtureCommand('alternates-its-outputs.sh')]);
    expect(output.trim().split('\n').map(Number)).toEqual(
      Array.from({ length: 2000 }, (_, index) => index + 1),
    );
  });

  test('keeps its order where both streams are one file', async () => {
    const line = 'run -- "$1" 2000 >both 2>&1; cat both';
    const { output } = await pipeline(stage, line, [fixtureCommand('alternates-its-outputs.sh')]);
    expect(output.trim().split('\n').map(Number)).toEqual(
      Array.from({ length: 2000 }, (_, index) => index + 1),
    );
  });

  test('goes behind what the file already holds with ">>"', async () => {
    const { output } = await pipeline(stage, 'echo before >file; run -- echo new >>file; cat file');
    expect(output).toBe('before\nnew\n');
  });

  test.each([
    [
      'standard output',
      'run -- bash -c "yes; exit 3" | head -c 10; echo " ${PIPESTATUS[0]}"',
      'y\ny\ny\ny\ny\n 3\n',
    ],
    [
      'both on one pipe',
      'run -- bash -c "yes; exit 3" 2>&1 | head -c 10; echo " ${PIPESTATUS[0]}"',
      'y\ny\ny\ny\ny\n 3\n',
    ],
    [
      'standard error',
      '{ run -- bash -c "yes >&2; exit 3" 2>&1 >/dev/null; echo "$?" >status; } | head -c 10; cat status',
      'y\ny\ny\ny\ny\n3\n',
    ],
  ])('that nobody reads any more ends the command: %s', async (_which, line, expected) => {
    expect((await pipeline(stage, line)).output).toBe(expected);
  });

  test('that nobody reads any more leaves the exit status of a command that dies of it', async () => {
    const { output } = await pipeline(stage, 'run -- yes | head -c 2; echo ${PIPESTATUS[0]}');
    expect(output).toBe('y\n141\n');
  });

  test('of a command that ends at once is not lost', async () => {
    const runs = await Promise.all(
      Array.from({ length: 10 }, () => stage.run(['--', '/bin/sh', '-c', 'echo out; echo err >&2'])),
    );
    expect(runs.map(({ code, output, stderr }) => [code, output, stderr])).toEqual(
      runs.map(() => [0, 'out\n', 'err\n']),
    );
  });

  test('of a grandchild that keeps the pipe is not lost, and its sandbox ends with the command', async () => {
    const mark = makeMark();
    const run = await stage.run(['--', fixtureCommand('leaves-a-grandchild.sh'), mark]);
    expect(run.code).toBe(5);
    expect(run.output).toContain('child\n');
    expect(markedProcesses(mark)).toEqual([]);
  });

  test('can be written through /dev/stdout, /dev/stderr and /dev/fd/1', async () => {
    const line = `run -- bash -c 'echo a >/dev/stdout; echo b >/dev/stderr; echo c >/dev/fd/1' 2>errors | cat; cat errors`;
    expect((await pipeline(stage, line)).output).toBe('a\nc\nb\n');
  });

  test('waits for a slow reader: our own pipe stays a blocking one', async () => {
    const line = `run -- bash -c 'head -c 3000000 /dev/zero; echo "$?" >&2' 2>errors | { sleep 0.5; wc -c; }; cat errors`;
    expect((await pipeline(stage, line)).output).toBe('3000000\n0\n');
  });

  test('that begins like a sentence of the launcher is handed on unchanged', async () => {
    const script = 'printf "bwrap: " >&2; printf "cordon-guard: x" >&2';
    const { code, stderr } = await stage.run(['--', '/bin/sh', '-c', script]);
    expect([code, stderr]).toEqual([0, 'bwrap: cordon-guard: x']);
  });

  test('comes as it is written, not at the end', async () => {
    const { child, firstLine, ended } = stage.start('echo first; read line; echo "$line"');
    expect(await firstLine).toBe('first');
    child.stdin?.end('second\n');
    expect((await ended).output).toBe('first\nsecond\n');
  });

  test('may go to a full device: the command is told', async () => {
    const { output } = await pipeline(stage, 'run -- bash -c "echo x" 2>/dev/null >/dev/full; echo $?');
    expect(output).toBe('1\n');
  });

  test('may be closed: it goes nowhere', async () => {
    const { output } = await pipeline(stage, 'run -- bash -c "echo lost; touch ran" >&-; echo $?; ls');
    expect(output).toBe('0\nran\n');
  });
});

describeOnStage('Input', (stage) => {
  test('of 50 MiB comes byte for byte', async () => {
    const line = '"$1" "$2" 52428800 | run -- sha256sum';
    const words = [process.execPath, WRITES_BYTES];
    const { output } = await pipeline(stage, line, words);
    const direct = await pipeline(stage, '"$1" "$2" 52428800 | sha256sum', words);
    expect(output).toBe(direct.output);
  });

  test('that the command does not read is left for who comes next', async () => {
    const line = 'printf "one\\ntwo\\n" | { run -- head -c 4; cat; }';
    expect((await pipeline(stage, line)).output).toBe('one\ntwo\n');
  });

  test('may be closed: the command reads nothing', async () => {
    expect((await pipeline(stage, 'run -- cat <&-; echo $?')).output).toMatch(/^\d+\n$/u);
  });

  test('may be a file of which the command gets the rest', async () => {
    const line = 'printf "one\\ntwo\\n" >file; { read first; run -- cat; } <file';
    expect((await pipeline(stage, line)).output).toBe('two\n');
  });
});
