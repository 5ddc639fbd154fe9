import fc from 'fast-check';
import { parse, stringify } from 'smol-toml';
import { describe, expect, it } from 'vitest';
import { locateKeys } from '../../../src/profiles/key-lines.js';

const DOCUMENT = String.raw`# a comment with a "quote and = sign
description = """
[not.a.table]
inside = 1 \""" # still text
"""
other = '''
[nor.this]'''
dotted . "quoted key".bare-1 = 1 # [no]

[filesystem]   # after a header
":root" = "read"
'~/.ssh'="deny"
"es\u0063aped\"" = "deny"
[ environment . "set" ]
A = "x = y # no comment"
B = 'C = 1'
list = [
  "one", # ]
  [ "two",
    "three" ],
  { deep = 1,
    deeper = { x = 2 } },
]
inline = { ":a" = "read", b.c = 2 }
[[points]]
x = 1
[[points]]
y = 1
[last]
date = 1979-05-27T07:32:00Z
float = 1.5
final = true`;

describe('the line of a key', () => {
  it('is asked of a document that the parser takes', () => {
    expect(() => parse(DOCUMENT)).not.toThrow();
  });

  it.each([
    [['description'], 2],
    [['other'], 6],
    [['dotted'], 8],
    [['dotted', 'quoted key'], 8],
    [['dotted', 'quoted key', 'bare-1'], 8],
    [['filesystem'], 10],
    [['filesystem', ':root'], 11],
    [['filesystem', '~/.ssh'], 12],
    [['filesystem', 'escaped"'], 13],
    [['environment'], 14],
    [['environment', 'set', 'A'], 15],
    [['environment', 'set', 'B'], 16],
    [['environment', 'set', 'list'], 17],
    [['environment', 'set', 'list', '0'], 18],
    [['environment', 'set', 'list', '1'], 19],
    [['environment', 'set', 'list', '1', '1'], 20],
    [['environment', 'set', 'list', '2', 'deeper', 'x'], 22],
    [['environment', 'set', 'inline', ':a'], 24],
    [['environment', 'set', 'inline', 'b', 'c'], 24],
    [['points'], 25],
    [['points', 'y'], 28],
    [['last', 'final'], 32],
  ])('%j is found', (keys, line) => {
    expect(locateKeys(DOCUMENT)(keys)).toBe(line);
  });

  it('falls back to the table above it, and to the first line', () => {
    const lineOf = locateKeys(DOCUMENT);
    expect(lineOf(['filesystem', 'absent', 'key'])).toBe(10);
    expect(lineOf(['nor', 'this'])).toBe(1);
    expect(lineOf([])).toBe(1);
  });

  it('counts lines that end in CR LF once', () => {
    const lineOf = locateKeys(DOCUMENT.replaceAll('\n', '\r\n'));
    expect(lineOf(['filesystem', ':root'])).toBe(11);
    expect(lineOf(['last', 'final'])).toBe(32);
  });

  it('is found in a document of a mebibyte, in one string or in many keys', () => {
    const filler = 'x"\n'.repeat(300_000);
    expect(locateKeys(`a = """${filler}"""\nb = 1`)(['b'])).toBe(300_002);
    const keys = Array.from({ length: 50_000 }, (_, index) => `key-${String(index)} = 1`).join('\n');
    expect(locateKeys(keys)(['key-49999'])).toBe(50_000);
  });

  it('is found for every key of any document', () => {
    const names = fc.uniqueArray(fc.string({ unit: 'grapheme' }), { maxLength: 5 });
    const unsafe = new Set(['__proto__', 'constructor']);
    fc.assert(
      fc.property(names, names, fc.string({ unit: 'grapheme' }), (tables, keys, value) => {
        const inner = Object.fromEntries(keys.filter((key) => !unsafe.has(key)).map((key) => [key, value]));
        const tree = Object.fromEntries(tables.filter((key) => !unsafe.has(key)).map((key) => [key, inner]));
        const text = stringify(tree);
        const lineOf = locateKeys(text);
        const lines = text.split('\n');
        for (const [table, entries] of Object.entries(tree)) {
          if (Object.keys(entries).length > 0) expect(lines[lineOf([table]) - 1]).toMatch(/^\[/u);
          const found = Object.keys(entries).map((key) => lineOf([table, key]));
          expect(new Set(found).size).toBe(found.length);
          for (const line of found) expect(lines[line - 1]).toContain(' = ');
        }
      }),
    );
  });
});
