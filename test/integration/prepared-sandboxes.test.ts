import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { processExists } from '../support/integration-processes.js';
import { until } from '../support/integration-until.js';
import { describeOnStage } from '../support/stage.js';
import { linesOfScript, startScript } from '../support/zygote-script.js';

describeOnStage('The sandbox that a zygote keeps ready', (stage) => {
  test('runs the next command under the same policy', async () => {
    const [ready, used, after] = await linesOfScript(
      stage,
      `await run('true');
       const ready = await waiting();
       const next = await start('echo ready');
       console.log(ready); console.log(next.pid); console.log((await next.ended).status.code);`,
    );
    expect([used, after]).toEqual([ready, '0']);
  });

  test('has its own arguments, environment, directory and name of the program', async () => {
    const told = await linesOfScript(
      stage,
      `await manager.run({ argv: ['true'], environment: { set: { FIRST: 'x' } } });
       await waiting();
       const { stdout } = await manager.run({
         argv: ['sh', '-c', 'echo "$0 $1 $SECOND [$FIRST] $PWD"', 'zero', 'a b'],
         environment: { set: { SECOND: 'ü' } },
       });
       console.log(stdout.text.trim());`,
    );
    expect(told).toEqual([`zero a b ü [] ${stage.workspace}`]);
  });

  test('is not used for a command under another policy', async () => {
    const [ready, other] = await linesOfScript(
      stage,
      `await run('true');
       console.log(await waiting());
       const running = await manager.spawn({ argv: ['true'], profile: 'read-only' });
       console.log(running.pid);
       await running.ended;`,
    );
    expect(other).not.toBe(ready);
  });

  test('leaves nothing in the workspace while it waits', async () => {
    const [names] = await linesOfScript(
      stage,
      `await run('touch mine'); await waiting(); console.log(readdirSync('.').sort().join(' '));`,
    );
    expect(names).toBe('mine');
  });

  test('protects what is missing, as if it had been made for the command', async () => {
    const told = await linesOfScript(
      stage,
      `await run('true'); await waiting();
       console.log(await text('mkdir .git/hooks 2>&1; mv .git x 2>&1; rmdir .git 2>&1; ls -A .git; touch allowed && echo allowed'));`,
    );
    expect(told.join('\n')).toMatch(
      /cannot create directory .*\n.*cannot move .*\n.*failed to remove .*\nallowed$/u,
    );
    expect(readdirSync(stage.workspace)).toEqual(['allowed']);
  });

  test('is not used once protected metadata has appeared; that is protected', async () => {
    const told = await linesOfScript(
      stage,
      `await run('true'); const ready = await waiting();
       (await import('node:fs')).mkdirSync('.git');
       const running = await start('echo ready; echo x > .git/config');
       console.log(running.pid === ready);
       console.log((await running.ended).status.code !== 0);`,
    );
    expect(told).toEqual(['false', 'true']);
    expect(existsSync(path.join(stage.workspace, '.git/config'))).toBe(false);
  });

  test('is not used once a new file matches a denied pattern; that is hidden', async () => {
    const told = await linesOfScript(
      stage,
      `const { writeFileSync } = await import('node:fs');
       const overlay = { entries: [{ path: { type: 'glob_pattern', pattern: '**/*.key' }, access: 'deny' }] };
       const cat = (file) => manager.run({ argv: ['cat', file], overlay });
       writeFileSync('plain', 'seen'); await cat('plain'); await waiting();
       console.log((await cat('plain')).stdout.text);
       await waiting(); writeFileSync('new.key', 'secret');
       const { stdout, exitCode } = await cat('new.key');
       console.log(stdout.text + exitCode);`,
    );
    expect(told).toEqual(['seen', '1']);
  });

  test('may be killed while it waits; the next command runs', async () => {
    const told = await linesOfScript(
      stage,
      `await run('true');
       for (let i = 0; i < 5; i += 1) { process.kill(await waiting(), 'SIGKILL'); console.log(await text('echo next')); }`,
    );
    expect(told).toEqual(Array.from({ length: 5 }, () => 'next'));
  });

  test('takes a command of more bytes than a pipe holds by another way', async () => {
    const [length] = await linesOfScript(
      stage,
      `await run('true'); await waiting();
       console.log((await manager.run({ argv: ['sh', '-c', 'printf %s "$1" | wc -c', 'sh', 'x'.repeat(100_000)] })).stdout.text.trim());`,
    );
    expect(length).toBe('100000');
  });

  test('tells of a program that is not there, and of one that fails', async () => {
    const told = await linesOfScript(
      stage,
      `await run('true');
       for (const argv of [['./nowhere'], ['sh', '-c', 'exit 9'], ['sh', '-c', 'kill -KILL $$']]) {
         await waiting();
         console.log(JSON.stringify((await manager.run({ argv })).status));
       }`,
    );
    expect(told.map((line) => JSON.parse(line) as unknown)).toEqual([
      { kind: 'not-executed', program: './nowhere', code: 127 },
      { kind: 'exit', code: 9 },
      { kind: 'signal', signal: 'SIGKILL', code: 137 },
    ]);
  });

  test('is replaced when what it would inherit has changed', async () => {
    const told = await linesOfScript(
      stage,
      `await run('true'); const ready = await waiting();
       process.umask(0o027);
       console.log(await text('umask'));
       await until(() => (read('/proc/' + ready + '/cmdline') === '' ? true : undefined));
       console.log('gone');`,
    );
    expect(told).toEqual(['0027', 'gone']);
  });

  test('sees no file of another command in its own /tmp', async () => {
    const told = await linesOfScript(
      stage,
      `const profile = { type: 'managed', network: 'restricted', file_system: { type: 'restricted', entries: [
         { path: { type: 'special', value: { kind: 'minimal' } }, access: 'read' },
         { path: { type: 'special', value: { kind: 'project_roots' } }, access: 'write' } ] } };
       const inside = async (script) => (await manager.run({ argv: ['sh', '-c', script], profile: { name: 'own', permissions: profile, environment: { inherit: 'core', exclude: [], includeOnly: [], set: {}, ignoreDefaultExcludes: false }, unixSockets: [] } })).stdout.text.trim();
       console.log(await inside('echo x > /tmp/left; ls /tmp'));
       await waiting();
       console.log('[' + await inside('ls /tmp') + ']');`,
    );
    expect(told).toEqual(['left', '[]']);
  });

  test.each(['SIGKILL', 'SIGTERM'] as const)('ends with its program (%s)', async (signal) => {
    const program = startScript(
      stage,
      `await run('true'); console.log([zygotes()[0], await waiting()].join(' ')); setInterval(() => {}, 1e6);`,
    );
    const pids = (await program.firstLine).split(' ').map(Number);
    expect(pids.every(processExists)).toBe(true);
    program.child.kill(signal);
    await until('both have ended', () => !pids.some(processExists));
  });

  test('does not keep its program from ending', async () => {
    const [pid] = await linesOfScript(stage, `await run('true'); console.log(await waiting());`);
    await until('it has ended', () => !processExists(Number(pid)));
  });

  test('holds no mount of the host: what is mounted and unmounted there stays the same', async () => {
    const before = readFileSync('/proc/self/mountinfo', 'utf8');
    await linesOfScript(stage, `await run('true'); console.log(await waiting());`);
    expect(readFileSync('/proc/self/mountinfo', 'utf8')).toBe(before);
  });
});
