import { readdirSync, readlinkSync } from 'node:fs';
import { type Readable } from 'node:stream';
import { type SpawnRequest } from '../../../src/process/spawn.js';

/** What a test's process gets: just enough to find programs. */
export const TEST_ENV = { PATH: process.env['PATH'] ?? '/usr/bin:/bin' };

/** A request for a shell script with three pipes. */
export function shell(script: string, more: Partial<SpawnRequest> = {}): SpawnRequest {
  return {
    executable: '/bin/sh',
    args: ['-c', script],
    cwd: '/',
    env: TEST_ENV,
    stdin: 'pipe',
    stdout: 'pipe',
    stderr: 'pipe',
    extra: [],
    ...more,
  };
}

/** A request for a script of Node. */
export function node(script: string, more: Partial<SpawnRequest> = {}): SpawnRequest {
  return shell('', { executable: process.execPath, args: ['-e', script], ...more });
}

/** Everything a stream still has. */
export async function bytesOf(stream: Readable | undefined): Promise<Buffer> {
  const chunks: Buffer[] = [];
  if (stream !== undefined) {
    for await (const chunk of stream) chunks.push(Buffer.from(chunk as Uint8Array));
  }
  return Buffer.concat(chunks);
}

/** The same as text. */
export async function textOf(stream: Readable | undefined): Promise<string> {
  return (await bytesOf(stream)).toString('utf8');
}

/** What this process has open, by descriptor. */
export function openDescriptors(): string[] {
  return readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      return [readlinkSync(`/proc/self/fd/${fd}`)];
    } catch {
      return [];
    }
  });
}

/** The code that a promise rejects with. */
export async function rejectionOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (error: unknown) => error,
  );
}
