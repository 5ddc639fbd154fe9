import { symlinkSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseAbsolutePath } from '../../../src/paths/absolute-path.js';
import { loadProfile } from '../../../src/profiles/load-profile.js';
import { errorOf, profileFixture, type ProfileFixture } from './profile-fixture.js';

const TEXT = 'extends = "read-only"';

interface Case {
  readonly name: string;
  readonly prepare: (fixture: ProfileFixture) => void;
  readonly profile: string;
  /** The directory that commands may write, when it is not `workspace`. */
  readonly forbidden?: string;
}

const REFUSED: readonly Case[] = [
  {
    name: 'that lies in it',
    prepare: ({ write }) => write('workspace/deep/x.toml', TEXT),
    profile: 'workspace/deep/x.toml',
  },
  {
    name: 'that a link outside leads to',
    prepare: ({ at, write }) => {
      write('workspace/x.toml', TEXT);
      symlinkSync(at('workspace/x.toml'), at('link.toml'));
    },
    profile: 'link.toml',
  },
  {
    name: 'outside that is named by a link in it',
    prepare: ({ at, write }) => {
      write('outside.toml', TEXT);
      symlinkSync(at('outside.toml'), at('workspace/link.toml'));
    },
    profile: 'workspace/link.toml',
  },
  {
    name: 'outside that is reached through a link in it',
    prepare: ({ at, write }) => {
      write('elsewhere/profiles/x.toml', TEXT);
      symlinkSync('../elsewhere', at('workspace/hop'));
      symlinkSync('workspace/hop', at('first'));
    },
    profile: 'first/profiles/x.toml',
  },
  {
    name: 'that lies where the link leads that the root is named by',
    prepare: ({ at, write }) => {
      write('workspace/x.toml', TEXT);
      symlinkSync(at('workspace'), at('alias'));
    },
    profile: 'workspace/x.toml',
    forbidden: 'alias',
  },
  {
    name: 'that is extended from outside',
    prepare: ({ write }) => {
      write('workspace/parent.toml', TEXT);
      write('x.toml', 'extends = "workspace/parent.toml"');
    },
    profile: 'x.toml',
  },
  {
    name: "of the user's when the configuration lies in it",
    prepare: ({ write }) => write('config/profiles/mine.toml', TEXT),
    profile: 'mine',
    forbidden: 'config',
  },
  {
    name: 'whatever it holds',
    prepare: ({ write }) => write('workspace/x.toml', 'no = toml = at all'),
    profile: 'workspace/x.toml',
  },
];

describe('a place that commands may write holds no profile', () => {
  it.each(REFUSED)('$name', ({ prepare, profile, forbidden = 'workspace' }) => {
    const fixture = profileFixture();
    prepare(fixture);
    const load = () =>
      loadProfile(fixture.request(profile, { forbiddenBelow: [fixture.at('other'), fixture.at(forbidden)] }));
    expect(errorOf(load).code).toBe('profile-in-workspace');
  });

  it.each([
    ['a file beside it', 'x.toml'],
    ['a file in a directory whose name begins the same', 'workspace-profiles/x.toml'],
  ])('but %s is taken', (_, profile) => {
    const { at, write, request } = profileFixture();
    write(profile, TEXT);
    expect(loadProfile(request(profile, { forbiddenBelow: [at('workspace')] })).profile.name).toBe('x');
  });

  it('that holds the configuration, too, is not answered with the advice to move the profile there', () => {
    const { at, write, request } = profileFixture();
    write('config/profiles/mine.toml', TEXT);
    write('workspace/x.toml', TEXT);
    const hintOf = (profile: string, root: string): string =>
      errorOf(() => loadProfile(request(profile, { forbiddenBelow: [at(root)] }))).hint;
    expect(hintOf('mine', '.')).toContain('--workspace-root');
    expect(hintOf('workspace/x.toml', 'workspace')).toContain('Move it out');
  });

  it('is not blamed for a document that does not exist', () => {
    const { at, request } = profileFixture();
    const load = () => loadProfile(request('workspace/x.toml', { forbiddenBelow: [at('workspace')] }));
    expect(errorOf(load)).toMatchObject({ code: 'profile-not-found' });
  });

  it('but links outside of it are followed', () => {
    const { at, write, request } = profileFixture();
    write('dotfiles/x.toml', TEXT);
    symlinkSync('../../dotfiles/x.toml', at('config/profiles/mine.toml'));
    expect(loadProfile(request('mine', { forbiddenBelow: [at('workspace')] })).profile.name).toBe('mine');
  });

  it('but built-in profiles are taken even when everything may be written', () => {
    const { request } = profileFixture();
    const forbiddenBelow = [parseAbsolutePath('/')];
    expect(loadProfile(request('write', { forbiddenBelow })).source.kind).toBe('built-in');
  });

  it('and a circle of links ends', () => {
    const { at, request } = profileFixture();
    symlinkSync('b.toml', at('a.toml'));
    symlinkSync('a.toml', at('b.toml'));
    const load = () => loadProfile(request('a.toml', { forbiddenBelow: [at('workspace')] }));
    expect(errorOf(load).code).toBe('profile-not-found');
  });
});
