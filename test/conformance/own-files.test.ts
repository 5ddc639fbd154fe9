import { cpSync, lchownSync, rmSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, inject, it } from 'vitest';
import { type FileTree, namesIn, plantTree, snapshotTree } from '../support/file-tree.js';
import { type Stage, describeOnStage } from '../support/stage.js';

/** What of cordon is loaded or executed at run time; the terminal library lies beside it. */
const PARTS = ['dist/bin', 'native/linux/build', 'profiles', 'package.json'];

/** A package that is none of cordon's, with files of the same names. */
const OTHER: FileTree = {
  'dist/bin/sandbox-run.cjs': 'old\n',
  'native/linux/build/cordon-guard': 'old\n',
  'profiles/workspace-write.toml': 'old\n',
  'package.json': '{}\n',
};

/** Each changes the package in the directory `$1`. */
const CHANGES = [
  { change: 'overwrite its program', script: 'echo forged > "$1/dist/bin/sandbox-run.cjs"' },
  { change: 'add a file beside its program', script: 'echo forged > "$1/dist/bin/forged.cjs"' },
  { change: 'overwrite its helper', script: 'cp /bin/true "$1/native/linux/build/cordon-guard"' },
  { change: 'change its profiles', script: 'echo forged >> "$1/profiles/workspace-write.toml"' },
  { change: 'change its package.json', script: 'echo "{}" > "$1/package.json"' },
  { change: 'give it a package of its own', script: 'mkdir -p "$1/node_modules/@lydell/node-pty"' },
  { change: 'delete a file of it', script: 'rm -f "$1/package.json"' },
  { change: 'rename it', script: 'mv "$1" moved' },
  { change: 'replace it by a link', script: 'mv "$1" moved && ln -s "$PWD/moved" "$1"' },
  { change: 'rename the directory that all packages lie in', script: 'mv "$(dirname "$1")" moved' },
] as const;

/** Each makes or changes a terminal library in the directory `$1`, where one may be or not. */
const PLANTINGS = [
  { way: 'writing its files', script: 'mkdir -p "$1" && echo forged > "$1/requireBinary.js"' },
  { way: 'renaming a directory', script: 'mkdir new && mkdir -p "$(dirname "$1")" && mv -T new "$1"' },
  { way: 'a link', script: 'rm -rf "$1" && mkdir -p "$(dirname "$1")" && ln -sT /tmp "$1"' },
  { way: 'a link for its scope', script: 'rm -rf "$(dirname "$1")" && ln -sT /tmp "$(dirname "$1")"' },
] as const;

/** Puts cordon among the packages of a workspace, without the terminal library; gives its directory. */
function installIn(stage: Stage, directory: string): string {
  const root = path.join(stage.workspace, directory);
  stage.plant({ [`${directory}/`]: '' });
  for (const part of PARTS)
    cpSync(path.join(inject('installation'), part), path.join(root, part), { recursive: true });
  rmSync(path.join(root, 'dist/bin/sandbox-run.bundle.cjs.map'), { force: true });
  for (const name of Object.keys(snapshotTree(root)))
    lchownSync(path.join(root, name), stage.caller.uid, stage.caller.gid);
  return root;
}

function plantOther(stage: Stage): void {
  plantTree(stage.workspace, below('node_modules/other', OTHER), stage.caller);
}

function below(directory: string, tree: FileTree): FileTree {
  return Object.fromEntries(Object.entries(tree).map(([name, item]) => [`${directory}/${name}`, item]));
}

/** A terminal library that makes a file when it is loaded. */
function libraryThatMakes(file: string): FileTree {
  return {
    'package.json': '{}\n',
    'requireBinary.js': `require('node:fs').writeFileSync(${JSON.stringify(file)}, '');\n`,
  };
}

describeOnStage('cordon installed inside of the workspace', (stage) => {
  describe.each(CHANGES)('and a command that tries to $change', ({ script }) => {
    it('refuses it', async () => {
      const installation = installIn(stage, 'node_modules/cordon');
      const before = snapshotTree(installation);
      const { code } = await stage.shell(script, { installation, args: ['node_modules/cordon'] });
      expect(code).toBeGreaterThan(0);
      expect(snapshotTree(installation)).toEqual(before);
      expect(namesIn(`${stage.workspace}/node_modules`)).toEqual(['cordon']);
    });
  });

  it.each(CHANGES.slice(0, -1))(
    'lets a command $change where that is another package',
    async ({ script }) => {
      const installation = installIn(stage, 'node_modules/cordon');
      plantOther(stage);
      const before = snapshotTree(stage.workspace);
      const run = await stage.shell(script, { installation, args: ['node_modules/other'] });
      expect(run).toMatchObject({ code: 0 });
      expect(snapshotTree(stage.workspace)).not.toEqual(before);
    },
  );
});

describeOnStage('the terminal library beside cordon in the workspace', (stage) => {
  describe.each(PLANTINGS)('that a command tries to plant by $way', ({ script }) => {
    it.each(['node-pty', 'node-pty-linux-x64', 'node-pty-linux-arm64'])(
      'stays missing where %s is',
      async (name) => {
        const installation = installIn(stage, 'node_modules/cordon');
        const args = [`node_modules/@lydell/${name}`];
        expect((await stage.shell(script, { installation, args })).code).toBeGreaterThan(0);
        expect(namesIn(`${stage.workspace}/node_modules`)).toEqual(['cordon']);
      },
    );

    it('stays as it is where it is there', async () => {
      const installation = installIn(stage, 'node_modules/cordon');
      stage.plant({ 'node_modules/@lydell/node-pty/requireBinary.js': 'old\n' });
      const before = snapshotTree(`${stage.workspace}/node_modules`);
      const args = ['node_modules/@lydell/node-pty'];
      expect((await stage.shell(script, { installation, args })).code).toBeGreaterThan(0);
      expect(snapshotTree(`${stage.workspace}/node_modules`)).toEqual(before);
    });

    it('is made where it is a package of another scope', async () => {
      const installation = installIn(stage, 'node_modules/cordon');
      const args = ['node_modules/@other/node-pty'];
      expect(await stage.shell(script, { installation, args })).toMatchObject({ code: 0 });
      expect(namesIn(`${stage.workspace}/node_modules`)).toEqual(['@other', 'cordon']);
    });
  });

  it('is loaded when the user has put it there, and never what a command has tried to put there', async () => {
    const installation = installIn(stage, 'node_modules/cordon');
    const loaded = `${stage.outside}/loaded`;
    const library = libraryThatMakes(loaded);
    stage.plant(below('library', library));
    await stage.shell('mkdir -p node_modules/@lydell; cp -r library node_modules/@lydell/node-pty', {
      installation,
    });
    expect((await stage.run(['--json', '--tty', '--', 'true'], { installation })).errorCode).toBe(
      'terminal-unavailable',
    );
    expect(namesIn(stage.outside)).toEqual([]);
    stage.plant(below('node_modules/@lydell/node-pty', library));
    await stage.run(['--tty', '--', 'true'], { installation });
    expect(namesIn(stage.outside)).toEqual(['loaded']);
  });

  it('is protected where a package manager links it from elsewhere, and its neighbour there is not', async () => {
    const installation = installIn(stage, 'node_modules/cordon');
    stage.plant({
      'node_modules/.store/node-pty/requireBinary.js': 'old\n',
      'node_modules/.store/other/index.js': 'old\n',
      'node_modules/@lydell/node-pty': { linkTo: '../.store/node-pty' },
    });
    const script =
      'cd node_modules/.store; echo new > other/index.js && ! echo forged > node-pty/requireBinary.js && ! mv node-pty moved';
    expect(await stage.shell(script, { installation })).toMatchObject({ code: 0 });
    const tree = snapshotTree(`${stage.workspace}/node_modules/.store`);
    expect(tree['node-pty/requireBinary.js']).toContain('"old\\n"');
    expect(tree['other/index.js']).toContain('"new\\n"');
  });

  /** Packages as pnpm links them: each finds its own only beside itself. */
  const STORE = 'node_modules/.pnpm';
  const LIBRARY = `${STORE}/node-pty@1/node_modules/@lydell/node-pty`;
  const PROGRAM_NAME = `node-pty-${process.platform}-${process.arch}`;
  const PROGRAM = `${STORE}/program@1/node_modules/@lydell/${PROGRAM_NAME}`;

  it.each([
    ["the program's files", PROGRAM, 'echo forged > "$1/pty.node"'],
    ['the program', PROGRAM, 'mv -T "$1" moved'],
    [
      'the link to the program',
      `${STORE}/node-pty@1/node_modules/@lydell/${PROGRAM_NAME}`,
      'rm "$1" && mkdir "$1"',
    ],
    ["the library's files", LIBRARY, 'echo forged > "$1/requireBinary.js"'],
    ['the link to the library', `${STORE}/cordon@1/node_modules/@lydell/node-pty`, 'rm "$1" && mkdir "$1"'],
    ['a directory above', `${STORE}/program@1`, 'mv -T "$1" moved'],
  ])('in a store of packages with links: %s cannot be changed', async (_what, target, script) => {
    const installation = installIn(stage, `${STORE}/cordon@1/node_modules/cordon`);
    stage.plant({
      [`${LIBRARY}/requireBinary.js`]: 'old\n',
      [`${PROGRAM}/pty.node`]: 'old\n',
      [`${STORE}/cordon@1/node_modules/@lydell/node-pty`]: {
        linkTo: '../../../node-pty@1/node_modules/@lydell/node-pty',
      },
      [`${STORE}/node-pty@1/node_modules/@lydell/${PROGRAM_NAME}`]: {
        linkTo: `../../../program@1/node_modules/@lydell/${PROGRAM_NAME}`,
      },
      [`${STORE}/other@1/node_modules/other/pty.node`]: 'old\n',
    });
    const before = snapshotTree(`${stage.workspace}/node_modules`);
    expect((await stage.shell(script, { installation, args: [target] })).code).toBeGreaterThan(0);
    expect(snapshotTree(`${stage.workspace}/node_modules`)).toEqual(before);
    const other = 'echo new > "$1/node_modules/other/pty.node" && mv -T "$1" "$1.moved"';
    expect(await stage.shell(other, { installation, args: [`${STORE}/other@1`] })).toMatchObject({ code: 0 });
  });

  it('is protected where it lies higher up than cordon, and before it none can be planted', async () => {
    const installation = installIn(stage, 'packages/app/node_modules/cordon');
    stage.plant({
      'node_modules/@lydell/node-pty/requireBinary.js': 'old\n',
      'node_modules/other/requireBinary.js': 'old\n',
    });
    const before = snapshotTree(`${stage.workspace}/node_modules/@lydell`);
    const script = [
      'echo forged > node_modules/@lydell/node-pty/requireBinary.js',
      'mkdir -p packages/node_modules/@lydell/node-pty packages/app/node_modules/@lydell/node-pty',
      'echo new > node_modules/other/requireBinary.js && mkdir -p packages/app/node_modules/@other/package',
    ].join('; ');
    expect(await stage.shell(script, { installation })).toMatchObject({ code: 0 });
    expect(snapshotTree(`${stage.workspace}/node_modules/@lydell`)).toEqual(before);
    expect(namesIn(`${stage.workspace}/packages`)).toEqual(['app']);
    expect(namesIn(`${stage.workspace}/packages/app/node_modules`)).toEqual(['@other', 'cordon']);
    expect(snapshotTree(`${stage.workspace}/node_modules/other`)['requireBinary.js']).toContain('"new\\n"');
  });
});
