import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { ERROR_CODES } from '../../../src/errors/codes.js';

const ROOT = path.join(import.meta.dirname, '../../..');
const codes = Object.keys(ERROR_CODES);

describe('the table of error codes', () => {
  it('is the table in the README, row by row', () => {
    const readme = readFileSync(path.join(ROOT, 'README.md'), 'utf8');
    const table = readme.slice(readme.indexOf('<!-- codes:begin -->'), readme.indexOf('<!-- codes:end -->'));
    const rows = [...table.matchAll(/^\| `(?<code>[a-z0-9-]+)`\s*\| (?<when>.*?)\s*\|$/gmu)].map((row) => [
      row.groups?.['code'],
      row.groups?.['when'],
    ]);
    expect(rows).toEqual(Object.entries(ERROR_CODES).map(([code, { when }]) => [code, when]));
  });

  it.each(codes)('has a sentence and a hint for %s', (code) => {
    const row = ERROR_CODES[code as keyof typeof ERROR_CODES];
    expect(row.when).toMatch(/^\S.*\.$/u);
    expect(row.hint.length).toBeGreaterThan(10);
  });

  it('has no code that the sources never use', () => {
    const sources = textsBelow(path.join(ROOT, 'src')).join('\n');
    const unused = codes.filter((code) => !sources.includes(`'${code}'`));
    expect(unused).toEqual([]);
  });

  it('has no code that no test asserts', () => {
    const tests = textsBelow(path.join(ROOT, 'test')).join('\n');
    const untested = codes.filter((code) => !tests.includes(`'${code}'`));
    expect(untested).toEqual([]);
  });
});

/** All TypeScript below a directory but the table and its test. */
function textsBelow(directory: string): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter(
      (entry) => entry.isFile() && entry.name.endsWith('.ts') && !/codes(?:\.test)?\.ts$/u.test(entry.name),
    )
    .map((entry) => readFileSync(path.join(entry.parentPath, entry.name), 'utf8'));
}
