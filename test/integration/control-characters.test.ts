import { expect, test } from 'vitest';
import { type Stage, describeOnStage } from '../support/stage.js';

/** Clears the screen, rings the bell, begins a line that sandbox-run seems to say, and turns the writing direction. */
const TREACHEROUS = 'a\u001b[2J\u0007b\nsandbox-run: forged\r\u0085\u009b31m\u202ec\u007f';

/** What a command can name within one line, and what is left of it when colours are taken out. */
const TREACHEROUS_WORD = 'a\u0007b\u000b\u009b31m\u202ec\u007f';

const ESCAPED_WORD = 'a\\u0007b\\u000b\\u009b31m\\u202ec\\u007f';

/** What sandbox-run says of itself: everything but the lines of the command. */
function ownLines(stderr: string): readonly string[] {
  return stderr.split('\n').filter((line) => /^(?:sandbox-run| {2}(?:hint|code)): /u.test(line));
}

/** Every kind of error whose message names what the caller wrote. */
const REFUSALS: readonly (readonly [string, (stage: Stage) => readonly string[]])[] = [
  ['a missing working directory', () => ['--workspace-root=.', `--cwd=./${TREACHEROUS}`, '--', 'true']],
  ['a missing workspace root', () => [`--workspace-root=./${TREACHEROUS}`, '--', 'true']],
  ['a missing path to write', () => [`--allow-write=./${TREACHEROUS}`, '--', 'true']],
  ['a profile that does not exist', () => [`--profile=${TREACHEROUS}`, '--', 'true']],
  ['a profile document that does not exist', () => [`--profile=./${TREACHEROUS}.toml`, '--', 'true']],
  ['an option that does not exist', () => [`--${TREACHEROUS}`, '--', 'true']],
  ['a time limit that is none', () => [`--timeout=${TREACHEROUS}`, '--', 'true']],
  ['a network that is neither off nor on', () => [`--network=${TREACHEROUS}`, '--', 'true']],
  ['a glob for --deny-write', () => [`--deny-write=*${TREACHEROUS}`, '--', 'true']],
  [
    'a workspace whose metadata is a link',
    ({ outside }) => [`--cwd=${outside}/${TREACHEROUS}`, '--', 'true'],
  ],
  [
    'a profile document in the workspace',
    ({ workspace }) => [`--profile=${workspace}/${TREACHEROUS}.toml`, '--', 'true'],
  ],
  [
    'a profile document with a mistake',
    ({ outside }) => [`--profile=${outside}/mistaken.toml`, '--', 'true'],
  ],
];

describeOnStage('Control characters', (stage) => {
  test.each(REFUSALS)('in the error about %s are escaped', async (_what, words) => {
    stage.plantOutside({
      [`${TREACHEROUS}/.git`]: { linkTo: 'elsewhere' },
      'mistaken.toml': '[filesystem]\n"/a\\u001b[2J\\u0007\\u009b31m\\u202e\\u007f" = "nothing"\n',
    });
    stage.plant({ [`${TREACHEROUS}.toml`]: 'extends = "read-only"\n' });
    const run = await stage.run(words(stage));
    expect([run.code, run.output]).toEqual([125, '']);
    expect(run.stderr).toMatch(/^(?:[ -~]+\n)+$/u);
    expect(run.stderr).toContain('\\u001b[2J');
    expect(run.stderr.split('\n').filter((line) => line.startsWith('sandbox-run:'))).toHaveLength(1);
  });

  test.each([
    ['that is not found', 127, 'missing'],
    ['that cannot be executed', 126, 'plain'],
  ])('in the name of a program %s are escaped', async (_how, code, directory) => {
    stage.plant({ [`plain/${TREACHEROUS}`]: '' });
    const run = await stage.run(['--', `./${directory}/${TREACHEROUS}`]);
    expect(run.code).toBe(code);
    expect(ownLines(run.stderr)).toHaveLength(1);
    expect(run.stderr).toMatch(/^[ -~]+\n$/u);
    expect(run.stderr).toContain('\\u001b[2J');
  });

  test('in the hint about a program that is hidden are escaped', async () => {
    stage.plantOutside({ [`hidden/${TREACHEROUS}`]: '#!/bin/sh\n' });
    const program = `${stage.outside}/hidden/${TREACHEROUS}`;
    const run = await stage.run([`--deny-read=${stage.outside}/hidden`, '--', program]);
    expect([126, 127]).toContain(run.code);
    expect(ownLines(run.stderr)).toHaveLength(2);
    expect(run.stderr).toMatch(/^(?:[ -~]+\n)+$/u);
  });

  test.each([
    ['path that may not be written', ': > "$1"'],
    ['path that may not be read', ': < "$1"'],
  ])('in the hint about a %s are escaped', async (_what, script) => {
    stage.plantOutside({ [TREACHEROUS_WORD]: 'secret\n' });
    const file = `${stage.outside}/${TREACHEROUS_WORD}`;
    const run = await stage.run([`--deny-read=${file}`, '--', '/bin/sh', '-c', script, 'sh', file]);
    const [hint, ...more] = ownLines(run.stderr);
    expect(more).toEqual([]);
    expect(hint).toMatch(/^[ -~]+$/u);
    expect(hint).toContain(`"${stage.outside}/${ESCAPED_WORD}" was refused`);
  });

  test('are nothing that hinders: programs of such names run', async () => {
    stage.plant({ [TREACHEROUS]: '#!/bin/sh\necho ran\n' });
    const run = await stage.run(['--', `./${TREACHEROUS}`]);
    expect([run.code, run.output, run.stderr]).toEqual([0, 'ran\n', '']);
  });

  test('that the command itself writes are handed on as they are', async () => {
    const run = await stage.run(['--', '/bin/sh', '-c', 'printf "%s" "$1" >&2', 'sh', TREACHEROUS]);
    expect([run.code, run.stderr]).toEqual([0, TREACHEROUS]);
  });
});
