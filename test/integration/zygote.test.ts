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
  const read = (file) => { try { return readFileSync(file, 'utf8'); } catch { return ''; } };
  const childrenOf = (parent) => readdirSync('/proc').filter((name) => {
    const stat = read('/proc/' + name + '/stat');
    return stat.slice(stat.lastIndexOf(')')).split(' ')[2] === String(parent);
  }).map(Number);
  const zygotes = () =>
    childrenOf(process.pid).filter((pid) => read('/proc/' + pid + '/cmdline').includes('--zygote'));
  const manager = new SandboxManager({ launcher: 'zygote' });
  const run = (script) => manager.run({ argv: ['/bin/sh', '-c', script] });
  const text = async (script) => (await run(script)).stdout.text.trim();
  const start = async (script) => {
    const running = await manager.spawn({ argv: ['/bin/sh', '-c', script] });
    running.stderr.resume();
    await new Promise((resolve) => running.stdout.once('data', resolve));
    running.stdout.resume();
    return running;
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

describeOnStage('A zygote', (stage) => {
  test('makes all sandboxes of a manager, one after the other and at once', async () => {
    const told = await lines(
      stage,
      `console.log(await text('echo first'));
       const [one] = zygotes();
       const said = await Promise.all(Array.from({ length: 50 }, (_, i) => text('sleep 0.1; echo ' + i)));
       console.log(said.join(' '));
       console.log(zygotes().length === 1 && zygotes()[0] === one);`,
    );
    expect(told).toEqual([
      'first',
      Array.from({ length: 50 }, (_, index) => String(index)).join(' '),
      'true',
    ]);
  });

  test('tells how each command ended', async () => {
    const told = await lines(
      stage,
      `console.log(JSON.stringify((await run('exit 7')).status));
       console.log(JSON.stringify((await run('kill -TERM $$')).status));
       console.log(JSON.stringify((await manager.run({ argv: ['./nowhere'] })).status));
       console.log(JSON.stringify((await manager.run({ argv: ['sleep', '100'], timeoutMs: 200 })).status));`,
    );
    expect(told.map((line) => JSON.parse(line) as unknown)).toEqual([
      { kind: 'exit', code: 7 },
      { kind: 'signal', signal: 'SIGTERM', code: 143 },
      { kind: 'not-executed', program: './nowhere', code: 127 },
      { kind: 'timeout', code: 124 },
    ]);
  });

  test('gives nothing of one command to the next', async () => {
    const told = await lines(
      stage,
      `await manager.run({ argv: ['sh', '-c', 'cd /; umask 0; export LEAK=1; true'], environment: { set: { LEAK: 'x' } } });
       const running = await start('echo ready; cat >/dev/null');
       console.log(await text('echo "$LEAK"; umask; pwd; ls /proc/self/fd | tr "\\n" " "'));
       running.stdin.end();
       await running.ended;`,
    );
    expect(told).toEqual(['0022', stage.workspace, '0 1 2 3']);
  });

  test('passes 50 MiB through its pipes, both ways', async () => {
    const [bytes] = await lines(
      stage,
      `const running = await manager.spawn({ argv: ['cat'] });
       let total = 0;
       running.stdout.on('data', (chunk) => (total += chunk.length));
       running.stderr.resume();
       for (let i = 0; i < 50; i += 1)
         if (!running.stdin.write(Buffer.alloc(1 << 20))) await new Promise((done) => running.stdin.once('drain', done));
       running.stdin.end();
       await Promise.all([running.ended, new Promise((done) => running.stdout.once('close', done))]);
       console.log(total);`,
    );
    expect(bytes).toBe(String(50 * 1024 * 1024));
  });

  test('that is killed takes its sandboxes with it; each caller is told, and the next command runs', async () => {
    const told = await lines(
      stage,
      `const all = await Promise.all([start('echo ready; sleep 1000'), start('echo ready; setsid sleep 1000 & wait')]);
       const made = childrenOf(zygotes()[0]);
       process.kill(zygotes()[0], 'SIGKILL');
       const ends = await Promise.allSettled(all.map((one) => one.ended));
       console.log(ends.map((end) => end.reason?.code).join(' '));
       console.log(made.length);
       while (made.some((pid) => read('/proc/' + pid + '/cmdline') !== '')) await new Promise((done) => setTimeout(done, 10));
       console.log(await text('echo next'));`,
    );
    /* Of each sandbox process 1 and the supervisor. */
    expect(told).toEqual([['launcher-died', 'launcher-died'].join(' '), '4', 'next']);
  });

  test('ends one sandbox, with its whole tree, and not its neighbour', async () => {
    const told = await lines(
      stage,
      `const [one, other] = await Promise.all([start('echo ready; setsid sleep 1000 & wait'), start('echo ready; read x; exit 5')]);
       one.kill();
       console.log((await one.ended).status.code);
       other.stdin.end('x\\n');
       console.log((await other.ended).status.code);`,
    );
    expect(told).toEqual(['137', '5']);
  });

  test.each(['SIGKILL', 'SIGTERM'] as const)(
    'ends with its program (%s), and so does what it made',
    async (signal) => {
      const program = start(
        stage,
        `await start('echo ready; setsid sleep 1000 & wait');
       const [zygote] = zygotes();
       console.log([zygote, ...childrenOf(zygote)].join(' '));
       setInterval(() => {}, 1e6);`,
      );
      const pids = (await program.firstLine).split(' ').map(Number);
      /* The zygote, process 1 and the supervisor. */
      expect(pids.map(processExists)).toEqual([true, true, true]);
      program.child.kill(signal);
      await until('all have ended', () => !pids.some(processExists));
    },
  );

  test('does not keep its program from ending', async () => {
    const [pid] = await lines(stage, `await run('true'); console.log(zygotes()[0]);`);
    await until('it has ended', () => !processExists(Number(pid)));
  });

  test('is replaced when what it would hand down has changed', async () => {
    const told = await lines(
      stage,
      `await run('true'); const [first] = zygotes();
       process.umask(0o027);
       console.log(await text('umask'));
       console.log(zygotes().includes(first) && zygotes().length === 1);`,
    );
    expect(told).toEqual(['0027', 'false']);
  });

  test('does not grow, and keeps no descriptor', async () => {
    const told = await lines(
      stage,
      `const tell = () => {
         const [zygote] = zygotes();
         console.log(read('/proc/' + zygote + '/status').match(/RssAnon:\\s+(\\d+)/)[1]);
         console.log(readdirSync('/proc/' + zygote + '/fd').length);
       };
       for (let i = 0; i < 50; i += 1) await run('true');
       tell();
       for (let i = 0; i < 200; i += 1) await run('true');
       tell();`,
    );
    const [kibBefore = 0, openBefore, kibAfter = 0, openAfter] = told.map(Number);
    expect(openAfter).toBe(openBefore);
    /* What 200 sandboxes could leave, at a few hundred bytes each. */
    expect(kibAfter - kibBefore).toBeLessThan(40);
  });
});
