import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  rmSync,
  rmdirSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { plantTree, snapshotTree } from '../support/file-tree.js';
import { type Stage, describeOnStage } from '../support/stage.js';

/** A directory of symbolic links, one for each claim. */
function recordsOf(stage: Stage): string {
  return path.join(stage.home, '.local/state/cordon/mount-points');
}

/** In octal, as chmod(1) takes it. */
function modeOf(file: string): string {
  return (statSync(file).mode & 0o7777).toString(8);
}

function left(stage: Stage): readonly string[] {
  return readdirSync(stage.workspace).filter((name) => name.startsWith('.'));
}

/** Tries to write into each protected directory, and to take its place. */
const ATTACKS = `for d in .git .agents .codex; do
  mkdir "$d/x" 2>/dev/null && echo "made $d/x"
  rmdir "$d" 2>/dev/null && echo "removed $d"
  mv "$d" moved 2>/dev/null && echo "moved $d"
  touch "$d/f" 2>/dev/null && echo "wrote $d/f"
done; true`;

describeOnStage('Protected paths that do not exist', (stage) => {
  test('are there during a run, protected, and gone afterwards', async () => {
    const { output } = await stage.run([
      '--',
      '/bin/sh',
      '-c',
      `stat -c '%n %a' .git .agents .codex; ${ATTACKS}`,
    ]);
    expect(output).toBe('.git 555\n.agents 555\n.codex 555\n');
    expect(left(stage)).toEqual([]);
  });

  test("are directories of mode 1555 on the host, which tells them from any user's own", async () => {
    const { child, firstLine, ended } = stage.start('echo ready; read x');
    await firstLine;
    const modes = left(stage).map((name) => statSync(path.join(stage.workspace, name)).mode & 0o7777);
    child.stdin?.end('\n');
    await ended;
    expect(modes).toEqual([0o1555, 0o1555, 0o1555]);
  });

  test.each(['022', '077'])('come and go with umask %s, and the next run is not harmed', async (umask) => {
    const env = { XDG_STATE_HOME: stage.outside };
    const launcher = ['/bin/sh', '-c', `umask ${umask}; exec "$@"`, 'sh'];
    const { output } = await stage.run(['--', '/bin/sh', '-c', ATTACKS], { launcher, env });
    expect([output, left(stage)]).toEqual(['', []]);
    expect((await stage.run(['--', 'true'], { env })).code).toBe(0);
  });

  test('stay protected for all of eight runs at once until the last ends', async () => {
    const started = Array.from({ length: 8 }, () => stage.start(`echo ready; read x; ${ATTACKS}; echo "$x"`));
    await Promise.all(started.map(({ firstLine }) => firstLine));
    const outputs: string[] = [];
    for (const { child, ended } of started) {
      expect(left(stage)).toEqual(['.agents', '.codex', '.git']);
      child.stdin?.end('end\n');
      outputs.push((await ended).output);
    }
    expect(outputs).toEqual(outputs.map(() => 'ready\nend\n'));
    expect(left(stage)).toEqual([]);
  });

  test('are gone after forty runs, eight at a time', async () => {
    for (let round = 0; round < 5; round += 1) {
      const runs = await Promise.all(
        Array.from({ length: 8 }, () => stage.run(['--', '/bin/sh', '-c', ATTACKS])),
      );
      expect(runs.map(({ code, output }) => [code, output])).toEqual(runs.map(() => [0, '']));
    }
    expect(left(stage)).toEqual([]);
  });

  test('that the host puts something into during the run stay, as ordinary directories', async () => {
    const { child, firstLine, ended } = stage.start('echo ready; read x');
    await firstLine;
    /* A user who is not root has to open it first. */
    if (process.getuid?.() !== 0) chmodSync(path.join(stage.workspace, '.git'), 0o755);
    plantTree(stage.workspace, { '.git/HEAD': 'ref\n' }, stage.caller);
    child.stdin?.end('\n');
    await ended;
    expect(left(stage)).toEqual(['.git']);
    expect(statSync(path.join(stage.workspace, '.git')).mode & 0o7777).toBe(0o755);
  });

  test.each([
    ['1555', []],
    ['1555', ['kept']],
  ])(
    'below a directory that another command replaces by a link are let be, and so is what the link leads to (mode %s, %j)',
    async (mode, names) => {
      stage.plant({ 'secrets/deep/': '' });
      stage.plantOutside({
        'deep/key/': '',
        ...Object.fromEntries(names.map((name) => [`deep/key/${name}`, ''])),
      });
      const target = path.join(stage.outside, 'deep/key');
      chmodSync(target, mode);
      const first = stage.start('echo ready; read x', { options: ['--deny-read=secrets/deep/key'] });
      await first.firstLine;
      expect(existsSync(path.join(stage.workspace, 'secrets/deep/key'))).toBe(true);
      expect((await stage.shell('mv secrets moved && ln -s ../outside secrets')).code).toBe(0);
      first.child.stdin?.end('\n');
      expect((await first.ended).stderr).toContain('"kind":"exit"');
      await stage.shell('true');
      expect([modeOf(target), readdirSync(target)]).toEqual([mode, names]);
    },
  );

  test.each([
    ['1555', []],
    ['1555', ['kept']],
    ['700', []],
  ])(
    'that the host replaces by a link are let be, and so is its target (mode %s, %j)',
    async (mode, names) => {
      stage.plantOutside({
        'target/': '',
        ...Object.fromEntries(names.map((name) => [`target/${name}`, ''])),
      });
      const target = path.join(stage.outside, 'target');
      chmodSync(target, mode);
      const { child, firstLine, ended } = stage.start('echo ready; read x');
      await firstLine;
      rmdirSync(path.join(stage.workspace, '.git'));
      stage.plant({ '.git': { linkTo: '../outside/target' } });
      child.stdin?.end('\n');
      expect((await ended).stderr).toContain('"kind":"exit"');
      expect([modeOf(target), readdirSync(target)]).toEqual([mode, names]);
      expect(left(stage)).toEqual(['.git']);
      expect(readdirSync(recordsOf(stage))).toEqual([]);
    },
  );

  test("are the user's when the user made them: an empty .git stays as it is", async () => {
    stage.plant({ '.git/': '' });
    const before = snapshotTree(stage.workspace);
    await stage.run(['--', '/bin/sh', '-c', ATTACKS]);
    expect(snapshotTree(stage.workspace)).toEqual(before);
  });

  test.each([0o755, 0o700, 0o1755, 0o1555])("are the user's with any mode: %i", async (mode) => {
    stage.plant({ '.git/': '' });
    chmodSync(path.join(stage.workspace, '.git'), mode);
    await stage.run(['--', 'true']);
    expect(statSync(path.join(stage.workspace, '.git')).mode & 0o7777).toBe(mode);
  });

  test('are refused where the caller closed the workspace: the command could open it again', async () => {
    chmodSync(stage.workspace, 0o555);
    const run = await stage.run(['--json', '--', 'true']);
    chmodSync(stage.workspace, 0o755);
    const expected = stage.caller.uid === 0 ? [0, undefined] : [125, 'mount-point-unavailable'];
    expect([run.code, run.errorCode, left(stage)]).toEqual([...expected, []]);
  });

  test('are not needed in a workspace that belongs to somebody else', async () => {
    const { code, output } = await stage.run(
      ['--', '/bin/sh', '-c', 'mkdir .git 2>/dev/null || echo refused'],
      {
        cwd: '/usr/share',
      },
    );
    expect([code, output, existsSync('/usr/share/.git')]).toEqual([0, 'refused\n', false]);
  });

  test('below a missing directory that an entry denies: nothing of it is left', async () => {
    const words = ['--deny-read', 'secrets/deep/key', '--', '/bin/sh', '-c'];
    const { code, output } = await stage.run([
      ...words,
      'mkdir -p secrets/deep/key/x 2>/dev/null || echo refused',
    ]);
    expect([code, output, readdirSync(stage.workspace)]).toEqual([0, 'refused\n', []]);
  });
});

describeOnStage('The journal of mount points', (stage) => {
  beforeEach(async () => {
    await stage.run(['--', 'true']);
  });

  test('with a record that makes no sense goes on, and does nothing about it', async () => {
    plantTree(recordsOf(stage), { nonsense: { linkTo: `c${stage.home}` } }, stage.caller);
    const run = await stage.run(['--json', '--', 'true']);
    rmSync(path.join(recordsOf(stage), 'nonsense'), { force: true });
    expect([run.code, existsSync(stage.home), left(stage)]).toEqual([0, true, []]);
  });

  test('that cannot be read is told as an error, and nothing runs', async () => {
    const records = recordsOf(stage);
    rmSync(records, { recursive: true });
    writeFileSync(records, '');
    const run = await stage.run(['--json', '--', 'touch', 'ran']);
    rmSync(records);
    expect([run.code, run.errorCode]).toEqual([125, 'private-directory-unavailable']);
    expect(readdirSync(stage.workspace)).toEqual([]);
  });

  test('never makes cordon remove a directory that is not as cordon makes them', async () => {
    stage.plant({ 'mine/': '' });
    const mine = path.join(stage.workspace, 'mine');
    plantTree(recordsOf(stage), { 'hash.1-1-1-1.1': { linkTo: `c${mine}` } }, stage.caller);
    await stage.run(['--', 'true']);
    expect(existsSync(mine)).toBe(true);
  });

  test('does not stay locked by a process that died', async () => {
    const lock = path.join(stage.home, '.local/state/cordon/lock');
    const [token] = readdirSync(lock);
    expect(token).toBe('free');
    plantTree(lock, { 'held-1-1-1-1': '' }, stage.caller);
    const { code } = await stage.run(['--', 'true']);
    expect(code).toBe(0);
  });

  test('is private to its user', () => {
    const directory = path.join(stage.home, '.local/state/cordon');
    expect(statSync(directory).mode & 0o077).toBe(0);
    expect(statSync(recordsOf(stage)).mode & 0o077).toBe(0);
  });

  test('is empty after all runs', () => {
    expect(readdirSync(recordsOf(stage))).toEqual([]);
  });

  test('cannot be seen from inside', async () => {
    const directory = path.join(stage.home, '.local/state/cordon');
    const { output } = await stage.run([
      '--',
      '/bin/sh',
      '-c',
      'ls "$1" 2>/dev/null || echo refused',
      'sh',
      directory,
    ]);
    expect(output).toBe('refused\n');
  });

  test('is not to be had in a directory that others may write', async () => {
    const state = path.join(stage.outside, 'state');
    plantTree(stage.outside, { 'state/cordon/': '' }, stage.caller);
    chmodSync(path.join(state, 'cordon'), 0o777);
    const run = await stage.run(['--json', '--', 'touch', 'ran'], { env: { XDG_STATE_HOME: state } });
    expect([run.code, run.errorCode, readdirSync(stage.workspace)]).toEqual([
      125,
      'private-directory-unavailable',
      [],
    ]);
  });
});

describeOnStage('A place for the journal', (stage) => {
  test('is $XDG_STATE_HOME', async () => {
    const { code } = await stage.run(['--', 'true'], { env: { XDG_STATE_HOME: stage.outside } });
    expect([code, readdirSync(stage.outside)]).toEqual([0, ['cordon']]);
  });

  test('is needed: without one nothing runs', async () => {
    mkdirSync(path.join(stage.outside, 'closed'), { mode: 0o555 });
    writeFileSync(path.join(stage.outside, 'file'), '');
    const home = path.join(stage.outside, 'file/home');
    const run = await stage.run(['--json', '--', 'touch', 'ran'], { env: { HOME: home } });
    expect([run.code, run.errorCode, readdirSync(stage.workspace)]).toEqual([
      125,
      'private-directory-unavailable',
      [],
    ]);
  });

  test('is not a symbolic link', async () => {
    plantTree(
      stage.outside,
      { 'real/': '', 'state/': '', 'state/cordon': { linkTo: '../real' } },
      stage.caller,
    );
    const env = { XDG_STATE_HOME: path.join(stage.outside, 'state') };
    const run = await stage.run(['--json', '--', 'touch', 'ran'], { env });
    expect([run.code, run.errorCode, readdirSync(stage.workspace)]).toEqual([
      125,
      'private-directory-unavailable',
      [],
    ]);
  });

  test('without HOME is taken from the user database', async () => {
    const run = await stage.run(['--json', '--', 'true'], {
      launcher: ['/usr/bin/env', '-u', 'HOME', `XDG_STATE_HOME=${stage.outside}`],
    });
    expect(run.code).toBe(0);
  });
});
