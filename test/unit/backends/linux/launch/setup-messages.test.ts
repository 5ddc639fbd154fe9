import { describe, expect, test } from 'vitest';
import { SetupMessages } from '../../../../../src/backends/linux/launch/setup-messages.js';
import { textOf } from '../../../process/support.js';

/** Writes pieces and ends, without waiting. */
function messagesOf(...pieces: readonly string[]): SetupMessages {
  const messages = new SetupMessages();
  for (const piece of pieces) messages.write(piece);
  messages.end();
  return messages;
}

describe('On the stream that launcher and command share', () => {
  test.each([
    [['output\n']],
    [['b', 'anana']],
    [['bwrap', ' is here']],
    [['bwrapper: no\n']],
    [['cordon-guard', '-2']],
    [[' bwrap: late\n']],
    [['']],
    [['\n', 'bwrap: on the second line\n']],
  ])("%j is the command's and passes without being decided", async (pieces) => {
    const messages = messagesOf(...pieces);
    if (pieces.join('') === '') messages.releaseHeld();
    expect(await textOf(messages)).toBe(pieces.join(''));
  });

  test.each([
    [['bwrap: it failed\n'], 'bwrap: it failed'],
    [['b', 'wr', 'ap: in pieces'], 'bwrap: in pieces'],
    [['cordon-guard: died\n'], 'cordon-guard: died'],
    [['bwrap: two\n', 'bwrap: lines\n'], 'bwrap: two\nbwrap: lines'],
    [['bwr'], 'bwr'],
    [[], ''],
  ])('%j is held, and is what the launcher said when the command did not run', async (pieces, said) => {
    const messages = messagesOf(...pieces);
    messages.resume();
    expect(await messages.takeHeld()).toBe(said);
    expect(await textOf(messages)).toBe('');
  });

  test('what was held is output, in order, when the command did run', async () => {
    const messages = new SetupMessages();
    messages.write('bwrap: ');
    messages.write('is what I say\n');
    messages.releaseHeld();
    messages.end('and more\n');
    expect(await textOf(messages)).toBe('bwrap: is what I say\nand more\n');
  });

  test('more than a launcher ever says is output: memory does not grow', async () => {
    const text = `bwrap: ${'x'.repeat(70_000)}`;
    expect(await textOf(messagesOf(text))).toBe(text);
  });

  test('the end waits for the decision', async () => {
    const messages = messagesOf('bwrap: who knows');
    let hasEnded = false;
    messages.once('end', () => (hasEnded = true));
    messages.resume();
    await new Promise((resolve) => setImmediate(resolve));
    expect(hasEnded).toBe(false);
    messages.releaseHeld();
    await new Promise((resolve) => messages.once('close', resolve));
    expect(hasEnded).toBe(true);
  });

  test('what the launcher said can be taken before the stream has ended', async () => {
    const messages = new SetupMessages();
    messages.write('bwrap: first');
    const said = messages.takeHeld();
    messages.end(' and last');
    expect(await said).toBe('bwrap: first and last');
  });
});
