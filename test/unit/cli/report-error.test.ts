import { describe, expect, it } from 'vitest';
import { type ErrorReporting, reportError } from '../../../src/cli/report-error.js';
import { CordonError } from '../../../src/errors/cordon-error.js';

const ERROR = new CordonError('bind-failed', 'Cannot bind "/a"', {
  hint: 'Do this.',
  details: { inode: 7n },
});

function report(error: unknown, changes: Partial<ErrorReporting> = {}): { code: number; text: string } {
  const written: string[] = [];
  const write = (text: string): void => {
    written.push(text);
  };
  const code = reportError(error, { json: false, quiet: false, isDebug: false, write, ...changes });
  return { code, text: written.join('') };
}

describe('the report of an error', () => {
  it('is message, hint and code', () => {
    expect(report(ERROR)).toEqual({
      code: 125,
      text: 'sandbox-run: Cannot bind "/a"\n  hint: Do this.\n  code: bind-failed\n',
    });
  });

  it('is the message alone when quiet', () => {
    expect(report(ERROR, { quiet: true }).text).toBe('sandbox-run: Cannot bind "/a"\n');
  });

  it('is one line of JSON with --json, also with numbers that JSON has no form for', () => {
    const { code, text } = report(ERROR, { json: true, quiet: true });
    expect(code).toBe(125);
    expect(text.split('\n')).toHaveLength(2);
    expect(JSON.parse(text)).toEqual({
      error: { code: 'bind-failed', message: 'Cannot bind "/a"', hint: 'Do this.', details: { inode: 7 } },
    });
  });

  it('keeps every digit of a number that would be rounded', () => {
    const error = new CordonError('bind-failed', 'x', { details: { inode: 2n ** 64n - 1n } });
    expect(JSON.parse(report(error, { json: true }).text)).toMatchObject({
      error: { details: { inode: '18446744073709551615' } },
    });
  });

  it.each([[new TypeError('x is undefined')], ['thrown text'], [undefined], [null]])(
    'calls what is not ours internal: %s',
    (error) => {
      const { code, text } = report(error, { json: true });
      expect(code).toBe(125);
      expect(JSON.parse(text)).toMatchObject({ error: { code: 'internal' } });
    },
  );

  it('has the stack only when debugging', () => {
    const error = new TypeError('x');
    expect(report(error).text).not.toContain('    at ');
    expect(report(error, { isDebug: true }).text).toContain('    at ');
  });
});
