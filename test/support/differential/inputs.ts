import { existsSync, openSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type Host } from './host.js';
import { type Input } from './plan.js';

/** open(2), as on every architecture of Node's. */
const O_PATH = 0o10000000;

type Instruction = readonly [code: number, whenTrue: number, whenFalse: number, value: number];

/** Of getpriority(2), which the probe calls. */
const CALL = process.arch === 'arm64' ? 141 : 140;

const ALLOW: Instruction = [0x06, 0, 0, 0x7fff_0000];
const REFUSE: Instruction = [0x06, 0, 0, 0x0005_0001];

const FILTERS: Readonly<Record<string, readonly Instruction[]>> = {
  'allows all': [ALLOW],
  'refuses a call': [[0x20, 0, 0, 0], [0x15, 0, 1, CALL], REFUSE, ALLOW],
  empty: [],
};

/**
 * Opens what is behind a descriptor.
 *
 * @param input - what.
 * @param file - where it may be written first.
 * @param host - the host of the plan.
 */
export function openInput(input: Input, file: string, host: Host): number {
  switch (input.kind) {
    case 'place':
      return openPlace(path.join(host.directory, input.path), input.isPathOnly, host);
    case 'report':
      return openSync(file, 'w+');
    case 'data':
      writeFileSync(file, input.text);
      return openSync(file, 'r');
    case 'filter':
      writeFileSync(
        file,
        input.filter === 'cut' ? Buffer.alloc(7) : filterBytes(FILTERS[input.filter] ?? []),
      );
      return openSync(file, 'r');
    case 'closed':
      throw new Error('there is nothing to open');
  }
}

function openPlace(place: string, isPathOnly: boolean, host: Host): number {
  return openSync(existsSync(place) ? place : host.directory, isPathOnly ? O_PATH : 'r');
}

function filterBytes(instructions: readonly Instruction[]): Buffer {
  const bytes = Buffer.alloc(8 * instructions.length);
  instructions.forEach(([code, whenTrue, whenFalse, value], index) => {
    bytes.writeUInt16LE(code, 8 * index);
    bytes.writeUInt8(whenTrue, 8 * index + 2);
    bytes.writeUInt8(whenFalse, 8 * index + 3);
    bytes.writeUInt32LE(value, 8 * index + 4);
  });
  return bytes;
}
