import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { type LauncherStage, describeLauncher } from '../../support/launcher-stage.js';

const CALLS_SOURCE = path.join(import.meta.dirname, '../../fixtures/landlock-calls.c');

/** Mounts that keep nothing out: what is refused, Landlock has refused. */
const WIDE = ['--bind', '/', '/', '--dev', '/dev', '--proc', '/proc'];

/** Directories D/open, which may be written, D/seen, which may be read, and D/shut, both with a file, a directory and a script. */
function plant(stage: LauncherStage): void {
  for (const place of ['open', 'seen', 'shut']) {
    stage.makeDirectory(place);
    stage.makeDirectory(`${place}/directory`);
    stage.makeDirectory(`${place}/empty`);
    stage.makeFile(`${place}/file`, 'text\n');
    chmodSync(stage.makeFile(`${place}/script`, '#!/bin/sh\necho ran\n'), 0o755);
  }
}

/** Programs may be read, and the three directories as their names say. */
function rules(stage: LauncherStage): readonly string[] {
  const programs = ['/usr', '/bin', '/lib', '/lib64', '/etc']
    .filter((place) => existsSync(place))
    .flatMap((place) => ['--landlock-read', real(place)]);
  return [
    ...programs,
    ...['--landlock-write', '/dev', '--landlock-write', '/proc'],
    ...['--landlock-read', path.dirname(process.execPath), '--landlock-read', `${stage.directory}/seen`],
    ...['--landlock-write', `${stage.directory}/open`],
  ];
}

function real(place: string): string {
  return spawnSync('readlink', ['-f', place], { encoding: 'utf8' }).stdout.trim();
}

const NOT_ALLOWED = /Permission denied/u;

/** A script about a place P, and the classes of places where it is refused. */
const ATTEMPTS: readonly (readonly [what: string, script: string, refusedIn: readonly string[]])[] = [
  ['write to a file', 'echo more >> P/file', ['seen', 'shut']],
  ['make a file', 'echo new > P/new', ['seen', 'shut']],
  ['cut a file off', 'truncate -s 0 P/file', ['seen', 'shut']],
  ['remove a file', 'rm -f P/file', ['seen', 'shut']],
  ['make a directory', 'mkdir P/new', ['seen', 'shut']],
  ['remove a directory', 'rmdir P/empty', ['seen', 'shut']],
  ['rename', 'mv P/file P/other', ['seen', 'shut']],
  ['link', 'ln P/file P/other', ['seen', 'shut']],
  ['make a symbolic link', 'ln -s file P/other', ['seen', 'shut']],
  ['make a pipe', 'mkfifo P/pipe', ['seen', 'shut']],
  ['read a file', 'cat P/file', ['shut']],
  ['list a directory', 'ls P/directory', ['shut']],
  ['run a script', 'P/script', ['shut']],
];

describeLauncher('With mounts that are deliberately wide, the second wall alone', ['sanitized'], (stage) => {
  beforeEach(() => {
    plant(stage);
  });

  const at = (script: string, place: string): string =>
    script.replaceAll('P/', `${stage.directory}/${place}/`);
  const shell = (script: string): Promise<string> =>
    stage.shell([...WIDE, ...rules(stage)], `(${script}) > /dev/null && echo done`, { isBare: true });

  test.each(ATTEMPTS)('lets a command %s only where it may', async (_what, script, refusedIn) => {
    for (const place of ['open', 'seen', 'shut']) {
      const said = await shell(at(script, place));
      if (refusedIn.includes(place))
        expect([place, said]).toEqual([place, expect.stringMatching(NOT_ALLOWED)]);
      else expect([place, said]).toEqual([place, 'done']);
    }
  });

  test('is what refuses: without it all of that works everywhere', async () => {
    for (const [what, script] of ATTEMPTS) {
      plant(stage);
      const said = await stage.shell(WIDE, `(${at(script, 'shut')}) > /dev/null && echo done`, {
        isBare: true,
      });
      expect([what, said]).toEqual([what, 'done']);
      await stage.shell(WIDE, at('rm -rf P/', 'shut'), { isBare: true });
    }
  });

  test('lets files be moved from one writable directory to another, not into a readable one', async () => {
    expect(await shell(at('mv P/file P/directory/moved && cat P/directory/moved', 'open'))).toBe('done');
    expect(await shell(`mv ${stage.directory}/open/script ${stage.directory}/seen/moved`)).toMatch(
      NOT_ALLOWED,
    );
    expect(await shell(`mv ${stage.directory}/seen/file ${stage.directory}/open/moved`)).toMatch(NOT_ALLOWED);
  });

  test('lets standard streams be opened again as they are open, wherever their files are, and no other way', () => {
    const outside = path.join(stage.directory, 'shut/file');
    const options = [...WIDE, ...rules(stage), '--', '/bin/sh', '-c'].map((word) => `'${word}'`).join(' ');
    const run = (redirection: string, script: string): string =>
      spawnSync('/bin/sh', ['-c', `'${stage.launcher}' ${options} '${script}' ${redirection}`], {
        encoding: 'utf8',
        uid: stage.caller.uid,
        gid: stage.caller.gid,
      }).stderr;
    expect(run(`> ${outside}`, 'echo again >> /dev/stdout')).toBe('');
    expect(readFileSync(outside, 'utf8')).toBe('again\n');
    expect(run(`< ${outside}`, 'read line < /dev/stdin && test "$line" = again')).toBe('');
    expect(run(`< ${outside}`, 'echo forged > /dev/stdin')).toMatch(NOT_ALLOWED);
    expect(readFileSync(outside, 'utf8')).toBe('again\n');
  });

  test('lets a command signal its children, and nobody outside', async () => {
    const script = 'sleep 1000 & kill $!; wait $!; echo $?; kill -0 1 2>&1';
    expect(await stage.shell([...WIDE, '--unshare-pid', ...rules(stage)], script, { isBare: true })).toMatch(
      /^143\n.*Operation not permitted/su,
    );
  });

  test('lets it reach abstract sockets of its own, and none of the host', async () => {
    const listen = (name: string): string =>
      `require('node:net').createServer((s) => s.end()).listen('\\0${name}', () => console.log('listens'))`;
    const connect = (name: string): string =>
      `require('node:net').connect('\\0${name}').on('connect', () => { console.log('connected'); process.exit() }).on('error', (e) => { console.log(e.code); process.exit() })`;
    const name = `cordon-${stage.directory}`;
    const host = spawn(process.execPath, ['-e', listen(name)], { stdio: ['ignore', 'pipe', 'inherit'] });
    try {
      await once(host.stdout, 'data');
      const run = async (options: readonly string[], script: string): Promise<string> => {
        const { output, stderr } = await stage.run([...options, '--', process.execPath, '-e', script]);
        return output + stderr;
      };
      expect(await run(WIDE, connect(name))).toBe('connected\n');
      expect(await run([...WIDE, ...rules(stage)], connect(name))).toBe('EPERM\n');
      const own = `${listen(`${name}-own`)}.on('listening', () => ${connect(`${name}-own`)})`;
      expect(await run([...WIDE, ...rules(stage)], own)).toBe('listens\nconnected\n');
    } finally {
      host.kill('SIGKILL');
    }
  });

  test('lets a command make a domain of its own, run a program in memory, and hold by O_PATH what it cannot open', async () => {
    const calls = path.join(stage.directory, 'seen/calls');
    const built = spawnSync('cc', ['-std=gnu11', '-O1', '-static', '-o', calls, CALLS_SOURCE], {
      encoding: 'utf8',
    });
    expect(built.stderr).toBe('');
    const run = (words: string): Promise<string> =>
      stage.shell([...WIDE, ...rules(stage)], `${calls} ${words}`, { isBare: true });
    const nested = path.join(stage.directory, 'open/directory');
    expect(await run(`nested ${nested}`)).toBe('ok\nok\nok\n13');
    expect(existsSync(path.join(nested, 'nested'))).toBe(true);
    expect(await run('memory')).toBe('ok');
    expect(await run(`path ${stage.directory}/shut/file`)).toBe('ok\n13');
    expect(await run(`path ${stage.directory}/seen/file`)).toBe('ok\nok');
  });

  test('follows single files that are bound, and leaves it to mounts what is closed inside of something open', async () => {
    const bound = ['--bind', `${stage.directory}/shut/file`, `${stage.directory}/seen/file`];
    const closed = ['--ro-bind', `${stage.directory}/open/directory`, `${stage.directory}/open/directory`];
    const options = [...WIDE, ...bound, ...closed, ...rules(stage)];
    const written = [...options, '--landlock-write', `${stage.directory}/seen/file`];
    const script = at('echo bound >> P/file', 'seen');
    expect(await stage.shell(options, script, { isBare: true })).toMatch(NOT_ALLOWED);
    expect(await stage.shell(written, script, { isBare: true })).toBe('');
    expect(readFileSync(`${stage.directory}/shut/file`, 'utf8')).toBe('text\nbound\n');
    const inside = at('echo x > P/directory/x', 'open');
    expect(await stage.shell(options, inside, { isBare: true })).toMatch(/Read-only file system/u);
  });

  test('is not made of a path that has become a symbolic link, and nothing runs', async () => {
    const link = path.join(stage.directory, 'link');
    spawnSync('ln', ['-s', `${stage.directory}/shut`, link]);
    const options = [...WIDE, ...rules(stage), '--landlock-write', `${link}/directory`];
    expect(await stage.shell(options, 'echo ran', { isBare: true })).toMatch(
      /make the Landlock domain: .*link/u,
    );
  });
});

/** What each version can refuse outside of what may be written: 3 brought cutting off, 6 signals. */
describeLauncher(
  'With an older Landlock',
  ['with Landlock ABI 1', 'with Landlock ABI 2', 'with Landlock ABI 5', 'sanitized'],
  (stage) => {
    test('the wall is made of what it knows, and where it knows too little there is none', async () => {
      plant(stage);
      const script = [
        `echo forged >> ${stage.directory}/seen/file && echo wrote`,
        `perl -e 'truncate(shift, 1) and print "cut\\n"' ${stage.directory}/seen/file`,
        'kill -0 1 && echo signalled',
        `mv ${stage.directory}/open/file ${stage.directory}/open/directory/file && echo moved`,
      ].join('; ');
      const { output: version } = await stage.run(['--landlock-abi']);
      const abi = Number(version);
      const options = [...WIDE, '--unshare-pid', ...rules(stage)];
      const { output } = await stage.run([...options, '--', '/bin/sh', '-c', `${script}; true`]);
      const said = output.split('\n').filter((line) => /^\w+$/u.test(line));
      expect([abi, said]).toEqual([
        EXPECTED_ABI[stage.build] ?? abi,
        [
          ...(abi < 2 ? ['wrote'] : []),
          ...(abi < 3 ? ['cut'] : []),
          ...(abi < 6 ? ['signalled'] : []),
          'moved',
        ],
      ]);
    });

    test('a launch without namespaces is refused below ABI 6, and nothing runs', async () => {
      const { code, output, stderr } = await stage.run([
        '--no-namespaces',
        '--landlock-read',
        '/',
        '--',
        'echo',
        'ran',
      ]);
      if (stage.build === 'sanitized') expect([code, output]).toEqual([0, 'ran\n']);
      else {
        expect([code, output]).toEqual([1, '']);
        expect(stderr).toMatch(/^cordon-launcher: make the Landlock domain: /u);
      }
    });
  },
);

const EXPECTED_ABI: Readonly<Record<string, number>> = {
  'with Landlock ABI 1': 1,
  'with Landlock ABI 2': 2,
  'with Landlock ABI 5': 5,
};

/** The table of rights, by itself. */
const TABLE_SOURCE = `
#include <stdio.h>
#include "landlock.h"
int main(void) {
  for (int abi = 0; abi < 10; abi++) {
    struct landlock_rights all = landlock_rights_of(abi);
    printf("%d %llx %llx %llx\\n", abi, (unsigned long long)all.files, (unsigned long long)all.network,
           (unsigned long long)all.scopes);
  }
}
`;

test('Each version of Landlock is asked for what it has, and newer ones for what is known here', () => {
  const common = path.join(import.meta.dirname, '../../../native/linux/common');
  const scratch = spawnSync('mktemp', ['-d'], { encoding: 'utf8' }).stdout.trim();
  writeFileSync(path.join(scratch, 'table.c'), TABLE_SOURCE);
  const files = [path.join(scratch, 'table.c'), path.join(common, 'landlock.c')];
  const built = spawnSync('cc', ['-std=c11', `-I${common}`, '-o', path.join(scratch, 'table'), ...files], {
    encoding: 'utf8',
  });
  expect(built.stderr).toBe('');
  const { stdout } = spawnSync(path.join(scratch, 'table'), { encoding: 'utf8' });
  spawnSync('rm', ['-r', scratch]);
  expect(stdout.trim().split('\n')).toEqual([
    ...['0 0 0 0', '1 1fff 0 0', '2 3fff 0 0', '3 7fff 0 0', '4 7fff 3 0', '5 ffff 3 0'],
    ...['6 ffff 3 3', '7 ffff 3 3', '8 ffff 3 3', '9 ffff 3 3'],
  ]);
});
