import { expect, test } from 'vitest';
import { loadPtyBinding, openPair } from '../../../src/process/node-pty-1-1-0.js';
import { rejectionOf } from './support.js';

const resize = (): void => undefined;

test('a missing package is terminal-unavailable', async () => {
  const missing = rejectionOf(loadPtyBinding(() => Promise.reject(new Error('no such module'))));
  expect(await missing).toMatchObject({ code: 'terminal-unavailable' });
});

test('a missing binary is terminal-unavailable', async () => {
  const load = (): Promise<{ requireBinary: () => unknown }> =>
    Promise.resolve({
      requireBinary: () => {
        throw new Error('no such binary');
      },
    });
  expect(await rejectionOf(loadPtyBinding(load))).toMatchObject({ code: 'terminal-unavailable' });
});

test.each([[undefined], [null], [{}], [{ open: 1, resize }], [{ open: resize }]])(
  'a binary that is %j is terminal-unavailable',
  async (binding) => {
    const loaded = loadPtyBinding(() => Promise.resolve({ requireBinary: () => binding }));
    expect(await rejectionOf(loaded)).toMatchObject({ code: 'terminal-unavailable' });
  },
);

test.each([
  [
    'fails',
    (): unknown => {
      throw new Error('openpty(3) failed.');
    },
  ],
  ['gives something else', (): unknown => ({ master: 3 })],
])('a binding whose open %s is terminal-unavailable', (_name, open) => {
  expect(() => openPair({ open, resize }, 80, 24)).toThrow(
    expect.objectContaining({ code: 'terminal-unavailable' }),
  );
});
