import { describe, expect, it } from 'vitest';
import { listProfiles } from '../../../src/profiles/list-profiles.js';
import { profileFixture } from './profile-fixture.js';

describe('the list of profiles', () => {
  it("holds the built-in ones, then the user's, in the order of their names", () => {
    const { at, write, request } = profileFixture();
    const b = write('config/profiles/b.toml', '[filesystem]');
    const a = write('config/profiles/a.toml', 'description = "mine"');
    write('config/profiles/read-only.toml', 'description = "never used"');
    write('config/profiles/notes.txt', '');
    const { builtins } = request('');
    expect(listProfiles({ builtins, configDir: at('config') })).toEqual([
      { name: 'read-only', description: 'look', source: { kind: 'built-in' } },
      { name: 'write', description: '', source: { kind: 'built-in' } },
      { name: 'off', description: '', source: { kind: 'built-in' } },
      { name: 'a', description: 'mine', source: { kind: 'user', path: a } },
      { name: 'b', description: '', source: { kind: 'user', path: b } },
    ]);
  });

  it('goes on past a document that cannot be read, and says why', () => {
    const { at, write } = profileFixture();
    write('config/profiles/broken.toml', '=');
    write('config/profiles/directory.toml/file', '');
    expect(listProfiles({ builtins: new Map(), configDir: at('config') })).toMatchObject([
      { name: 'broken', description: '', problem: expect.stringContaining('broken.toml:1:1') as string },
      { name: 'directory', description: '', problem: expect.any(String) as string },
    ]);
  });

  it.each([[undefined], ['nowhere']])('holds the built-in ones when the configuration is %j', (directory) => {
    const { at, request } = profileFixture();
    const configDir = directory === undefined ? undefined : at(directory);
    expect(listProfiles({ builtins: request('').builtins, configDir })).toHaveLength(3);
  });
});
