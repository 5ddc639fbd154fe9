import { expect, test } from 'vitest';
import { processExists } from '../support/integration-processes.js';
import { until } from '../support/integration-until.js';
import { describeOnStage } from '../support/stage.js';
import { linesOfScript, startScript } from '../support/zygote-script.js';

describeOnStage('A zygote', (stage) => {
  test('makes all sandboxes of a manager, one after the other and at once', async () => {
    const told = await linesOfScript(
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
    const told = await linesOfScript(
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
    const told = await linesOfScript(
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
    const [bytes] = await linesOfScript(
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
    const told = await linesOfScript(
      stage,
      `const all = await Promise.all([start('echo ready; sleep 1000'), start('echo ready; setsid sleep 1000 & wait')]);
       const inits = all.map((one) => one.pid);
       process.kill(zygotes()[0], 'SIGKILL');
       const ends = await Promise.allSettled(all.map((one) => one.ended));
       console.log(ends.map((end) => end.reason?.code).join(' '));
       while (inits.some((pid) => read('/proc/' + pid + '/cmdline') !== '')) await new Promise((done) => setTimeout(done, 10));
       console.log(await text('echo next'));`,
    );
    expect(told).toEqual([['launcher-died', 'launcher-died'].join(' '), 'next']);
  });

  test('ends one sandbox, with its whole tree, and not its neighbour', async () => {
    const told = await linesOfScript(
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
      const program = startScript(
        stage,
        `await start('echo ready; setsid sleep 1000 & wait');
       const [zygote] = zygotes();
       console.log([zygote, ...childrenOf(zygote)].join(' '));
       setInterval(() => {}, 1e6);`,
      );
      const pids = (await program.firstLine).split(' ').map(Number);
      expect(pids.length).toBeGreaterThan(1);
      expect(pids.every(processExists)).toBe(true);
      program.child.kill(signal);
      await until('all have ended', () => !pids.some(processExists));
    },
  );

  test('does not keep its program from ending', async () => {
    const [pid] = await linesOfScript(stage, `await run('true'); console.log(zygotes()[0]);`);
    await until('it has ended', () => !processExists(Number(pid)));
  });

  test('is replaced when what it would hand down has changed', async () => {
    const told = await linesOfScript(
      stage,
      `await run('true'); const [first] = zygotes();
       process.umask(0o027);
       console.log(await text('umask'));
       console.log(zygotes().includes(first) && zygotes().length === 1);`,
    );
    expect(told).toEqual(['0027', 'false']);
  });

  test('does not grow, and keeps no descriptor', async () => {
    const told = await linesOfScript(
      stage,
      `const tell = async () => {
         const [zygote] = zygotes();
         await waiting();
         await until(() => (childrenOf(zygote).length === 2 ? true : undefined));
         console.log(read('/proc/' + zygote + '/status').match(/RssAnon:\\s+(\\d+)/)[1]);
         /* Those of the pipes that we are about to open go right away. */
         let open = Infinity;
         for (let i = 0; i < 20; i += 1) {
           open = Math.min(open, readdirSync('/proc/' + zygote + '/fd').length);
           await new Promise((resolve) => setTimeout(resolve, 5));
         }
         console.log(open);
       };
       for (let i = 0; i < 50; i += 1) await run('true');
       await tell();
       for (let i = 0; i < 200; i += 1) await run('true');
       await tell();`,
    );
    const [kibBefore = 0, openBefore, kibAfter = 0, openAfter] = told.map(Number);
    expect(openAfter).toBe(openBefore);
    /* What 200 sandboxes could leave, at a few hundred bytes each. */
    expect(kibAfter - kibBefore).toBeLessThan(40);
  });
});
