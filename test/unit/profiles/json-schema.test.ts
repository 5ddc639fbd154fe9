import { parse } from 'smol-toml';
import { describe, expect, it } from 'vitest';
import { checkProfile } from '../../../src/profiles/load-profile.js';
import { profileJsonSchema } from '../../../src/profiles/json-schema.js';
import { profileFixture } from './profile-fixture.js';
import { satisfies } from './satisfies-schema.js';

describe('the JSON Schema of profiles and the loader', () => {
  it.each([
    [''],
    ['description = "x"\nextends = "read-only"'],
    ['enforcement = "disabled"'],
    ['[filesystem]\n":root" = "read"\n":future" = "deny"\n"~" = "read"\n"~/a" = "write"\n"/b" = "deny"'],
    ['[filesystem]\n"**/.env" = "deny"\n"~/x/*.key" = "deny"\nglob_scan_max_depth = 1'],
    ['[filesystem]\nunrestricted = true'],
    ['[network]\nenabled = true\nunix_sockets = ["/a", "~/b"]'],
    ['[environment]\ninherit = "none"\nexclude = ["A*"]\ninclude_only = []\nset = { A = "1" }'],
  ])('both take %j', (text) => {
    expect(verdicts(text)).toEqual({ schema: true, loader: true });
  });

  it.each([
    ['filesytem = {}'],
    ['description = 1'],
    ['enforcement = "on"'],
    ['[filesystem]\n"/a" = "rw"'],
    ['[filesystem]\n"src" = "read"'],
    ['[filesystem]\n"**/x" = "read"'],
    ['[filesystem]\n"/abs/*" = "write"'],
    ['[filesystem]\nglob_scan_max_depth = 0'],
    ['[filesystem]\nglob_scan_max_depth = 1.5'],
    ['[filesystem]\nunrestricted = true\n"/a" = "deny"'],
    ['[filesystem]\nunrestricted = 1'],
    ['[network]\nenabled = "no"'],
    ['[network]\nunix_sockets = ["a"]'],
    ['[network]\nports = []'],
    ['[environment]\ninherit = "some"'],
    ['[environment]\nexclude = [1]'],
    ['[environment]\nset = { A = 1 }'],
    ['[environment]\nset = { "A=B" = "1" }'],
  ])('both refuse %j', (text) => {
    expect(verdicts(text)).toEqual({ schema: false, loader: false });
  });

  it('is plain data', () => {
    expect(JSON.parse(JSON.stringify(profileJsonSchema()))).toEqual(profileJsonSchema());
  });
});

function verdicts(text: string): { schema: boolean; loader: boolean } {
  const { write, request } = profileFixture();
  write('x.toml', text);
  return {
    schema: satisfies(parse(text), profileJsonSchema()),
    loader: checkProfile(request('x.toml')).kind === 'valid',
  };
}
