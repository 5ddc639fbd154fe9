import { Readable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { readCallReports } from '../../../../../src/backends/linux/launch/call-reports.js';
import { type ReportedCall } from '../../../../../src/backends/backend.js';

function report(use: number, isHidden: number, call: string, subject: string): Buffer {
  const texts = Buffer.from(`${call}\0${subject}`);
  const head = Buffer.from([0, 0, use, isHidden]);
  head.writeUInt16LE(2 + texts.length, 0);
  return Buffer.concat([head, texts]);
}

async function callsIn(chunks: readonly Buffer[]): Promise<readonly ReportedCall[]> {
  const calls: ReportedCall[] = [];
  await readCallReports(Readable.from(chunks, { objectMode: false })).forEach((call) => calls.push(call));
  return calls;
}

const OPEN = report(1, 0, 'openat', '/etc/ü');
const REMOVE = report(2, 1, 'unlink', '/a b');
const TOLD = [
  { use: 'write', isHidden: false, call: 'openat', subject: '/etc/ü' },
  { use: 'remove', isHidden: true, call: 'unlink', subject: '/a b' },
];

describe('Reports of a supervisor', () => {
  test('are read in order, to the end of the stream', async () => {
    expect(await callsIn([OPEN, REMOVE])).toEqual(TOLD);
    expect(await callsIn([])).toEqual([]);
  });

  test('may be cut anywhere', async () => {
    const bytes = Buffer.concat([OPEN, REMOVE]);
    for (let cut = 0; cut <= bytes.length; cut += 1)
      expect(
        await callsIn([bytes.subarray(0, cut), bytes.subarray(cut)].filter(({ length }) => length > 0)),
      ).toEqual(TOLD);
  });

  test('that have not come whole are left out, and those of a kind that is not known', async () => {
    expect(await callsIn([OPEN, REMOVE.subarray(0, -1)])).toEqual(TOLD.slice(0, 1));
    expect(await callsIn([report(9, 0, 'openat', '/x'), REMOVE])).toEqual(TOLD.slice(1));
    expect(
      await callsIn([report(3, 0, 'connect', '/s'), report(4, 0, 'connect', '192.0.2.1:9')]),
    ).toMatchObject([{ use: 'connect' }, { use: 'reach' }]);
  });
});
