import fc from 'fast-check';
import { expect, test } from 'vitest';
import { matchesAnyName, matchesName } from '../../../src/process/name-pattern.js';

test.each([
  ['', '', true],
  ['', 'A', false],
  ['*', '', true],
  ['?', '', false],
  ['a', 'A', true],
  ['A?C', 'abc', true],
  ['A?C', 'ac', false],
  ['*KEY*', 'MONKEYS', true],
  ['*KEY', 'KEYS', false],
  ['A*B*C', 'AxBxBxC', true],
  ['A*B*C', 'AxBxBx', false],
  ['A.C', 'ABC', false],
  ['[AB]', 'A', false],
  ['A**', 'A', true],
])('pattern %j against %j: %s', (pattern, name, expected) => {
  expect(matchesName(pattern, name)).toBe(expected);
});

test('agrees with the same pattern as a regular expression', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b', 'B', '_'), maxLength: 12 });
  const pattern = fc.string({ unit: fc.constantFrom('a', 'b', '_', '*', '?'), maxLength: 8 });
  fc.assert(
    fc.property(pattern, text, (glob, name) => {
      const source = glob.replaceAll('*', '.*').replaceAll('?', '.');
      expect(matchesName(glob, name)).toBe(new RegExp(`^${source}$`, 'iu').test(name));
    }),
  );
});

test('answers at once for a pattern that would take a regular expression for ever', () => {
  expect(matchesName('*a'.repeat(200) + 'b', 'a'.repeat(4000))).toBe(false);
});

test('one matching pattern of several is enough', () => {
  expect(matchesAnyName(['x', 'A*'], 'abc')).toBe(true);
  expect(matchesAnyName([], 'abc')).toBe(false);
});
