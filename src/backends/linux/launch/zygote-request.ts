import { type SandboxStart, type SandboxMessage } from './starter.js';
import { encodeChecks, encodeStrings } from './guard-request.js';

/** Standard streams of a sandbox, all of them pipes to us or nothing. */
export interface ZygoteStreams {
  readonly pipes: readonly number[];
  /** Whether there is a pipe for what a supervisor reports. */
  readonly hasEvidence: boolean;
  /** Whether standard error is the same as standard output. */
  readonly isMerged: boolean;
}

/** What a zygote is told to launch. */
export interface LaunchMessage extends SandboxMessage {
  readonly streams: ZygoteStreams;
  readonly command: readonly string[];
}

/**
 * The streams of a start, as a zygote makes them.
 *
 * @param streams - as they are asked for.
 * @param hasEvidence - whether a supervisor is to report.
 * @returns undefined when one of them is a descriptor of ours.
 */
export function pipesOf(
  { stdin, stdout, stderr }: SandboxStart['streams'],
  hasEvidence = false,
): ZygoteStreams | undefined {
  const targets = [stdin, stdout, stderr];
  if (targets.some((target) => typeof target !== 'string')) return undefined;
  return {
    pipes: targets.flatMap((target, stream) => (target === 'pipe' ? [stream] : [])),
    isMerged: stderr === 'stdout',
    hasEvidence,
  };
}

/**
 * What a prepared sandbox gets on its pipe: two lengths, options, command (native/linux/launcher/request.h).
 *
 * @param options - that are left to it.
 * @param command - program and arguments.
 */
export function encodeCommand(options: readonly string[], command: readonly string[]): Buffer {
  const parts = [encodeStrings(options), encodeStrings(command)];
  const head = Buffer.alloc(4 * parts.length);
  parts.forEach((part, index) => head.writeUInt32LE(part.length, 4 * index));
  return Buffer.concat([head, ...parts]);
}

/** `STREAM_MERGED` and `STREAM_EVIDENCE` of native/linux/launcher/channel.h. */
const MERGED = 8;
const EVIDENCE = 16;

/**
 * The payload of a launch: streams, four lengths, options, filter, checks, command (native/linux/launcher/channel.h).
 *
 * @param message - what it is made of.
 */
export function encodeLaunch({ streams, options, seccomp, checks, command }: LaunchMessage): Buffer {
  const parts = [encodeStrings(options), Buffer.from(seccomp), encodeChecks(checks), encodeStrings(command)];
  const head = Buffer.alloc(1 + 4 * parts.length);
  const others = (streams.isMerged ? MERGED : 0) | (streams.hasEvidence ? EVIDENCE : 0);
  const bits = streams.pipes.reduce((sum, stream) => sum | (1 << stream), others);
  head.writeUInt8(bits, 0);
  parts.forEach((part, index) => head.writeUInt32LE(part.length, 1 + 4 * index));
  return Buffer.concat([head, ...parts]);
}
