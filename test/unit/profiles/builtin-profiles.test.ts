import path from 'node:path';
import { parse } from 'smol-toml';
import { describe, expect, it } from 'vitest';
import { parseAbsolutePath } from '../../../src/paths/absolute-path.js';
import { type CommandProfile } from '../../../src/permissions/profile.js';
import { readBuiltinProfiles } from '../../../src/profiles/builtin-profiles.js';
import { profileJsonSchema } from '../../../src/profiles/json-schema.js';
import { loadProfile } from '../../../src/profiles/load-profile.js';
import { errorOf, profileFixture } from './profile-fixture.js';
import { satisfies } from './satisfies-schema.js';

const DIRECTORY = parseAbsolutePath(path.resolve(import.meta.dirname, '../../../profiles'));
const BUILTINS = readBuiltinProfiles(DIRECTORY);

function special(kind: string, access: string): object {
  return { path: { type: 'special', value: { kind } }, access };
}

function load(name: string): CommandProfile {
  const { profile, warnings } = loadProfile(profileFixture().request(name, { builtins: BUILTINS }));
  expect(warnings).toEqual([]);
  return profile;
}

describe('the built-in profiles', () => {
  it('are these', () => {
    expect([...BUILTINS.keys()]).toEqual(['danger-full-access', 'read-only', 'strict', 'workspace-write']);
  });

  it.each([...BUILTINS])(
    '%s satisfies the JSON Schema, has a description and begins with its reason',
    (name, text) => {
      expect(satisfies(parse(text), profileJsonSchema())).toBe(true);
      expect(parse(text)['description']).toEqual(expect.any(String));
      expect(text.startsWith('#')).toBe(true);
      expect(load(name).name).toBe(name);
    },
  );

  it('read-only reads everything and nothing else', () => {
    expect(load('read-only').permissions).toEqual({
      type: 'managed',
      file_system: { type: 'restricted', entries: [special('root', 'read')] },
      network: 'restricted',
    });
  });

  it('workspace-write also writes in the workspace and the temporary directories', () => {
    expect(load('workspace-write').permissions).toEqual({
      type: 'managed',
      file_system: {
        type: 'restricted',
        entries: [
          special('root', 'read'),
          special('project_roots', 'write'),
          special('tmpdir', 'write'),
          special('slash_tmp', 'write'),
        ],
      },
      network: 'restricted',
    });
  });

  it('danger-full-access enforces nothing', () => {
    expect(load('danger-full-access').permissions).toEqual({ type: 'disabled' });
  });

  it('strict grants the system and the workspace, denies credentials whether or not they exist, and passes few variables', () => {
    const { permissions, environment } = load('strict');
    if (permissions.type !== 'managed' || permissions.file_system.type !== 'restricted') {
      throw new TypeError('strict must be managed and restricted');
    }
    const { entries } = permissions.file_system;
    expect(permissions.network).toBe('restricted');
    expect(environment.inherit).toBe('core');
    expect(entries.filter(({ access }) => access !== 'deny')).toEqual([
      special('minimal', 'read'),
      special('project_roots', 'write'),
    ]);
    const denied = entries.filter(({ access }) => access === 'deny');
    expect(denied.every((entry) => entry.missing_path_behavior === 'skip')).toBe(true);
    expect(denied.map(({ path: entryPath }) => entryPath)).toContainEqual({
      type: 'path',
      path: 'file:///home/ada/.ssh',
    });
  });

  it.each([['read-only'], ['workspace-write'], ['danger-full-access']])(
    '%s passes the environment without secrets',
    (name) => {
      expect(load(name).environment).toMatchObject({ inherit: 'all', ignoreDefaultExcludes: false });
    },
  );
});

describe('a package without profiles', () => {
  it('is a defect', () => {
    const { at } = profileFixture();
    expect(errorOf(() => readBuiltinProfiles(at('workspace'))).code).toBe('internal');
  });
});
