import { spawnSync } from 'node:child_process';
import { Socket } from 'node:net';
import { expect, test } from 'vitest';
import { encodeLaunch } from '../../src/backends/linux/launch/zygote-request.js';
import { encodeFrame } from '../../src/process/zygote-frames.js';
import { until } from '../support/integration-until.js';
import { type LauncherStage, describeLauncher } from '../support/launcher-stage.js';

/** `enum event_kind` of native/linux/launcher/zygote.h. */
const RELEASED = 2;
const EXITED = 3;
const MALFORMED = 8;

const EINVAL = 22;
const EPROTO = 71;

interface Told {
  readonly id: number;
  readonly kind: number;
  readonly value: number;
}

/** A zygote that is talked to by hand. */
interface SpokenTo {
  readonly events: readonly Told[];
  readonly send: (bytes: Uint8Array) => void;
  readonly answer: (id: number, kind: number) => Promise<Told>;
  /** Resolves with its exit status. */
  readonly ended: Promise<number | null>;
  readonly end: () => void;
}

function startZygote(stage: LauncherStage): SpokenTo {
  const { child, ended } = stage.startProgram([stage.launcher, '--zygote'], ['pipe']);
  const control = child.stdio[3];
  if (!(control instanceof Socket)) throw new Error('there is no control socket');
  const events: Told[] = [];
  let pending = Buffer.alloc(0);
  control.on('data', (chunk: Buffer) => {
    pending = Buffer.concat([pending, chunk]);
    for (; pending.length >= 16; pending = pending.subarray(16))
      events.push({
        id: pending.readUInt32LE(0),
        kind: pending.readUInt32LE(4),
        value: pending.readInt32LE(8),
      });
  });
  control.on('error', () => undefined);
  return {
    events,
    send: (bytes) => control.write(bytes),
    answer: (id, kind) =>
      until(`sandbox ${String(id)} tells ${String(kind)}`, () =>
        events.find((event) => event.id === id && event.kind === kind),
      ),
    ended: ended.then(({ code }) => code),
    end: () => control.destroy(),
  };
}

/** One instruction that allows every call. */
const FILTER = Buffer.from([6, 0, 0, 0, 0, 0, 0xff, 0x7f]);

function launch(script: string, options: readonly string[] = []): Buffer {
  return encodeLaunch({
    streams: { pipes: [], isMerged: false, hasEvidence: false },
    options: ['--unshare-user', '--unshare-pid', '--ro-bind', '/', '/', ...options],
    seccomp: FILTER,
    checks: [],
    command: ['/bin/sh', '-c', script],
  });
}

/** A launch with one of its bytes, or numbers, changed. */
function changed(change: (payload: Buffer) => void): Buffer {
  const payload = launch('exit 0');
  change(payload);
  return payload;
}

const MALFORMED_LAUNCHES: readonly (readonly [what: string, payload: Uint8Array])[] = [
  ['an empty one', Buffer.alloc(0)],
  ['one that ends in its head', launch('exit 0').subarray(0, 16)],
  ['one that is cut', launch('exit 0').subarray(0, -1)],
  ['one with a byte too many', Buffer.concat([launch('exit 0'), Buffer.alloc(1)])],
  ['one with streams that there are not', changed((payload) => payload.writeUInt8(0x3f, 0))],
  ['one with options of 4 GiB', changed((payload) => payload.writeUInt32LE(0xffff_ffff, 1))],
  ['one whose parts add up to more than it has', changed((payload) => payload.writeUInt32LE(9, 5))],
  ['one without a filter', filterOf(Buffer.alloc(0))],
  ['one with a filter that is cut', filterOf(FILTER.subarray(0, 7))],
  ['one with a filter longer than any', filterOf(Buffer.alloc(4097 * 8))],
  ['one whose command is not ended', changed((payload) => payload.writeUInt8(65, payload.length - 1))],
  ['one without a command', commandOf([])],
  ['one with an option that there is not', launch('exit 0', ['--strange'])],
  ['one that names a descriptor', launch('exit 0', ['--seccomp', '0'])],
  ['one that asks for options of a descriptor', launch('exit 0', ['--args', '0'])],
  ['one that asks for help', launch('exit 0', ['--help'])],
];

function filterOf(seccomp: Uint8Array): Buffer {
  const message = { options: [], checks: [], command: ['true'], seccomp };
  return encodeLaunch({ ...message, streams: { pipes: [], isMerged: false, hasEvidence: false } });
}

function commandOf(command: readonly string[]): Buffer {
  const message = { options: [], checks: [], command, seccomp: FILTER };
  return encodeLaunch({ ...message, streams: { pipes: [], isMerged: false, hasEvidence: false } });
}

describeLauncher('A zygote that is sent', ['sanitized'], (stage) => {
  test.each(MALFORMED_LAUNCHES)('%s says so, and its other sandboxes go on', async (_what, payload) => {
    const zygote = startZygote(stage);
    spawnSync('mkfifo', [`${stage.directory}/go`]);
    zygote.send(encodeFrame(1, 'launch', launch(`read x < ${stage.directory}/go; exit 5`)));
    await zygote.answer(1, RELEASED);
    zygote.send(encodeFrame(2, 'launch', payload));
    expect(await zygote.answer(2, MALFORMED)).toEqual({ id: 2, kind: MALFORMED, value: EINVAL });
    stage.makeFile('go', '\n');
    expect(await zygote.answer(1, EXITED)).toEqual({ id: 1, kind: EXITED, value: 5 });
    zygote.send(encodeFrame(3, 'launch', launch('exit 6')));
    expect(await zygote.answer(3, EXITED)).toEqual({ id: 3, kind: EXITED, value: 6 });
    zygote.end();
    expect(await zygote.ended).toBe(0);
  });

  test('a number that runs already refuses the second, and the first goes on', async () => {
    const zygote = startZygote(stage);
    zygote.send(Buffer.concat([1, 1].map((id) => encodeFrame(id, 'launch', launch('sleep 1000')))));
    expect((await zygote.answer(1, MALFORMED)).value).toBe(EINVAL);
    await zygote.answer(1, RELEASED);
    zygote.send(encodeFrame(1, 'kill'));
    expect((await zygote.answer(1, EXITED)).value).toBe(137);
    zygote.end();
    expect(await zygote.ended).toBe(0);
  });

  test('frames about nobody, and of kinds that there are not, goes on', async () => {
    const zygote = startZygote(stage);
    const strange = encodeFrame(9, 'kill');
    strange.writeUInt8(255, 8);
    zygote.send(Buffer.concat([encodeFrame(9, 'kill'), encodeFrame(9, 'opened'), strange]));
    zygote.send(encodeFrame(1, 'launch', launch('exit 4')));
    expect((await zygote.answer(1, EXITED)).value).toBe(4);
    zygote.end();
    expect(await zygote.ended).toBe(0);
  });

  test('a launch byte by byte takes it', async () => {
    const zygote = startZygote(stage);
    for (const byte of encodeFrame(1, 'launch', launch('exit 3'))) zygote.send(Buffer.of(byte));
    expect((await zygote.answer(1, EXITED)).value).toBe(3);
    zygote.end();
    expect(await zygote.ended).toBe(0);
  });

  test.each([
    ['too short for a head', 4],
    ['beyond what any request has', (32 << 20) + 1],
  ])('a length that is %s says so and ends, and all its sandboxes with it', async (_what, length) => {
    const zygote = startZygote(stage);
    zygote.send(encodeFrame(1, 'launch', launch(`exec 9> ${stage.directory}/held; sleep 1000`)));
    await zygote.answer(1, RELEASED);
    const broken = encodeFrame(2, 'kill');
    broken.writeUInt32LE(length, 0);
    zygote.send(broken);
    expect((await zygote.answer(0, MALFORMED)).value).toBe(EPROTO);
    expect(await zygote.ended).not.toBe(0);
  });
});
