import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { namesIn } from '../../support/file-tree.js';
import { type Stage, type StageOptions, describeOnStage } from '../../support/stage.js';

const SOURCE = path.join(import.meta.dirname, 'changes-probe.c');

const LAUNCHERS = ['builtin', 'zygote'] as const;

/** What a call needs to be there: a file, an empty directory, or nothing. */
type Target = 'file' | 'dir' | 'new';

/** Every call of the probe, and what it is refused, as the name's ending. */
const CALLS: Readonly<Record<string, readonly Target[]>> = {
  ...(process.arch === 'x64' ? oldCalls() : {}),
  renameat: ['file', 'new'],
  openat: ['file'],
  unlinkat: ['file'],
  renameat2: ['file', 'new'],
  linkat: ['new'],
  symlinkat: ['new'],
  mkdirat: ['new'],
  mknodat: ['new'],
  bind: ['new'],
  ...Object.fromEntries(
    [
      ...['truncate', 'fchmod', 'fchmodat', 'fchmodat2', 'fchown', 'fchownat', 'utimensat'],
      ...['setxattr', 'lsetxattr', 'fsetxattr', 'setxattrat'],
      ...['removexattr', 'lremovexattr', 'fremovexattr', 'removexattrat'],
    ].map((call) => [call, ['file'] as const]),
  ),
};

/** Those that arm64 was never given. */
function oldCalls(): Readonly<Record<string, readonly Target[]>> {
  const onFile = ['open', 'unlink', 'chmod', 'chown', 'lchown', 'utime', 'utimes', 'futimesat'];
  const onNothing = ['creat', 'link', 'symlink', 'mkdir', 'mknod'];
  return {
    ...Object.fromEntries(onFile.map((call) => [call, ['file'] as const])),
    ...Object.fromEntries(onNothing.map((call) => [call, ['new'] as const])),
    rmdir: ['dir'],
    rename: ['file', 'new'],
  };
}

let probe = '';

beforeAll(() => {
  const directory = mkdtempSync('/var/tmp/cordon-probe-');
  chmodSync(directory, 0o755);
  probe = path.join(directory, 'changes-probe');
  const flags = ['-std=gnu11', '-Wall', '-Wextra', '-Werror', '-O1', '-pthread'];
  expect(spawnSync('cc', [...flags, '-o', probe, SOURCE], { encoding: 'utf8' }).stderr).toBe('');
});

afterAll(() => {
  rmSync(path.dirname(probe), { recursive: true, force: true });
});

/** A denial, as far as it is compared. */
interface Told {
  readonly kind: string;
  readonly certainty: string;
  readonly call?: string;
  readonly path?: string;
  readonly target?: string;
}

/** What a run with exact evidence was refused. */
interface ExactRun {
  readonly output: string;
  readonly code: number | null;
  readonly denials: readonly Told[];
  readonly warnings: readonly string[];
}

function fixtures(below: string): Readonly<Record<string, string>> {
  const all = Object.keys(CALLS).flatMap((call) => [
    [`${below}/${call}.file`, 'x'],
    [`${below}/${call}.dir/`, ''],
  ]);
  return Object.fromEntries(all) as Record<string, string>;
}

describe.each(LAUNCHERS)('with the launcher %s', (launcher) => {
  describeOnStage('exact evidence', (stage) => {
    async function run(script: string, { options = [], ...more }: StageOptions = {}): Promise<ExactRun> {
      const given = ['--launcher', launcher, '--evidence', 'exact', ...options];
      const { output, code, json } = await stage.shell(script, { ...more, options: given });
      const { denials, warnings } = json as Pick<ExactRun, 'denials' | 'warnings'>;
      return { output, code, denials, warnings };
    }

    it('names each call that is refused, with its path, and no call that is allowed', async () => {
      stage.plantOutside(fixtures('refused'));
      stage.plant(fixtures('allowed'));
      const [refused, allowed] = [`${stage.outside}/refused`, `${stage.workspace}/allowed`];
      const { denials, output } = await run('exec "$@"', { args: [probe, refused, allowed] });
      const expected = Object.entries(CALLS).flatMap(([call, targets]) =>
        targets.map((target) => `${call} ${refused}/${call}.${target}`),
      );
      expect(denials.map(({ call, path: at }) => `${String(call)} ${String(at)}`).sort()).toEqual(
        [...expected].sort(),
      );
      expect(new Set(denials.map(({ certainty }) => certainty))).toEqual(new Set(['proven']));
      const lines = output.trim().split('\n');
      const half = lines.length / 2;
      expect(lines.slice(0, half).filter((line) => !line.endsWith('EROFS'))).toEqual([]);
      expect(lines.slice(half).filter((line) => line.endsWith('EROFS'))).toEqual([]);
    });

    it('is there when the command succeeds, and follows links and directories as the command does', async () => {
      stage.plantOutside({ file: 'x', 'sub/': '', link: { linkTo: 'file' } });
      const script = `
        cd ${stage.outside}/sub; true 2>/dev/null >../link
        ln -s ${stage.outside} ${stage.workspace}/way; true 2>/dev/null >${stage.workspace}/way/sub/new
        cd ${stage.workspace}; true >kept; rm kept; exit 0
      `;
      const { code, denials } = await run(script);
      expect(code).toBe(0);
      expect(denials.map(({ path: at }) => at)).toEqual([
        `${stage.outside}/file`,
        `${stage.outside}/sub/new`,
      ]);
    });

    it('says nothing of places of the sandbox’s own, nor of what fails for other reasons', async () => {
      const script = `
        true >/dev/null; true >/tmp/own; rm /tmp/own; true >/dev/shm/own
        mkdir ${stage.outside}; rm ${stage.outside}/none; true >${stage.outside}/none/file; chmod 600 ${stage.outside}/none; :
      `;
      const { denials } = await run(`exec 2>/dev/null; ${script}`, { options: ['--profile', 'strict'] });
      const inOutside = denials.filter(({ path: at }) => at !== undefined && !at.startsWith(stage.outside));
      expect(inOutside).toEqual([]);
      const readable = await run(`exec 2>/dev/null; ${script}`);
      expect(readable.denials).toEqual([]);
    });

    it('knows what a deny hides', async () => {
      stage.plant({ 'hidden/file': 'x', secret: 'x' });
      const hidden = ['hidden', 'secret'].flatMap((name) => ['--deny-read', `${stage.workspace}/${name}`]);
      const { denials } = await run(
        'exec 2>/dev/null; true >hidden/file; true >hidden/new; true >secret; true',
        {
          options: hidden,
        },
      );
      expect(denials.map(({ path: at }) => at)).toEqual([
        `${stage.workspace}/hidden/file`,
        `${stage.workspace}/hidden/new`,
        `${stage.workspace}/secret`,
      ]);
    });

    it('names networks that are not there', async () => {
      const script = `exec bash -c 'exec 3<>/dev/tcp/192.0.2.1/9'`;
      const { denials } = await run(`(${script}) 2>/dev/null; true`);
      expect(denials).toMatchObject([
        { kind: 'network', call: 'connect', target: '192.0.2.1:9', certainty: 'proven' },
      ]);
    });

    it('lets nothing through while another thread changes the path', async () => {
      const [allowed, refused] = [`${stage.workspace}/raced`, `${stage.outside}/raced`];
      const { output, denials } = await run('exec "$@"', { args: [probe, 'race', allowed, refused] });
      expect(output).toBe('allowed, refused\n');
      expect(namesIn(stage.outside)).toEqual([]);
      expect(denials.map(({ path: at }) => at)).toContain(refused);
      expect(denials.map(({ path: at }) => at)).not.toContain(allowed);
    });

    it('is bounded, and tells what it leaves out', async () => {
      const script = `cd ${stage.outside}; i=0; while [ $i -lt 1005 ]; do i=$((i+1)); true 2>/dev/null >n$i; done; true`;
      const { denials, warnings } = await run(script);
      expect(denials).toHaveLength(1000);
      expect(warnings).toContain('5 more calls were refused than are listed');
    });

    it('changes neither output nor exit code', async () => {
      const script = `echo out; echo x >${stage.outside}/file; mkdir a && cd a && echo x >b && cat b; exit 7`;
      const exact = await stage.shell(script, {
        options: ['--launcher', launcher, '--evidence', 'exact', '--quiet'],
      });
      rmSync(`${stage.workspace}/a`, { recursive: true });
      const text = await stage.shell(script, {
        options: ['--launcher', launcher, '--evidence', 'text', '--quiet'],
      });
      expect([exact.output, exact.code]).toEqual([text.output, text.code]);
    });

    it('is told in hints once for each path, and only when the command failed', async () => {
      const script = `true 2>/dev/null >${stage.outside}/file; chmod 600 ${stage.outside}/file 2>/dev/null`;
      stage.plantOutside({ file: 'x' });
      const hints = async (more: string): Promise<unknown> =>
        ((await stage.shell(`${script}; ${more}`, exactly(launcher))).json as { hints: unknown }).hints;
      expect(await hints('exit 1')).toHaveLength(1);
      expect(await hints('exit 0')).toEqual([]);
    });
  });
});

function exactly(launcher: string): StageOptions {
  return { options: ['--launcher', launcher, '--evidence', 'exact'] };
}

describeOnStage('exact evidence without cordon’s own launcher', (stage: Stage) => {
  it('is refused by name, and chooses that launcher by itself', async () => {
    expect(await stage.refusal({ options: ['--launcher', 'bwrap', '--evidence', 'exact'] })).toBe(
      'evidence-unavailable',
    );
    const { json } = await stage.shell('true', { options: ['--launcher', 'auto', '--evidence', 'exact'] });
    expect(json).toMatchObject({ enforcement: { launcher: 'builtin' } });
  });
});
