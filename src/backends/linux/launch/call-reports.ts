import { type Readable } from 'node:stream';
import { type ReportedCall, type ReportedCalls } from '../../backend.js';

/** `enum use` of native/linux/launcher/evidence.h. */
const USES: Readonly<Record<number, ReportedCall['use']>> = {
  1: 'write',
  2: 'remove',
  3: 'connect',
  4: 'reach',
};

/** Of the length of a report, and of what stands before its texts. */
const LENGTH_BYTES = 2;
const HEAD_BYTES = 2;

/**
 * Reads what a supervisor reports (native/linux/launcher/evidence.h).
 *
 * @param stream - the pipe; it is read as fast as reports are taken, and the command waits when nobody takes them.
 */
export function readCallReports(stream: Readable): ReportedCalls {
  return {
    forEach: (onCall) =>
      new Promise((resolve) => {
        let pending: Buffer = Buffer.alloc(0);
        stream.on('data', (chunk: Buffer) => {
          pending = takeReports(pending.length === 0 ? chunk : Buffer.concat([pending, chunk]), onCall);
        });
        stream.once('close', resolve);
      }),
  };
}

/** Returns what is not complete yet. */
function takeReports(bytes: Buffer, onCall: (call: ReportedCall) => void): Buffer {
  let rest = bytes;
  while (rest.length >= LENGTH_BYTES) {
    const end = LENGTH_BYTES + rest.readUInt16LE(0);
    if (rest.length < end) break;
    const call = reportOf(rest.subarray(LENGTH_BYTES, end));
    if (call !== undefined) onCall(call);
    rest = rest.subarray(end);
  }
  return rest;
}

function reportOf(report: Buffer): ReportedCall | undefined {
  const use = USES[report[0] ?? 0];
  const nameEnd = report.indexOf(0, HEAD_BYTES);
  if (use === undefined || nameEnd < 0) return undefined;
  return {
    use,
    isHidden: report[1] === 1,
    call: report.toString('latin1', HEAD_BYTES, nameEnd),
    subject: report.toString('utf8', nameEnd + 1),
  };
}
