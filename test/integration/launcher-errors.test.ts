import { chmodSync, readFileSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { plantTree } from '../support/file-tree.js';
import { sandboxRunCommand } from '../support/run-sandboxed.js';
import { type Stage, describeOnStage } from '../support/stage.js';

const NODE_DIRECTORY = path.dirname(process.execPath);

const REAL_BUBBLEWRAP = spawnSync('/bin/sh', ['-c', 'command -v bwrap'], { encoding: 'utf8' }).stdout.trim();

/** Puts a program called bwrap into a directory outside of the workspace; gives the directory. */
function plantBubblewrap(stage: Stage, script: string): string {
  plantTree(stage.outside, { 'bin/bwrap': script }, stage.caller);
  chmodSync(path.join(stage.outside, 'bin/bwrap'), 0o755);
  return path.join(stage.outside, 'bin');
}

/** A bubblewrap that only ever says this. */
function saying(sentence: string): string {
  return `#!/bin/sh\ncat >&2 <<"END"\n${sentence}\nEND\nexit 1\n`;
}

/** Everything that a run needs but bubblewrap. */
function plantToolsWithoutBubblewrap(stage: Stage): string {
  plantTree(stage.outside, { 'tools/touch': { linkTo: '/usr/bin/touch' } }, stage.caller);
  return path.join(stage.outside, 'tools');
}

describeOnStage(
  'Where bubblewrap is asked for and does not work, nothing runs and the error says why:',
  (stage) => {
    async function expectRefusal(code: string, options: Parameters<Stage['run']>[1]): Promise<string> {
      const run = await stage.run(['--json', '--launcher=bwrap', '--', 'touch', 'ran'], options);
      expect([run.errorCode, run.code, run.output]).toEqual([code, 125, '']);
      expect(readdirSync(stage.workspace)).not.toContain('ran');
      expect(readdirSync(stage.workspace).filter((name) => name.startsWith('.'))).toEqual([]);
      return run.stderr;
    }

    test('it is not on the path', async () => {
      const said = await expectRefusal('launcher-missing', {
        env: { PATH: plantToolsWithoutBubblewrap(stage) },
      });
      expect(said).toContain('bubblewrap');
    });

    test('the path is empty', async () => {
      await expectRefusal('launcher-missing', { env: { PATH: '' } });
    });

    test('it is there only where the command may write', async () => {
      stage.plant({
        'bin/bwrap': `#!/bin/sh\ntouch ${stage.workspace}/planted\nexec ${REAL_BUBBLEWRAP} "$@"\n`,
      });
      chmodSync(path.join(stage.workspace, 'bin/bwrap'), 0o755);
      await expectRefusal('launcher-missing', { env: { PATH: path.join(stage.workspace, 'bin') } });
      expect(readdirSync(stage.workspace)).not.toContain('planted');
    });

    test('it is a link on the path to where the command may write', async () => {
      stage.plant({ bwrap: `#!/bin/sh\ntouch ${stage.workspace}/planted\n` });
      chmodSync(path.join(stage.workspace, 'bwrap'), 0o755);
      stage.plantOutside({ 'bin/bwrap': { linkTo: path.join(stage.workspace, 'bwrap') } });
      await expectRefusal('launcher-missing', { env: { PATH: path.join(stage.outside, 'bin') } });
      expect(readdirSync(stage.workspace)).not.toContain('planted');
    });

    test('it is found through a relative directory of the path', async () => {
      stage.plantOutside({ 'bin/bwrap': `#!/bin/sh\ntouch ${stage.workspace}/planted\n` });
      chmodSync(path.join(stage.outside, 'bin/bwrap'), 0o755);
      await expectRefusal('launcher-missing', { env: { PATH: '../outside/bin' } });
    });

    test.each([
      ['bwrap: Unknown option --perms', 'launcher-too-old'],
      [
        'bwrap: No permissions to create new namespace, likely because the kernel does not allow non-privileged user namespaces.',
        'user-namespaces-forbidden',
      ],
      ['bwrap: No permissions to creating new namespace', 'user-namespaces-forbidden'],
      ['bwrap: Creating new namespace failed: No space left on device', 'user-namespaces-forbidden'],
      ['bwrap: setting up uid map: Permission denied', 'user-namespaces-forbidden'],
      ["bwrap: Can't mount proc on /newroot/proc: Operation not permitted", 'proc-masked'],
      ['something nobody has ever seen', 'launcher-probe-failed'],
    ])('%s', async (sentence, code) => {
      const directory = plantBubblewrap(stage, saying(sentence));
      await expectRefusal(code, { env: { PATH: `${directory}:/usr/bin:/bin` } });
    });

    test('it passes its probe and fails later', async () => {
      const directory = plantBubblewrap(
        stage,
        `#!/bin/sh\n[ "$1" = --args ] && { echo 'bwrap: broken' >&2; exit 1; }\nexec ${REAL_BUBBLEWRAP} "$@"\n`,
      );
      await expectRefusal('setup-failed', { env: { PATH: `${directory}:/usr/bin:/bin` } });
    });

    test('it dies without a word', async () => {
      const directory = plantBubblewrap(
        stage,
        `#!/bin/sh\n[ "$1" = --args ] && kill -9 $$\nexec ${REAL_BUBBLEWRAP} "$@"\n`,
      );
      await expectRefusal('setup-failed', { env: { PATH: `${directory}:/usr/bin:/bin` } });
    });

    test('it is not a program', async () => {
      const directory = plantBubblewrap(stage, 'no interpreter\u0000');
      await expectRefusal('launcher-probe-failed', { env: { PATH: `${directory}:/usr/bin:/bin` } });
    });

    test('user namespaces are used up (user.max_user_namespaces)', async () => {
      const script = 'echo 0 >/proc/sys/user/max_user_namespaces && exec "$@"';
      await expectRefusal('user-namespaces-forbidden', {
        launcher: ['unshare', '--user', '--map-root-user', '/bin/sh', '-c', script, 'sh'],
      });
    });

    test('parts of /proc are covered, as in a container', async () => {
      const script = 'mount -t tmpfs tmpfs /proc/bus && exec "$@"';
      const flags = ['--user', '--map-root-user', '--mount', '--pid', '--fork', '--mount-proc'];
      await expectRefusal('proc-masked', { launcher: ['unshare', ...flags, '/bin/sh', '-c', script, 'sh'] });
    });

    test('the guard was not built', async () => {
      const script = 'mount --bind /var/empty "$0" 2>/dev/null || mount -t tmpfs tmpfs "$0"; exec "$@"';
      const guardDirectory = path.join(sandboxRunCommand()[1], '../../../native/linux/build');
      await expectRefusal('guard-missing', {
        launcher: [
          'unshare',
          '--user',
          '--map-root-user',
          '--mount',
          '/bin/sh',
          '-c',
          script,
          guardDirectory,
        ],
      });
    });
  },
);

describeOnStage('Where bubblewrap does not work', (stage) => {
  test.each([
    ['is missing', undefined],
    ['is too old', saying('bwrap: Unknown option --perms')],
    ['is broken', saying('something nobody has ever seen')],
  ])('and %s, our own launcher takes its place', async (_how, script) => {
    const directory =
      script === undefined ? plantToolsWithoutBubblewrap(stage) : plantBubblewrap(stage, script);
    const outside = path.join(stage.outside, 'file');
    const run = await stage.run(
      ['--json', '--', '/bin/sh', '-c', 'echo x > ran; echo x > "$1"', 'sh', outside],
      {
        env: { PATH: directory },
      },
    );
    expect(run.json).toMatchObject({ enforcement: { kind: 'full', launcher: 'builtin' } });
    expect(readdirSync(stage.workspace)).toEqual(['ran']);
    expect(readdirSync(stage.outside)).not.toContain('file');
  });

  test('and namespaces are forbidden, the error names the rule that Landlock alone cannot enforce', async () => {
    const script = 'echo 0 >/proc/sys/user/max_user_namespaces && exec "$@"';
    const run = await stage.run(['--json', '--', 'touch', 'ran'], {
      launcher: ['unshare', '--user', '--map-root-user', '/bin/sh', '-c', script, 'sh'],
    });
    expect([run.errorCode, run.code]).toEqual(['landlock-cannot-express', 125]);
    expect(run.json).toMatchObject({ error: { details: { path: `${stage.workspace}/.agents` } } });
    expect(readdirSync(stage.workspace)).toEqual([]);
  });
});

describeOnStage('Where our own launcher is asked for', (stage) => {
  test.each(['builtin', 'zygote'])('as %s, bubblewrap is not looked for', async (choice) => {
    const script = 'echo x > ran';
    const run = await stage.run(['--json', `--launcher=${choice}`, '--', '/bin/sh', '-c', script], {
      env: { PATH: plantBubblewrap(stage, `#!/bin/sh\n: > ${stage.workspace}/planted\n`) },
    });
    expect(run.json).toMatchObject({ enforcement: { kind: 'full', launcher: choice } });
    expect(readdirSync(stage.workspace)).toEqual(['ran']);
  });

  test.each([
    ['builtin', /[1-9]/u],
    ['zygote', /[1-9]/u],
    ['bwrap', /^0$/u],
  ])('as %s, the outcome tells whether Landlock is a second wall', async (choice, abi) => {
    const run = await stage.run(['--json', `--launcher=${choice}`, '--', 'true']);
    const told = /"landlockAbi":(?<abi>\d+)/u.exec(run.stderr)?.groups?.['abi'];
    expect(told).toMatch(abi);
  });

  test('and was not built, nothing runs and the error says why', async () => {
    const build = path.join(sandboxRunCommand()[1], '../../../native/linux/build');
    const script = `cp "$0/cordon-guard" /tmp/cordon-guard && mount -t tmpfs tmpfs "$0" && cp /tmp/cordon-guard "$0" && exec "$@"`;
    const launcher = [
      '--user',
      '--map-root-user',
      '--mount',
      '/bin/sh',
      '-c',
      `mount -t tmpfs tmpfs /tmp; ${script}`,
    ];
    const run = await stage.run(['--json', '--launcher=builtin', '--', 'touch', 'ran'], {
      launcher: ['unshare', ...launcher, build],
    });
    expect([run.errorCode, run.code]).toEqual(['builtin-missing', 125]);
    expect(readdirSync(stage.workspace)).toEqual([]);
  });

  test.each([
    [
      'user namespaces are used up',
      'echo 0 >/proc/sys/user/max_user_namespaces',
      'user-namespaces-forbidden',
    ],
    ['parts of /proc are covered', 'mount -t tmpfs tmpfs /proc/bus', 'proc-masked'],
  ])('and %s, the error says so', async (_what, change, code) => {
    const flags = ['--user', '--map-root-user', '--mount', '--pid', '--fork', '--mount-proc'];
    const run = await stage.run(['--json', '--launcher=builtin', '--', 'touch', 'ran'], {
      launcher: ['unshare', ...flags, '/bin/sh', '-c', `${change} && exec "$@"`, 'sh'],
    });
    expect([run.errorCode, run.code]).toEqual([code, 125]);
    expect(readdirSync(stage.workspace)).toEqual([]);
  });
});

describeOnStage('"doctor" without a bubblewrap that works', (stage) => {
  const env = { PATH: NODE_DIRECTORY === '/usr/bin' ? '/nowhere' : NODE_DIRECTORY };

  test('says so and fails when it is asked for', async () => {
    const run = await stage.run(['doctor', '--json', '--launcher=bwrap'], { env });
    expect(run.code).toBe(1);
    expect(JSON.parse(run.output)).toMatchObject({ canSandbox: false });
  });

  test('says so and names our own launcher, which is used', async () => {
    const run = await stage.run(['doctor', '--json'], { env });
    const report: unknown = JSON.parse(run.output);
    expect(report).toMatchObject({
      canSandbox: true,
      launcher: expect.stringMatching(/^builtin /u) as unknown,
    });
    expect(run.code).toBe(0);
  });

  test('succeeds with one', async () => {
    const run = await stage.run(['doctor', '--json']);
    expect(JSON.parse(run.output)).toMatchObject({ canSandbox: true });
    expect(run.code).toBe(0);
  });
});

describeOnStage('The probe of bubblewrap', (stage) => {
  /** Notes each call, by its first argument, in a file. */
  function plantCounting(): { env: { PATH: string }; calls: () => readonly string[]; file: string } {
    const log = path.join(stage.home, 'calls');
    writeFileSync(log, '');
    chmodSync(log, 0o666);
    const directory = plantBubblewrap(stage, `#!/bin/sh\necho "$1" >>${log}\nexec ${REAL_BUBBLEWRAP} "$@"\n`);
    return {
      env: { PATH: `${directory}:/usr/bin:/bin` },
      calls: () =>
        readFileSync(log, 'utf8')
          .split('\n')
          .filter((line) => line !== ''),
      file: path.join(directory, 'bwrap'),
    };
  }

  test('runs once, and again when bubblewrap has changed', async () => {
    const { env, calls, file } = plantCounting();
    const run = async (): Promise<number> => {
      const before = calls().filter((first) => first !== '--args').length;
      expect((await stage.run(['--', 'true'], { env })).code).toBe(0);
      return calls().filter((first) => first !== '--args').length - before;
    };
    expect([await run(), await run(), await run()]).toEqual([1, 0, 0]);
    utimesSync(file, new Date(), new Date(Date.now() - 3_600_000));
    expect([await run(), await run()]).toEqual([1, 0]);
  });

  test('that failed is run again: who mends the machine need not know of it', async () => {
    const directory = plantBubblewrap(stage, saying('bwrap: Unknown option --perms'));
    const env = { PATH: `${directory}:/usr/bin:/bin` };
    const words = ['--launcher=bwrap', '--', 'true'];
    expect((await stage.run(words, { env })).code).toBe(125);
    writeFileSync(path.join(directory, 'bwrap'), `#!/bin/sh\nexec ${REAL_BUBBLEWRAP} "$@"\n`);
    expect((await stage.run(words, { env })).code).toBe(0);
  });

  test('is not believed for another bubblewrap on the path', async () => {
    expect((await stage.run(['--', 'true'])).code).toBe(0);
    const directory = plantBubblewrap(stage, saying('bwrap: Unknown option --perms'));
    const run = await stage.run(['--json', '--launcher=bwrap', '--', 'true'], {
      env: { PATH: `${directory}:/usr/bin:/bin` },
    });
    expect(run.errorCode).toBe('launcher-too-old');
  });

  test('whose memory is damaged is run again', async () => {
    const memory = path.join(stage.home, '.local/state/cordon/probes.json');
    await stage.run(['--', 'true']);
    writeFileSync(memory, '{');
    expect((await stage.run(['--', 'true'])).code).toBe(0);
  });
});
