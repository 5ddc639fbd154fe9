import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BoundedOutput, DEFAULT_OUTPUT_LIMIT } from '../../../src/process/bounded-output.js';

function written(limitBytes: number, pieces: readonly Uint8Array[]): BoundedOutput {
  const output = new BoundedOutput(limitBytes);
  for (const piece of pieces) output.append(piece);
  return output;
}

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

test('head and tail are those of the whole, whatever the pieces', () => {
  const pieces = fc.array(fc.uint8Array({ maxLength: 30 }), { maxLength: 40 });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 64 }), pieces, (limit, parts) => {
      const whole = Buffer.concat(parts);
      const head = whole.subarray(0, Math.floor(limit / 2));
      const rest = whole.subarray(head.length);
      const tail = rest.subarray(Math.max(0, rest.length - (limit - Math.floor(limit / 2))));
      const seen = written(limit, parts).snapshot();
      expect(Buffer.from(seen.bytes)).toEqual(Buffer.concat([head, tail]));
      expect(seen).toMatchObject({
        headBytes: head.length,
        totalBytes: whole.length,
        droppedBytes: rest.length - tail.length,
        truncated: rest.length > tail.length,
      });
    }),
    { numRuns: 500 },
  );
});

describe('the limit', () => {
  test.each([
    [9, false],
    [10, false],
    [11, true],
  ])('of 10 bytes after %i: truncated %s', (count, truncated) => {
    expect(written(10, [new Uint8Array(count)]).snapshot().truncated).toBe(truncated);
  });

  test('is 1 MiB unless said otherwise, and memory stays at it for 64 MiB in pieces', () => {
    const output = new BoundedOutput();
    const before = process.memoryUsage().arrayBuffers;
    const piece = new Uint8Array(8191).fill(7);
    for (let count = 0; count < 8192; count++) output.append(piece);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(8 * DEFAULT_OUTPUT_LIMIT);
    expect(output.snapshot().bytes.length).toBe(DEFAULT_OUTPUT_LIMIT);
    expect(output.snapshot().totalBytes).toBe(8191 * 8192);
  });

  test.each([0, -1, 1.5, Number.NaN, Infinity])('refuses %d as misuse', (limit) => {
    expect(() => new BoundedOutput(limit)).toThrow(TypeError);
  });
});

test('does not see what the caller does to its bytes afterwards', () => {
  const output = new BoundedOutput(10);
  const bytes = utf8('abc');
  output.append(bytes);
  bytes.fill(0);
  expect(output.text()).toBe('abc');
});

describe('as text', () => {
  test('whole output is unchanged, a byte order mark included', () => {
    expect(written(100, [utf8('\uFEFFäö'), utf8('ü')]).text()).toBe('\uFEFFäöü');
  });

  test('a line stands for what is missing', () => {
    expect(written(4, [utf8('abcdefgh')]).text()).toBe('ab\n[... 4 bytes left out ...]\ngh');
  });

  test('characters that the gap cuts are left out', () => {
    const text = written(6, [utf8('aé€😀b')]).text();
    expect(text).toBe('aé\n[... 5 bytes left out ...]\nb');
  });
});
