import { describe, expect, it } from 'vitest';
import { MAX_DURATION_MS, parseDuration } from '../../../src/cli/duration.js';

describe('a time on the command line', () => {
  it.each([
    ['30s', 30_000],
    ['500ms', 500],
    ['2m', 120_000],
    ['1h', 3_600_000],
    ['30', 30_000],
    ['0.5', 500],
    ['1.5m', 90_000],
    ['1ms', 1],
    ['0.5ms', 1],
    ['2147483647ms', MAX_DURATION_MS],
    ['596h', 2_145_600_000],
  ])('%s is %i milliseconds', (text, durationMs) => {
    expect(parseDuration(text)).toBe(durationMs);
  });

  it.each([
    [''],
    ['0'],
    ['0s'],
    ['0.4ms'],
    ['-1s'],
    ['+1s'],
    ['1 s'],
    ['1S'],
    ['1d'],
    ['s'],
    ['.5s'],
    ['1.s'],
    ['1e3'],
    ['0x10'],
    ['Infinity'],
    ['2147483648ms'],
    ['597h'],
    ['9'.repeat(400)],
  ])('%j is none, or out of bounds', (text) => {
    expect(parseDuration(text)).toBeUndefined();
  });
});
