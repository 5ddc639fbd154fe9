import path from 'node:path';
import { expect, inject, test } from 'vitest';
import { processExists } from '../support/integration-processes.js';
import { until } from '../support/integration-until.js';
import { type StartedProgram, startProgram } from '../support/run-program.js';
import { type Stage, describeOnStage } from '../support/stage.js';

/** What a script for a program that embeds the library may use. */
const PRELUDE = `
  import { SandboxManager } from ${JSON.stringify(path.join(inject('installation'), 'dist/index.js'))};
  import { readFileSync, readdirSync } from 'node:fs';
  import os from 'node:os';
  const read = (file) => { try { return readFileSync(file, 'utf8'); } catch { return ''; } };
  const isStandby = (pid) => {
    const stat = read('/proc/' + pid + '/stat');
    const parent = stat.slice(stat.lastIndexOf(')')).split(' ')[2];
    return parent === String(process.pid) && read('/proc/' + pid + '/cmdline').includes('--standby');
  };
  const standbys = () => readdirSync('/proc').filter((name) => Number(name) > 0 && isStandby(name)).map(Number);
  const standby = async (but) => {
    for (;;) {
      const [pid] = standbys().filter((one) => one !== but);
      if (pid !== undefined) return pid;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  };
  const manager = new SandboxManager();
  const run = async (script, more) =>
    (await manager.run({ argv: ['/bin/sh', '-c', script], ...more })).stdout.text.trim();
  const spawn = async (script) => {
    const running = await manager.spawn({ argv: ['/bin/sh', '-c', script] });
    running.stdout.resume();
    running.stderr.resume();
    await running.ended;
    return running.pid;
  };
`;

function start(stage: Stage, script: string): StartedProgram {
  return startProgram([process.execPath, '--input-type=module', '-e', `${PRELUDE}${script}`], {
    caller: stage.caller,
    cwd: stage.workspace,
    env: { HOME: stage.home, PATH: process.env['PATH'] ?? '/usr/bin:/bin' },
  });
}

async function lines(stage: Stage, script: string): Promise<readonly string[]> {
  const program = start(stage, script);
  program.firstLine.catch(() => undefined);
  const { code, output, stderr } = await program.ended;
  if (code !== 0) throw new Error(`the script failed: ${stderr}`);
  return output.trim().split('\n');
}

describeOnStage('The helper that a manager keeps ready', (stage) => {
  test('runs the next command', async () => {
    const [ready, used] = await lines(
      stage,
      `await run('true'); console.log(await standby()); console.log(await spawn('true'));`,
    );
    expect(used).toBe(ready);
  });

  test('is not there for who runs one command', async () => {
    const [count] = await lines(
      stage,
      `const one = new SandboxManager({ standby: false });
       await one.run({ argv: ['true'] });
       await new Promise((resolve) => setTimeout(resolve, 50));
       console.log(standbys().length);`,
    );
    expect(count).toBe('0');
  });

  test.each([
    ['umask', 'process.umask(0o027)', 'umask', '0027'],
    ['nice value', 'os.setPriority(7)', 'nice', '7'],
  ])('is not used when the %s has changed', async (_what, change, tell, value) => {
    const [ready, told, used] = await lines(
      stage,
      `await run('true'); const ready = await standby(); console.log(ready);
       ${change};
       console.log(await run(${JSON.stringify(tell)}));
       console.log(await standby(ready) === ready);`,
    );
    expect(Number(ready)).toBeGreaterThan(0);
    expect(told).toBe(value);
    expect(used).toBe('false');
  });

  test('is replaced when somebody has killed it', async () => {
    const told = await lines(
      stage,
      `await run('true'); const first = await standby();
       process.kill(first, 'SIGKILL');
       console.log(await run('echo second'));
       console.log((await standby(first)) !== first);`,
    );
    expect(told).toEqual(['second', 'true']);
  });

  test('ends with its program, and does not keep it from ending', async () => {
    const [pid] = await lines(stage, `await run('true'); console.log(await standby());`);
    await until('it has ended', () => !processExists(Number(pid)));
  });

  test('ends when its program is killed', async () => {
    const program = start(
      stage,
      `await run('true'); console.log(await standby()); setInterval(() => {}, 1e6);`,
    );
    const pid = Number(await program.firstLine);
    expect(processExists(pid)).toBe(true);
    program.child.kill('SIGKILL');
    await until('it has ended', () => !processExists(pid));
  });

  test('is one, however many commands run at once, and each has its own', async () => {
    const told = await lines(
      stage,
      `const said = await Promise.all(Array.from({ length: 20 }, (_, i) => run('echo ' + i)));
       console.log(said.join(' '));
       while (standbys().length !== 1) await new Promise((resolve) => setTimeout(resolve, 10));
       console.log(standbys().length);`,
    );
    expect(told).toEqual([Array.from({ length: 20 }, (_, index) => String(index)).join(' '), '1']);
  });

  test('takes the place of no other connection of streams', async () => {
    const [piped, none, ready] = await lines(
      stage,
      `console.log(await run('readlink /proc/self/fd/0 | cut -c 1-4'));
       await standby();
       const stdio = { kind: 'pipes', stdin: 'null', stdout: 'pipe', stderr: 'stdout' };
       console.log(await run('readlink /proc/self/fd/0; echo x >&2', { stdio }).then((text) => text.split('\\n').join(' ')));
       console.log(await run('readlink /proc/self/fd/0 | cut -c 1-4'));`,
    );
    expect([piped, none, ready]).toEqual(['pipe', '/dev/null x', 'pipe']);
  });

  test('is not given a command line that the system could refuse; that is told as without it', async () => {
    const told = await lines(
      stage,
      `const echo = (length) => manager.run({ argv: ['/bin/echo', 'x'.repeat(length)] });
       await echo(1); await standby();
       console.log((await echo(100_000)).stdout.totalBytes);
       console.log(await echo(200_000).catch((error) => error.code + ' ' + error.details.errno));`,
    );
    expect(told).toEqual(['100001', 'setup-failed E2BIG']);
  });
});
