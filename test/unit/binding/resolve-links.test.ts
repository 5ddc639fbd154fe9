import { describe, expect, test } from 'vitest';
import { resolveLinks } from '../../../src/binding/resolve-links.js';
import { codeOf, diskWith } from './support.js';

describe('A path leads', () => {
  const tree = {
    'dir/sub/file': 'x',
    link: { linkTo: 'dir' },
    absolute: { linkTo: '/' },
    up: { linkTo: 'dir/sub/../..' },
    chain: { linkTo: 'link/sub' },
    broken: { linkTo: 'gone/away' },
  };

  test.each([
    ['dir', 'dir', 'directory', 0],
    ['dir/sub/file', 'dir/sub/file', 'file', 0],
    ['link/sub/file', 'dir/sub/file', 'file', 1],
    ['chain/file', 'dir/sub/file', 'file', 2],
    ['up/dir', 'dir', 'directory', 1],
    ['none', 'none', 'missing', 0],
    ['none/below', 'none/below', 'missing', 0],
    ['link/none/below', 'dir/none/below', 'missing', 1],
    ['broken', 'gone/away', 'missing', 1],
    ['broken/below', 'gone/away/below', 'missing', 1],
    ['dir/sub/file/below', 'dir/sub/file/below', 'missing', 0],
  ])('%s to %s, a %s', (from, to, target, links) => {
    const { at } = diskWith(tree);
    const resolved = resolveLinks(at(from));
    expect([resolved.path, resolved.target, resolved.links.length]).toEqual([at(to), target, links]);
  });

  test('through an absolute link to the root', () => {
    const { at } = diskWith(tree);
    expect(resolveLinks(at('absolute/usr'))).toMatchObject({ path: '/usr', target: 'directory' });
    expect(resolveLinks(at('absolute'))).toMatchObject({ path: '/', target: 'directory' });
  });

  test('through as many links as Linux follows, and no more', () => {
    const linked = (count: number): Record<string, string | { linkTo: string }> => ({
      end: 'x',
      ...Object.fromEntries(
        Array.from({ length: count }, (_, index) => [
          `l${String(index)}`,
          { linkTo: index === 0 ? 'end' : `l${String(index - 1)}` },
        ]),
      ),
    });
    const enough = diskWith(linked(40));
    expect(resolveLinks(enough.at('l39')).path).toBe(enough.at('end'));
    const tooMany = diskWith(linked(41));
    expect(codeOf(() => resolveLinks(tooMany.at('l40')))).toBe('bind-failed');
  });

  test('nowhere when a name is longer than any name', () => {
    const { at } = diskWith({});
    expect(resolveLinks(at('x'.repeat(300))).target).toBe('missing');
  });
});
