import { chmodSync, mkdirSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { Bindings } from '../../../src/binding/bindings.js';
import { bindPolicy } from '../../../src/binding/bind.js';
import { type BoundPolicy } from '../../../src/binding/bound-policy.js';
import { type Disk, diskWith, entry, glob, requestFor, special } from './support.js';

/** Binds the same request twice, with something done in between. */
function bindTwice(
  disk: Disk,
  between: () => void,
): { readonly first: BoundPolicy; readonly second: BoundPolicy } {
  const bindings = new Bindings();
  const request = requestFor(
    [special('write', 'project_roots'), entry('deny', disk.at('secret')), glob('**/*.key')],
    disk.at('workspace'),
  );
  const first = bindings.bind(request);
  between();
  const second = bindings.bind(request);
  expect(second).toEqual(bindPolicy(request));
  return { first, second };
}

const TREE = {
  'workspace/src/a.ts': 'x',
  'workspace/src/b.key': 'x',
  'workspace/.git': 'gitdir: ../elsewhere/worktrees/w\n',
  'elsewhere/worktrees/w/commondir': '../..\n',
  'elsewhere/config': '',
  secret: 'x',
};

describe('What was bound is used again', () => {
  test.each<readonly [string, (disk: Disk) => void]>([
    ['nothing has changed', () => undefined],
    [
      'a file has got other content',
      ({ at }) => {
        writeFileSync(at('workspace/src/a.ts'), 'y');
      },
    ],
  ])('when %s', (_, between) => {
    const disk = diskWith(TREE);
    const { first, second } = bindTwice(disk, () => {
      between(disk);
    });
    expect(second).toBe(first);
  });
});

describe('It is bound anew', () => {
  test.each<readonly [string, (disk: Disk) => void]>([
    [
      'when protected metadata has appeared',
      ({ at }) => {
        mkdirSync(at('workspace/.agents'));
      },
    ],
    [
      'when a denied file was replaced',
      ({ at }) => {
        writeFileSync(at('other'), 'x');
        renameSync(at('other'), at('secret'));
      },
    ],
    [
      'when a denied file became a link',
      ({ at }) => {
        unlinkSync(at('secret'));
        symlinkSync(at('workspace/src/a.ts'), at('secret'));
      },
    ],
    [
      'when a new file matches a glob',
      ({ at }) => {
        writeFileSync(at('workspace/src/c.key'), '');
      },
    ],
    [
      'when a file that matched a glob has gone',
      ({ at }) => {
        rmSync(at('workspace/src/b.key'));
      },
    ],
    [
      "when a worktree's pointer was rewritten",
      ({ at }) => {
        writeFileSync(at('workspace/.git'), 'gitdir: ../secret\n');
      },
    ],
    [
      "when a worktree's common directory was moved",
      ({ at }) => {
        writeFileSync(at('elsewhere/worktrees/w/commondir'), '..\n');
      },
    ],
    [
      'when the workspace was replaced by another directory',
      ({ at }) => {
        renameSync(at('workspace'), at('old'));
        mkdirSync(at('workspace'));
      },
    ],
  ])('%s', (_, between) => {
    const disk = diskWith(TREE);
    const { first, second } = bindTwice(disk, () => {
      between(disk);
    });
    expect(second).not.toBe(first);
  });

  test('when everybody may write the workspace from now on, though nothing depends on it', () => {
    const disk = diskWith(TREE);
    const { first, second } = bindTwice(disk, () => {
      chmodSync(disk.at('workspace'), 0o777);
    });
    expect(second).not.toBe(first);
  });

  test('for another request', () => {
    const { at } = diskWith(TREE);
    const bindings = new Bindings();
    const one = bindings.bind(requestFor([special('write', 'project_roots')], at('workspace')));
    const two = bindings.bind(requestFor([special('read', 'project_roots')], at('workspace')));
    expect(two).not.toBe(one);
  });
});
