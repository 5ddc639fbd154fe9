import { chmodSync } from 'node:fs';
import { expect, it } from 'vitest';
import { namesIn } from '../support/file-tree.js';
import { describeOnStage } from '../support/stage.js';

const AWKWARD_NAMES = [
  'with space',
  'new\nline',
  '*',
  '[ab]c',
  '{a,b}',
  'a?b',
  '-leading',
  '--deny-read',
  'dou"ble',
  "sin'gle",
  'back\\slash',
  'ünïcödé-日本語-🦊',
  '$HOME',
  '~',
  '#hash;semi&and|pipe',
  'a=b',
  '%41%2F',
  '...',
  'tab\tand\u0001',
] as const;

describeOnStage('a workspace root', (stage) => {
  it.each(AWKWARD_NAMES)(
    'of the name %j is writable, its metadata protected, its parent not writable',
    async (name) => {
      stage.plantOutside({ [`${name}/.git/config`]: 'config\n' });
      const cwd = `${stage.outside}/${name}`;
      const script =
        'echo x > file && ! echo forged > .git/config && ! mkdir .codex/x && ! echo x > ../file && pwd -P';
      expect(await stage.shell(script, { cwd })).toMatchObject({ code: 0, output: `${cwd}\n` });
      expect(namesIn(cwd)).toEqual(['.git', 'file']);
      expect(namesIn(stage.outside)).toEqual([name]);
    },
  );

  it.each(AWKWARD_NAMES)('given as an option by the name %j is meant literally', async (name) => {
    stage.plantOutside({ [`${name}/`]: '', 'ac/': '', a: '', b: '' });
    const options = [`--workspace-root=./${name}`, `--cwd=./${name}`];
    const run = await stage.shell('echo x > file && ! echo x > ../ac/file', { options, cwd: stage.outside });
    expect(run).toMatchObject({ code: 0 });
    expect(namesIn(`${stage.outside}/${name}`)).toEqual(['file']);
  });

  it.each(AWKWARD_NAMES.filter((name) => name !== '*'))(
    'holds a file %j that is hidden by --deny-read, and its neighbour is not',
    async (name) => {
      stage.plant({ [name]: 'secret\n', neighbour: 'neighbour\n' });
      const run = await stage.shell('cat "./$1"; cat neighbour', {
        options: [`--deny-read=./${name}`],
        args: [name],
      });
      expect(run.output).toBe('neighbour\n');
      expect(await stage.shell('cat "./$1"', { args: [name] })).toMatchObject({ output: 'secret\n' });
    },
  );

  it('holds a file "*" that is hidden by --deny-read, and so is all that it matches as a glob', async () => {
    stage.plant({ '*': 'secret\n', neighbour: 'neighbour\n' });
    expect(await stage.shell('cat "./*" neighbour', { options: ['--deny-read=*'] })).toMatchObject({
      output: '',
    });
  });

  it('that is "/" is refused when nobody named it, and that does not exist always', async () => {
    expect(await stage.refusal({ cwd: '/' })).toBe('workspace-root-invalid');
    expect(await stage.refusal({ options: ['--workspace-root=./missing'] })).toBe('workspace-root-invalid');
    stage.plant({ file: '' });
    expect(await stage.refusal({ options: ['--workspace-root=./file'] })).toBe('workspace-root-invalid');
  });

  it('that its own mode closes is protected where root makes the mount points, and refused where nobody can', async () => {
    chmodSync(stage.workspace, 0o555);
    if (stage.caller.uid === 0) {
      const script = 'chmod 755 .; mkdir -p .git/hooks; ln -s /tmp/x .agents; true';
      expect(await stage.shell(script)).toMatchObject({ code: 0 });
      expect(namesIn(stage.workspace)).toEqual([]);
    } else {
      expect(await stage.refusal()).toBe('mount-point-unavailable');
      chmodSync(stage.workspace, 0o755);
      expect(await stage.shell('true')).toMatchObject({ code: 0 });
    }
  });
});

describeOnStage('the working directory', (stage) => {
  it("is the caller's", async () => {
    stage.plant({ 'sub/': '' });
    const cwd = `${stage.workspace}/sub`;
    const options = [`--workspace-root=${stage.workspace}`];
    expect(await stage.shell('pwd -P', { options, cwd })).toMatchObject({ output: `${cwd}\n` });
  });

  it('is what --cwd says, and then the workspace root too', async () => {
    stage.plantOutside({ 'other/': '' });
    const script = 'pwd -P && echo x > file && ! echo x > "$1/file"';
    const options = [`--cwd=${stage.outside}/other`];
    const run = await stage.shell(script, { options, args: [stage.workspace] });
    expect(run).toMatchObject({ code: 0, output: `${stage.outside}/other\n` });
  });

  it('that the profile hides is refused', async () => {
    const options = ['--profile=strict', `--workspace-root=${stage.workspace}`, `--cwd=${stage.outside}`];
    expect(await stage.refusal({ options })).toBe('cwd-not-visible');
    stage.plant({ 'd/': '' });
    expect(await stage.refusal({ options: [`--workspace-root=.`, '--deny-read=d', '--cwd=d'] })).toBe(
      'cwd-not-visible',
    );
  });

  it('that does not exist is refused', async () => {
    const options = ['--workspace-root=.', '--cwd=missing'];
    expect(await stage.refusal({ options })).toBe('cwd-not-visible');
  });

  it('may be read-only', async () => {
    const options = [`--workspace-root=${stage.workspace}`];
    expect(await stage.shell('! echo x > file', { options, cwd: stage.outside })).toMatchObject({ code: 0 });
  });
});
