import { constants } from 'node:os';
import { expect, test } from 'vitest';
import { exitStatusOf, signalName, signalNumber } from '../../../src/process/signals.js';

test.each(Object.entries(constants.signals))('%s is number %i and has a name for it', (name, number) => {
  expect(signalNumber(name)).toBe(number);
  expect(signalNumber(signalName(number) ?? '')).toBe(number);
});

test.each([
  [6, 'SIGABRT'],
  [9, 'SIGKILL'],
  [64, undefined],
  [0, undefined],
])('number %i is %s', (number, name) => {
  expect(signalName(number)).toBe(name);
});

test.each(['SIGNONE', 'term', '', 'toString'])('refuses %j', (name) => {
  expect(() => signalNumber(name)).toThrow(expect.objectContaining({ code: 'usage-invalid' }));
});

test.each([
  [0, null, 0],
  [255, null, 255],
  [null, 'SIGTERM', 143],
  [null, 'SIGKILL', 137],
])('code %s and signal %s are status %i', (code, signal, status) => {
  expect(exitStatusOf(code, signal)).toBe(status);
});

test('an end with neither is our defect', () => {
  expect(() => exitStatusOf(null, null)).toThrow(expect.objectContaining({ code: 'internal' }));
});
