import { describe, expect, it } from 'vitest';
import { editDistance, nearestOf } from '../../../src/profiles/nearest.js';

describe('the distance of two words', () => {
  it.each([
    ['', '', 0],
    ['abc', 'abc', 0],
    ['', 'abc', 3],
    ['abc', '', 3],
    ['abc', 'abd', 1],
    ['abc', 'ab', 1],
    ['abc', 'xabc', 1],
    ['write', 'wirte', 1],
    ['filesytem', 'filesystem', 1],
    ['kitten', 'sitting', 3],
  ])('of %j and %j is %i, both ways', (from, to, distance) => {
    expect(editDistance(from, to)).toBe(distance);
    expect(editDistance(to, from)).toBe(distance);
  });
});

describe('the nearest word', () => {
  const words = ['read', 'write', 'deny', 'filesystem'];

  it.each([
    ['wirte', 'write'],
    ['filesytem', 'filesystem'],
    ['raed', 'read'],
    ['den', 'deny'],
  ])('of %j is %j', (text, nearest) => {
    expect(nearestOf(text, words)).toBe(nearest);
  });

  it.each([['completely-else'], ['x'], [''], ['w'.repeat(65)]])('of %j is none', (text) => {
    expect(nearestOf(text, words)).toBeUndefined();
  });
});
