import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, copyFileSync, existsSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import path from 'node:path';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { plantTree } from '../support/file-tree.js';
import { type Stage, type StageOptions, describeOnStage } from '../support/stage.js';

const REAL_BUBBLEWRAP = realpathSync(
  spawnSync('/bin/sh', ['-c', 'command -v bwrap'], { encoding: 'utf8' }).stdout.trim(),
);

/** Profiles under which a sandbox is made, by name. */
const PROFILES = ['workspace-write', 'read-only', 'strict', 'writes-everywhere', 'unrestricted'] as const;

const OWN_PROFILES = {
  '.config/cordon/profiles/writes-everywhere.toml': '[filesystem]\n":root" = "write"\n',
  '.config/cordon/profiles/unrestricted.toml': '[filesystem]\nunrestricted = true\n',
};

/** A directory that comes first on the path, and how sandbox-run is started. */
interface Place {
  readonly directory: string;
  readonly options?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** Where this command, or one before it, may have put a program. */
const PLACES: Readonly<Record<string, (stage: Stage) => Place>> = {
  'the workspace': ({ workspace, outside }) => ({
    directory: workspace,
    options: [`--workspace-root=${workspace}`, `--allow-read=${outside}`, `--cwd=${outside}`],
  }),
  "the workspace's node_modules/.bin": ({ workspace }) => ({ directory: `${workspace}/node_modules/.bin` }),
  'the working directory': ({ workspace, outside }) => ({
    directory: `${outside}/here`,
    options: [`--workspace-root=${workspace}`, `--allow-read=${outside}/here`, `--cwd=${outside}/here`],
  }),
  '/tmp': (stage) => ({ directory: inSlashTmp(stage) }),
  $TMPDIR: ({ outside }) => ({ directory: `${outside}/tmp`, env: { TMPDIR: `${outside}/tmp` } }),
  "another project's node_modules": ({ outside }) => ({ directory: `${outside}/node_modules/bubblewrap` }),
};

function inSlashTmp({ caller }: Stage): string {
  const directory = mkdtempSync('/tmp/cordon-planted-');
  chownSync(directory, caller.uid, caller.gid);
  onTestFinished(() => {
    rmSync(directory, { recursive: true });
  });
  return directory;
}

/** A bubblewrap that works, and makes a file beside the workspace when it is executed, outside of any sandbox. */
function plantFake(stage: Stage, directory: string): void {
  const script = `#!/bin/sh\n: > ${marker(stage)}\nexec ${REAL_BUBBLEWRAP} "$@"\n`;
  plantTree('/', { [`${directory}/bwrap`]: script }, stage.caller);
}

function marker(stage: Stage): string {
  return path.join(stage.outside, 'executed');
}

/** What cordon remembers of the bubblewrap that it used last with the same path. */
function forget(stage: Stage): void {
  rmSync(path.join(stage.home, '.local'), { recursive: true, force: true });
}

/** Runs something with a directory first on the path; whether the bubblewrap in it was executed. */
async function executes(stage: Stage, { directory, options = [], env }: Place): Promise<boolean> {
  rmSync(marker(stage), { force: true });
  const search = `${directory}:${path.dirname(REAL_BUBBLEWRAP)}:/usr/bin:/bin`;
  const given: StageOptions = { env: { ...env, PATH: search } };
  const run = await stage.run([...options, '--', '/bin/echo', 'ran'], given);
  expect([run.code, run.output, run.stderr]).toEqual([0, 'ran\n', '']);
  return existsSync(marker(stage));
}

describeOnStage('A bubblewrap that comes first on the path', (stage) => {
  beforeEach(() => {
    forget(stage);
    rmSync(path.join(stage.home, '.config'), { recursive: true, force: true });
    stage.plantAtHome(OWN_PROFILES);
  });

  test.each(Object.keys(PLACES))('in %s is not executed under any profile', async (name) => {
    const place = PLACES[name]?.(stage) ?? { directory: '' };
    plantFake(stage, place.directory);
    for (const profile of PROFILES) {
      forget(stage);
      const options = [`--profile=${profile}`, ...(place.options ?? [])];
      expect([profile, await executes(stage, { ...place, options })]).toEqual([profile, false]);
    }
  });

  test('is not executed where every user may replace it, or what lies in its directory', async () => {
    const directory = `${stage.outside}/bin`;
    plantFake(stage, directory);
    chmodSync(`${directory}/bwrap`, 0o777);
    expect(await executes(stage, { directory })).toBe(false);
    chmodSync(`${directory}/bwrap`, 0o755);
    chmodSync(directory, 0o777);
    forget(stage);
    expect(await executes(stage, { directory })).toBe(false);
    chmodSync(directory, 0o755);
    forget(stage);
    expect(await executes(stage, { directory })).toBe(true);
  });

  test.each(PROFILES)('elsewhere is executed under %s', async (profile) => {
    const directory = `${stage.outside}/bin`;
    plantFake(stage, directory);
    expect(await executes(stage, { directory, options: [`--profile=${profile}`] })).toBe(true);
  });

  test("elsewhere may be a copy of the system's own, and nothing else need be on the path", async () => {
    stage.plantOutside({ 'bin/': '' });
    copyFileSync(REAL_BUBBLEWRAP, `${stage.outside}/bin/bwrap`);
    const run = await stage.run(['--', '/bin/echo', 'ran'], { env: { PATH: `${stage.outside}/bin` } });
    expect([run.code, run.output]).toEqual([0, 'ran\n']);
  });

  test('and was used before is not executed for a command that may write there, or runs there', async () => {
    const directory = `${stage.outside}/bin`;
    plantFake(stage, directory);
    expect(await executes(stage, { directory })).toBe(true);
    expect(await executes(stage, { directory, options: [`--allow-write=${directory}`] })).toBe(false);
    expect(await executes(stage, { directory, options: [`--cwd=${directory}`] })).toBe(false);
  });
});
